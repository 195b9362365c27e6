/** A world of its own for each test of a file, and the devices in it. */
import assert from 'node:assert/strict';
import type { CtProperty } from '../../../src/model/devinf.js';
import { WorldMaker } from '../../faults/in-process-world.js';
import type { MortalWorld } from '../../faults/world.js';
import { ModelDevice } from '../../model-client/device.js';
import type { StoreProfile } from '../../model-client/profile.js';

/** To be called in a `describe`. @returns the world of the test that runs. */
export function aWorldEach(settings: Readonly<Record<string, unknown>> = {}): MortalWorld {
  const maker = new WorldMaker(settings);
  let world: MortalWorld | undefined;
  after(() => maker.remove());
  beforeEach(async () => {
    world = await maker.open();
  });
  afterEach(() => world?.close());
  return new Proxy({} as MortalWorld, {
    get(_, name) {
      assert.ok(world, 'a test runs');
      return Reflect.get(world, name) as unknown;
    },
  });
}

/** A device with one store; `properties`: all it has of a type, else it says nothing of them. */
export function deviceOf(
  { user, password, url, transport }: MortalWorld,
  uri: string,
  store: StoreProfile,
  properties?: readonly CtProperty[],
): ModelDevice {
  const ctCaps = properties && [{ ctType: store.type, verCt: store.verCt, properties }];
  return new ModelDevice({ uri, user, password, stores: [store], ctCaps }, transport, url);
}

export interface HeldItem {
  readonly luid: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** The one item a device has. */
export function onlyItem(device: ModelDevice, kind: string): HeldItem {
  const [held, ...more] = [...device.store(kind).items.values()];
  assert.ok(held && more.length === 0, 'one item');
  return { luid: held.luid, type: held.type, bytes: held.bytes, text: Buffer.from(held.bytes).toString() };
}

/** The one item the server has. */
export async function onlyStored(world: MortalWorld, kind: Parameters<MortalWorld['items']>[0]): Promise<Buffer> {
  const [one, ...more] = await world.items(kind);
  assert.ok(one && more.length === 0, 'one item');
  return Buffer.from(one);
}
