/** Series and their instances, read no more often than they are looked at: a series may have hundreds of instances, of which a message is about one. */
import { instancesAlone } from '../../content/series/instances.js';
import { StoreError } from '../../model/errors.js';
import type { DatastoreId, Guid } from '../../model/ids.js';
import type { ItemRecord } from '../../storage/ports/items.js';
import type { AccountReader } from '../../storage/ports/store.js';
import { instanceKey } from '../prepare.js';

/** An instance as it stands in one revision of its series. */
export interface Instance {
  readonly record: ItemRecord;
  readonly content: Uint8Array;
}

/** An instance where it stands. `name`: as `instancesIn` has it. */
export interface Standing {
  readonly name: string;
  readonly alone: () => Uint8Array;
}

/** One revision of a series, with its instances by their keys. */
export interface SeriesContent {
  readonly bytes: Uint8Array;
  readonly instances: ReadonlyMap<string, Standing>;
}

/** One of hundreds may be all that is looked at. */
export class ReadWhenAsked implements Instance {
  readonly #alone: () => Uint8Array;
  readonly #describe: (content: Uint8Array) => ItemRecord;
  #content: Uint8Array | undefined;
  #record: ItemRecord | undefined;

  constructor(alone: () => Uint8Array, describe: (content: Uint8Array) => ItemRecord) {
    this.#alone = alone;
    this.#describe = describe;
  }

  get content(): Uint8Array {
    return (this.#content ??= this.#alone());
  }

  get record(): ItemRecord {
    return (this.#record ??= this.#describe(this.content));
  }
}

/** Revisions of series, each read once a message. */
export class SeriesRead {
  readonly #account: AccountReader;
  readonly #known = new Map<string, SeriesContent>();

  constructor(account: AccountReader) {
    this.#account = account;
  }

  /** What was read may not be so any more. */
  forget(): void {
    this.#known.clear();
  }

  /** @returns undefined where it is not kept, or does not open. */
  async of(datastore: DatastoreId, { guid, type }: ItemRecord, revision: number): Promise<SeriesContent | undefined> {
    const at = `${datastore} ${guid} ${revision}`;
    const known = this.#known.get(at);
    const bytes = known ? undefined : await this.opened(datastore, guid, revision);
    if (!bytes) return known;
    const instances = new Map<string, Standing>();
    for (const [name, alone] of instancesAlone(bytes, type)) instances.set(instanceKey(this.#account, name), { name, alone });
    this.#known.set(at, { bytes, instances });
    return { bytes, instances };
  }

  /** What does not open any more has no instances; no sync ends for that. */
  async opened(datastore: DatastoreId, guid: Guid, revision: number): Promise<Uint8Array | undefined> {
    try {
      return await this.#account.items.content(datastore, guid, revision);
    } catch (error) {
      if (error instanceof StoreError && error.fault === 'corrupt') return undefined;
      throw error;
    }
  }
}
