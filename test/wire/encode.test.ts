import { strict as assert } from 'node:assert';
import type { Command, Data, Item, Message, SyncHdr } from '../../src/model/message.js';
import { wbxmlToXml } from '../../src/wire/convert.js';
import { decodeMessage } from '../../src/wire/decode.js';
import type { Dialect } from '../../src/wire/dialect.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import { ascii, contains, hex, textOf, utf8 } from './support/fixtures.js';

const XML: Dialect = { encoding: 'xml', version: '1.2' };
const WBXML: Dialect = { encoding: 'wbxml', version: '1.2', wbxml: { version: 2, publicId: 'number' } };
const HEADER: SyncHdr = { verDtd: '1.2', verProto: 'SyncML/1.2', sessionId: '1', msgId: '1', target: { uri: 'd' }, source: { uri: 's' } };
const content = (text: string): Data => ({ kind: 'content', bytes: utf8(text) });
const messageOf = (...body: Command[]): Message => ({ header: HEADER, body, final: true });
const xmlOf = (message: Message, dialect = XML): string => textOf(new MessageEncoder(dialect).encode(message));
const bodyXml = (...body: Command[]): string => /<SyncBody>(.*)<Final\/>/s.exec(xmlOf(messageOf(...body)))?.[1] ?? '';
const MI = ' xmlns="syncml:metinf"';

const meta = {
  mem: { freeId: 3, freeMem: 2, sharedMem: true },
  emi: ['e'],
  maxObjSize: 9,
  maxMsgSize: 8,
  nextNonce: 'bm9uY2U=',
  version: '2.1',
  anchor: { next: '2', last: '1' },
  size: 7,
  mark: 'draft',
  type: 'text/x-vcard',
  format: 'chr',
  fieldLevel: true,
};
const META =
  `<Meta><FieldLevel${MI}/><Format${MI}>chr</Format><Type${MI}>text/x-vcard</Type><Mark${MI}>draft</Mark><Size${MI}>7</Size>` +
  `<Anchor${MI}><Last>1</Last><Next>2</Next></Anchor><Version${MI}>2.1</Version><NextNonce${MI}>bm9uY2U=</NextNonce>` +
  `<MaxMsgSize${MI}>8</MaxMsgSize><MaxObjSize${MI}>9</MaxObjSize><EMI${MI}>e</EMI><Mem${MI}><SharedMem/><FreeMem>2</FreeMem><FreeID>3</FreeID></Mem></Meta>`;
const CRED = `<Cred><Meta><Type${MI}>syncml:auth-basic</Type></Meta><Data>eA==</Data></Cred>`;
const cred = { data: 'eA==', meta: { type: 'syncml:auth-basic' } };
const item: Item = {
  moreData: true,
  data: content('x'),
  meta: { type: 't' },
  targetParent: 'tp',
  sourceParent: 'sp',
  source: { name: 'n', uri: 's' },
  target: { uri: 't' },
};
const ITEM =
  '<Item><Target><LocURI>t</LocURI></Target><Source><LocURI>s</LocURI><LocName>n</LocName></Source><SourceParent><LocURI>sp</LocURI></SourceParent>' +
  `<TargetParent><LocURI>tp</LocURI></TargetParent><Meta><Type${MI}>t</Type></Meta><Data>x</Data><MoreData/></Item>`;
const t = (tag: string, uri: string): string => `<${tag}><LocURI>${uri}</LocURI></${tag}>`;

/** Members are given out of order here and have to come out in the order of the DTD. */
const ORDER: readonly { readonly command: Command; readonly xml: string }[] = [
  {
    command: { kind: 'Add', items: [item], meta, cred, noResp: true, cmdId: '1' },
    xml: `<Add><CmdID>1</CmdID><NoResp/>${CRED}${META}${ITEM}</Add>`,
  },
  { command: { kind: 'Replace', items: [], cmdId: '1' }, xml: '<Replace><CmdID>1</CmdID></Replace>' },
  { command: { kind: 'Copy', items: [{}], cmdId: '1' }, xml: '<Copy><CmdID>1</CmdID><Item/></Copy>' },
  { command: { kind: 'Move', items: [{ meta: {} }], cmdId: '1' }, xml: '<Move><CmdID>1</CmdID><Item><Meta/></Item></Move>' },
  {
    command: { kind: 'Delete', items: [], cred, sftDel: true, archive: true, noResp: true, cmdId: '1' },
    xml: `<Delete><CmdID>1</CmdID><NoResp/><Archive/><SftDel/>${CRED}</Delete>`,
  },
  {
    command: { kind: 'Alert', items: [item], correlator: 'c', code: 200, cred, noResp: true, cmdId: '1' },
    xml: `<Alert><CmdID>1</CmdID><NoResp/>${CRED}<Data>200</Data><Correlator>c</Correlator>${ITEM}</Alert>`,
  },
  {
    command: {
      kind: 'Sync',
      commands: [{ kind: 'Atomic', commands: [{ kind: 'Add', items: [], cmdId: '3' }], meta: {}, noResp: true, cmdId: '2' }],
      numberOfChanges: 4,
      meta: { size: 1 },
      source: { uri: 's' },
      target: { uri: 't' },
      cred,
      noResp: true,
      cmdId: '1',
    },
    xml:
      `<Sync><CmdID>1</CmdID><NoResp/>${CRED}${t('Target', 't')}${t('Source', 's')}<Meta><Size${MI}>1</Size></Meta><NumberOfChanges>4</NumberOfChanges>` +
      '<Atomic><CmdID>2</CmdID><NoResp/><Meta/><Add><CmdID>3</CmdID></Add></Atomic></Sync>',
  },
  { command: { kind: 'Sequence', commands: [], cmdId: '1' }, xml: '<Sequence><CmdID>1</CmdID></Sequence>' },
  {
    command: {
      kind: 'Map',
      items: [{ source: { uri: 'l' }, target: { uri: 'g' } }],
      meta: {},
      cred,
      source: { uri: 's' },
      target: { uri: 't' },
      cmdId: '1',
    },
    xml: `<Map><CmdID>1</CmdID>${t('Target', 't')}${t('Source', 's')}${CRED}<Meta/><MapItem>${t('Target', 'g')}${t('Source', 'l')}</MapItem></Map>`,
  },
  {
    command: { kind: 'Put', items: [{}], meta: {}, cred, lang: 'en', noResp: true, cmdId: '1' },
    xml: `<Put><CmdID>1</CmdID><NoResp/><Lang>en</Lang>${CRED}<Meta/><Item/></Put>`,
  },
  { command: { kind: 'Get', items: [{}], cmdId: '1' }, xml: '<Get><CmdID>1</CmdID><Item/></Get>' },
  {
    command: { kind: 'Results', items: [{}], sourceRef: 's', targetRef: 't', meta: {}, cmdRef: '2', msgRef: '3', cmdId: '1' },
    xml: '<Results><CmdID>1</CmdID><MsgRef>3</MsgRef><CmdRef>2</CmdRef><Meta/><TargetRef>t</TargetRef><SourceRef>s</SourceRef><Item/></Results>',
  },
  {
    command: { kind: 'Exec', items: [{}], correlator: 'c', meta: {}, cred, noResp: true, cmdId: '1' },
    xml: `<Exec><CmdID>1</CmdID><NoResp/>${CRED}<Meta/><Correlator>c</Correlator><Item/></Exec>`,
  },
  {
    command: {
      kind: 'Search',
      data: content('q'),
      meta: {},
      lang: 'en',
      sources: [{ uri: 'a' }, { uri: 'b' }],
      target: { uri: 't' },
      cred,
      noResults: true,
      noResp: true,
      cmdId: '1',
    },
    xml:
      `<Search><CmdID>1</CmdID><NoResp/><NoResults/>${CRED}${t('Target', 't')}${t('Source', 'a')}${t('Source', 'b')}` +
      '<Lang>en</Lang><Meta/><Data>q</Data></Search>',
  },
  {
    command: {
      kind: 'Status',
      items: [{ data: { kind: 'anchor', anchor: { next: '5' } } }],
      code: 401,
      chal: { type: 'syncml:auth-md5' },
      cred,
      sourceRefs: ['s1', 's2'],
      targetRefs: ['t'],
      cmd: 'SyncHdr',
      cmdRef: '0',
      msgRef: '1',
      cmdId: '1',
    },
    xml:
      '<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><TargetRef>t</TargetRef><SourceRef>s1</SourceRef><SourceRef>s2</SourceRef>' +
      `${CRED}<Chal><Meta><Type${MI}>syncml:auth-md5</Type></Meta></Chal><Data>401</Data><Item><Data><Anchor${MI}><Next>5</Next></Anchor></Data></Item></Status>`,
  },
];

describe('encoder: order of the DTD', () => {
  for (const { command, xml } of ORDER) {
    it(`${command.kind}`, () => {
      assert.equal(bodyXml(command), xml);
      // Conversion works on tokens, so it shows the order WBXML was written in.
      const wbxml = new MessageEncoder(WBXML).encode(messageOf(command));
      assert.equal(/<SyncBody>(.*)<Final\/>/s.exec(wbxmlToXml(wbxml))?.[1], xml);
    });
  }

  it('SyncHdr, with a Filter in the Target of an Alert', () => {
    const header: SyncHdr = { meta: { maxMsgSize: 5 }, cred, noResp: true, respUri: 'r', ...HEADER };
    assert.match(
      xmlOf({ header, body: [], final: false }),
      /^<\?xml version="1.0" encoding="UTF-8"\?><SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2<\/VerDTD><VerProto>SyncML\/1.2<\/VerProto><SessionID>1<\/SessionID><MsgID>1<\/MsgID><Target>.*<\/Target><Source>.*<\/Source><RespURI>r<\/RespURI><NoResp\/><Cred>.*<\/Cred><Meta>.*<\/Meta><\/SyncHdr><SyncBody><\/SyncBody><\/SyncML>$/,
    );
    const filter = { type: 'INCLUSIVE', record: { data: content('&eq;') }, field: {}, meta: { type: 't' } };
    assert.equal(
      bodyXml({ kind: 'Alert', cmdId: '1', items: [{ target: { uri: 't', filter } }] }),
      `<Alert><CmdID>1</CmdID><Item><Target><LocURI>t</LocURI><Filter><Meta><Type${MI}>t</Type></Meta><Field><Item/></Field>` +
        '<Record><Item><Data>&amp;eq;</Data></Item></Record><FilterType>INCLUSIVE</FilterType></Filter></Target></Item></Alert>',
    );
  });
});

describe('encoder: WBXML', () => {
  const encoded = (command: Command): Buffer => Buffer.from(new MessageEncoder(WBXML).encode(messageOf(command)));

  it('writes item data as OPAQUE, short values as STR_I, switches pages where tags need it', () => {
    const command: Command = {
      kind: 'Add',
      cmdId: '1',
      meta: { type: 'text/plain' },
      items: [{ source: { uri: '7' }, data: content('a\0b') }],
    };
    const expected = `45 4B 03 31 00 01 5A 00 01 53 03 ${ascii('text/plain')} 00 01 01 00 00 54 67 57 03 37 00 01 01 4F C3 03 61 00 62 01 01 01 12 01 01`;
    assert.ok(contains(encoded(command), expected));
  });

  it('ends a command on page 0 when MetInf was last', () => {
    const command: Command = { kind: 'Alert', cmdId: '1', code: 200, items: [{ meta: { anchor: { next: '2' } } }] };
    assert.ok(
      contains(encoded(command), `46 4B 03 31 00 01 4F 03 ${ascii('200')} 00 01 54 5A 00 01 45 4F 03 32 00 01 01 01 01 01 00 00 12 01 01`),
    );
  });

  it('writes empty elements in the short form, a text with NUL as OPAQUE', () => {
    const command: Command = { kind: 'Add', cmdId: 'a\0b', noResp: true, items: [{ data: content(''), moreData: true }] };
    assert.ok(contains(encoded(command), '45 4B C3 03 61 00 62 01 1D 54 0F 34 01 01 12 01 01'));
  });

  it('nests DevInf as a document in an OPAQUE, with the number of its own VerDTD', () => {
    const devinf = { verDtd: '1.1', devId: 'd', devTyp: 'phone', dataStores: [] };
    const command: Command = { kind: 'Put', cmdId: '1', items: [{ data: { kind: 'devinf', devinf } }] };
    const document = `02 9F 54 6A 00 4A 65 03 ${ascii('1.1')} 00 01 49 03 ${ascii('d')} 00 01 4B 03 ${ascii('phone')} 00 01 01`;
    const length = hex(document).length.toString(16).padStart(2, '0');
    assert.ok(contains(encoded(command), `4F C3 ${length} ${document} 01`));
    const asString = new MessageEncoder({ ...WBXML, wbxml: { version: 1, publicId: 'string' } }).encode(messageOf(command));
    assert.ok(contains(Buffer.from(asString), `01 00 00 6A 1D ${ascii('-//SYNCML//DTD DevInf 1.1//EN')} 4A`));
  });
});

describe('encoder: XML', () => {
  const addOf = (bytes: Uint8Array, itemMeta?: Item['meta']): Command => ({
    kind: 'Add',
    cmdId: '1',
    items: [{ ...(itemMeta ? { meta: itemMeta } : {}), data: { kind: 'content', bytes } }],
  });
  const back = (command: Command): Item => {
    const [found] = decodeMessage(new MessageEncoder(XML).encode(messageOf(command)), 'xml').message.body;
    assert.ok(found?.kind === 'Add' && found.items[0]);
    return found.items[0];
  };

  it('brings content back byte for byte: line ends, markup, what looks escaped already', () => {
    for (const text of ['a\r\nb\rc\n\t ', '<b>&amp;</b>', '&#13;', '&amp;amp; &lt; &copy; &x; &', ']]>', '"\'', '\u{1f600}é', ' ', '\n']) {
      const { data } = back(addOf(utf8(text)));
      assert.deepEqual(data, { kind: 'content', bytes: utf8(text) });
    }
    assert.ok(bodyXml(addOf(utf8('a\r\n&amp;'))).includes('a&#13;\n&amp;amp;'));
  });

  it('brings texts back the same way', () => {
    const uri = ' a\r\n&#13;&amp;<"> ';
    const [found] = decodeMessage(utf8(xmlOf(messageOf({ kind: 'Add', cmdId: '1', items: [], meta: { emi: [uri] } }))), 'xml').message.body;
    assert.deepEqual((found as { meta?: unknown }).meta, { emi: [uri] });
  });

  it('sends what XML cannot carry as Base64 and says so in the Item', () => {
    for (const bytes of [hex('00 01 02'), hex('FF FE'), hex('41 0B'), hex('ED A0 80'), hex('EF BF BF')]) {
      const base64 = Buffer.from(bytes).toString('base64');
      assert.deepEqual(back(addOf(bytes, { type: 't', format: 'bin' })), {
        meta: { type: 't', format: 'b64' },
        data: { kind: 'content', bytes: utf8(base64) },
      });
      const encoder = new MessageEncoder(XML);
      const message = messageOf(addOf(bytes));
      assert.equal(encoder.encode(message).length, encoder.envelopeSize(HEADER) + encoder.measure(message.body[0] as Command));
    }
  });

  it('names the namespace of the dialect, of MetInf and of DevInf', () => {
    const devinf = { verDtd: '1.2', devId: 'd', devTyp: 'phone', dataStores: [] };
    const xml = xmlOf(messageOf({ kind: 'Put', cmdId: '1', items: [{ data: { kind: 'devinf', devinf } }] }), {
      encoding: 'xml',
      version: '1.0',
    });
    assert.ok(xml.includes('<SyncML xmlns="SYNCML:SYNCML1.0">'));
    assert.ok(
      xml.includes('<Data><DevInf xmlns="syncml:devinf"><VerDTD>1.2</VerDTD><DevID>d</DevID><DevTyp>phone</DevTyp></DevInf></Data>'),
    );
  });

  it('writes a text with a character XML does not have, without it', () => {
    assert.equal(back({ kind: 'Add', cmdId: '1', items: [{ source: { uri: 'a\0b\ud800' } }] }).source?.uri, 'a\ufffdb\ufffd');
  });
});

describe('encoder: sizes', () => {
  for (const dialect of [XML, WBXML]) {
    it(`add up in ${dialect.encoding}, and what was measured is not encoded again`, () => {
      const children: Command[] = [1, 2, 3].map((id) => ({ kind: 'Add', cmdId: String(id), meta: { type: 't' }, items: [item] }));
      const sync: Command = { kind: 'Sync', cmdId: '9', target: { uri: 't' }, meta: { size: 1 }, commands: children };
      const encoder = new MessageEncoder(dialect);
      const alone = encoder.measure({ ...sync, commands: [] });
      assert.equal(encoder.measure(sync), alone + children.reduce((sum, child) => sum + encoder.measure(child), 0));
      const message = messageOf(sync, ...ORDER.map(({ command }) => command));
      const size = encoder.envelopeSize(HEADER) + message.body.reduce((sum, command) => sum + encoder.measure(command), 0);
      assert.equal(encoder.encode(message).length, size);
      const open = encoder.encode({ ...message, final: false });
      assert.ok(open.length < size && open.length >= size - '<Final/>'.length);
    });

    it(`refuses to write an unknown command in ${dialect.encoding}`, () => {
      assert.throws(() => new MessageEncoder(dialect).measure({ kind: 'Unknown', cmdId: '1', name: 'Foo' }), /Foo/);
    });
  }
});
