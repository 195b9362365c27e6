import { strict as assert } from 'node:assert';
import { decodeMessage } from '../../src/wire/decode.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import { asWritten } from './support/compare.js';
import { fixtureEncoding, ownFixtures, sharedFixtures, type Fixture } from './support/fixtures.js';
import { loadManifest, outcome } from './support/manifest.js';

const manifest = loadManifest();
const isMessage = (fixture: Fixture): boolean => /^(?:xml|wbxml) /.test(manifest[fixture.key] ?? '');

function readsEveryBody(fixtures: readonly Fixture[]): void {
  for (const fixture of fixtures) assert.equal(outcome(fixture), manifest[fixture.key], fixture.key);
}

describe('captured bodies', () => {
  it('of this repository decode to what the manifest says', () => {
    const fixtures = ownFixtures();
    assert.ok(fixtures.length > 200);
    readsEveryBody(fixtures);
  });

  it('of the shared collection decode to what the manifest says, and none is missing in it', () => {
    const fixtures = sharedFixtures();
    if (!fixtures) return;
    readsEveryBody(fixtures);
    assert.deepEqual(fixtures.map(({ key }) => key).sort(), Object.keys(manifest).sort());
  });

  it('of seven clients and three SyncML versions are among them', () => {
    const clients = new Set(ownFixtures().map(({ key }) => key.split('/').slice(0, 2).join('/')));
    for (const client of ['buteo-syncml', 'funambol-cpp', 'funambol-java-jsync', 'kannel', 'pysyncml', 'syncml-js', 'syncevolution']) {
      assert.ok(clients.has(`captures/${client}`), client);
    }
    const versions = new Set(ownFixtures().map(({ key }) => manifest[key]?.split(' ')[1]));
    for (const version of ['1.0', '1.1', '1.2']) assert.ok(versions.has(version), version);
  });

  for (const encoding of ['wbxml', 'xml'] as const) {
    it(`that are messages come back the same through our ${encoding}`, () => {
      const messages = (sharedFixtures() ?? ownFixtures()).filter(isMessage);
      assert.ok(messages.length > 150);
      for (const fixture of messages) {
        const bytes = fixture.read();
        const { message, dialect } = decodeMessage(bytes, fixtureEncoding(fixture.key, bytes) ?? 'xml');
        const encoder = new MessageEncoder({ ...dialect, encoding });
        const again = decodeMessage(encoder.encode(message), encoding);
        assert.deepEqual(again.message, asWritten(message, dialect.version), fixture.key);
        assert.equal(again.skipped, 0, fixture.key);
        assert.equal(again.dialect.version, dialect.version, fixture.key);
      }
    });
  }
});
