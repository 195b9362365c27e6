/**
 * The engine's effects, carried out on one account's data inside the message's transaction. One object serves one message; it holds the
 * pairs it touched and writes each of them once, with `flush`.
 */
import type { Abilities } from '../content/abilities.js';
import type { Target } from '../content/conversion/format.js';
import type { Handset, HandsetFinder } from '../handsets/handset.js';
import type { Traits } from '../handsets/traits.js';
import type { DevInf } from '../model/devinf.js';
import type { DatastoreSpec } from '../model/datastore.js';
import type { Effect } from '../model/effects.js';
import { unreachable } from '../model/errors.js';
import type { CopyId, Guid, PairId, SessionToken } from '../model/ids.js';
import type { Tolerance } from '../model/leniency.js';
import type { DatastoreRecord } from '../storage/ports/datastores.js';
import type { DeviceRecord } from '../storage/ports/devices.js';
import type { ItemRecord } from '../storage/ports/items.js';
import type { PairRecord } from '../storage/ports/pairs.js';
import type { PolicyRule } from '../storage/ports/policies.js';
import type { AccountWriter, WriteTx } from '../storage/ports/store.js';
import * as database from './database/effects.js';
import type { Pending } from './database/pending.js';
import type { DatabaseRules } from './database/rules.js';
import { answered, outgoing, resend, rewind, sent, skip, type Rendered } from './outgoing.js';
import { change } from './change.js';
import type { GrowthRules } from './growth.js';
import { dropIncoming } from './incoming.js';
import { ItemsWithInstances } from './instances/items.js';
import { goOnHolding } from './instances/plan.js';
import { withItems } from './instances/with-items.js';
import { mapItems } from './mapping.js';
import { openSync, widen } from './open.js';
import type { Prepared } from './prepare.js';
import { received } from './received.js';
import { getsInstancesApart, heldKeyOf } from './rendering.js';
import { abandon, finish, offer } from './settle.js';
import { PhotoDesk } from './photos.js';
import { homeOf } from './whereabouts.js';
import { WorkNeeded, type SlowRun, type WorkDone } from './slow-work.js';

export interface WorkOptions {
  readonly tx: WriteTx;
  readonly account: AccountWriter;
  readonly device: DeviceRecord;
  readonly token: SessionToken;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly specs: readonly DatastoreSpec[];
  readonly prepared: Prepared;
  readonly tolerance: Tolerance;
  /** What is known of phones; undefined: all are taken at their word. */
  readonly handsets?: HandsetFinder | undefined;
  /** Results of slow work. */
  readonly done: WorkDone;
  /** Undefined: files are not backed up here. */
  readonly databases: DatabaseRules | undefined;
  /** Where devices are that cannot read UTC, an IANA name; undefined: they get times as they are stored. */
  readonly timeZone?: string | undefined;
  /** When items may be matched that only perhaps are one thing: in a device's first sync, in every slow sync, or never. Default: `first`. */
  readonly looseMatching?: 'first' | 'always' | 'never' | undefined;
  /** What is done with a device that keeps adding look-alikes. Default: `GROWTH_RULES`. */
  readonly growth?: GrowthRules | undefined;
  /** Where the user's devices are, an IANA name; undefined: nobody has said so. */
  readonly userZone?: string | undefined;
  /** Where the user's telephone numbers without the prefix of a country are, ISO 3166; undefined: nobody has said so. */
  readonly userCountry?: string | undefined;
  /** The same of users of whom nobody has. */
  readonly country?: string | undefined;
  readonly limits: {
    readonly maxObjSize: number;
    readonly quotaBytes: number;
    /** How long a sync can be resumed, ms. */ readonly resumeAge: number;
  };
  /** Named facts for the log; written after the commit. */
  readonly note: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** What a device may hold without having said so. */
export interface SentRevision {
  readonly guid: Guid;
  readonly revision: number;
}

export class SyncWork {
  readonly options: WorkOptions;
  /** Its items have those among them that stand inside of others: changed instances of series. */
  readonly account: AccountWriter;
  readonly instances: ItemsWithInstances;
  device: DeviceRecord;
  /** Bytes of the account, with what this message added; undefined until the quota is looked at. */
  used: number | undefined;
  /** What this message has done to copies of files, which nobody outside its transaction sees yet. */
  readonly pending = new Map<CopyId, Pending>();
  readonly #pairs = new Map<PairId, PairRecord>();
  readonly #changed = new Set<PairId>();
  readonly #datastores = new Map<number, DatastoreRecord>();
  /** Entries rendered for this message, with their map rows, by pair and number: sending them needs no second look. */
  readonly rendered = new Map<string, Rendered>();
  /** What the device can hold, by media type and store; see `rendering.ts`. */
  readonly abilities = new Map<string, { readonly abilities: Abilities | undefined }>();
  /** Formats the device takes, by its name of the store. */
  readonly taken = new Map<string, readonly Target[]>();
  /** What was read of items; see `contentOf`. */
  readonly contents = new WeakMap<ItemRecord, Uint8Array>();
  readonly #outdated = new Map<PairId, ReadonlyMap<string, readonly SentRevision[]>>();
  #rules: readonly PolicyRule[] | undefined;
  readonly #awaiting = new Map<PairId, Map<string, ItemRecord[]>>();
  readonly photos: PhotoDesk;
  #deviceChanged = false;
  #handset: Handset | undefined;

  constructor(options: WorkOptions) {
    this.options = options;
    this.instances = new ItemsWithInstances(options.account, {
      apart: async (pair) => getsInstancesApart(this, await this.pair(pair)),
      showsApart: (datastore) => [...this.#pairs.values()].some((pair) => pair.datastore === datastore && getsInstancesApart(this, pair)),
      home: () => homeOf(this),
      released: async (datastore, instance) => {
        for (const { id, open, datastore: of } of this.#pairs.values())
          if (open && of === datastore) await options.account.idMap.remove(id, open.epoch, instance);
      },
      moved: (datastore, series, instance, from, to) =>
        goOnHolding(this, [...this.#pairs.values()], { datastore, series, instance, from, to }),
    });
    this.account = withItems(options.account, this.instances);
    this.photos = new PhotoDesk(options.done);
    this.device = options.device;
  }

  /** Does what the effect asks; the engine's driver feeds the answer back. */
  async perform(effect: Effect): Promise<unknown> {
    switch (effect.kind) {
      case 'open':
        return openSync(this, effect);
      case 'owns':
        return this.#owns(effect.pairs);
      case 'change':
        return (await this.isDatabase(effect.pair))
          ? database.change(this, effect.pair, effect.changes)
          : change(this, effect.pair, effect.changes);
      case 'dropIncoming':
        return dropIncoming(this, effect.pair);
      case 'map':
        return mapItems(this, effect);
      case 'answered':
        return (await this.isDatabase(effect.pair))
          ? database.answered(this, effect.pair, effect.answers)
          : answered(this, effect.pair, effect.answers);
      case 'widen':
        return widen(this, effect.pair);
      case 'received':
        return (await this.isDatabase(effect.pair)) ? database.received(this, effect.pair) : received(this, effect);
      case 'outgoing':
        return (await this.isDatabase(effect.pair)) ? database.outgoing(this, effect) : outgoing(this, effect);
      case 'sent':
        return (await this.isDatabase(effect.pair))
          ? database.sent(this, effect.pair, effect.msgId, effect.entries)
          : sent(this, effect.pair, effect.msgId, effect.entries);
      case 'skip':
        return (await this.isDatabase(effect.pair)) ? database.skip(this, effect.pair, effect.seqs) : skip(this, effect.pair, effect.seqs);
      case 'rewind':
        return (await this.isDatabase(effect.pair)) ? database.rewind(this, effect.pair) : rewind(this, effect.pair);
      case 'resend':
        return (await this.isDatabase(effect.pair)) ? database.resend(this, effect.pair) : resend(this, effect.pair);
      case 'offer':
        return offer(this, effect.pair);
      case 'finish':
        if (await this.isDatabase(effect.pair)) await database.finish(this, effect.pair);
        return finish(this, effect.pair);
      case 'abandon':
        return abandon(this, effect.pair, effect.reason);
      case 'devInf':
        return this.changeDevice({ ...this.device, devInf: JSON.stringify(effect.devInf) });
      case 'clientNonce':
        return this.changeDevice({ ...this.device, clientNonce: effect.nonce });
      case 'atomic':
        return this.#atomic(effect.body);
      default:
        return unreachable(effect);
    }
  }

  async pair(id: PairId): Promise<PairRecord> {
    const known = this.#pairs.get(id) ?? (await this.account.pairs.get(id));
    if (!known) throw new Error(`pair ${id} is gone`);
    this.#pairs.set(id, known);
    return known;
  }

  /** The pair's new record; written with `flush`. */
  save(pair: PairRecord): PairRecord {
    this.#pairs.set(pair.id, pair);
    this.#changed.add(pair.id);
    return pair;
  }

  /** Is it the copy of a file? Then it has no items, no map and no matching. */
  async isDatabase(id: PairId): Promise<boolean> {
    return (await this.datastore(await this.pair(id))).kind === 'database';
  }

  /**
   * The result of slow work. @throws {WorkNeeded} when it is not there yet: the transaction ends, and runs again with it.
   * @param key names all the result depends on. @param reusable bytes of it, where later messages may ask for it again.
   */
  slow<T>(key: string, run: SlowRun<T>, reusable?: (result: T) => number): T {
    if (this.options.done.has(key)) return this.options.done.get(key) as T;
    throw new WorkNeeded(key, run, reusable as ((result: unknown) => number) | undefined);
  }

  /** Policy and kind; positions in it are those of the message's beginning. */
  async datastore(pair: PairRecord): Promise<DatastoreRecord> {
    const found = this.#datastores.get(pair.datastore) ?? (await this.account.datastores.byId(pair.datastore));
    if (!found) throw new Error(`datastore ${pair.datastore} is gone`);
    this.#datastores.set(pair.datastore, found);
    return found;
  }

  /** The account's rules for conflicts. */
  async rules(): Promise<readonly PolicyRule[]> {
    return (this.#rules ??= await this.account.policies.list());
  }

  /** Items that went out as Add and have no LUID yet, by canonical key of what went out. Looked up once a message; takers remove what they take. */
  async awaitingMaps(pair: PairRecord, epoch: number): Promise<ReadonlyMap<string, ItemRecord[]>> {
    const known = this.#awaiting.get(pair.id);
    if (known) return known;
    const found = new Map<string, ItemRecord[]>();
    for (const row of await this.account.idMap.unmapped(pair.id, epoch)) {
      const item = await this.account.items.get(pair.datastore, row.guid);
      if (!item || item.deleted) continue;
      const key = (await heldKeyOf(this, pair, item)) ?? item.canonicalKey;
      const alike = found.get(key);
      if (alike) alike.push(item);
      else found.set(key, [item]);
    }
    this.#awaiting.set(pair.id, found);
    return found;
  }

  /**
   * Revisions that went out as Add in these epochs, have no LUID, and are not what the item is any more, by the canonical key they had. Looked
   * up once a message.
   */
  async outdatedSends(pair: PairRecord, epochs: readonly number[]): Promise<ReadonlyMap<string, readonly SentRevision[]>> {
    const known = this.#outdated.get(pair.id);
    if (known) return known;
    const found = new Map<string, SentRevision[]>();
    for (const epoch of epochs) {
      for (const { guid, pendingRevision, heldRevision } of await this.account.idMap.unmapped(pair.id, epoch)) {
        const item = await this.account.items.get(pair.datastore, guid);
        for (const revision of new Set([pendingRevision, heldRevision])) {
          if (!item || revision === undefined || (revision === item.revision && !item.deleted)) continue;
          const key = await this.keyOfRevision(pair, item, revision);
          if (key !== undefined) found.set(key, [...(found.get(key) ?? []), { guid, revision }]);
        }
      }
    }
    this.#outdated.set(pair.id, found);
    return found;
  }

  /** Canonical key of what the device got of an older revision; undefined when its content is not kept any more. */
  async keyOfRevision(pair: PairRecord, item: ItemRecord, revision: number): Promise<string | undefined> {
    return heldKeyOf(this, pair, item, revision);
  }

  /** The device's profile and what is believed of it. */
  get handset(): Handset | undefined {
    return (this.#handset ??= this.options.handsets?.of(this.device));
  }

  /** What the device does otherwise than it says. */
  get traits(): Traits {
    return this.handset?.profile.traits ?? {};
  }

  /** Its device information, put right by its profile; undefined: it has sent none. */
  get devInf(): DevInf | undefined {
    const { devInf } = this.device;
    if (devInf === undefined) return undefined;
    return this.handset?.believed ?? (JSON.parse(devInf) as DevInf);
  }

  /** What is known of its properties decides nothing that was worked out before. */
  noteSeen(seenProperties: NonNullable<DeviceRecord['seenProperties']>): void {
    this.device = { ...this.device, seenProperties };
    this.#deviceChanged = true;
  }

  changeDevice(device: DeviceRecord): void {
    this.device = device;
    this.#handset = undefined;
    this.abilities.clear();
    this.taken.clear();
    this.#deviceChanged = true;
  }

  /** @throws {WorkNeeded} when something that went into the message was not there yet. */
  async flush(): Promise<void> {
    this.photos.settle();
    for (const id of this.#changed) await this.account.pairs.save(await this.pair(id));
    if (this.#deviceChanged) await this.account.devices.save(this.device);
    this.#changed.clear();
    this.#deviceChanged = false;
  }

  async #owns(pairs: readonly PairId[]): Promise<boolean> {
    for (const id of pairs) if ((await this.pair(id)).fence !== this.options.token) return false;
    return true;
  }

  async #atomic(body: () => Generator<Effect, { keep: boolean }, unknown>): Promise<void> {
    const before = new Map(this.#pairs);
    const pending = new Map(this.pending);
    const kept = await this.options.tx.savepoint(async () => {
      const { keep } = await drive(body(), (effect) => this.perform(effect));
      return { keep, value: keep };
    });
    if (kept) return;
    this.#pairs.clear();
    this.pending.clear();
    for (const [id, one] of pending) this.pending.set(id, one);
    this.instances.forget();
    this.#awaiting.clear();
    this.#outdated.clear();
    for (const [id, pair] of before) this.#pairs.set(id, pair);
    this.used = undefined;
  }
}

/** Runs a generator of effects to its end. */
export async function drive<T>(run: Generator<Effect, T, unknown>, perform: (effect: Effect) => Promise<unknown>): Promise<T> {
  let step = run.next();
  while (!step.done) step = run.next(await perform(step.value));
  return step.value;
}
