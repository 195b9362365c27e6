/** One store in one session: takes the server's Alert and Sync commands, applies them, answers them, and checks the rules of both. */
import { Alert, isSyncType, serverSends, type SyncType } from '../../src/model/alert.js';
import type { AlertCommand, Command, Item, ItemCommand, Meta, StatusCommand, SyncCommand } from '../../src/model/message.js';
import { Status, isSuccess } from '../../src/model/status.js';
import type { BrokenSync, DeviceStore, PartialIn } from './device-store.js';
import type { Draft, OutgoingItem, SyncNames } from './outbox.js';
import { supportsLargeObjects, wantsNumberOfChanges, type DeviceProfile } from './profile.js';
import type { Findings } from './rules/findings.js';

type StatusDraft = Draft<StatusCommand>;

/** Bytes an XML or WBXML message needs beside the one object it carries, at most. */
const MESSAGE_OVERHEAD = 1500;

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

export class StoreSync {
  readonly store: DeviceStore;
  readonly requested: SyncType | typeof Alert.Resume;
  readonly names: SyncNames;
  readonly next: string;
  /** Set by the server's Alert. */
  effective: SyncType | undefined;
  /** Set when the server refused the store. */
  refused: number | undefined;
  resumed = false;
  /** The client disagrees with the server's anchor and starts a slow sync on its own. */
  disagrees = false;
  serverNext: string | undefined;
  /** Every Sync command was answered with success. */
  syncsAccepted = true;
  /** Codes of the client's items that were no success. */
  readonly failures: { readonly luid: string; readonly kind: string; readonly code: number }[] = [];
  readonly delivered = new Map<string, number>();
  partialOut: BrokenSync['partialOut'];
  incoming: PartialIn | undefined;
  /** GUIDs whose Map must go out. */
  readonly toMap = new Set<string>();
  readonly #profile: DeviceProfile;
  readonly #findings: Findings;
  readonly #resumes: BrokenSync | undefined;
  /** LUIDs the server cannot have heard of before this session. */
  readonly #new = new Set<string>();
  #alerted = false;
  #refreshRequired = false;
  /** Edits up to here are covered by a sync of the whole set. */
  #cut = 0;
  #wiped = false;
  #announced: number | undefined;
  #arrived = 0;
  #synced = false;
  #sent = false;

  constructor(store: DeviceStore, requested: SyncType | typeof Alert.Resume, next: string, profile: DeviceProfile, findings: Findings) {
    this.store = store;
    this.requested = requested;
    this.next = next;
    this.names = { target: store.profile.target, source: store.profile.uri };
    this.#profile = profile;
    this.#findings = findings;
    this.#resumes = requested === Alert.Resume ? store.broken : undefined;
  }

  get accepted(): boolean {
    return this.effective !== undefined && this.refused === undefined;
  }

  /** What must outlive a session that breaks off now; undefined while nothing has been agreed. */
  get broken(): BrokenSync | undefined {
    if (this.effective === undefined || this.refused !== undefined || !this.#sent) return this.#resumes;
    return {
      type: this.effective,
      delivered: this.delivered,
      ...(this.incoming ? { partialIn: this.incoming } : {}),
      ...(this.partialOut ? { partialOut: this.partialOut } : {}),
    };
  }

  /** The server answered our Alert. */
  alertAnswered(status: StatusCommand): void {
    const findings = this.#findings;
    const { code } = status;
    if (code === Status.RefreshRequired) {
      const possible =
        this.requested === Alert.Resume ||
        [Alert.TwoWay, Alert.OneWayFromClient, Alert.OneWayFromServer].some((type) => type === this.requested);
      findings.check(possible, '§7.2', `508 for an Alert ${this.requested}, which needs no anchor`);
    } else if (!isSuccess(code)) {
      this.refused = code;
      return;
    }
    this.#refreshRequired = code === Status.RefreshRequired;
    const [item] = status.items;
    const anchor = item?.data?.kind === 'anchor' ? item.data.anchor : item?.meta?.anchor;
    findings.check(
      anchor?.next === this.next,
      '§4.9',
      `Status of the Alert for ${this.names.target} has Next ${anchor?.next ?? 'none'}, sent was ${this.next}`,
    );
  }

  /** The server's own Alert for this store. @returns the code of the client's Status for it. */
  serverAlert(alert: AlertCommand, item: Item): number {
    const findings = this.#findings;
    const { code } = alert;
    const what = `Alert ${code ?? 'without code'} for ${this.names.target}`;
    findings.check(
      item.source?.uri === this.names.target,
      '§7.4',
      `${what}: Source ${item.source?.uri ?? 'none'}, expected the name the client wrote`,
    );
    findings.check(!this.#alerted, '§7.4', `${what}: a second Alert for this store`);
    this.#alerted = true;
    if (code === undefined || !isSyncType(code)) {
      findings.broke('§7.2', `${what}: no sync type`);
      return Status.FeatureNotSupported;
    }
    this.#checkType(code, what);
    const anchor = item.meta?.anchor;
    findings.check(anchor?.next !== undefined && anchor.next !== '', '§7.4', `${what}: no Next`);
    const { agreed } = this.store;
    findings.check(anchor?.next === undefined || anchor.next !== agreed?.server, '§9.1', `${what}: Next is the one of the session before`);
    if (supportsLargeObjects(this.#profile)) {
      if (item.meta?.maxObjSize === undefined) findings.advises('§6', `${what}: no MaxObjSize in Item/Meta`);
    }
    this.serverNext = anchor?.next;
    this.effective = code;
    const normal = code === Alert.TwoWay || code === Alert.OneWayFromClient || code === Alert.OneWayFromServer;
    if (normal && !this.#refreshRequired && (agreed === undefined || anchor?.last !== agreed.server)) {
      findings.broke(
        '§9.1',
        `${what}: Last ${anchor?.last ?? 'none'}, the server's Next of the last session was ${agreed?.server ?? 'none'}`,
      );
      this.disagrees = true;
      this.effective = Alert.SlowSync;
      return Status.RefreshRequired;
    }
    return Status.Ok;
  }

  #checkType(code: SyncType, what: string): void {
    if (this.requested === Alert.Resume) {
      this.resumed = !this.#refreshRequired;
      this.#findings.check(
        this.#refreshRequired || code === this.#resumes?.type,
        '§13',
        `${what}: the resumed sync was ${this.#resumes?.type ?? 'none'}`,
      );
      return;
    }
    const allowed: readonly number[] = this.#refreshRequired
      ? this.requested === Alert.OneWayFromServer
        ? [Alert.RefreshFromServer, Alert.SlowSync]
        : [Alert.SlowSync]
      : [this.requested];
    this.#findings.check(allowed.includes(code), '§7.2', `${what}: ${allowed.join(' or ')} expected`);
  }

  /** Initialization and sync go out in one package: the type asked for counts until the server says otherwise. */
  assume(): void {
    if (this.requested !== Alert.Resume) this.effective = this.requested;
  }

  /** The server has answered with its Alert. */
  get alerted(): boolean {
    return this.#alerted;
  }

  /** What the device has to send, in the order it was made. */
  outgoing(): readonly OutgoingItem[] {
    if (this.effective === undefined) return [];
    this.#sent = true;
    const { store } = this;
    this.#cut = store.lastEdit;
    const resumed = this.resumed ? this.#resumes : undefined;
    if (resumed) {
      for (const [luid, edit] of resumed.delivered) this.delivered.set(luid, edit);
      this.incoming = resumed.partialIn;
    }
    switch (this.effective) {
      case Alert.OneWayFromServer:
      case Alert.RefreshFromServer:
        return [];
      case Alert.TwoWay:
      case Alert.OneWayFromClient:
        return store
          .pending()
          .filter((change) => resumed?.delivered.get(change.luid) !== change.edit)
          .map(({ luid, kind, edit }) => this.#item(luid, kind === 'Add' ? this.#profile.newItemsAs : kind, edit, resumed));
      case Alert.SlowSync:
      case Alert.RefreshFromClient:
        if (!resumed) store.forgetMap();
        return [...store.items.keys()]
          .map((luid) => ({ luid, edit: store.changes.get(luid)?.edit ?? 0 }))
          .filter(({ luid, edit }) => resumed?.delivered.get(luid) !== edit)
          .map(({ luid, edit }) => this.#item(luid, this.#profile.newItemsAs, edit, resumed));
    }
  }

  #item(luid: string, kind: 'Add' | 'Replace' | 'Delete', edit: number, resumed: BrokenSync | undefined): OutgoingItem {
    const item = this.store.items.get(luid);
    const partial = resumed?.partialOut;
    const goesOn = partial?.luid === luid && partial.edit === edit && partial.kind === kind;
    if (this.store.mention(luid)) this.#new.add(luid);
    return {
      kind,
      luid,
      edit,
      type: this.store.profile.type,
      bytes: item?.bytes ?? new Uint8Array(),
      offset: goesOn ? partial.offset : 0,
    };
  }

  /** The server answered one of our items (the whole of it, not a chunk). */
  itemAnswered(item: OutgoingItem, code: number): void {
    this.partialOut = undefined;
    if (isSuccess(code) || code === Status.AlreadyExists) {
      if (item.kind === 'Add' && this.effective !== Alert.SlowSync && this.#new.has(item.luid)) {
        this.#findings.check(code !== Status.Ok, '§8', `Add of ${item.luid} answered ${code}, not 201`);
      }
      this.delivered.set(item.luid, item.edit);
      if (this.#profile.forgets === 'with-status') this.store.delivered(item.luid, item.edit);
    } else {
      this.failures.push({ luid: item.luid, kind: item.kind, code });
    }
  }

  /** Applies a Sync of the server. @returns the Statuses, the container's first. */
  serverSync(sync: SyncCommand, msgRef: string): readonly StatusDraft[] {
    const findings = this.#findings;
    const what = `Sync for ${this.names.target}`;
    const ofSync = sync.noResp ? [] : [statusFor(msgRef, sync, Status.Ok, { ...refs(sync) })];
    findings.check(sync.source?.uri === this.names.target, '§7.4', `${what}: Source ${sync.source?.uri ?? 'none'}`);
    if (!this.accepted || this.effective === undefined) {
      findings.broke('§7', `${what}, which was not agreed on`);
      return [statusFor(msgRef, sync, Status.Forbidden, { ...refs(sync) })];
    }
    if (!serverSends(this.effective)) {
      findings.check(sync.commands.length === 0, '§8', `${what}: changes in a sync of type ${this.effective}`);
    }
    if (!this.#synced && this.effective === Alert.RefreshFromServer && !this.resumed && !this.#wiped) {
      this.store.wipe();
      this.#wiped = true;
    }
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
      const code = this.#item1(sync, command, item);
      return command.noResp ? [] : [statusFor(msgRef, command, code, item)];
    });
  }

  #item1(sync: SyncCommand, command: ItemCommand, item: Item): number {
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
      return this.store.removeFromServer(key) ? Status.Ok : Status.ItemNotDeleted;
    }
    if (kind === 'Add') {
      findings.check(Buffer.byteLength(key) <= this.#profile.maxGuidSize, 'representation §7.3', `${what}: longer than MaxGUIDSize`);
    }
    const meta = { ...sync.meta, ...command.meta, ...item.meta };
    const whole = this.#assemble(kind === 'Add' ? 'Add' : 'Replace', key, meta, item, what);
    if (typeof whole === 'number') return whole;
    this.#arrived += 1;
    const bytes = whole.format === 'b64' ? Buffer.from(Buffer.from(whole.bytes).toString('latin1'), 'base64') : whole.bytes;
    return kind === 'Add' ? this.#add(key, whole.type, bytes, what) : this.#replace(key, whole.type, bytes, what);
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
      this.incoming = { kind, key, type: type ?? '', size, bytes };
      return Status.ChunkAccepted;
    }
    this.incoming = undefined;
    if (before && bytes.byteLength !== before.size) {
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
    const before = this.incoming;
    if (!before) return undefined;
    if (before.key === key) return before;
    this.#findings.broke('§12', `${what} while ${before.kind} ${before.key} is incomplete`);
    this.incoming = undefined;
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
    if (this.store.replaceFromServer(luid, type, bytes)) return Status.Ok;
    this.#findings.check(this.store.changes.get(luid)?.kind === 'Delete', '§8', `${what}: the device has no such item`);
    return Status.NotFound;
  }

  /** At the regular end of a session: what was agreed on must have come. */
  finish(): void {
    const findings = this.#findings;
    if (!this.accepted || this.effective === undefined) return;
    const what = `Sync for ${this.names.target}`;
    findings.check(this.#synced || !serverSends(this.effective), '§8', `no ${what} in a sync of type ${this.effective}`);
    findings.check(this.incoming === undefined, '§12', `${what}: the session ended within an object`);
    if (this.#announced !== undefined) {
      findings.check(this.#announced === this.#arrived, '§14', `${what}: NumberOfChanges ${this.#announced}, ${this.#arrived} came`);
    }
    if (!this.syncsAccepted || this.serverNext === undefined) return;
    this.store.agreed = { client: this.next, server: this.serverNext };
    for (const [luid, edit] of this.delivered) this.store.delivered(luid, edit);
    if (this.effective === Alert.SlowSync || this.effective === Alert.RefreshFromClient) this.store.dropDeletes(this.#cut);
    this.store.broken = undefined;
  }
}

const refs = (sync: SyncCommand): Item => ({
  ...(sync.target ? { target: sync.target } : {}),
  ...(sync.source ? { source: sync.source } : {}),
});
