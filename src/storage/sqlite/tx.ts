import type { AccountId } from '../../model/ids.js';
import type { AccountWriter, WriteTx } from '../ports/store.js';
import { Accounts } from './accounts.js';
import { Chunks } from './chunks.js';
import { Conflicts } from './conflicts.js';
import { Copies } from './copies/copies.js';
import type { Proven } from './copies/proven.js';
import { Datastores } from './datastores.js';
import { Devices } from './devices.js';
import type { Handle } from './handle.js';
import { IdMap } from './id-map.js';
import { Instances } from './instances.js';
import { Items } from './items.js';
import { Messages } from './messages.js';
import { Outgoing } from './outgoing.js';
import { ExtraCopies } from './extra-copies.js';
import { Pairs } from './pairs.js';
import { Policies } from './policies.js';
import { Scope, type KeyCache } from './scope.js';
import { Sessions } from './sessions.js';
import { Staged } from './staged.js';

export interface TxRooms {
  readonly cache: KeyCache;
  readonly secret: Uint8Array;
  readonly clock: () => number;
  readonly proven: Proven;
}

/** One running transaction. A reader gets the same object as ReadTx; its connection refuses writes. */
export class Tx implements WriteTx {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly #handle: Handle;
  readonly #rooms: TxRooms;
  readonly #scopes = new Map<AccountId, Account>();

  constructor(handle: Handle, rooms: TxRooms) {
    this.#handle = handle;
    this.#rooms = rooms;
    const scope = (id: AccountId): Scope => this.account(id).scope;
    this.accounts = new Accounts(handle, rooms.cache, scope, rooms.secret);
    this.sessions = new Sessions(handle, scope, rooms.secret);
    handle.onUndo = () => {
      for (const account of this.#scopes.values()) account.scope.forget();
    };
  }

  account(id: AccountId): Account {
    let account = this.#scopes.get(id);
    if (account === undefined) {
      account = new Account(new Scope(this.#handle, this.#rooms.cache, id), this.#rooms);
      this.#scopes.set(id, account);
    }
    return account;
  }

  savepoint<T>(work: () => Promise<{ keep: boolean; value: T }>): Promise<T> {
    return this.#handle.savepoint(work);
  }
}

class Account implements AccountWriter {
  readonly id: AccountId;
  readonly scope: Scope;
  readonly devices: Devices;
  readonly datastores: Datastores;
  readonly items: Items;
  readonly pairs: Pairs;
  readonly idMap: IdMap;
  readonly instances: Instances;
  readonly extraCopies: ExtraCopies;
  readonly outgoing: Outgoing;
  readonly staged: Staged;
  readonly chunks: Chunks;
  readonly conflicts: Conflicts;
  readonly policies: Policies;
  readonly messages: Messages;
  readonly copies: Copies;

  constructor(scope: Scope, { clock, proven }: TxRooms) {
    this.id = scope.account;
    this.scope = scope;
    this.devices = new Devices(scope);
    this.datastores = new Datastores(scope);
    this.instances = new Instances(scope);
    this.items = new Items(scope, this.instances);
    this.pairs = new Pairs(scope);
    this.idMap = new IdMap(scope);
    this.extraCopies = new ExtraCopies(scope);
    this.outgoing = new Outgoing(scope);
    this.staged = new Staged(scope);
    this.chunks = new Chunks(scope, clock);
    this.conflicts = new Conflicts(scope);
    this.policies = new Policies(scope);
    this.messages = new Messages(scope);
    this.copies = new Copies(scope, clock, proven);
  }

  keyedHash(purpose: 'canonical' | 'identity' | 'blob', bytes: Uint8Array | string): string {
    return this.scope.keys.mac(purpose, bytes);
  }

  async usedBytes(): Promise<number> {
    const { sql, account } = this.scope;
    const items = sql.get<{ bytes: number }>('SELECT COALESCE(SUM(used_bytes), 0) AS bytes FROM datastore WHERE account = ?', account);
    return (items?.bytes ?? 0) + (await this.copies.storedBytes());
  }

  async arrivedBytes(): Promise<number> {
    const { sql, account } = this.scope;
    const staged = sql.get<{ bytes: number }>(
      'SELECT COALESCE(SUM(s.size), 0) AS bytes FROM pair p JOIN staged s ON s.pair = p.id WHERE p.account = ?',
      account,
    );
    const parts = sql.get<{ bytes: number }>('SELECT COALESCE(SUM(LENGTH(content)), 0) AS bytes FROM chunk WHERE account = ?', account);
    return (staged?.bytes ?? 0) + (parts?.bytes ?? 0);
  }
}
