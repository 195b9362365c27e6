/** Package 4 of one store: applies the server's changes, joins its chunks, answers each item, and checks the rules of all that. */
import { Alert, serverSends, type SyncType } from '../../src/model/alert.js';
import type { Command, Item, ItemCommand, Meta, StatusCommand, SyncCommand } from '../../src/model/message.js';
import { Status } from '../../src/model/status.js';
import type { BrokenSync, ByteRange, DeviceStore, PartialIn } from './device-store.js';
import type { Draft, SyncNames } from './outbox.js';
import { supportsLargeObjects, wantsNumberOfChanges, type DeviceProfile } from './profile.js';
import type { Findings } from './rules/findings.js';
import { statusFor } from './statuses.js';

type StatusDraft = Draft<StatusCommand>;

/** Of the changes that come for the first time, each of this number is refused where the device refuses some. */
const REFUSED_OF = 3;
/** Bytes an XML or WBXML message needs beside the one object it carries, at most. */
const MESSAGE_OVERHEAD = 1500;

export class Incoming {
  readonly store: DeviceStore;
  readonly names: SyncNames;
  /** The object of which only a part has come. */
  partial: PartialIn | undefined;
  /** A refresh from server: the device's own items are gone. */
  wiped = false;
  /** Some changes are answered with 500 when they come first, and must come again. */
  refuses = false;
  /** GUIDs whose Map must go out. */
  readonly toMap = new Set<string>();
  readonly #profile: DeviceProfile;
  readonly #findings: Findings;
  #resumed = false;
  /** The chunks at which sessions broke off: each may have come again. */
  #doubtful: readonly ByteRange[] = [];
  /** What an earlier session left behind: the server may not know that it came so far, and begin with something before it. */
  #inherited: PartialIn | undefined;
  #synced = false;
  /** The device asked for the server's version, whatever was edited here. */
  #asked = false;
  #announced: number | undefined;
  #arrived = 0;

  constructor(store: DeviceStore, names: SyncNames, profile: DeviceProfile, findings: Findings) {
    this.store = store;
    this.names = names;
    this.#profile = profile;
    this.#findings = findings;
  }

  /** Goes on where an earlier session broke off. */
  resume(broken: BrokenSync): void {
    this.#resumed = true;
    this.wiped = broken.wiped;
    this.partial = broken.partialIn;
    if (!this.partial) return;
    this.#inherited = this.partial;
    const { bytes, lastChunk, doubtful } = this.partial;
    this.#doubtful = [...doubtful, { at: bytes.byteLength - lastChunk, length: lastChunk }];
  }

  /** Applies a Sync of the server. @param effective the sync type agreed on. @returns the Statuses, the container's first. */
  sync(sync: SyncCommand, msgRef: string, effective: SyncType | undefined): readonly StatusDraft[] {
    const findings = this.#findings;
    const what = `Sync for ${this.names.target}`;
    const ofSync = sync.noResp ? [] : [statusFor(msgRef, sync, Status.Ok, refs(sync))];
    findings.check(sync.source?.uri === this.names.target, '§7.4', `${what}: Source ${sync.source?.uri ?? 'none'}`);
    if (effective === undefined) {
      findings.broke('§7', `${what}, which was not agreed on`);
      return [statusFor(msgRef, sync, Status.Forbidden, refs(sync))];
    }
    if (!serverSends(effective)) findings.check(sync.commands.length === 0, '§8', `${what}: changes in a sync of type ${effective}`);
    if (effective === Alert.RefreshFromServer && !this.wiped) {
      this.store.wipe();
      this.wiped = true;
    }
    this.#asked = effective === Alert.OneWayFromServer || effective === Alert.RefreshFromServer;
    this.#checkNumberOfChanges(sync, what);
    this.#synced = true;
    return [...ofSync, ...sync.commands.flatMap((command) => this.#command(sync, command, msgRef))];
  }

  #checkNumberOfChanges(sync: SyncCommand, what: string): void {
    const { numberOfChanges } = sync;
    if (this.#synced) {
      this.#findings.check(numberOfChanges === undefined, '§5.6', `${what}: NumberOfChanges is not in the first Sync only`);
      return;
    }
    if (wantsNumberOfChanges(this.#profile)) {
      if (numberOfChanges === undefined) this.#findings.advises('§14', `${what}: no NumberOfChanges`);
    } else {
      this.#findings.check(numberOfChanges === undefined, '§14', `${what}: NumberOfChanges, which DevInf does not ask for`);
    }
    this.#announced = numberOfChanges;
  }

  #command(sync: SyncCommand, command: Command, msgRef: string): readonly StatusDraft[] {
    if (command.kind !== 'Add' && command.kind !== 'Replace' && command.kind !== 'Delete') {
      this.#findings.broke('§14', `${command.kind} in the server's Sync, which no client must understand`);
      return [statusFor(msgRef, command, Status.FeatureNotSupported)];
    }
    return command.items.flatMap((item) => {
      const code = this.#item(sync, command, item);
      return command.noResp ? [] : [statusFor(msgRef, command, code, item)];
    });
  }

  #item(sync: SyncCommand, command: ItemCommand, item: Item): number {
    const { kind } = command;
    const findings = this.#findings;
    const key = kind === 'Add' ? item.source?.uri : item.target?.uri;
    const what = `${kind} ${key ?? ''} for ${this.names.target}`;
    const shaped = kind === 'Add' ? item.target === undefined : item.source === undefined;
    findings.check(shaped && key !== undefined, 'representation §4', `${what}: Add has a Source only, Replace and Delete a Target only`);
    if (key === undefined) return Status.BadRequest;
    if (kind === 'Delete') {
      this.#goesOnWith(undefined, what);
      this.#arrived += 1;
      if (this.#refused(`${key} goes`)) return Status.CommandFailed;
      return this.store.removeFromServer(key, this.#asked) ? Status.Ok : Status.ItemNotDeleted;
    }
    if (kind === 'Add') {
      findings.check(Buffer.byteLength(key) <= this.#profile.maxGuidSize, 'representation §7.3', `${what}: longer than MaxGUIDSize`);
    }
    const meta = { ...sync.meta, ...command.meta, ...item.meta };
    const whole = this.#assemble(kind === 'Add' ? 'Add' : 'Replace', key, meta, item, what);
    if (typeof whole === 'number') return whole;
    this.#arrived += 1;
    if (this.#refused(`${key} ${Buffer.from(whole.bytes).toString('base64')}`)) return Status.CommandFailed;
    const bytes = whole.format === 'b64' ? Buffer.from(Buffer.from(whole.bytes).toString('latin1'), 'base64') : whole.bytes;
    return kind === 'Add' ? this.#add(key, whole.type, bytes, what) : this.#replace(key, whole.type, bytes, what);
  }

  #refused(change: string): boolean {
    const { seen } = this.store;
    if (!this.refuses || seen.has(change)) return false;
    seen.add(change);
    return seen.size % REFUSED_OF === 0;
  }

  /** Joins chunks. @returns the object when it is complete, else the Status. */
  #assemble(
    kind: 'Add' | 'Replace',
    key: string,
    meta: Meta,
    item: Item,
    what: string,
  ): { type: string; format?: string; bytes: Uint8Array } | number {
    const findings = this.#findings;
    const part = item.data?.kind === 'content' ? item.data.bytes : undefined;
    findings.check(part !== undefined, '§12', `${what}: no Data`);
    if (this.#resumed && meta.size !== undefined && this.partial?.key === key) {
      // The server does not know that its last part arrived, and begins again.
      this.partial = undefined;
      this.#doubtful = [];
    }
    const before = this.#goesOnWith(key, what);
    const type = meta.type ?? before?.type;
    findings.check(
      type === this.store.profile.type,
      'representation §7.3',
      `${what}: type ${type ?? 'none'}, the device takes ${this.store.profile.type}`,
    );
    findings.check(before === undefined || before.kind === kind, '§12', `${what}: goes on as another command`);
    const bytes = Buffer.concat([before?.bytes ?? new Uint8Array(), part ?? new Uint8Array()]);
    if (item.moreData) {
      findings.check(supportsLargeObjects(this.#profile), '§12', `${what}: in chunks for a device without large objects`);
      findings.check((meta.size !== undefined) === (before === undefined), '§12', `${what}: Size belongs into the first chunk only`);
      const size = before?.size ?? meta.size ?? 0;
      this.#checkObjectSize(size, what);
      const alone = this.#profile.maxMsgSize;
      if (alone !== undefined)
        findings.check(size + MESSAGE_OVERHEAD > alone, '§12', `${what}: ${size} bytes in chunks, which fit into one message`);
      this.partial = { kind, key, type: type ?? '', size, bytes, lastChunk: part?.byteLength ?? 0, doubtful: this.#doubtful };
      return Status.ChunkAccepted;
    }
    this.partial = undefined;
    const once = before ? ofSize(bytes, before.size, this.#doubtful) : bytes;
    this.#doubtful = [];
    if (before && once) return { type: type ?? '', ...(meta.format ? { format: meta.format } : {}), bytes: once };
    if (before) {
      findings.broke('§12', `${what}: ${bytes.byteLength} bytes, Size was ${before.size}`);
      return Status.SizeMismatch;
    }
    this.#checkObjectSize(bytes.byteLength, what);
    return { type: type ?? '', ...(meta.format ? { format: meta.format } : {}), bytes };
  }

  #checkObjectSize(size: number, what: string): void {
    const { maxObjSize } = this.#profile;
    if (maxObjSize !== undefined && supportsLargeObjects(this.#profile)) {
      this.#findings.check(size <= maxObjSize, '§6', `${what}: ${size} bytes, MaxObjSize is ${maxObjSize}`);
    }
  }

  /** @returns the unfinished object when `key` goes on with it; anything else while one is unfinished breaks the rules. */
  #goesOnWith(key: string | undefined, what: string): PartialIn | undefined {
    const before = this.partial;
    if (!before) return undefined;
    if (before.key === key) return before;
    if (before === this.#inherited) this.#doubtful = [];
    else this.#findings.broke('§12', `${what} while ${before.kind} ${before.key} is incomplete`);
    this.partial = undefined;
    return undefined;
  }

  #add(guid: string, type: string, bytes: Uint8Array, what: string): number {
    const { store } = this;
    const luid = store.received.get(guid);
    if (luid !== undefined && store.items.has(luid)) {
      this.#findings.check(store.unmapped.has(guid), '§9.2', `${what}: the device has it, mapped and acknowledged, as ${luid}`);
      // The content may be newer than when the Add first came.
      store.replaceFromServer(luid, type, bytes);
      this.toMap.add(guid);
      store.unmapped.set(guid, luid);
      return Status.AlreadyExists;
    }
    store.addFromServer(guid, type, bytes);
    this.toMap.add(guid);
    return Status.ItemAdded;
  }

  #replace(luid: string, type: string, bytes: Uint8Array, what: string): number {
    const deleted = this.store.changes.get(luid)?.kind === 'Delete';
    if (this.store.replaceFromServer(luid, type, bytes, this.#asked)) return Status.Ok;
    this.#findings.check(deleted, '§8', `${what}: the device has no such item`);
    return Status.NotFound;
  }

  /** Changes of the server that were taken. */
  get arrived(): number {
    return this.#arrived;
  }

  /** At the regular end of a session: what was agreed on must have come. */
  finish(effective: SyncType): void {
    const findings = this.#findings;
    const what = `Sync for ${this.names.target}`;
    findings.check(this.#synced || !serverSends(effective), '§8', `no ${what} in a sync of type ${effective}`);
    findings.check(this.partial === undefined, '§12', `${what}: the session ended within an object`);
    if (this.#announced !== undefined) {
      const came = `${what}: NumberOfChanges ${this.#announced}, ${this.#arrived} came`;
      findings.check(this.#arrived <= this.#announced, '§14', came);
      // What was deleted on the server since it was counted need not come.
      if (this.#arrived < this.#announced) findings.advises('§14', came);
    }
  }
}

const refs = (sync: SyncCommand): Item => ({
  ...(sync.target ? { target: sync.target } : {}),
  ...(sync.source ? { source: sync.source } : {}),
});

/** The object when chunks of it that came twice are left out: its size tells that there are some, and what follows each of them which. */
function ofSize(bytes: Uint8Array, size: number, doubtful: readonly ByteRange[]): Uint8Array | undefined {
  if (bytes.byteLength === size) return bytes;
  for (const [n, range] of doubtful.entries()) {
    if (!isRepeated(bytes, range)) continue;
    const once = Buffer.concat([bytes.subarray(0, range.at), bytes.subarray(range.at + range.length)]);
    const later = doubtful.slice(n + 1).map(({ at, length }) => ({ at: at - range.length, length }));
    const found = once.byteLength < size ? undefined : ofSize(once, size, later);
    if (found) return found;
  }
  return undefined;
}

/** Does what follows the chunk begin as it does? The server may have cut anew, so the shorter of both counts. */
function isRepeated(bytes: Uint8Array, { at, length }: ByteRange): boolean {
  const chunk = bytes.subarray(at, at + length);
  const next = bytes.subarray(at + length, at + 2 * length);
  return next.length > 0 && Buffer.compare(chunk.subarray(0, next.length), next) === 0;
}
