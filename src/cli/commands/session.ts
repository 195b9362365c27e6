import type { Command } from 'commander';
import { UserError } from '../../model/errors.js';
import { keptMessages, listSessions, showSession, type SessionDetails, type TraceLine } from '../../sync/operator/sessions.js';
import { argument, flagOption, leaf, numberOption, textOption, type Answer, type Run } from '../command.js';
import { exportMessages, messagesJson, messagesText, rawText } from '../kept-messages.js';
import { facts, printable, table, when } from '../output.js';
import type { Rooms } from '../rooms.js';

const DEFAULT_LIMIT = 20;

const text = (part: unknown): string => printable(typeof part === 'string' || typeof part === 'number' ? String(part) : '?');

/** What the phone said and what it got, on two lines; a third where it departed from the specification. */
function messageWords(line: TraceLine): string {
  const { msgId, at, bytesIn, bytesOut, received, answered, leniencies, deviations } = line;
  const head = `${text(msgId)}`.padStart(4);
  return (
    `${head}  ${typeof at === 'number' ? when(at) : '-'}  device said  (${text(bytesIn)} B)  ${text(received)}\n` +
    `${' '.repeat(head.length)}  ${' '.repeat(20)}  it was told  (${text(bytesOut)} B)  ${text(answered)}\n` +
    names('leniency used: ', leniencies) +
    names('not let pass: ', deviations)
  );
}

const names = (label: string, found: unknown): string =>
  Array.isArray(found) ? `${' '.repeat(28)}${label}${found.map(text).join(', ')}\n` : '';

function waitingFor(session: SessionDetails): string {
  if (session.ended) return 'nothing: it has ended';
  return `message ${session.lastMsgId + 1} of the device; message ${session.lastMsgId} was answered ${when(session.updatedAt)}`;
}

async function showMessages(run: Run): Promise<Answer> {
  const id = argument(run, 0);
  const messages = await run.withStore('existing', (store) => keptMessages(store, textOption(run, 'user') ?? '', id));
  const [first] = messages;
  if (first === undefined)
    throw new UserError(
      `No messages were kept of session ${id}. A server keeps them that is started with --keep-messages (trace.messages).`,
    );
  const out = textOption(run, 'out');
  if (out !== undefined) {
    const files = exportMessages(out, messages);
    return { text: `${files.length} files in ${out}. They hold credentials and session tokens.\n`, json: { out, files } };
  }
  const raw = flagOption(run, 'raw');
  const gone = first.n > 1 ? `Messages before ${first.n} are not kept any more.\n` : '';
  return { text: `${gone}${raw ? rawText(messages) : messagesText(messages)}`, json: messagesJson(messages, raw), verbatim: raw };
}

export function sessionCommands(rooms: Rooms, program: Command): void {
  const session = program.command('session').description('what was said, and what is being waited for');

  const list = session
    .command('list')
    .option('--user <name>', 'of one user only')
    .option('--limit <n>', `how many, newest first (default: ${DEFAULT_LIMIT})`)
    .description('sessions, live and lately ended');
  leaf(rooms, list, async (run) => {
    const limit = numberOption(run, 'limit', 1) ?? DEFAULT_LIMIT;
    const sessions = await run.withStore('existing', (store) => listSessions(store, textOption(run, 'user'), limit));
    const rows = sessions.map((each) => [
      each.id,
      each.user,
      each.device,
      each.sessionId,
      String(each.lastMsgId),
      when(each.startedAt),
      when(each.updatedAt),
      each.ended ? 'ended' : 'open',
    ]);
    const empty = 'No sessions. When a phone cannot even log in, the log of "moorage serve" and "moorage device show" say why.';
    return { text: table(['session', 'user', 'device', 'its id', 'messages', 'began', 'last', 'state'], rows, empty), json: sessions };
  });

  const show = session
    .command('show')
    .argument('<session>')
    .requiredOption('--user <name>', 'whose')
    .option('--messages', 'every message decoded, where the server kept them (serve --keep-messages); credentials are hidden')
    .option('--raw', 'the bytes as they were: XML as text, WBXML as hex')
    .option('--out <dir>', 'the bytes into files: 01-request.wbxml, 01-response.wbxml, …, headers.txt')
    .description('one session, message by message');
  leaf(rooms, show, async (run) => {
    if (flagOption(run, 'messages') || flagOption(run, 'raw') || textOption(run, 'out') !== undefined) return showMessages(run);
    const details = await run.withStore('existing', (store) => showSession(store, textOption(run, 'user') ?? '', argument(run, 0)));
    const head = facts([
      ['Session', `${details.id} (the device calls it ${details.sessionId})`],
      ['Device', details.device],
      ['Began', when(details.startedAt)],
      ['Waits for', waitingFor(details)],
    ]);
    return { text: `${head}${details.trace.map(messageWords).join('')}`, json: details };
  });
}
