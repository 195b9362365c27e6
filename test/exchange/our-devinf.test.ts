/** What the server says of its own stores. */
import assert from 'node:assert/strict';
import { ourDevInf } from '../../src/exchange/our-devinf.js';
import { specsOf } from '../../src/exchange/specs.js';

const specs = specsOf([
  { uri: 'contacts', kind: 'contacts', policy: 'client-wins', aliases: ['scard'] },
  { uri: 'notes', kind: 'notes', policy: 'client-wins', aliases: ['snote'] },
  { uri: 'own', kind: 'contacts', types: ['text/x-vcard'], policy: 'client-wins', aliases: ['scontact'] },
]);

function typesOf(stores: readonly { datastore: string; uri: string }[], uri: string): readonly string[] {
  const { dataStores } = ourDevInf({ serverId: 's', softwareVersion: '1' }, specs, '1.2', stores, { brief: false, lists: true });
  const store = dataStores.find(({ sourceRef }) => sourceRef === uri);
  assert.ok(store);
  assert.deepEqual([store.rxPref, store.rx], [store.txPref, store.tx]);
  return [store.rxPref, ...store.rx].map((one) => one?.ctType ?? '');
}

describe('our device information', () => {
  it('names SIF first to clients that call the store by a name of theirs, and to no others', () => {
    assert.deepEqual(typesOf([{ datastore: 'contacts', uri: './scard' }], './scard'), ['text/x-s4j-sifc', 'text/vcard', 'text/x-vcard']);
    assert.deepEqual(typesOf([{ datastore: 'contacts', uri: './card' }], './card'), ['text/vcard', 'text/x-vcard']);
    assert.deepEqual(typesOf([], './contacts'), ['text/vcard', 'text/x-vcard']);
  });

  it('names no type that an operator has not named', () => {
    assert.deepEqual(typesOf([{ datastore: 'own', uri: './scontact' }], './scontact'), ['text/x-vcard']);
  });

  it('takes notes as texts and as vNotes', () => {
    assert.deepEqual(typesOf([{ datastore: 'notes', uri: 'snote' }], 'snote'), ['text/x-s4j-sifn', 'text/plain', 'text/x-vnote']);
  });
});
