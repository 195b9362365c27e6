import { strict as assert } from 'node:assert';
import { WireError } from '../../src/model/errors.js';
import { wbxmlToXml, xmlToWbxml } from '../../src/wire/convert.js';
import { decodeMessage } from '../../src/wire/decode.js';
import { allFixtures, ascii, fixtureEncoding, hex, utf8 } from './support/fixtures.js';

describe('conversion between the encodings', () => {
  it('of every captured WBXML message keeps its meaning, there and back', () => {
    let count = 0;
    for (const fixture of allFixtures()) {
      const bytes = fixture.read();
      if (fixtureEncoding(fixture.key, bytes) !== 'wbxml' || /syncml-01[134]\.wbxml$/.test(fixture.key)) continue;
      count += 1;
      const { message } = decodeMessage(bytes, 'wbxml');
      const pretty = count % 2 === 0;
      const xml = wbxmlToXml(bytes, { pretty });
      assert.deepEqual(decodeMessage(xmlToWbxml(utf8(xml)), 'wbxml').message, message, `${fixture.key} pretty=${pretty}`);
    }
    assert.ok(count > 50);
  });

  it('of every captured XML message keeps its meaning', () => {
    for (const fixture of allFixtures()) {
      const bytes = fixture.read();
      if (fixtureEncoding(fixture.key, bytes) !== 'xml') continue;
      let message;
      try {
        ({ message } = decodeMessage(bytes, 'xml'));
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
        continue;
      }
      assert.deepEqual(decodeMessage(xmlToWbxml(bytes), 'wbxml').message, message, fixture.key);
    }
  });

  it('nests DevInf and names the namespaces', () => {
    const devinf = `02 A4 03 6A 00 4A 65 03 ${ascii('1.2')} 00 01 01`;
    const wbxml = hex(`02 A4 01 6A 00 6D 6C 71 03 ${ascii('1.1')} 00 01 01 6B 5F 54 4F C3 0E ${devinf} 01 01 01 12 01 01`);
    const xml =
      '<?xml version="1.0" encoding="UTF-8"?><SyncML xmlns="SYNCML:SYNCML1.1"><SyncHdr><VerDTD>1.1</VerDTD></SyncHdr><SyncBody><Put><Item><Data>' +
      '<DevInf xmlns="syncml:devinf"><VerDTD>1.2</VerDTD></DevInf></Data></Item></Put><Final/></SyncBody></SyncML>';
    assert.equal(wbxmlToXml(wbxml), xml);
    assert.deepEqual(xmlToWbxml(utf8(xml)), Uint8Array.from(Buffer.concat([hex('02 9F 53 6A 00'), wbxml.subarray(5)])));
  });

  it('takes stand-alone device information', () => {
    const wbxml = hex(`02 9F 54 6A 00 4A 65 03 ${ascii('1.1')} 00 01 68 01 01`);
    const xml = '<?xml version="1.0" encoding="UTF-8"?><DevInf xmlns="syncml:devinf"><VerDTD>1.1</VerDTD><UTC/></DevInf>';
    assert.equal(wbxmlToXml(wbxml), xml);
    assert.deepEqual(xmlToWbxml(utf8(xml)), hex(`02 9F 54 6A 00 4A 65 03 ${ascii('1.1')} 00 01 28 01`));
    // Without a usable public identifier the first tag tells.
    assert.equal(wbxmlToXml(hex(`02 01 6A 00 4A 65 03 ${ascii('1.1')} 00 01 68 01 01`)), xml);
  });

  it('keeps unknown elements and bytes XML cannot hold', () => {
    const table = `${ascii('Foo')} 00`;
    const wbxml = hex(
      `02 A4 01 6A 04 ${table} 6D 6C 71 03 ${ascii('1.2')} 00 01 01 6B 44 00 03 ${ascii('a&\r')} 00 04 00 01 45 54 4F C3 03 00 FF 01 01 01 01 12 01 01`,
    );
    const xml = wbxmlToXml(wbxml);
    assert.ok(xml.includes('<Foo>a&amp;&#13;<Foo/></Foo><Add><Item><Data encoding="base64">AP8B</Data></Item></Add>'), xml);
    assert.deepEqual(xmlToWbxml(utf8(xml)), wbxml);
  });

  it('refuses what is neither', () => {
    const wireError = (error: unknown): boolean => error instanceof WireError;
    assert.throws(() => xmlToWbxml(utf8('<html/>')), wireError);
    assert.throws(() => xmlToWbxml(utf8('<SyncML>')), wireError);
    assert.throws(() => wbxmlToXml(utf8('<SyncML/>')), wireError);
    assert.throws(() => wbxmlToXml(hex('02 A4 01 6A 00 6D 6C')), wireError);
  });
});
