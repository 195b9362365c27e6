/**
 * One store of a device as a phone keeps it: items under LUIDs, which of them changed since they were last delivered, anchors, Maps the
 * server has not acknowledged. All of it outlives a session; nothing in it depends on the protocol's messages.
 */
import type { SyncType } from '../../src/model/alert.js';
import type { StoreProfile } from './profile.js';

export interface DeviceItem {
  readonly luid: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export type ChangeKind = 'Add' | 'Replace' | 'Delete';

/** A local change that the server may not know yet. `edit` grows with each edit, so that a late Status does not cover a newer one. */
export interface Change {
  readonly luid: string;
  readonly kind: ChangeKind;
  readonly edit: number;
}

/** An object that came, or went, only in part. `bytes` were acknowledged with 213. */
export interface PartialIn {
  readonly kind: 'Add' | 'Replace';
  /** The GUID of an Add, the LUID of a Replace. */
  readonly key: string;
  readonly type: string;
  readonly size: number;
  readonly bytes: Uint8Array;
  /** Bytes of its last chunk: when our 213 for that was lost, it comes twice. */
  readonly lastChunk: number;
  /** Earlier ones of which the same is true. */
  readonly doubtful: readonly ByteRange[];
}
export interface ByteRange {
  readonly at: number;
  readonly length: number;
}
export interface PartialOut {
  readonly luid: string;
  readonly kind: 'Add' | 'Replace';
  readonly edit: number;
  readonly offset: number;
}

/** A sync that began and did not end; Alert 225 goes on with it. */
export interface BrokenSync {
  readonly type: SyncType;
  /** Edits the server answered with success: LUID → edit. */
  readonly delivered: ReadonlyMap<string, number>;
  /** LUIDs of items of which anything was sent: the server may have them. */
  readonly sent: ReadonlySet<string>;
  /** A refresh from server: the device has dropped its own items. */
  readonly wiped: boolean;
  readonly partialIn?: PartialIn;
  readonly partialOut?: PartialOut;
}

export interface Agreed {
  /** The Next this device sent in its last complete session. */
  readonly client: string;
  /** The Next the server sent in it. */
  readonly server: string;
}

export class DeviceStore {
  readonly profile: StoreProfile;
  readonly items = new Map<string, DeviceItem>();
  readonly changes = new Map<string, Change>();
  /** GUID → LUID: mapped, and not acknowledged by the server. */
  readonly unmapped = new Map<string, string>();
  /** LUIDs of items of the server that it may not know by them: it acknowledged neither a Map nor the item. */
  readonly unnamed = new Set<string>();
  /** Changes of the server that have come at least once, while the device refuses some. */
  readonly seen = new Set<string>();
  /** GUID → LUID of every Add of the server since the last slow sync or refresh. */
  readonly received = new Map<string, string>();
  agreed: Agreed | undefined;
  broken: BrokenSync | undefined;
  /** Told of each change that the device gives up before it is delivered, because it let the server's set stand. `item`: what the change was to bring. */
  onGivenUp: (change: Change, item: DeviceItem | undefined) => void = () => undefined;
  /** LUIDs the server may have heard of: their deletion must be reported. */
  readonly #mentioned = new Set<string>();
  #lastLuid = 0;
  #lastEdit = 0;

  constructor(profile: StoreProfile) {
    this.profile = profile;
  }

  /** The user makes an item. @returns its LUID. */
  add(bytes: Uint8Array): string {
    const luid = this.#nextLuid();
    this.items.set(luid, { luid, type: this.profile.type, bytes });
    this.#edited(luid, 'Add');
    return luid;
  }

  /** The user changes an item. @throws {Error} when there is none of this LUID. */
  replace(luid: string, bytes: Uint8Array): void {
    const item = this.items.get(luid);
    if (!item) throw new Error(`no item ${luid} in ${this.profile.uri}`);
    this.items.set(luid, { ...item, bytes });
    this.#edited(luid, this.changes.get(luid)?.kind === 'Add' ? 'Add' : 'Replace');
  }

  /** The user deletes an item. @throws {Error} when there is none of this LUID. */
  remove(luid: string): void {
    if (!this.items.delete(luid)) throw new Error(`no item ${luid} in ${this.profile.uri}`);
    if (this.changes.get(luid)?.kind === 'Add' && !this.#mentioned.has(luid)) this.changes.delete(luid);
    else this.#edited(luid, 'Delete');
  }

  /** The server adds an item. @returns the LUID it got. */
  addFromServer(guid: string, type: string, bytes: Uint8Array): string {
    const luid = this.#nextLuid();
    this.items.set(luid, { luid, type, bytes });
    this.#mentioned.add(luid);
    this.received.set(guid, luid);
    this.unmapped.set(guid, luid);
    this.unnamed.add(luid);
    return luid;
  }

  /**
   * The server changes an item. A local edit of the same item that has not been delivered is overwritten: the server knows it or wins.
   * @param asked the server knows of no edit here: the device asked for its version whatever was edited.
   */
  replaceFromServer(luid: string, type: string, bytes: Uint8Array, asked = false): boolean {
    if (asked) this.#giveUp(luid);
    if (!this.items.has(luid)) return false;
    this.items.set(luid, { luid, type, bytes });
    return true;
  }

  /** @param asked as for a replacement. */
  removeFromServer(luid: string, asked = false): boolean {
    if (asked) this.#giveUp(luid);
    this.changes.delete(luid);
    return this.items.delete(luid);
  }

  /** Local changes in the order they were made. */
  pending(): readonly Change[] {
    return [...this.changes.values()].sort((a, b) => a.edit - b.edit);
  }

  /** The server acknowledged the Map of this GUID. */
  mapped(guid: string): void {
    const luid = this.unmapped.get(guid);
    this.unmapped.delete(guid);
    if (luid !== undefined) this.unnamed.delete(luid);
  }

  /** The item goes out. @returns whether for the first time. */
  mention(luid: string): boolean {
    const first = !this.#mentioned.has(luid);
    this.#mentioned.add(luid);
    return first;
  }

  /**
   * A sync of the whole set has no Deletes: what was deleted before edit `cut` is missing from it and not reported any more.
   * @param known LUIDs that were in the set: they were deleted later, while the sync was broken off.
   */
  dropDeletes(cut: number, known: ReadonlySet<string>): void {
    for (const { kind, luid, edit } of [...this.changes.values()]) {
      if (kind === 'Delete' && edit <= cut && !known.has(luid)) this.#giveUp(luid);
    }
  }

  /** The server has this edit. Newer edits of the item stay pending. */
  delivered(luid: string, edit: number): void {
    if (this.changes.get(luid)?.edit === edit) this.changes.delete(luid);
  }

  /** Before a slow sync or a refresh from client: the server forgets its map, so GUIDs mean nothing any more. */
  forgetMap(): void {
    this.unmapped.clear();
    this.received.clear();
  }

  /** Before a refresh from server. */
  wipe(): void {
    this.forgetMap();
    for (const luid of [...this.changes.keys()]) this.#giveUp(luid);
    this.items.clear();
    this.changes.clear();
  }

  /** Number of the newest edit: what comes later belongs to the next sync. */
  get lastEdit(): number {
    return this.#lastEdit;
  }

  #edited(luid: string, kind: ChangeKind): void {
    this.#lastEdit += 1;
    this.changes.set(luid, { luid, kind, edit: this.#lastEdit });
  }

  #giveUp(luid: string): void {
    const change = this.changes.get(luid);
    if (!change) return;
    this.onGivenUp(change, this.items.get(luid));
    this.changes.delete(luid);
  }

  #nextLuid(): string {
    this.#lastLuid += 1;
    return String(this.#lastLuid);
  }
}
