/** The same scripts with every kind of device and every way to log in. */
import assert from 'node:assert/strict';
import type { DeviceProfile } from '../model-client/profile.js';
import { WorldMaker } from './in-process-world.js';
import { play, sorted } from './player.js';
import { SCRIPTS } from './scripts.js';

interface Variant {
  readonly name: string;
  readonly device?: Partial<DeviceProfile>;
  /** Settings of the server, by key. */
  readonly server?: Readonly<Record<string, unknown>>;
}

/** 1.0 has no large objects: its messages must hold every item of the scripts. */
const ROOMY = { maxMsgSize: 60_000, sendLimit: 60_000 };

const VARIANTS: readonly Variant[] = [
  { name: 'XML', device: { encoding: 'xml', maxMsgSize: 4000, sendLimit: 3000 } },
  { name: 'SyncML 1.1', device: { version: '1.1' } },
  { name: 'SyncML 1.0', device: { version: '1.0', ...ROOMY } },
  { name: 'SyncML 1.0 with md5', device: { version: '1.0', auth: 'md5', ...ROOMY } },
  { name: 'smallest messages', device: { encoding: 'wbxml', maxMsgSize: 2000, sendLimit: 1100 } },
  { name: 'no MaxMsgSize', device: { maxMsgSize: undefined } },
  { name: 'no NumberOfChanges', device: { numberOfChanges: false } },
  { name: 'DevInf only when asked', device: { devInf: 'get', getsDevInf: true, answersResults: false } },
  { name: 'DevInf every time', device: { devInf: 'always', getsDevInf: true } },
  { name: 'knows no Add', device: { newItemsAs: 'Replace' } },
  { name: 'no early Maps', device: { maps: 'recognised' } },
  { name: 'Maps always late', device: { mapsLate: true } },
  { name: 'challenges the server', device: { challengesServer: true, auth: 'md5', encoding: 'xml', version: '1.1', ...ROOMY } },
  { name: 'ignores RespURI', device: { followsRespUri: false } },
  { name: 'ignores RespURI, md5', device: { followsRespUri: false, auth: 'md5' } },
  { name: 'credentials with every message', server: { 'auth.perMessage': true } },
  { name: 'credentials with every message, md5', device: { auth: 'md5' }, server: { 'auth.perMessage': true } },
  { name: 'basic refused, md5 in the same session', server: { 'auth.methods': ['md5'] } },
  { name: 'basic refused, md5 in a new session', device: { newSessionAfterChallenge: true }, server: { 'auth.methods': ['md5'] } },
  { name: 'md5 refused, basic in the same session', device: { auth: 'md5' }, server: { 'auth.methods': ['basic'] } },
  { name: 'small MaxMsgSize of the server', server: { 'limits.maxMsgSize': 2000 } },
];

describe('scripts with other devices and settings', () => {
  const scripts = SCRIPTS.filter(({ name }) => /^(two-way|several messages|conflict: one)/.test(name));
  assert.equal(scripts.length, 3);

  for (const { name, device, server } of VARIANTS) {
    describe(name, () => {
      const maker = new WorldMaker(server);
      after(() => {
        maker.remove();
      });

      for (const script of scripts) {
        it(script.name, async () => {
          const world = await maker.open();
          try {
            const devices = Object.fromEntries(Object.entries(script.devices).map(([who, own]) => [who, { ...own, ...device }]));
            const { settled, widened } = await play({ ...script, devices }, world);
            for (const [who, held] of Object.entries(settled)) assert.deepEqual(held.contacts, sorted(script.expect.contacts ?? []), who);
            assert.deepEqual(widened, []);
          } finally {
            await world.close();
          }
        });
      }
    });
  }

  it('initialization and sync in one package, refused until the server shows its credentials', async () => {
    const script = SCRIPTS.find(({ name }) => name === 'initialization and sync in one package');
    assert.ok(script);
    const maker = new WorldMaker();
    const world = await maker.open();
    try {
      const challenging = { challengesServer: true, auth: 'md5' as const };
      const devices = Object.fromEntries(Object.entries(script.devices).map(([who, own]) => [who, { ...own, ...challenging }]));
      const { settled, widened } = await play({ ...script, devices }, world);
      for (const [who, held] of Object.entries(settled)) assert.deepEqual(held.contacts, sorted(script.expect.contacts ?? []), who);
      assert.deepEqual(widened, []);
    } finally {
      await world.close();
      maker.remove();
    }
  });
});
