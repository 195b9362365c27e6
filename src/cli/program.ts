/** The `moorage` command line. */
import { Command, CommanderError } from 'commander';
import { StoreError, UserError } from '../model/errors.js';
import { ConfigError } from '../runtime/config.js';
import { Finished } from './command.js';
import { accountServiceCommand } from './commands/account-service.js';
import { backupCommands } from './commands/backup.js';
import { agentCommands } from './commands/agent.js';
import { configCommand } from './commands/config.js';
import { conflictCommands } from './commands/conflict.js';
import { conformanceCommand } from './commands/conformance.js';
import { convertCommand } from './commands/convert.js';
import { datastoreCommands } from './commands/datastore.js';
import { policyCommands } from './commands/policy.js';
import { deviceCommands } from './commands/device.js';
import { doctorCommand } from './commands/doctor.js';
import { handsetCommands } from './commands/handset.js';
import { itemCommands } from './commands/item.js';
import { keyCommands } from './commands/key.js';
import { serveCommand } from './commands/serve.js';
import { locationCommands } from './commands/location.js';
import { sessionCommands } from './commands/session.js';
import { snapshotCommands } from './commands/snapshot.js';
import { userCommands } from './commands/user.js';
import { printableLines } from './output.js';
import type { Rooms } from './rooms.js';

/** Exit codes: 0 done; 1 something a person can mend; 2 the command line cannot be understood; 70 a fault of the program. */
export const Exit = { Ok: 0, Fault: 1, Usage: 2, Internal: 70 } as const;

function build(rooms: Rooms): Command {
  const program = new Command('moorage')
    .description('SyncML / OMA DS server for phones: contacts, calendar, tasks and notes.')
    .version('0.1.0')
    // Else --version of a command would be taken for the program's.
    .enablePositionalOptions()
    .showHelpAfterError('Add --help for the options.')
    .addHelpText('after', '\nExit codes: 0 done, 1 something you can mend, 2 wrong usage, 70 a fault of the program.');
  serveCommand(rooms, program);
  accountServiceCommand(rooms, program);
  userCommands(rooms, program);
  deviceCommands(rooms, program);
  handsetCommands(rooms, program);
  datastoreCommands(rooms, program);
  policyCommands(rooms, program);
  itemCommands(rooms, program);
  sessionCommands(rooms, program);
  conflictCommands(rooms, program);
  backupCommands(rooms, program);
  doctorCommand(rooms, program);
  snapshotCommands(rooms, program);
  locationCommands(rooms, program);
  keyCommands(rooms, program);
  convertCommand(rooms, program);
  conformanceCommand(rooms, program);
  agentCommands(rooms, program);
  configCommand(rooms, program);
  const tame = (command: Command): void => {
    command.exitOverride().configureOutput({ writeOut: rooms.streams.out, writeErr: rooms.streams.err });
    for (const child of command.commands) tame(child);
  };
  tame(program);
  return program;
}

/** Runs one command line, without the program's name. @returns the exit code. */
export async function runCommandLine(args: readonly string[], rooms: Rooms): Promise<number> {
  try {
    await build(rooms).parseAsync(args, { from: 'user' });
    return Exit.Ok;
  } catch (error) {
    if (error instanceof Finished) return error.exitCode;
    if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.Ok : Exit.Usage;
    if (error instanceof UserError || error instanceof ConfigError) {
      rooms.streams.err(`${printableLines(error.message)}\n`);
      return Exit.Fault;
    }
    if (error instanceof StoreError && error.fault === 'unavailable') {
      rooms.streams.err(`The data cannot be used: ${printableLines(error.message)}\n`);
      return Exit.Fault;
    }
    rooms.streams.err(`A fault in the program: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return Exit.Internal;
  }
}
