/** The Statuses a device owes the server, without their CmdIDs. [session-and-packages §4] */
import type { Command, Item, Meta, StatusCommand, SyncHdr } from '../../src/model/message.js';
import type { Draft } from './outbox.js';

type StatusDraft = Draft<StatusCommand>;

/** A Status that answers `command` of the server's message `msgRef`. */
export const statusFor = (msgRef: string, command: Command, code: number, item?: Item): StatusDraft => ({
  kind: 'Status',
  msgRef,
  cmdRef: command.cmdId,
  cmd: command.kind === 'Unknown' ? command.name : command.kind,
  targetRefs: item?.target ? [item.target.uri] : [],
  sourceRefs: item?.source ? [item.source.uri] : [],
  code,
  items: [],
});

/** The Status for the server's SyncHdr, with the challenge where it has to prove itself. */
export const headerStatus = (header: SyncHdr, verdict: { readonly code: number; readonly chal?: Meta }): StatusDraft => ({
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
export function refusals(msgRef: string, command: Command, code: number): readonly StatusDraft[] {
  if (command.kind === 'Status' || command.kind === 'Results') return [];
  const children = 'commands' in command ? command.commands.flatMap((child) => refusals(msgRef, child, code)) : [];
  return [statusFor(msgRef, command, code), ...children];
}
