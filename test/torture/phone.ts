/** A device under torture: the model client, the user's edits on it, and what the ledger hears of both. */
import { ModelDevice } from '../model-client/device.js';
import type { DeviceStore } from '../model-client/device-store.js';
import { STORES, type StoreName } from '../model-client/profile.js';
import type { Transport } from '../model-client/transport.js';
import { isLabel, keyOf, labelOf, textOf } from '../faults/labels.js';
import type { Ledger } from './ledger.js';
import type { DeviceSetup, Event } from './script.js';

const bytesOf = (store: StoreName, label: string): Uint8Array => Buffer.from(textOf(store, label), 'utf8');

export class Phone {
  readonly name: string;
  readonly setup: DeviceSetup;
  readonly #ledger: Ledger;
  readonly #make: () => ModelDevice;
  #device: ModelDevice;
  /** Labels of what was deleted, by store and LUID. */
  readonly #deleted = new Map<string, string>();
  /** Sessions of the devices before it was set back. */
  #sessionsBefore = 0;

  constructor(name: string, index: number, setup: DeviceSetup, server: { url: string; password: string }, ledger: Ledger) {
    this.name = name;
    this.setup = setup;
    this.#ledger = ledger;
    const uri = `IMEI:4901542032375${String(index).padStart(2, '0')}`;
    const stores = setup.has.map((store) => STORES[store]);
    const options = { uri, user: setup.user, password: server.password, stores, ...setup.profile };
    const nowhere: Transport = () => Promise.reject(new Error('no link'));
    this.#make = () => new ModelDevice(options, nowhere, server.url);
    this.#device = this.#begin();
  }

  get device(): ModelDevice {
    return this.#device;
  }

  get sessions(): number {
    return this.#sessionsBefore + this.#device.memory.sessions;
  }

  store(name: StoreName): DeviceStore {
    return this.#device.store(STORES[name].target);
  }

  /** Sorted labels of what it holds. */
  labels(name: StoreName): readonly string[] {
    return [...this.store(name).items.values()].map(({ bytes }) => labelOf(name, bytes)).sort();
  }

  edit(event: Extract<Event, { edit: string }>): void {
    const name = event.in;
    if (!this.setup.has.includes(name)) return;
    const store = this.store(name);
    const place = { user: this.setup.user, device: this.name, store: name };
    if ('add' in event) {
      store.add(bytesOf(name, event.add));
      this.#ledger.edited(place, undefined, event.add, false);
      return;
    }
    const luids = [...store.items.keys()];
    const luid = luids[event.pick % Math.max(1, luids.length)];
    const item = luid === undefined ? undefined : store.items.get(luid);
    if (luid === undefined || !item) return;
    const before = labelOf(name, item.bytes);
    // Damaged: it is nothing that could be edited any more.
    if (!isLabel(before)) return;
    const chained = store.changes.has(luid);
    if ('remove' in event) {
      store.remove(luid);
      this.#deleted.set(`${name}/${luid}`, before);
      this.#ledger.edited(place, before, undefined, chained);
    } else if (name !== 'notes' || !store.unnamed.has(luid)) {
      // A note that the server cannot name is told by its text alone: changed, it would rightly be another one in a slow sync.
      const after = `${keyOf(before)}#${event.version}${event.filler === 0 ? '' : `*${event.filler}`}`;
      store.replace(luid, bytesOf(name, after));
      this.#ledger.edited(place, before, after, chained);
    }
  }

  /** And with them what it was about. Notes keep theirs: nothing in a note says which one it is, so an edited one would rightly be taken for another. */
  forgetAnchors(): void {
    for (const name of this.setup.has) {
      if (name === 'notes') continue;
      this.store(name).agreed = undefined;
      this.store(name).broken = undefined;
    }
  }

  /** Everything it knows of the server goes, its items stay: what a user does when a phone and a server have lost each other. */
  forgetServer(): void {
    const { memory } = this.#device;
    memory.nonce = undefined;
    memory.serverNonce = undefined;
    memory.devInfSent = false;
    for (const store of this.#device.stores) {
      store.agreed = undefined;
      store.broken = undefined;
      store.forgetMap();
    }
  }

  /** As it came from the shop. */
  reset(): void {
    for (const store of this.#device.stores) store.wipe();
    this.#sessionsBefore += this.#device.memory.sessions;
    this.#device = this.#begin();
  }

  #begin(): ModelDevice {
    const device = this.#make();
    for (const name of this.setup.has) {
      device.store(STORES[name].target).onGivenUp = (change, item) => {
        const gone = change.kind === 'Delete';
        const label = gone ? this.#deleted.get(`${name}/${change.luid}`) : item && labelOf(name, item.bytes);
        if (label !== undefined) this.#ledger.gaveUp({ device: this.name, store: name }, label, gone);
      };
    }
    return device;
  }
}
