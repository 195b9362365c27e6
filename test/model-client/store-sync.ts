/** One store in one session: its Alert, what it has to send, how the server answered that, and when its anchors move. */
import { Alert, isSyncType, type SyncType } from '../../src/model/alert.js';
import type { AlertCommand, Item, StatusCommand } from '../../src/model/message.js';
import { Status, isSuccess } from '../../src/model/status.js';
import type { BrokenSync, DeviceStore } from './device-store.js';
import { Incoming } from './incoming.js';
import type { OutgoingItem, SyncNames } from './outbox.js';
import { supportsLargeObjects, type DeviceProfile } from './profile.js';
import type { Findings } from './rules/findings.js';

const CONFLICTS: readonly number[] = [
  Status.ConflictMerged,
  Status.ConflictClientWins,
  Status.ConflictDuplicate,
  Status.ConflictServerWins,
];

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
  /** LUIDs of items of which anything was sent. */
  readonly sent = new Set<string>();
  /** Items that were answered with the outcome of a conflict. */
  conflicts = 0;
  partialOut: BrokenSync['partialOut'];
  /** What the server sends. */
  readonly incoming: Incoming;
  readonly #profile: DeviceProfile;
  readonly #findings: Findings;
  readonly #resumes: BrokenSync | undefined;
  /** LUIDs the server cannot have heard of before this session. */
  readonly #new = new Set<string>();
  #alerted = false;
  #refreshRequired = false;
  /** Edits up to here are covered by a sync of the whole set. */
  #cut = 0;
  #sent = false;

  constructor(store: DeviceStore, requested: SyncType | typeof Alert.Resume, next: string, profile: DeviceProfile, findings: Findings) {
    this.store = store;
    this.requested = requested;
    this.next = next;
    this.names = { target: store.profile.target, source: store.profile.uri };
    this.#profile = profile;
    this.#findings = findings;
    this.incoming = new Incoming(store, this.names, profile, findings);
    this.#resumes = requested === Alert.Resume ? store.broken : undefined;
  }

  get accepted(): boolean {
    return this.effective !== undefined && this.refused === undefined;
  }

  /** What must outlive a session that breaks off now; undefined while nothing has been agreed. */
  get broken(): BrokenSync | undefined {
    if (this.effective === undefined || !this.#alerted || this.refused !== undefined || !this.#sent) return this.#resumes;
    return {
      type: this.effective,
      delivered: this.delivered,
      sent: this.sent,
      wiped: this.incoming.wiped,
      ...(this.incoming.partial ? { partialIn: this.incoming.partial } : {}),
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
      for (const luid of resumed.sent) this.sent.add(luid);
      this.incoming.resume(resumed);
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
        return (
          [...store.items.keys()]
            .map((luid) => ({ luid, edit: store.changes.get(luid)?.edit ?? 0 }))
            // An edit that was delivered may be pending no longer: then its number is 0.
            .filter(({ luid, edit }) => !resumed?.delivered.has(luid) || (edit > 0 && resumed.delivered.get(luid) !== edit))
            // What came from the server in the session that broke off is no news to it.
            .filter(({ luid, edit }) => !resumed || edit > 0 || ![...store.received.values()].includes(luid))
            .map(({ luid, edit }) => this.#item(luid, this.#profile.newItemsAs, edit, resumed))
        );
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
    if (CONFLICTS.includes(code)) this.conflicts += 1;
    if (isSuccess(code) || code === Status.AlreadyExists) {
      if (item.kind === 'Add' && this.effective !== Alert.SlowSync && this.#new.has(item.luid)) {
        this.#findings.check(code !== Status.Ok, '§8', `Add of ${item.luid} answered ${code}, not 201`);
      }
      this.delivered.set(item.luid, item.edit);
      this.store.unnamed.delete(item.luid);
      if (this.#profile.forgets === 'with-status') this.store.delivered(item.luid, item.edit);
    } else {
      this.failures.push({ luid: item.luid, kind: item.kind, code });
    }
  }

  /** At the regular end of a session: what was agreed on must have come. */
  finish(): void {
    if (!this.accepted || this.effective === undefined) return;
    this.incoming.finish(this.effective);
    if (!this.syncsAccepted || this.serverNext === undefined) return;
    this.store.agreed = { client: this.next, server: this.serverNext };
    for (const [luid, edit] of this.delivered) this.store.delivered(luid, edit);
    if (this.effective === Alert.SlowSync || this.effective === Alert.RefreshFromClient) {
      this.store.dropDeletes(this.#cut, new Set([...this.sent, ...this.store.received.values()]));
    }
    this.store.broken = undefined;
  }
}
