/**
 * Devices that sync with a real store, effect by effect: what the engine would ask for, without messages around it. Each call is one
 * transaction, as one message would be.
 */
import { makeCredential } from '../../../src/accounts/users.js';
import type { SyncType } from '../../../src/model/alert.js';
import type { DatastoreSpec } from '../../../src/model/datastore.js';
import type {
  Answer,
  ChangeAnswer,
  ClientChange,
  Effect,
  EffectKind,
  Effects,
  OpenAnswer,
  Outgoing,
  Part,
} from '../../../src/model/effects.js';
import {
  guid as guidOf,
  luid as luidOf,
  type AccountId,
  type DatastoreId,
  type Guid,
  type PairId,
  type SessionToken,
} from '../../../src/model/ids.js';
import { Tolerance } from '../../../src/model/leniency.js';
import type { Message, Meta } from '../../../src/model/message.js';
import type { ConflictPolicy } from '../../../src/storage/ports/datastores.js';
import type { PairRecord } from '../../../src/storage/ports/pairs.js';
import type { AccountReader, AccountWriter } from '../../../src/storage/ports/store.js';
import type { GrowthRules } from '../../../src/sync/growth.js';
import { prepare, prepareNow, type OpenObject, type Prepared } from '../../../src/sync/prepare.js';
import { SyncWork } from '../../../src/sync/work.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';

export const DAY = 24 * 60 * 60 * 1000;

export interface SceneOptions {
  readonly policy?: ConflictPolicy;
  readonly maxObjSize?: number;
  readonly quotaBytes?: number;
  readonly country?: string;
  readonly growth?: GrowthRules;
}

export class Scene {
  readonly #temp: TempStore;
  readonly account: AccountId;
  readonly specs: readonly DatastoreSpec[];
  readonly country: string | undefined;
  readonly growth: GrowthRules | undefined;
  readonly limits: { maxObjSize: number; quotaBytes: number; resumeAge: number };
  /** Milliseconds since 1970; a test moves it on. */
  now = Date.UTC(2024, 0, 1);
  /** Of the message that comes next. */
  prepared: Prepared = new Map();
  readonly notes: { event: string; fields: object }[] = [];
  #tokens = 0;

  private constructor(temp: TempStore, account: AccountId, options: SceneOptions) {
    this.#temp = temp;
    this.account = account;
    this.country = options.country;
    this.growth = options.growth;
    const policy = options.policy ?? 'client-wins';
    const spec = (uri: string, kind: DatastoreSpec['kind'], types: readonly string[]): DatastoreSpec => ({
      uri,
      kind,
      policy,
      types: types.map((ctType) => ({ ctType, verCt: '1.0' })),
      aliases: uri === 'contacts' ? ['card'] : [],
    });
    this.specs = [
      spec('notes', 'notes', ['text/plain']),
      spec('contacts', 'contacts', ['text/x-vcard', 'text/vcard']),
      spec('files', 'opaque', []),
    ];
    this.limits = { maxObjSize: options.maxObjSize ?? 1_000_000, quotaBytes: options.quotaBytes ?? 1_000_000_000, resumeAge: 30 * DAY };
  }

  static async open(options: SceneOptions = {}): Promise<Scene> {
    const temp = await tempStore();
    const account = await temp.store.transact((tx) => tx.accounts.create('anna', makeCredential('anna', 'pw', 'moorage'), 0));
    return new Scene(temp, account.id, options);
  }

  close(): Promise<void> {
    return this.#temp.close();
  }

  /** The store itself and its folder. */
  get temp(): TempStore {
    return this.#temp;
  }

  phone(name = 'IMEI:1', store = 'notes'): Phone {
    return new Phone(this, name, store);
  }

  newToken(): SessionToken {
    this.#tokens += 1;
    return `token-${this.#tokens}` as SessionToken;
  }

  read<T>(work: (reader: AccountReader) => Promise<T>): Promise<T> {
    return this.#temp.store.read((tx) => work(tx.account(this.account)));
  }

  write<T>(work: (writer: AccountWriter) => Promise<T>): Promise<T> {
    return this.#temp.store.transact((tx) => work(tx.account(this.account)));
  }

  /** Prepares `message` as the exchange does before its transaction. */
  async prepare(message: Message, open?: OpenObject): Promise<void> {
    this.prepared = await prepare(this.#temp.store, this.account, message, open, false);
  }

  /** One message's transaction. */
  async work<T>(device: string, token: SessionToken, run: (work: SyncWork) => Promise<T>): Promise<T> {
    return this.#temp.store.transact(async (tx) => {
      const account = tx.account(this.account);
      const record = (await account.devices.byUri(device)) ?? (await account.devices.create(device, this.now));
      const work = new SyncWork({
        tx,
        account,
        device: record,
        token,
        now: this.now,
        specs: this.specs,
        prepared: this.prepared,
        done: new Map(),
        databases: undefined,
        tolerance: new Tolerance(false),
        country: this.country,
        userCountry: (await tx.accounts.byId(this.account))?.country,
        growth: this.growth,
        limits: this.limits,
        note: (event, fields) => this.notes.push({ event, fields }),
      });
      const answer = await run(work);
      await work.flush();
      return answer;
    });
  }

  datastore(uri = 'notes'): Promise<DatastoreId> {
    return this.read(async (reader) => {
      const found = await reader.datastores.byUri(uri);
      if (!found) throw new Error(`no datastore ${uri}`);
      return found.id;
    });
  }

  /** The texts of all live items, sorted. */
  async texts(uri = 'notes'): Promise<string[]> {
    const datastore = await this.datastore(uri);
    return this.read(async (reader) => {
      const texts: string[] = [];
      for (const item of await reader.items.list(datastore)) {
        texts.push(Buffer.from((await reader.items.content(datastore, item.guid)) ?? []).toString());
      }
      return texts.sort();
    });
  }

  async guidWith(text: string, uri = 'notes'): Promise<Guid> {
    const datastore = await this.datastore(uri);
    return this.read(async (reader) => {
      for (const item of await reader.items.list(datastore)) {
        if (Buffer.from((await reader.items.content(datastore, item.guid)) ?? []).toString() === text) return item.guid;
      }
      throw new Error(`no item "${text}"`);
    });
  }

  /** The operator's or another device's edit, straight in the store. */
  async edit(text: string, to: string | undefined, uri = 'notes', modified?: string): Promise<void> {
    const guid = await this.guidWith(text, uri);
    const datastore = await this.datastore(uri);
    await this.write(async (writer) => {
      if (to === undefined) return void (await writer.items.remove(datastore, guid, { now: this.now }));
      const made = prepareNow(writer, Buffer.from(to), { type: uri === 'contacts' ? 'text/x-vcard' : 'text/plain' }, false);
      if (made.kind !== 'ready') throw new Error('not acceptable');
      await writer.items.replace(datastore, guid, { ...made.item, ...(modified === undefined ? {} : { modified }) }, { now: this.now });
    });
  }

  async put(text: string, uri = 'notes'): Promise<void> {
    await this.write(async (writer) => {
      const spec = this.specs.find((s) => s.uri === uri);
      if (!spec) throw new Error(uri);
      const datastore = (await writer.datastores.byUri(uri)) ?? (await writer.datastores.create(spec.uri, spec.kind, spec.policy));
      const made = prepareNow(writer, Buffer.from(text), { type: uri === 'contacts' ? 'text/x-vcard' : 'text/plain' }, false);
      if (made.kind !== 'ready') throw new Error('not acceptable');
      await writer.items.create(datastore.id, made.item, { now: this.now });
    });
  }

  conflicts(): Promise<{ cause: string; decision: string; lost: string | undefined; kept: string | undefined }[]> {
    return this.read(async (reader) => {
      const found = [];
      for (const c of await reader.conflicts.list()) {
        const { lost, kept } = await reader.conflicts.content(c.id);
        const text = (b: Uint8Array | undefined): string | undefined => (b ? Buffer.from(b).toString() : undefined);
        found.push({ cause: c.cause, decision: c.decision, lost: text(lost), kept: text(kept) });
      }
      return found;
    });
  }
}

/** `Add 1 text`, `Replace 1 text`, `Delete 1`. */
export const change = (text: string, more: Partial<ClientChange> = {}): ClientChange => {
  const [kind, luid, ...rest] = text.split(' ') as [ClientChange['kind'], string, ...string[]];
  const content = rest.join(' ');
  return {
    kind,
    luid: luidOf(luid),
    meta: { type: 'text/plain' },
    ...(kind === 'Delete' ? {} : { content: new Uint8Array(Buffer.from(content)) }),
    item: {},
    ...more,
  };
};
export const chunk = (luid: string, text: string, part: Part, meta: Meta = {}, kind: 'Add' | 'Replace' = 'Add'): ClientChange => ({
  kind,
  luid: luidOf(luid),
  meta: { type: 'text/plain', ...meta, ...(part.size === undefined ? {} : { size: part.size }) },
  content: new Uint8Array(Buffer.from(text)),
  part,
  item: {},
});

export interface Session {
  readonly opened: Extract<OpenAnswer, { kind: 'opened' }>;
  readonly statuses: readonly number[];
  /** `Add text`, `Replace LUID text`, `Delete LUID`. */
  readonly got: readonly string[];
}
export interface SyncOptions {
  readonly last?: string | undefined;
  readonly next?: string;
  /** The phone's answer to one of our entries; 0: it says nothing. */
  readonly answer?: (entry: Outgoing) => number;
  /** Which Adds get a Map; all when absent. */
  readonly maps?: (text: string) => boolean;
  readonly until?: 'open' | 'changes' | 'received' | 'sent' | 'offered' | 'end';
  readonly freeIds?: number;
  readonly freeBytes?: number;
}

/** One device and its store. It counts anchors and LUIDs, and keeps nothing else. */
export class Phone {
  readonly scene: Scene;
  readonly name: string;
  readonly store: string;
  token: SessionToken;
  pair = 0 as PairId;
  #next = 0;
  #luids = 100;
  /** Next of the last sync that ended well on this side. */
  last: string | undefined;

  constructor(scene: Scene, name: string, store: string) {
    this.scene = scene;
    this.name = name;
    this.store = store;
    this.token = scene.newToken();
  }

  ask<K extends EffectKind>(kind: K, ask: Effects[K]['ask']): Promise<Answer<K>> {
    return this.scene.work(this.name, this.token, async (work) => (await work.perform({ kind, ...ask } as unknown as Effect)) as Answer<K>);
  }

  /** A new session's Alert. */
  async open(type: SyncType | 'resume', options: { last?: string | undefined; next?: string } = {}): Promise<OpenAnswer> {
    this.token = this.scene.newToken();
    this.#next += 1;
    const last = 'last' in options ? options.last : this.last;
    const answer = await this.ask('open', {
      clientUri: `./${this.store}`,
      serverUri: this.store,
      type,
      next: options.next ?? `n${this.#next}`,
      ...(last === undefined ? {} : { last }),
    });
    if (answer.kind === 'opened') this.pair = answer.pair;
    return answer;
  }

  async change(...changes: ClientChange[]): Promise<readonly ChangeAnswer[]> {
    return this.ask('change', { pair: this.pair, changes });
  }

  async codes(...changes: (string | ClientChange)[]): Promise<number[]> {
    return (await this.change(...changes.map((c) => (typeof c === 'string' ? change(c) : c)))).map((a) => a.status);
  }

  /** States of the list that goes out. */
  read(): Promise<string[]> {
    return this.scene.read(async (reader) => (await reader.outgoing.list(this.pair)).map((e) => e.state));
  }

  record(): Promise<PairRecord> {
    return this.scene.read(async (reader) => {
      const found = await reader.pairs.get(this.pair);
      if (!found) throw new Error('no pair');
      return found;
    });
  }

  /** All entries that would go out, taken out in one message each. */
  async fetch(options: Pick<SyncOptions, 'answer' | 'maps'> = {}): Promise<string[]> {
    const got: string[] = [];
    for (let msgId = 2; msgId < 500; msgId += 1) {
      const { entries, done } = await this.ask('outgoing', { pair: this.pair, bytes: 100_000 });
      if (done && entries.length === 0) return got;
      const sent = entries.map((entry, i) => ({ seq: entry.seq, cmdId: i + 5, revision: entry.revision, complete: true }));
      await this.ask('sent', { pair: this.pair, msgId, entries: sent });
      const answers = entries.flatMap((entry, i) => {
        const status = options.answer ? options.answer(entry) : entry.kind === 'Add' ? 201 : 200;
        return status === 0 ? [] : [{ msgId, cmdId: i + 5, status }];
      });
      await this.ask('answered', { pair: this.pair, answers });
      for (const [i, entry] of entries.entries()) {
        const text = Buffer.from(entry.content ?? []).toString();
        got.push([entry.kind, ...(entry.luid === undefined ? [] : [entry.luid]), ...(text === '' ? [] : [text])].join(' '));
        const stored = answers.some((a) => a.cmdId === i + 5 && a.status < 300);
        if (entry.kind !== 'Add' || !stored || (options.maps && !options.maps(text))) continue;
        this.#luids += 1;
        await this.map({ [entry.guid]: String(this.#luids) });
      }
    }
    throw new Error('outgoing never ends');
  }

  async map(pairs: Readonly<Record<string, string>>): Promise<readonly number[] | undefined> {
    const items = Object.entries(pairs).map(([guid, luid]) => ({ guid: guidOf(guid), luid }));
    return this.ask('map', { target: this.store, source: `./${this.store}`, items });
  }

  /** A whole session; `until` breaks it off. */
  async sync(type: SyncType | 'resume', changes: readonly (string | ClientChange)[] = [], options: SyncOptions = {}): Promise<Session> {
    const until = options.until ?? 'end';
    const opened = await this.open(type, options);
    if (opened.kind !== 'opened') throw new Error(`refused with ${opened.status}`);
    const session: { statuses: number[]; got: string[] } = { statuses: [], got: [] };
    if (until === 'open') return { opened, ...session };
    if (changes.length > 0) session.statuses = await this.codes(...changes);
    if (until === 'changes') return { opened, ...session };
    await this.ask('received', {
      pair: this.pair,
      ...(options.freeIds === undefined ? {} : { freeIds: options.freeIds }),
      ...(options.freeBytes === undefined ? {} : { freeBytes: options.freeBytes }),
    });
    if (until === 'received') return { opened, ...session };
    session.got = await this.fetch(options);
    if (until === 'sent') return { opened, ...session };
    await this.ask('offer', { pair: this.pair });
    if (until === 'offered') return { opened, ...session };
    await this.ask('finish', { pair: this.pair });
    this.last = (await this.record()).current?.clientNext;
    return { opened, ...session };
  }
}
