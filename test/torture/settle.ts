/** Quiescence: without faults all devices sync until nothing moves. Then everybody holds the same, and it is what the edits ask for. */
import { isDeepStrictEqual } from 'node:util';
import { Alert, type SyncType } from '../../src/model/alert.js';
import type { AccountReader, Store } from '../../src/storage/ports/store.js';
import { PATIENT } from '../model-client/device.js';
import { STORES, type StoreName } from '../model-client/profile.js';
import type { Transport } from '../model-client/transport.js';
import { storedItems } from '../faults/in-process-world.js';
import { labelOf, keyOf } from '../faults/labels.js';
import { TortureFailure } from './failure.js';
import type { Ledger } from './ledger.js';
import type { Phone } from './phone.js';
import { failureOf } from './play.js';
import type { Tally } from './tally.js';
import type { TortureWorld } from './world.js';

export interface Settling {
  readonly world: TortureWorld;
  readonly phones: readonly Phone[];
  readonly ledger: Ledger;
  readonly noisy: readonly string[];
  readonly tally: Tally;
}

/** What one device brings in its last sync reaches the others in the next round; a conflict takes one more. */
const MAX_ROUNDS = 4;
const MS_BETWEEN_SESSIONS = 2000;

/** @throws {TortureFailure} */
export async function settle(settling: Settling): Promise<void> {
  const { world, phones, noisy } = settling;
  for (const phone of phones) if (noisy.includes(phone.setup.user)) phone.forgetServer();
  for (let round = 1; ; round += 1) {
    for (const phone of phones) await calmSync(settling, phone, round > 1 && hasForgottenMaps(phone) ? Alert.SlowSync : Alert.TwoWay);
    const difference = await world.inspect((store) => differenceOf(store, phones));
    if (difference === undefined) break;
    if (round === MAX_ROUNDS) throw new TortureFailure('divergence', `after ${round} rounds ${difference}`);
  }
  await world.inspect(async (store) => {
    for (const [user, name] of storesOf(phones)) {
      const labels = await serverLabels(store, user, name);
      if (!noisy.includes(user)) {
        checkDoubles(user, name, labels);
        const verdict = settling.ledger.verdict(user, name, labels);
        if (verdict) throw new TortureFailure(verdict.kind, verdict.detail);
      }
      settling.ledger.settled(user, name, labels);
    }
    for (const phone of phones) await checkMap(store, phone);
  });
  const [finding] = await world.examine();
  if (finding !== undefined) throw new TortureFailure('storage', finding);
}

/**
 * It holds items of the server that it never named to it and never will: their deletion cannot reach it, which is what a user begins a slow sync
 * for.
 */
const hasForgottenMaps = ({ device }: Phone): boolean =>
  device.profile.maps === 'recognised' && device.stores.some((store) => store.unmapped.size > 0);

async function calmSync({ world, tally }: Settling, phone: Phone, type: SyncType): Promise<void> {
  const { device } = phone;
  const transport: Transport = async (url, contentType, body, headers) => {
    tally.messages += 1;
    await world.pass(MS_BETWEEN_SESSIONS / 4);
    return world.deliver(tally.messages, { url, contentType, body, ...(headers ? { headers } : {}) });
  };
  device.transport = transport;
  device.loss = PATIENT;
  await world.pass(MS_BETWEEN_SESSIONS);
  try {
    const report = await device.sync(type);
    const [ignored] = report.ignored;
    if (ignored !== undefined) throw new TortureFailure('rule', `${phone.name}, undisturbed: ${ignored}`);
    for (const { uri, refused, failures, delivered, arrived, conflicts } of report.stores) {
      const what = `${phone.name} ${uri}, undisturbed`;
      tally.moved += delivered + arrived;
      tally.conflicts += conflicts;
      if (refused !== undefined) throw new TortureFailure('refusal', `${what}: refused with ${refused}`);
      const [failure] = failures;
      if (failure) throw new TortureFailure('refusal', `${what}: ${failure.kind} of ${failure.luid} answered ${failure.code}`);
    }
  } catch (error) {
    throw failureOf(error, `${phone.name}, undisturbed`);
  }
}

/** Every user's stores that some device has. */
function storesOf(phones: readonly Phone[]): readonly (readonly [user: string, store: StoreName])[] {
  const found = new Map(phones.flatMap(({ setup }) => setup.has.map((store) => [`${setup.user}/${store}`, [setup.user, store] as const])));
  return [...found.values()];
}

export async function accountOf(store: Store, user: string): Promise<AccountReader['id'] | undefined> {
  return store.read(async (tx) => (await tx.accounts.byName(user))?.id);
}

async function serverLabels(store: Store, user: string, name: StoreName): Promise<readonly string[]> {
  const account = await accountOf(store, user);
  if (account === undefined) throw new TortureFailure('harness', `no user ${user}`);
  return (await storedItems(store, account, name)).map((bytes) => labelOf(name, bytes)).sort();
}

/** In words; undefined when all hold the same and no edit waits. */
async function differenceOf(store: Store, phones: readonly Phone[]): Promise<string | undefined> {
  for (const [user, name] of storesOf(phones)) {
    const server = await serverLabels(store, user, name);
    for (const phone of phones) {
      if (phone.setup.user !== user || !phone.setup.has.includes(name)) continue;
      const held = phone.labels(name);
      if (!isDeepStrictEqual(held, server))
        return `${phone.name} holds ${name} [${minus(held, server)}], the server [${minus(server, held)}]`;
      const waiting = phone.store(name).changes.size;
      if (waiting > 0) return `${waiting} edits of ${phone.name} in ${name} still wait`;
    }
  }
  return undefined;
}

/** What `these` hold that `those` do not. */
function minus(these: readonly string[], those: readonly string[]): string {
  const left = [...those];
  return these
    .filter((label) => {
      const at = left.indexOf(label);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    })
    .join(' ');
}

function checkDoubles(user: string, name: StoreName, labels: readonly string[]): void {
  const keys = labels.map((label) => keyOf(label));
  const double = keys.find((key, at) => keys.indexOf(key) !== at);
  if (double !== undefined) {
    const copies = labels.filter((label) => keyOf(label) === double);
    throw new TortureFailure('double', `${name} of ${user}: ${copies.join(' ')}`);
  }
}

/** The id map names each of the device's items once, and what it says of them is true. */
async function checkMap(store: Store, phone: Phone): Promise<void> {
  const account = await accountOf(store, phone.setup.user);
  if (account === undefined) return;
  await store.read(async (tx) => {
    const reader = tx.account(account);
    for (const name of phone.setup.has) {
      const what = `${phone.name} ${name}`;
      const datastore = await reader.datastores.byUri(STORES[name].target);
      const device = await reader.devices.byUri(phone.device.profile.uri);
      const pair = datastore && device && (await reader.pairs.find(device.id, datastore.id, STORES[name].uri));
      if (!pair?.current) throw new TortureFailure('map', `${what}: no anchor was agreed`);
      if (pair.open) throw new TortureFailure('map', `${what}: a sync is open`);
      const { items } = phone.store(name);
      let named = 0;
      for (const row of await reader.idMap.list(pair.id, pair.current.epoch)) {
        if (row.gone !== undefined) continue;
        const sent = row.heldRevision ?? row.pendingRevision;
        // It went out and was deleted before anybody named it: that is remembered, should the device come with it.
        if (row.luid === undefined && sent !== undefined && (await reader.items.get(pair.datastore, row.guid))?.deleted) continue;
        named += 1;
        const item = row.luid === undefined ? undefined : items.get(row.luid);
        // A Map that comes late leaves a row without a LUID.
        if (row.luid === undefined && phone.store(name).unmapped.has(row.guid)) continue;
        const stored = await reader.items.content(pair.datastore, row.guid);
        const stands = stored && labelOf(name, stored);
        const held = item && labelOf(name, item.bytes);
        if (stands === undefined || held !== stands) {
          throw new TortureFailure(
            'map',
            `${what}: ${row.guid} ${stands ?? 'is gone'}, mapped to ${row.luid ?? 'nothing'} ${held ?? 'which is gone'}`,
          );
        }
      }
      if (named !== items.size) throw new TortureFailure('map', `${what}: ${named} rows for ${items.size} items`);
    }
  });
}
