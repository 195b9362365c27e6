/** Stores of short messages and of e-mail: what one device backs up another gets, byte for byte. */
import assert from 'node:assert/strict';
import { Alert } from '../../src/model/alert.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';
import { aWorldEach } from './support/world.js';

const TYPES = ['text/x-vmessage', 'application/vnd.omads-email+xml'] as const;
const ITEMS: Readonly<Record<(typeof TYPES)[number], Buffer>> = {
  'text/x-vmessage': Buffer.from(
    'BEGIN:VMSG\r\nVERSION:1.1\r\nX-IRMC-BOX:INBOX\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nTEL:+4911\r\nEND:VCARD\r\nBEGIN:VENV\r\nBEGIN:VBODY\r\nDate:01-01-2006 13:00:00\r\n' +
      'Grüße\x00 ,;\\ \r\nEND:VBODY\r\nEND:VENV\r\nEND:VMSG\r\n',
    'latin1',
  ),
  'application/vnd.omads-email+xml': Buffer.from(
    '<?xml version="1.0"?><Email><read>true</read><emailitem>Subject: x&#13;\n\n a </emailitem></Email>',
  ),
};

describe('stores of messages', function () {
  this.timeout(60_000);
  const world = aWorldEach({ datastores: [{ uri: 'contacts', kind: 'opaque', types: TYPES }] });
  const device = (uri: string, store: StoreProfile): ModelDevice => {
    const { user, password, url, transport } = world;
    return new ModelDevice({ uri, user, password, encoding: 'wbxml', stores: [store] }, transport, url);
  };

  for (const type of TYPES)
    it(`${type}: byte for byte; known again in a slow sync`, async () => {
      const store: StoreProfile = { ...STORES.contacts, type, verCt: '1.1' };
      const [a, b] = [device('a', store), device('b', store)];
      a.store('contacts').add(ITEMS[type]);
      await a.sync(Alert.SlowSync);
      await b.sync(Alert.SlowSync);
      const [held] = [...b.store('contacts').items.values()];
      assert.deepEqual([held?.type, Buffer.from(held?.bytes ?? [])], [type, ITEMS[type]]);
      await a.sync(Alert.SlowSync);
      assert.deepEqual(
        (await world.items('contacts')).map((one) => Buffer.from(one)),
        [ITEMS[type]],
      );
    });

  it('what is no message is refused there', async () => {
    const a = device('a', { ...STORES.contacts, type: 'text/x-vmessage', verCt: '1.1' });
    a.store('contacts').add(Buffer.from('hello'));
    await a.sync(Alert.SlowSync);
    assert.deepEqual(await world.items('contacts'), []);
  });
});
