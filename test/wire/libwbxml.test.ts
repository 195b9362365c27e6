/** Another implementation reads what we write, and we read what it writes. */
import { strict as assert } from 'node:assert';
import { WireError } from '../../src/model/errors.js';
import type { Command, Message, Meta } from '../../src/model/message.js';
import { wbxmlToXml, xmlToWbxml } from '../../src/wire/convert.js';
import { decodeMessage, type Decoded } from '../../src/wire/decode.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import { allFixtures, fixtureEncoding, ownFixtures, type Fixture } from './support/fixtures.js';
import { type Libwbxml, openLibwbxml } from './support/libwbxml.js';
import { treeOf } from './support/tree.js';

const asWbxmlType = (meta: Meta): Meta =>
  meta.type === undefined ? meta : { ...meta, type: meta.type.replace('devinf+xml', 'devinf+wbxml') };

/** The type a Put or Results names has to fit the encoding: libwbxml goes by it. */
function withWbxmlTypes(message: Message): Message {
  const fit = (command: Command): Command => {
    if (command.kind !== 'Put' && command.kind !== 'Results') return command;
    const items = command.items.map((item) => (item.meta ? { ...item, meta: asWbxmlType(item.meta) } : item));
    return command.meta ? { ...command, items, meta: asWbxmlType(command.meta) } : { ...command, items };
  };
  return { ...message, body: message.body.map(fit) };
}

function decoded(fixture: Fixture): { bytes: Uint8Array; encoding: 'xml' | 'wbxml'; result: Decoded } | undefined {
  const bytes = fixture.read();
  const encoding = fixtureEncoding(fixture.key, bytes);
  if (encoding === undefined) return undefined;
  try {
    return { bytes, encoding, result: decodeMessage(bytes, encoding) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return undefined;
  }
}

/** Device management's own markup in Data is text to us and elements to libwbxml; it opens a nested DevInf only where a Type says so. */
const NOT_COMPARED = /syncml_with_ddf-001|buteo\/resp\.txt/;

/** Our own copies and the corpus: more captures of the same clients would say nothing new, and each costs two processes. */
function compared(): Fixture[] {
  const own = ownFixtures();
  const keys = new Set(own.map(({ key }) => key));
  return [...own, ...allFixtures().filter(({ key }) => key.startsWith('corpus/') && !keys.has(key))];
}

describe('libwbxml', function () {
  this.timeout(300_000);
  let tools: Libwbxml | undefined;
  before(() => {
    tools = openLibwbxml();
  });
  after(() => tools?.close());

  it('reads every message we re-encode as WBXML as the original', function () {
    if (!tools) return this.skip();
    let count = 0;
    for (const fixture of compared()) {
      const found = decoded(fixture);
      if (!found || found.result.skipped > 0 || NOT_COMPARED.test(fixture.key)) continue;
      const { bytes, encoding, result } = found;
      const original: Uint8Array = encoding === 'xml' ? bytes : (tools.toXml(bytes) ?? Buffer.from(wbxmlToXml(bytes)));
      const written = new MessageEncoder({ ...result.dialect, encoding: 'wbxml' }).encode(withWbxmlTypes(result.message));
      const theirs = tools.toXml(written);
      assert.ok(theirs, `${fixture.key}: libwbxml refuses what we wrote`);
      assert.deepEqual(treeOf(theirs), treeOf(original), fixture.key);
      count += 1;
    }
    assert.ok(count > 150);
  });

  it('writes WBXML of our XML that means the same to us', function () {
    if (!tools) return this.skip();
    for (const fixture of ownFixtures().filter(({ key }) => key.includes('buteo-syncml') || key.includes('slow-5'))) {
      const found = decoded(fixture);
      if (!found) continue;
      const message = withWbxmlTypes(found.result.message);
      const theirs = tools.toWbxml(new MessageEncoder({ ...found.result.dialect, encoding: 'xml' }).encode(message));
      assert.ok(theirs, fixture.key);
      assert.deepEqual(
        treeOf(Buffer.from(wbxmlToXml(theirs))),
        treeOf(Buffer.from(wbxmlToXml(found.encoding === 'wbxml' ? found.bytes : xmlToWbxml(found.bytes)))),
      );
    }
  });
});
