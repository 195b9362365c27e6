/**
 * Recorded sessions of real clients with another server: files `syncml_client_<session><message>.xml` and `syncml_server_…`. They lie beside the
 * repository, not in it. The recorded server's half says what was changed on its side, and what the client made of it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Alert } from '../../src/model/alert.js';
import type { Command, Item, Message, Meta } from '../../src/model/message.js';
import { decodeMessage } from '../../src/wire/decode.js';

/** What one side changed, by the client's id of the item. */
export interface RecordedChange {
  readonly kind: 'Add' | 'Replace' | 'Delete';
  readonly luid: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface RecordedSession {
  readonly name: string;
  readonly encoding: 'xml' | 'wbxml';
  readonly client: readonly Message[];
  /** The client's changes, and those of the server's side in the order it sent them. */
  readonly ofClient: readonly RecordedChange[];
  readonly ofServer: readonly RecordedChange[];
  /** The recorded server asked for a slow sync. */
  readonly slow: boolean;
  /** It had the client drop all it held. */
  readonly refreshed: boolean;
}

export function recordedSessions(folder: string): readonly RecordedSession[] {
  const names = readdirSync(folder).flatMap((name) => /^syncml_client_(\d)\d\.xml$/.exec(name)?.[1] ?? []);
  return [...new Set(names)].sort().map((digit) => {
    const side = (which: 'client' | 'server'): readonly Message[] =>
      readdirSync(folder)
        .filter((name) => new RegExp(`^syncml_${which}_${digit}\\d\\.xml$`).test(name))
        .sort()
        .map((name) => decodeMessage(readFileSync(join(folder, name)), 'xml').message);
    return sessionOf(digit, 'xml', side('client'), side('server'));
  });
}

/**
 * Sessions of a folder of `fixtures/captures`, in their order; without those that hold nothing but a refused log-in. A session begins where MsgID is 1
 * once more: some clients give all their sessions one SessionID.
 */
export function capturedSessions(folder: string): readonly RecordedSession[] {
  const sessions: { client: Message[]; server: Message[]; encoding: 'xml' | 'wbxml' }[] = [];
  for (const name of readdirSync(folder).sort()) {
    const [, which, encoding] = /^\d+-(request|response)\.(xml|wbxml)$/.exec(name) ?? [];
    if (encoding !== 'xml' && encoding !== 'wbxml') continue;
    const { message } = decodeMessage(readFileSync(join(folder, name)), encoding);
    if (which === 'request' && message.header.msgId === '1') sessions.push({ client: [], server: [], encoding });
    sessions.at(-1)?.[which === 'request' ? 'client' : 'server'].push(message);
  }
  return sessions
    .map(({ client, server, encoding }, at) => sessionOf(String(at + 1), encoding, client, server))
    .filter(({ client }) => client.some(({ body }) => body.some(({ kind }) => kind === 'Sync')));
}

function sessionOf(name: string, encoding: 'xml' | 'wbxml', client: readonly Message[], server: readonly Message[]): RecordedSession {
  const mapped = new Map<string, string>();
  for (const command of client.flatMap(({ body }) => body))
    if (command.kind === 'Map') for (const { target, source } of command.items) mapped.set(target.uri, source.uri);
  const ofServer = server
    .flatMap(({ body }) => changesIn(body))
    .map((change) => ({ ...change, luid: mapped.get(change.luid) ?? change.luid }));
  const alerted = (code: number): boolean =>
    server.some(({ body }) => body.some((command) => command.kind === 'Alert' && command.code === code));
  const [slow, refreshed] = [alerted(Alert.SlowSync), alerted(Alert.RefreshFromServer)];
  return { name, encoding, client, ofClient: client.flatMap(({ body }) => changesIn(body)), ofServer, slow, refreshed };
}

/** Changes in the order they stand; of an Add of the server `luid` is its own id. */
export function changesIn(commands: readonly Command[]): RecordedChange[] {
  return commands.flatMap((command): RecordedChange[] => {
    if (command.kind === 'Sync') return changesIn(command.commands);
    if (command.kind !== 'Add' && command.kind !== 'Replace' && command.kind !== 'Delete') return [];
    const { kind, meta } = command;
    return command.items.map((item) => ({
      kind,
      luid: item.target?.uri ?? item.source?.uri ?? '',
      type: item.meta?.type ?? meta?.type ?? '',
      bytes: contentOf(item, { ...meta, ...item.meta }),
    }));
  });
}

function contentOf({ data }: Item, { format }: Meta): Uint8Array {
  const bytes = data?.kind === 'content' ? data.bytes : new Uint8Array(0);
  return format === 'b64' ? Buffer.from(Buffer.from(bytes).toString('latin1'), 'base64') : bytes;
}

/**
 * What was there before the recording began: items that are replaced or deleted in it without having been added. Nothing is known of them
 * but what they became, so they get another title.
 */
export function itemsBefore(sessions: readonly RecordedSession[]): readonly RecordedChange[] {
  const known = new Set<string>();
  const before = new Map<string, RecordedChange>();
  const all = sessions.flatMap(({ ofClient, ofServer, slow }) => [...ofClient, ...ofServer].map((change) => ({ change, slow })));
  const example = all.find(({ change }) => change.bytes.length > 0)?.change;
  for (const { change, slow } of all) {
    const isNew = change.kind === 'Add' || slow;
    if (!isNew && !known.has(change.luid)) {
      const { bytes, type } = change.bytes.length > 0 ? change : (example ?? change);
      before.set(change.luid, { ...change, kind: 'Add', type, bytes: retitled(bytes, `before ${before.size + 1}`) });
    }
    known.add(change.luid);
  }
  return [...before.values()];
}

const retitled = (bytes: Uint8Array, title: string): Uint8Array =>
  Buffer.from(
    Buffer.from(bytes)
      .toString('latin1')
      .replace(/^(SUMMARY[^:]*:).*$/m, `$1${title}`)
      .replace(/(<Subject>)[^<]*/, `$1${title}`)
      .replace(/^(FN[^:]*:).*$/m, `$1${title}`)
      .replace(/^(N[^:]*:).*$/m, `$1;${title}`),
    'latin1',
  );

/** The session before the first recorded one: a slow sync of what was there. */
export function prelude(first: RecordedSession, items: readonly RecordedChange[]): RecordedSession {
  const [opening] = first.client;
  const alert = opening?.body.find((command) => command.kind === 'Alert');
  const [item] = alert?.items ?? [];
  assert.ok(opening && alert && item);
  const { last, next } = item.meta?.anchor ?? {};
  const anchor = { next: last ?? next ?? '' };
  const header = { ...opening.header, sessionId: '1' };
  const opens: Message = {
    header,
    body: opening.body.map((command) =>
      command === alert ? { ...alert, code: Alert.SlowSync, items: [{ ...item, meta: { anchor } }] } : command,
    ),
    final: true,
  };
  const commands = items.map(({ luid, type, bytes }, at) => ({
    kind: 'Add' as const,
    cmdId: `2${at}`,
    meta: { type },
    items: [{ source: { uri: luid }, data: { kind: 'content' as const, bytes } }],
  }));
  const { target, source } = item;
  const sync = { kind: 'Sync' as const, cmdId: '1', ...(target ? { target } : {}), ...(source ? { source } : {}), commands };
  const { cred: _, ...rest } = header;
  return {
    name: '0',
    encoding: first.encoding,
    client: [opens, { header: { ...rest, msgId: '2' }, body: [sync], final: true }],
    ofClient: items,
    ofServer: [],
    slow: true,
    refreshed: false,
  };
}
