/** Backs up whole files into one copy, the way a server does: bytes first, then the rows, in as many steps as there are batches. */
import assert from 'node:assert/strict';
import type { AccountId, CopyId, DeviceId } from '../../../src/model/ids.js';
import {
  CHUNK_BYTES,
  HOME_LOCATION,
  type ChunkRef,
  type CopiesWriter,
  type DraftRecord,
  type GenerationRecord,
} from '../../../src/storage/ports/copies.js';
import type { Store } from '../../../src/storage/ports/store.js';

export class CopyClient {
  readonly copy: CopyId;
  readonly #store: Store;
  readonly #account: AccountId;
  readonly #device: DeviceId;
  readonly #location: string;

  constructor(store: Store, account: AccountId, device: DeviceId, copy: CopyId, location: string = HOME_LOCATION) {
    this.#store = store;
    this.#account = account;
    this.#device = device;
    this.copy = copy;
    this.#location = location;
  }

  static async create(
    store: Store,
    account: AccountId,
    device: DeviceId,
    file: string,
    location: string = HOME_LOCATION,
  ): Promise<CopyClient> {
    const { id } = await store.transact((tx) =>
      tx
        .account(account)
        .copies.create(device, file, { media: 'application/vnd.sqlite3', way: 'exact', method: 'incremental', location }, 1),
    );
    return new CopyClient(store, account, device, id, location);
  }

  on(store: Store): CopyClient {
    return new CopyClient(store, this.#account, this.#device, this.copy, this.#location);
  }

  of(copy: CopyId, location: string): CopyClient {
    return new CopyClient(this.#store, this.#account, this.#device, copy, location);
  }

  sibling(file: string): Promise<CopyClient> {
    return CopyClient.create(this.#store, this.#account, this.#device, file, this.#location);
  }

  within<T>(work: (copies: CopiesWriter) => Promise<T>): Promise<T> {
    return this.#store.transact((tx) => work(tx.account(this.#account).copies));
  }

  facts(modification: number): Omit<GenerationRecord, 'number' | 'base' | 'by' | 'received' | 'size'> {
    return {
      modification,
      at: 1000 + modification,
      way: 'exact',
      media: 'application/vnd.sqlite3',
      flags: [],
      job: 'job',
      facts: '{"rows":1}',
    };
  }

  write(number: number, chunks: readonly (readonly [number, Uint8Array])[]): Promise<readonly ChunkRef[]> {
    return this.#store.copies.write(
      this.#account,
      { id: this.copy, location: this.#location },
      number,
      chunks.map(([index, bytes]) => ({ index, bytes })),
    );
  }

  /** A first copy, or one that starts anew. */
  async full(file: Uint8Array, modification: number): Promise<GenerationRecord> {
    const draft = await this.within((copies) => copies.openDraft(this.copy, undefined, 'full', modification));
    await this.step(draft, file, indicesOf(file), file.length);
    return this.commit(modification);
  }

  /** A generation on the newest one, of the chunks that differ. */
  async change(file: Uint8Array, modification: number): Promise<GenerationRecord> {
    const newest = await this.within((copies) => copies.newest(this.copy));
    assert.ok(newest);
    const before = await this.file(newest.number);
    const draft = await this.within((copies) => copies.openDraft(this.copy, newest.number, 'changes', modification));
    await this.step(
      draft,
      file,
      indicesOf(file).filter((index) => !chunkOf(file, index).equals(chunkOf(before, index))),
    );
    return this.commit(modification);
  }

  /** Makes the draft be this file, given the chunks that are to be written. */
  async step(draft: DraftRecord, file: Uint8Array, indices: readonly number[], received = 0): Promise<DraftRecord> {
    const refs = await this.write(
      draft.number,
      indices.map((index) => [index, chunkOf(file, index)]),
    );
    const saved = await this.within((copies) =>
      copies.saveDraft(this.copy, { ...draft, size: file.length, received: draft.received + received }, refs),
    );
    assert.ok(saved, 'the draft was there');
    return saved;
  }

  commit(modification: number): Promise<GenerationRecord> {
    return this.within((copies) => copies.commit(this.copy, this.facts(modification), 'incremental'));
  }

  async file(number: number): Promise<Buffer> {
    const refs = await this.#store.read((tx) => tx.account(this.#account).copies.chunks(this.copy, number));
    return Buffer.concat(await this.#store.copies.read(this.#account, this.copy, refs));
  }

  async chunk(number: number, index: number): Promise<Buffer> {
    const refs = await this.#store.read((tx) => tx.account(this.#account).copies.chunks(this.copy, number, [index]));
    return Buffer.concat(await this.#store.copies.read(this.#account, this.copy, refs));
  }
}

export const indicesOf = (file: Uint8Array): readonly number[] =>
  Array.from({ length: Math.ceil(file.length / CHUNK_BYTES) }, (_, index) => index);

export const chunkOf = (file: Uint8Array, index: number): Buffer =>
  Buffer.from(file.buffer, file.byteOffset, file.byteLength).subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
