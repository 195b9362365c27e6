/** Plays a script against a world and tells what everybody holds in the end. */
import { isDeepStrictEqual } from 'node:util';
import { Alert } from '../../src/model/alert.js';
import { ModelDevice, type LossPolicy } from '../model-client/device.js';
import type { DeviceStore } from '../model-client/device-store.js';
import { STORES, type StoreName } from '../model-client/profile.js';
import type { Transport } from '../model-client/transport.js';
import { labelOf, parseLabel, textOf } from './labels.js';
import type { Script, Step } from './scripts.js';
import type { World } from './world.js';

/** Sorted labels by store, of the server (`server`) and of each device. */
export type Contents = Readonly<Record<string, Partial<Record<StoreName, readonly string[]>>>>;

export interface Outcome {
  /** When the script has ended. */
  readonly ends: Contents;
  /** When every device has synced again, two-way, until all hold the same, at most twice. */
  readonly settled: Contents;
  /** Sync types that were run although another one was asked for: `a contacts 200→201`. */
  readonly widened: readonly string[];
  /** Advice of the reference the server did not follow. */
  readonly ignored: readonly string[];
}

export interface PlayOptions {
  /** Puts a fault between the devices and the world; it is taken away before the devices settle. */
  readonly transport?: Transport;
  readonly loss?: LossPolicy;
}

/** Plays `script`. Rejects when a device finds a rule broken, an item of a script fails, or settling does not come to rest. */
export async function play(script: Script, world: World, options: PlayOptions = {}): Promise<Outcome> {
  const devices = new Map(
    Object.entries(script.devices).map(([name, { has, ...profile }]) => {
      const stores = (has ?? ['contacts']).map((store) => STORES[store]);
      const base = { uri: `IMEI:49015420323751${name.charCodeAt(0) % 10}`, user: world.user, password: world.password, stores };
      const device = new ModelDevice({ ...base, ...profile }, options.transport ?? world.transport, world.url);
      if (options.loss) device.loss = options.loss;
      return [name, device] as const;
    }),
  );
  const widened = new Set<string>();
  const ignored = new Set<string>();
  const step = async (one: Step): Promise<void> => {
    const device = devices.get('edit' in one ? one.edit : 'forget' in one ? one.forget : one.sync);
    if (!device) throw new Error('a step names no device of the script');
    if ('forget' in one) {
      for (const store of device.stores) store.agreed = undefined;
      return;
    }
    if ('edit' in one) {
      edit(device.store(STORES[one.in].target), one);
      return;
    }
    const agreed = device.stores.every((store) => store.agreed !== undefined);
    const asked = one.ifAgreed && !agreed ? Alert.TwoWay : (one.type ?? Alert.TwoWay);
    const report = await device.sync(asked, {
      ...(one.stores ? { stores: one.stores.map((store) => STORES[store].target) } : {}),
      ...(one.combined === undefined ? {} : { combined: one.combined }),
      ...(one.suspendAt === undefined ? {} : { suspendAt: one.suspendAt }),
      ...(one.resume === undefined ? {} : { resume: one.resume }),
    });
    for (const store of report.stores) {
      const what = `${one.sync} ${store.uri}`;
      if (store.refused !== undefined) throw new Error(`${what} was refused with ${store.refused}`);
      const [failure] = report.suspended ? [] : store.failures;
      if (failure) throw new Error(`${what}: ${failure.kind} of ${failure.luid} answered ${failure.code}`);
      if (store.effective !== asked) widened.add(`${what} ${asked}→${store.effective ?? 'none'}`);
    }
    for (const line of report.ignored) ignored.add(line);
  };
  for (const one of script.steps) await step(one);
  const ends = await contents(world, devices);
  for (const device of devices.values()) device.transport = world.transport;
  let settled = ends;
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    for (const name of devices.keys()) await step({ sync: name, type: Alert.TwoWay });
    settled = await contents(world, devices);
    if (atRest(settled)) break;
  }
  return { ends, settled, widened: [...widened], ignored: [...ignored] };
}

/** What the last device brings reaches the first one in the second round. */
const MAX_ROUNDS = 2;

const atRest = (held: Contents): boolean => Object.values(held).every((stores) => isDeepStrictEqual(stores, held['server']));

function edit(store: DeviceStore, step: Extract<Step, { edit: string }>): void {
  const bytes = (label: string): Uint8Array => Buffer.from(textOf(step.in, label), 'utf8');
  const luidsOf = (label: string): readonly string[] => {
    const { key } = parseLabel(label);
    const item = [...store.items.values()].find((one) => parseLabel(labelOf(step.in, one.bytes)).key === key);
    if (!item && !step.ifThere) throw new Error(`nothing of key ${key} to edit`);
    return item ? [item.luid] : [];
  };
  for (const label of step.add ?? []) store.add(bytes(label));
  for (const label of step.replace ?? []) for (const luid of luidsOf(label)) store.replace(luid, bytes(label));
  for (const label of step.remove ?? []) for (const luid of luidsOf(label)) store.remove(luid);
}

async function contents(world: World, devices: ReadonlyMap<string, ModelDevice>): Promise<Contents> {
  const names = new Set([...devices.values()].flatMap((device) => device.stores.map(({ profile }) => nameOf(profile.target))));
  const server: Partial<Record<StoreName, readonly string[]>> = {};
  for (const name of names) server[name] = sorted((await world.items(name)).map((bytes) => labelOf(name, bytes)));
  const held: Record<string, Partial<Record<StoreName, readonly string[]>>> = { server };
  for (const [name, device] of devices) {
    held[name] = Object.fromEntries(
      device.stores.map((store) => {
        const of = nameOf(store.profile.target);
        return [of, sorted([...store.items.values()].map(({ bytes }) => labelOf(of, bytes)))];
      }),
    );
  }
  return held;
}

const nameOf = (target: string): StoreName => {
  const found = (Object.keys(STORES) as StoreName[]).find((name) => STORES[name].target === target);
  if (!found) throw new Error(`no store of the tests: ${target}`);
  return found;
};

export const sorted = (labels: readonly string[]): readonly string[] => [...labels].sort();
