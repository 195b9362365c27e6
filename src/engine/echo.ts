/** What a client's Statuses tell of the session they belong to. [Representation Protocol, "Status", "CmdRef"] */
import type { Message } from '../model/message.js';
import type { Session } from './session.js';

/**
 * Does the message answer commands that this session never sent, and none that it sent? CmdIDs are known of our last message; a client that
 * sends no Statuses tells nothing.
 */
export function isForeign({ msgId, lastIds }: Session, message: Message): boolean {
  let foreign = false;
  for (const command of message.body) {
    if (command.kind !== 'Status' || command.cmd === 'SyncHdr') continue;
    const [ref, id] = [Number(command.msgRef), Number(command.cmdRef)];
    if (ref > msgId) foreign = true;
    if (ref !== lastIds?.msgId) continue;
    if (id >= lastIds.first && id <= lastIds.last) return false;
    foreign = true;
  }
  return foreign;
}
