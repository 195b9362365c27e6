/** Statuses the device owes the server, without their CmdIDs. */
import type { Command, Item, Meta, StatusCommand, SyncHdr } from '../../model/message.js';
import type { Draft } from './compose.js';

export const statusFor = (msgRef: string, command: Command, code: number, item?: Item): Draft<StatusCommand> => ({
  kind: 'Status',
  msgRef,
  cmdRef: command.cmdId,
  cmd: command.kind === 'Unknown' ? command.name : command.kind,
  targetRefs: item?.target ? [item.target.uri] : [],
  sourceRefs: item?.source ? [item.source.uri] : [],
  code,
  items: [],
});

export const headerStatus = (header: SyncHdr, verdict: { readonly code: number; readonly chal?: Meta }): Draft<StatusCommand> => ({
  kind: 'Status',
  msgRef: header.msgId,
  cmdRef: '0',
  cmd: 'SyncHdr',
  targetRefs: [header.target.uri],
  sourceRefs: [header.source.uri],
  code: verdict.code,
  items: [],
  ...(verdict.chal ? { chal: verdict.chal } : {}),
});

/** One code for a command and everything in it. */
export function refusals(msgRef: string, command: Command, code: number): readonly Draft<StatusCommand>[] {
  if (command.kind === 'Status' || command.kind === 'Results') return [];
  const children = 'commands' in command ? command.commands.flatMap((child) => refusals(msgRef, child, code)) : [];
  return [statusFor(msgRef, command, code), ...children];
}
