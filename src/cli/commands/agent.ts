/** `moorage agent …`: which files of this device are backed up, and how. */
import type { Command } from 'commander';
import type { AddOptions } from '../../agent/agent.js';
import { agentLeaf, givenPassword, oneOf, text, whole, withAccount } from '../agent-command.js';
import { historyTable, statusWords } from '../agent-words.js';
import type { Options } from '../command.js';
import { printable } from '../output.js';
import type { Rooms } from '../rooms.js';
import { agentWorkCommands } from './agent-work.js';

const METHODS = ['incremental', 'differential', 'copy', 'every-change'] as const;
const CODINGS = ['gzip', 'br', 'zip', 'none'] as const;
const FORMS = ['batch', 'records', 'pages', 'file'] as const;

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** `--by pages` is the way by bytes, `--by file` the whole database each time. */
function settingsOf(options: Options): Partial<AddOptions> {
  const by = oneOf(options, 'by', 'by', FORMS);
  const method = by === 'file' ? 'copy' : oneOf(options, 'method', 'method', METHODS);
  const coding = oneOf(options, 'coding', 'coding', CODINGS);
  const auth = oneOf(options, 'auth', 'auth', ['md5', 'basic'] as const);
  const maxPerDay = whole(options, 'maxPerDay', 'max-per-day', 1);
  const order = whole(options, 'order', 'order', 0);
  const words = { name: text(options, 'name'), schedule: text(options, 'schedule'), between: text(options, 'between') };
  const more = { mark: text(options, 'mark'), media: text(options, 'media') };
  const exclude = options['exclude'] as readonly string[] | undefined;
  return {
    ...Object.fromEntries(
      Object.entries({ ...words, ...more, method, coding, auth, maxPerDay, order, exclude }).filter(([, v]) => v !== undefined),
    ),
    ...(options['exact'] === true || by === 'pages' ? { way: 'exact' as const } : {}),
    ...(by === 'records' ? { form: 'records' as const } : {}),
    ...(options['xml'] === true ? { encoding: 'xml' as const } : {}),
    verifyServer: options['verifyServer'] === true,
  };
}

export function agentCommands(rooms: Rooms, program: Command): void {
  const agent = program.command('agent').description('back up files of this device to a server, and get them back');

  const add = withAccount(agent.command('add').argument('<path>', 'a file or a folder'))
    .option('--name <name>', "its name on the server (default: the file's own)")
    .option('--schedule <cron>', 'when: minute, hour, day, month, weekday (default: "0 0 * * *", each midnight)')
    .option('--between <times>', 'once a day within these times, such as 22:00-06:00; with --schedule: only within them')
    .option('--max-per-day <n>', 'backups a day at most')
    .option('--exact', 'keep the copy equal byte by byte')
    .option('--method <m>', `${METHODS.join(', ')} (default: incremental)`)
    .option('--by <form>', 'how changes travel: batch (default), records (an item each), pages (as --exact), file (the whole file)')
    .option('--coding <c>', `${CODINGS.join(', ')} (default: gzip)`)
    .option('--exclude <what>', 'a table of a database, or a pattern in a folder (cache/, *.tmp); may be repeated', collect)
    .option('--mark <table.column>', 'a number the application raises with its changes; then only that is looked at')
    .option('--order <n>', 'smaller numbers are backed up first (default: 0)')
    .option('--media <type>', 'its media type (default: by its name)')
    .option('--device <uri>', "this device's name towards servers, at first use of the state folder")
    .description('back up a file or folder from now on; given again it changes the settings');
  agentLeaf(rooms, add, async (run) => {
    const { server, user } = { server: text(run.options, 'server') ?? '', user: text(run.options, 'user') ?? '' };
    const password = await givenPassword(rooms, run.options);
    const path = run.args[0] ?? '';
    const name = await run.agent.add({ path, server, user, ...(password === undefined ? {} : { password }), ...settingsOf(run.options) });
    return {
      text: `${printable(name)} will be backed up. "moorage agent backup" does it now, "moorage agent run" when it is due.\n`,
      json: { name, device: run.agent.device },
    };
  });

  agentLeaf(rooms, agent.command('status').description('what is backed up, and how it stands'), (run) => {
    const files = run.agent.status();
    return { text: statusWords(files, run.agent.device), json: { device: run.agent.device, files } };
  });

  const history = agent.command('history').argument('<name>').option('--last <n>', 'how many', '20').description('the jobs of a file');
  agentLeaf(rooms, history, (run) => {
    const reports = run.agent.history(run.args[0] ?? '', whole(run.options, 'last', 'last', 1));
    return { text: historyTable(reports), json: reports };
  });

  agentLeaf(rooms, agent.command('remove').argument('<name>').description('back it up no longer; the copy on the server stays'), (run) => {
    const name = run.args[0] ?? '';
    run.agent.remove(name);
    return { text: `${printable(name)} is backed up no longer. Its copy on the server stays.\n`, json: { name, removed: true } };
  });

  agentWorkCommands(rooms, agent);
}
