/** What the commands of the agent have in common: they work on a state folder, and know nothing of a server's data. */
import type { Command } from 'commander';
import { Agent } from '../agent/agent.js';
import { isPassing, ProtocolFault, ServerNotAuthentic, SessionRefused, Suspended } from '../agent/errors.js';
import { UserError } from '../model/errors.js';
import { Finished, type Answer, type Options } from './command.js';
import type { Rooms } from './rooms.js';

/** Nothing is wrong with what was asked for: the same command again goes on where this one ended. As in sysexits.h. */
const TRY_AGAIN = 75;

export interface AgentRun {
  readonly agent: Agent;
  readonly options: Options;
  readonly args: readonly string[];
}

export const EXIT_CODES =
  '\nExit codes: 0 done or nothing to do, 1 something you can mend, 2 wrong usage, 75 interrupted: the same command again goes on.';

/** Adds --state and --json, opens the agent, and makes words of what ends it. */
export function agentLeaf(rooms: Rooms, command: Command, action: (run: AgentRun) => Promise<Answer> | Answer): Command {
  return command
    .requiredOption('--state <dir>', "the agent's state folder: passwords and what is backed up; made when it is not there")
    .option('--json', 'answer as JSON')
    .addHelpText('after', EXIT_CODES)
    .action(async () => {
      const options: Options = command.opts();
      const device = options['device'];
      const agent = Agent.open({ state: options['state'] as string, ...(typeof device === 'string' ? { device } : {}) });
      try {
        const answer = await action({ agent, options, args: command.processedArgs.map(String) });
        rooms.streams.out(options['json'] === true ? `${JSON.stringify(answer.json, undefined, 2)}\n` : answer.text);
        if (answer.exitCode !== undefined && answer.exitCode !== 0) throw new Finished(answer.exitCode);
      } catch (error) {
        if (error instanceof Suspended || isPassing(error)) {
          rooms.streams.err(`${sentence(error as Error)} The same command again goes on from there.\n`);
          throw new Finished(TRY_AGAIN);
        }
        if (error instanceof SessionRefused || error instanceof ProtocolFault || error instanceof ServerNotAuthentic)
          throw new UserError(sentence(error), { cause: error });
        throw error;
      } finally {
        agent.close();
      }
    });
}

const sentence = ({ message }: Error): string =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`;

/** Of several jobs: the worst. */
export const exitCodeOf = (outcomes: readonly string[]): number =>
  outcomes.includes('failed') ? 1 : outcomes.includes('interrupted') || outcomes.includes('suspended') ? TRY_AGAIN : 0;

export const text = (options: Options, name: string): string | undefined => {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
};

/** @throws {UserError} */
export function oneOf<T extends string>(options: Options, name: string, flag: string, allowed: readonly T[]): T | undefined {
  const given = text(options, name);
  if (given === undefined) return undefined;
  const found = allowed.find((value) => value === given);
  if (found === undefined) throw new UserError(`--${flag} ${given}: write one of ${allowed.join(', ')}.`);
  return found;
}

/** @throws {UserError} */
export function whole(options: Options, name: string, flag: string, least: number): number | undefined {
  const given = text(options, name);
  if (given === undefined) return undefined;
  if (!/^\d+$/.test(given) || Number(given) < least) throw new UserError(`--${flag} ${given}: write a whole number of at least ${least}.`);
  return Number(given);
}

/** From --password-stdin (one line) or --password; undefined when neither is given. */
export async function givenPassword(rooms: Rooms, options: Options): Promise<string | undefined> {
  const given = text(options, 'password');
  if (options['passwordStdin'] !== true) return given;
  if (given !== undefined) throw new UserError('Give either --password or --password-stdin.');
  return Buffer.from(await rooms.streams.readInput())
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

export const withAccount = (command: Command): Command =>
  command
    .requiredOption('--server <url>', 'the sync endpoint, such as https://sync.example.org/sync')
    .requiredOption('--user <name>', 'the user there')
    .option('--password-stdin', 'read the password from standard input; needed once for a user')
    .option('--password <text>', 'the password; other users of this machine may see it, --password-stdin hides it')
    .option('--auth <way>', 'how to log in: md5, or basic, which sends the password itself (use https)', 'md5')
    .option('--verify-server', 'believe the server only when it proves that it knows the password')
    .option('--xml', 'XML messages instead of WBXML');
