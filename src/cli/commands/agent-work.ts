/** `moorage agent run|backup|restore`: the agent's work, with words on how it goes on. */
import type { Command } from 'commander';
import { readPolicy } from '../../agent/schedule/policy.js';
import { agentLeaf, exitCodeOf, givenPassword, oneOf, text, whole, withAccount } from '../agent-command.js';
import { progressTo, reportLine } from '../agent-words.js';
import { printable, size, when } from '../output.js';
import type { Rooms } from '../rooms.js';
import { timeOption } from '../time-option.js';

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

export function agentWorkCommands(rooms: Rooms, agent: Command): void {
  const { streams, stop } = rooms;

  const backup = agent
    .command('backup')
    .option('--file <name>', 'this one only; may be repeated', collect)
    .option('--parallel <n>', 'files at the same time')
    .option('--quiet', 'nothing about progress')
    .description('back up now what has changed');
  agentLeaf(rooms, backup, async (run) => {
    const names = run.options['file'] as readonly string[] | undefined;
    const parallel = whole(run.options, 'parallel', 'parallel', 1);
    const reports = await run.agent.backup({
      ...(names ? { names } : {}),
      ...(parallel === undefined ? {} : { parallel }),
      signal: stop,
      ...(run.options['quiet'] === true ? {} : { onProgress: progressTo(streams.err) }),
    });
    const words = reports.map(reportLine).join('');
    return {
      text: reports.length === 0 ? 'No file is backed up. "moorage agent add FILE" adds one.\n' : words,
      json: reports,
      exitCode: exitCodeOf(reports.map(({ outcome }) => outcome)),
    };
  });

  const runCommand = agent
    .command('run')
    .option('--policy <file>', "when backups are due where the user said nothing: the maker's and the carrier's word (JSON)")
    .option('--parallel <n>', 'files at the same time')
    .description('stay and back up whatever is due');
  agentLeaf(rooms, runCommand, async (run) => {
    const policy = text(run.options, 'policy');
    const parallel = whole(run.options, 'parallel', 'parallel', 1);
    let said: number | undefined;
    await run.agent.run({
      ...(policy === undefined ? {} : { policy: readPolicy(policy) }),
      ...(parallel === undefined ? {} : { parallel }),
      signal: stop,
      onReport: (report) => streams.out(`${when(report.endedAt)} ${reportLine(report)}`),
      onWait: (next) => {
        if (next === said) return;
        said = next;
        streams.err(next === undefined ? 'No file is backed up yet; waiting for "moorage agent add".\n' : `Next: ${when(next)}\n`);
      },
    });
    return { text: '', json: { stopped: true } };
  });

  const restore = withAccount(agent.command('restore').argument('<out>', 'where the file goes'))
    .requiredOption('--file <name>', 'its name on the server')
    .option('--at <time>', 'as it was then: 2026-01-05T08:00:00Z, or a day')
    .option('--generation <n>', 'this generation')
    .option('--from <device>', 'another device\'s copy: its name as its "agent status" tells')
    .option('--overwrite', 'replace a file that is there')
    .option('--device <uri>', "this device's name towards servers, at first use of the state folder")
    .option('--quiet', 'nothing about progress')
    .description('get a file back, also on a device that never backed up');
  agentLeaf(rooms, restore, async (run) => {
    const { options } = run;
    const at = text(options, 'at');
    const generation = whole(options, 'generation', 'generation', 1);
    const from = text(options, 'from');
    const password = await givenPassword(rooms, options);
    const auth = oneOf(options, 'auth', 'auth', ['md5', 'basic'] as const);
    const report = await run.agent.restore({
      out: run.args[0] ?? '',
      file: text(options, 'file') ?? '',
      server: text(options, 'server') ?? '',
      user: text(options, 'user') ?? '',
      ...(password === undefined ? {} : { password }),
      ...(at === undefined ? {} : { at: new Date(timeOption(at)) }),
      ...(generation === undefined ? {} : { generation }),
      ...(from === undefined ? {} : { from }),
      ...(auth === undefined ? {} : { auth }),
      overwrite: options['overwrite'] === true,
      verifyServer: options['verifyServer'] === true,
      encoding: options['xml'] === true ? 'xml' : 'wbxml',
      signal: stop,
      ...(options['quiet'] === true ? {} : { onProgress: progressTo(streams.err) }),
    });
    const whose = report.device === undefined ? '' : `\nIt is a backup of another device, ${printable(report.device)}.`;
    const as = report.modifiedAt === undefined ? '' : `, last written ${when(report.modifiedAt)}`;
    const proof = report.verifiedBy === 'sha256' ? 'the very bytes the server keeps' : 'the same content as when it was backed up';
    return {
      text: `${printable(report.out)} is restored: ${size(report.size)}${as}, ${proof}.\nSHA-256 ${report.sha256}; ${size(report.received)} received.${whose}\n`,
      json: report,
    };
  });
}
