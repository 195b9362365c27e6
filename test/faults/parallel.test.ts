/** 100 devices at the same time: none waits for another's session, and nobody's items get lost or doubled. */
import assert from 'node:assert/strict';
import { Alert } from '../../src/model/alert.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES } from '../model-client/profile.js';
import type { Transport } from '../model-client/transport.js';
import { WorldMaker } from './in-process-world.js';
import { labelOf, textOf } from './labels.js';
import { sorted } from './player.js';

const DEVICES = 100;

/** Lets the callers of one round through together: whoever needs another's session to end first never gets there. */
class Barrier {
  readonly #size: number;
  #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  pass(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length < this.#size) return;
      const all = this.#waiting;
      this.#waiting = [];
      for (const go of all) go();
    });
  }
}

describe('100 devices at once', function () {
  this.timeout(60_000);
  const maker = new WorldMaker({ 'limits.sessionsPerAccount': 2 * DEVICES, 'limits.inFlight': DEVICES });
  after(() => {
    maker.remove();
  });

  it('all open their sessions before any goes on, and all end', async () => {
    const world = await maker.open();
    const barrier = new Barrier(DEVICES);
    const devices = Array.from({ length: DEVICES }, (_, n) => {
      let messages = 0;
      const inStep: Transport = async (...message) => {
        messages += 1;
        const reply = await world.transport(...message);
        // Packages 1 and 3 are answered for everybody before anybody sends the next.
        if (messages <= 2) await barrier.pass();
        return reply;
      };
      const profile = {
        uri: `IMEI:3500000000${String(n).padStart(5, '0')}`,
        user: world.user,
        password: world.password,
        stores: [STORES.contacts],
      };
      const device = new ModelDevice({ ...profile, maxMsgSize: 100_000 }, inStep, world.url);
      device.store('contacts').add(Buffer.from(textOf('contacts', `own${n + 1}`), 'utf8'));
      return device;
    });
    try {
      await Promise.all(devices.map((device) => device.sync(Alert.SlowSync)));
      const expected = sorted(devices.map((_, n) => `own${n + 1}`));
      const labels = (texts: readonly Uint8Array[]): readonly string[] => sorted(texts.map((bytes) => labelOf('contacts', bytes)));
      assert.deepEqual(labels(await world.items('contacts')), expected);
      const [first] = devices;
      assert.ok(first);
      first.transport = world.transport;
      await first.sync(Alert.TwoWay);
      assert.deepEqual(labels([...first.store('contacts').items.values()].map(({ bytes }) => bytes)), expected);
    } finally {
      await world.close();
    }
  });
});
