/** Every trap of the XML parser closed, and what must get through kept exactly. */
import { strict as assert } from 'node:assert';
import { WireError, type WireFault } from '../../src/model/errors.js';
import type { Command, Message } from '../../src/model/message.js';
import { decodeMessage } from '../../src/wire/decode.js';
import { DEFAULT_LIMITS, type WireLimits } from '../../src/wire/dialect.js';
import { textOf, utf8 } from './support/fixtures.js';

const HDR =
  '<SyncHdr><VerDTD>1.2</VerDTD><VerProto>SyncML/1.2</VerProto><SessionID>1</SessionID><MsgID>1</MsgID>' +
  '<Target><LocURI>/</LocURI></Target><Source><LocURI>x</LocURI></Source></SyncHdr>';
const document = (body: string, prolog = ''): string =>
  `${prolog}<SyncML xmlns="SYNCML:SYNCML1.2">${HDR}<SyncBody>${body}<Final/></SyncBody></SyncML>`;
const add = (data: string, rest = ''): string => `<Add><CmdID>1</CmdID>${rest}<Item><Data>${data}</Data></Item></Add>`;
const decode = (xml: string | Uint8Array, limits?: WireLimits): Message =>
  decodeMessage(typeof xml === 'string' ? utf8(xml) : xml, 'xml', limits).message;

function bytesOf(command: Command | undefined): Uint8Array {
  assert.ok(command && 'items' in command);
  const [item] = command.items;
  assert.ok(item && 'data' in item && item.data?.kind === 'content');
  return item.data.bytes;
}
const dataOf = (data: string): string => textOf(bytesOf(decode(document(add(data))).body[0]));

function refuses(xml: string | Uint8Array, fault: WireFault, at?: string | number, header?: boolean): void {
  assert.throws(
    () => decode(xml),
    (error) => {
      assert.ok(error instanceof WireError, String(error));
      assert.equal(error.fault, fault, error.message);
      if (at !== undefined)
        assert.equal(error.offset, typeof at === 'number' ? at : Buffer.from(String(xml), 'utf8').indexOf(at), error.message);
      if (header !== undefined) assert.equal(error.header !== undefined, header);
      return true;
    },
  );
}

describe('xml: well-formedness the parser would not insist on', () => {
  for (const { name, body, fault, at } of [
    { name: 'a closing tag that closes another', body: '<Add><CmdID>1</Add></CmdID>', fault: 'malformed', at: '</Add>' },
    { name: 'a closing tag too many', body: '</Add>', fault: 'malformed', at: '</Add>' },
    { name: 'an attribute twice', body: '<Add a="1" a="2"></Add>', fault: 'malformed', at: ' a="2"' },
    { name: 'an attribute without quotes', body: '<Add a=1></Add>', fault: 'malformed', at: '<Add' },
    { name: 'an attribute without a value', body: '<Add a></Add>', fault: 'malformed', at: '<Add' },
    { name: 'a bare &', body: add('Tom & Jerry'), fault: 'malformed', at: '& Jerry' },
    { name: 'an entity of HTML', body: add('&copy;'), fault: 'malformed', at: '&copy;' },
    { name: 'an entity nobody declared', body: add('&x;'), fault: 'malformed', at: '&x;' },
    { name: 'an undeclared entity in an attribute', body: '<Add a="&x;"></Add>', fault: 'malformed', at: '&x;' },
    { name: 'a reference to NUL', body: add('&#0;'), fault: 'malformed', at: '&#0;' },
    { name: 'a reference to a control character', body: add('&#x1F;'), fault: 'malformed', at: '&#x1F;' },
    { name: 'a reference to half a surrogate pair', body: add('&#xD800;'), fault: 'malformed', at: '&#xD800;' },
    { name: 'a reference past Unicode', body: add('&#1114112;'), fault: 'malformed', at: '&#1114112;' },
    { name: 'NUL', body: add('a\0b'), fault: 'malformed', at: '\0' },
    { name: 'a control character', body: add('a\x0bb'), fault: 'malformed', at: '\x0b' },
    { name: 'U+FFFF', body: add('a\uffffb'), fault: 'malformed', at: '\uffff' },
    { name: 'a tag without a name', body: '<>', fault: 'malformed', at: '<>' },
    { name: 'a name that begins with a digit', body: '<1a/>', fault: 'malformed', at: '<1a' },
    { name: 'a namespace prefix nobody declared', body: '<x:Add></x:Add>', fault: 'malformed' },
    { name: 'a prefix declared in a sibling only', body: '<Add xmlns:x="u"/><x:Add/>', fault: 'malformed' },
    { name: 'a declaration inside', body: '<!ELEMENT a ANY>', fault: 'malformed', at: '<!ELEMENT' },
    { name: 'a DOCTYPE inside', body: '<!DOCTYPE a>', fault: 'malformed', at: '<!DOCTYPE' },
    { name: 'an XML declaration inside', body: '<?xml version="1.0"?>', fault: 'malformed', at: '<?xml' },
    { name: 'a name that is a property of every object', body: '<__proto__></__proto__>', fault: 'malformed' },
  ] as const) {
    it(`refuses ${name}, says where, and has read the header`, () =>
      refuses(document(body), fault, at, at === undefined ? undefined : true));
  }

  it('refuses two roots and text outside the root', () => {
    refuses(`${document('')}<SyncML/>`, 'malformed', document('').length);
    refuses(`${document('')}x`, 'malformed', document('').length);
    refuses(`x${document('')}`, 'malformed', 0);
    refuses('hello', 'malformed', 0);
    refuses(`${document('')}\0`, 'malformed', document('').length);
  });

  it('refuses what is not closed', () => {
    const xml = document(add('abc'));
    for (const end of [xml.length - 1, xml.indexOf('</Data>'), xml.indexOf('</SyncHdr>'), 5, 0]) refuses(xml.slice(0, end), 'truncated');
    for (const open of ['<![CDATA[a', '<!-- a', '<?a', '<Add a="']) refuses(document(open).split('<Final')[0] ?? '', 'truncated');
  });

  it('counts byte offsets, not characters', () => {
    const xml = document(`${add('äöü€')}<Add>&x;</Add>`);
    refuses(xml, 'malformed', '&x;');
    refuses(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8(xml)]), 'malformed', Buffer.from(xml, 'utf8').indexOf('&x;') + 3);
  });
});

describe('xml: document type declarations', () => {
  const fpi = '<!DOCTYPE SyncML PUBLIC "-//SYNCML//DTD SyncML 1.1//EN" "http://www.syncml.org/docs/syncml_represent_v11_20020213.dtd">';

  it('passes over the one old phones send', () => {
    assert.equal(decode(document('', `<?xml version="1.0"?>\n${fpi}\n`)).final, true);
  });

  for (const { name, declaration, fault } of [
    { name: 'an internal subset', declaration: '<!DOCTYPE SyncML [<!ENTITY a "b">]>', fault: 'malformed' },
    { name: 'an internal subset behind an identifier', declaration: '<!DOCTYPE SyncML PUBLIC "a" "b" [ ]>', fault: 'malformed' },
    {
      name: 'a billion laughs',
      declaration: '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;">]>',
      fault: 'malformed',
    },
    { name: 'an external entity', declaration: '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', fault: 'malformed' },
    { name: 'two declarations', declaration: `${fpi}${fpi}`, fault: 'malformed' },
    { name: 'one longer than the limit', declaration: `<!DOCTYPE SyncML PUBLIC "${'a'.repeat(1100)}" "b">`, fault: 'too-large' },
  ] as const) {
    it(`refuses ${name}`, () => refuses(document('', declaration), fault));
  }
});

describe('xml: texts', () => {
  it('decodes numeric references and the five entities exactly, once', () => {
    assert.equal(dataOf('a&#13;&#10;&#65;&#x42;&#x1F600;&lt;&gt;&amp;&apos;&quot;'), 'a\r\nAB\u{1f600}<>&\'"');
    assert.equal(dataOf('&amp;#13;&amp;lt;&amp;amp;'), '&#13;&lt;&amp;');
  });

  it('keeps white space of Data and of CDATA', () => {
    assert.equal(dataOf('  a\n\tb  '), '  a\n\tb  ');
    assert.equal(dataOf('   '), '   ');
    assert.equal(dataOf('\n<![CDATA[ BEGIN:X\n ]]>\n'), '\n BEGIN:X\n \n');
  });

  it('keeps CDATA to the character: references in it are none', () => {
    assert.equal(dataOf('<![CDATA[a &amp; &#13; <b> ]] > ]]&gt;]]>'), 'a &amp; &#13; <b> ]] > ]]&gt;');
    assert.equal(dataOf('x<![CDATA[y]]>&amp;<![CDATA[]]]]><![CDATA[>]]>'), 'xy&]]>');
  });

  it('keeps CR of content, which senders count in Size and in positions', () => {
    assert.equal(dataOf('a\r\nb\rc'), 'a\r\nb\rc');
    assert.equal(dataOf('<![CDATA[<a\r\n>"]]>\r\n<![CDATA[\r]]>'), '<a\r\n>"\r\n\r');
  });

  it('takes CR between elements and inside tags for white space', () => {
    const plain = document(add('x'));
    const broken = plain.replaceAll('><', '>\r\n<').replaceAll('</Item>', '</Item\r\n>').replace('<SyncML ', '<SyncML\r\n ');
    assert.deepEqual(decode(broken), decode(plain));
  });

  it('makes no numbers of texts', () => {
    for (const text of ['007', '+49171', '1e5', '0x10', 'true', '-0', '1.10']) assert.equal(dataOf(text), text);
    const [found] = decode(document('<Add><CmdID>007</CmdID><Item><Source><LocURI>+1e5</LocURI></Source></Item></Add>')).body;
    assert.ok(found?.kind === 'Add');
    assert.equal(found.cmdId, '007');
    assert.deepEqual(found.items[0]?.source, { uri: '+1e5' });
  });

  it('joins text around comments and processing instructions, whatever is in them', () => {
    assert.equal(dataOf("a<!-- > it's <b> & -- -->b<?php it's > ?>c"), 'abc');
  });

  it('takes more references than an expansion limit would allow', () => {
    const text = 'line&#13;&#10;'.repeat(60_000);
    assert.equal(dataOf(text).length, 6 * 60_000);
  });

  it('hands foreign markup in Data on as its XML text', () => {
    assert.equal(
      dataOf('<File xmlns="u"><name>a &amp; b</name><size n="1&quot;">3</size><e/></File>'),
      '<File xmlns="u"><name>a &amp; b</name><size n="1&quot;">3</size><e></e></File>',
    );
  });
});

describe('xml: charsets', () => {
  const xml = (encoding: string): string => document(add('Müller'), `<?xml version="1.0" encoding="${encoding}"?>`);
  for (const { name, bytes } of [
    { name: 'UTF-8', bytes: utf8(xml('UTF-8')) },
    { name: 'UTF-8 with a mark', bytes: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8(xml('utf-8'))]) },
    { name: 'ISO-8859-1', bytes: Buffer.from(xml('ISO-8859-1'), 'latin1') },
    { name: 'US-ASCII that is not', bytes: Buffer.from(xml('us-ascii'), 'latin1') },
    { name: 'UTF-16 little endian', bytes: Buffer.from(`\ufeff${xml('UTF-16')}`, 'utf16le') },
    { name: 'UTF-16 big endian', bytes: Buffer.from(`\ufeff${xml('UTF-16')}`, 'utf16le').swap16() },
  ]) {
    it(`reads ${name} to UTF-8`, () =>
      assert.deepEqual(Buffer.from(bytesOf(decode(new Uint8Array(bytes)).body[0])), Buffer.from('Müller')));
  }

  it('refuses bytes that are no UTF-8 at the first of them, and charsets nobody reads', () => {
    const bytes = Buffer.from(document(add('\ufffdMüller')), 'utf8');
    const at = bytes.indexOf(0xbc);
    bytes[at] = 0x41;
    refuses(new Uint8Array(bytes), 'malformed', at - 1);
    refuses(xml('EBCDIC'), 'unsupported-charset');
    refuses(new Uint8Array(Buffer.from(`\ufeff${xml('UTF-16')}`, 'utf16le').subarray(0, 101)), 'truncated');
  });
});

describe('xml: names', () => {
  it('are matched in any case, with any prefix, with or without a namespace', () => {
    const found = decode(
      `<s:syncml xmlns:s="wrong">${HDR.replaceAll('VerDTD', 'verdtd')}<s:SYNCBODY><add><cmdid>1</cmdid>` +
        '<Meta><mi:Type xmlns:mi="syncml:metinf">text/x-vcard</mi:Type><Format>b64</Format></Meta>' +
        '<Item><SOURCE><LocUri>7</LocUri></SOURCE></Item></add><Final></Final></s:SYNCBODY></s:syncml>',
    );
    assert.equal(found.header.verDtd, '1.2');
    assert.deepEqual(found.body, [
      { kind: 'Add', cmdId: '1', items: [{ source: { uri: '7' } }], meta: { type: 'text/x-vcard', format: 'b64' } },
    ]);
    assert.equal(found.final, true);
  });

  it('nobody knows are skipped and counted', () => {
    const { message, skipped } = decodeMessage(
      utf8(document('<Add><CmdID>1</CmdID><Foo><Bar/></Foo><Item/></Add><Baz><CmdID>2</CmdID></Baz>')),
      'xml',
    );
    assert.deepEqual(message.body, [
      { kind: 'Add', cmdId: '1', items: [{}] },
      { kind: 'Unknown', cmdId: '2', name: 'Baz' },
    ]);
    assert.equal(skipped, 2);
  });

  it('refuses another root', () => {
    refuses('<DevInf xmlns="syncml:devinf"><VerDTD>1.2</VerDTD></DevInf>', 'not-syncml');
    refuses('<html><SyncML/></html>', 'not-syncml');
  });
});

describe('xml: limits', () => {
  it('takes 64 levels and refuses 65, also 20 000, in short time', () => {
    const nested = (levels: number): string => document(`${'<Atomic>'.repeat(levels)}${'</Atomic>'.repeat(levels)}`);
    assert.equal(decode(nested(62)).final, true);
    for (const levels of [63, 20_000]) {
      const start = performance.now();
      refuses(nested(levels), 'too-deep', undefined, true);
      assert.ok(performance.now() - start < 1000);
    }
  });

  it('counts elements and bytes at n and n + 1', () => {
    const xml = document('');
    const limits = { ...DEFAULT_LIMITS, maxBytes: utf8(xml).length, maxElements: 12 };
    assert.equal(decode(xml, limits).final, true);
    for (const less of [{ maxBytes: limits.maxBytes - 1 }, { maxElements: 11 }]) {
      assert.throws(
        () => decode(xml, { ...limits, ...less }),
        (error) => error instanceof WireError && error.fault === 'too-large',
      );
    }
  });

  it('reads a megabyte of one tag, of one attribute, of spaces and of ampersands in bounded time', () => {
    for (const xml of [
      `<${'a'.repeat(1e6)}`,
      document(`<Add a="${'x'.repeat(1e6)}"/>`),
      document(`<Add${' '.repeat(1e6)}`),
      document(`<Add${' '.repeat(1e6)}/>\r\n`),
      document(`<Add${' a'.repeat(1e5)}>\r`),
      document(add('&'.repeat(1e6))),
    ]) {
      const start = performance.now();
      try {
        decode(xml);
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
      assert.ok(performance.now() - start < 2000);
    }
  });
});
