/** CmdIDs: each command of a message has one of its own, and 0 is the SyncHdr's. [Representation Protocol, "CmdID"] */
import type { Tolerance } from '../model/leniency.js';
import type { Command, Message } from '../model/message.js';

/** Commands that get 400 for their CmdID. A Status is no command in this sense: nothing answers it, but its CmdID counts. */
export function misnumbered(message: Message, tolerance: Tolerance): ReadonlySet<Command> {
  const seen = new Set<string>();
  const wrong = new Set<Command>();
  const walk = (commands: readonly Command[]): void => {
    for (const command of commands) {
      if (command.kind !== 'Status' && !isNumbered(command, seen, tolerance)) wrong.add(command);
      seen.add(command.cmdId);
      if ('commands' in command) walk(command.commands);
    }
  };
  walk(message.body);
  return wrong;
}

function isNumbered(command: Command, seen: ReadonlySet<string>, tolerance: Tolerance): boolean {
  const { cmdId, kind } = command;
  if (cmdId === '') return (kind === 'Map' || kind === 'Results') && tolerance.allows('cmdid-missing');
  if (cmdId === '0') return tolerance.allows('cmdid-zero');
  return !seen.has(cmdId) || tolerance.allows('cmdid-repeated');
}
