/** Package 4: the server's changes, each handed on and answered. */
import type { Command, Item, ItemCommand, StatusCommand, SyncCommand } from '../../model/message.js';
import { Status } from '../../model/status.js';
import type { Draft, SyncNames } from './compose.js';
import type { SyncHandler } from './session-types.js';
import { refusals, statusFor } from './statuses.js';

/** @returns the Statuses, that of the Sync first. */
export async function receiveSync(
  sync: SyncCommand,
  msgRef: string,
  names: SyncNames,
  handler: SyncHandler,
): Promise<readonly Draft<StatusCommand>[]> {
  if (sync.target?.uri !== names.source && sync.source?.uri !== names.target) return refusals(msgRef, sync, Status.NotFound);
  const addresses: Item = { ...(sync.target ? { target: sync.target } : {}), ...(sync.source ? { source: sync.source } : {}) };
  const statuses = sync.noResp ? [] : [statusFor(msgRef, sync, Status.Ok, addresses)];
  for (const command of sync.commands) statuses.push(...(await receiveCommand(sync, command, msgRef, handler)));
  return statuses;
}

async function receiveCommand(sync: SyncCommand, command: Command, msgRef: string, handler: SyncHandler): Promise<Draft<StatusCommand>[]> {
  if (command.kind !== 'Add' && command.kind !== 'Replace' && command.kind !== 'Delete')
    return [...refusals(msgRef, command, Status.FeatureNotSupported)];
  const statuses: Draft<StatusCommand>[] = [];
  for (const item of command.items) {
    const code = await receiveItem(sync, command, command.kind, item, handler);
    if (!command.noResp) statuses.push(statusFor(msgRef, command, code, item));
  }
  return statuses;
}

function receiveItem(
  sync: SyncCommand,
  command: ItemCommand,
  kind: 'Add' | 'Replace' | 'Delete',
  item: Item,
  handler: SyncHandler,
): Promise<number> | number {
  const uri = item.target?.uri ?? item.source?.uri;
  if (uri === undefined) return Status.BadRequest;
  const meta = { ...sync.meta, ...command.meta, ...item.meta };
  return handler.received({
    kind,
    uri,
    type: meta.type,
    format: meta.format,
    size: meta.size,
    position: positionOf(meta.emi),
    bytes: item.data?.kind === 'content' ? item.data.bytes : new Uint8Array(0),
    more: item.moreData === true,
  });
}

function positionOf(emi: readonly string[] | undefined): number | undefined {
  for (const text of emi ?? []) {
    const found = /^datapos=(\d{1,16})$/.exec(text.trim());
    if (found) return Number(found[1]);
  }
  return undefined;
}
