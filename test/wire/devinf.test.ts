import { strict as assert } from 'node:assert';
import type { DevInf } from '../../src/model/devinf.js';
import type { Command, Message } from '../../src/model/message.js';
import { decodeMessage } from '../../src/wire/decode.js';
import type { Dialect } from '../../src/wire/dialect.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import { ascii, contains, hex, ownFixtures, textOf, utf8 } from './support/fixtures.js';

const HEADER = { verDtd: '1.2', verProto: 'SyncML/1.2', sessionId: '1', msgId: '1', target: { uri: 'd' }, source: { uri: 's' } };
const dialects = (version: Dialect['version']): Dialect[] => [
  { encoding: 'xml', version },
  { encoding: 'wbxml', version, wbxml: { version: 2, publicId: 'number' } },
];

function devInfOf(command: Command | undefined): DevInf | undefined {
  assert.ok(command && 'items' in command);
  const [item] = command.items;
  return item && 'data' in item && item.data?.kind === 'devinf' ? item.data.devinf : undefined;
}

function putXml(data: string, type = 'application/vnd.syncml-devinf+xml', kind = 'Put'): Message {
  return decodeMessage(
    utf8(
      `<SyncML><SyncHdr><VerDTD>1.2</VerDTD></SyncHdr><SyncBody><${kind}><CmdID>1</CmdID><Meta><Type xmlns="syncml:metinf">${type}</Type></Meta>` +
        `<Item><Source><LocURI>./devinf12</LocURI></Source><Data>${data}</Data></Item></${kind}><Final/></SyncBody></SyncML>`,
    ),
    'xml',
  ).message;
}

/** A Put in WBXML whose Data holds these bytes as OPAQUE (or STR_I). */
function putWbxml(data: Uint8Array, asString = false): Message {
  const opaque = asString
    ? Buffer.concat([hex('03'), data, hex('00')])
    : Buffer.concat([Uint8Array.of(0xc3, 0x80 | (data.length >> 7), data.length & 0x7f), data]);
  const bytes = Buffer.concat([
    hex(`02 A4 01 6A 00 6D 6C 71 03 ${ascii('1.2')} 00 01 01 6B 5F 4B 03 31 00 01 54 4F`),
    opaque,
    hex('01 01 01 12 01 01'),
  ]);
  return decodeMessage(new Uint8Array(bytes), 'wbxml').message;
}

function roundTrip(devinf: DevInf, dialect: Dialect): { again: DevInf | undefined; bytes: Uint8Array } {
  const message: Message = {
    header: HEADER,
    body: [{ kind: 'Put', cmdId: '1', items: [{ data: { kind: 'devinf', devinf } }] }],
    final: true,
  };
  const bytes = new MessageEncoder(dialect).encode(message);
  return { again: devInfOf(decodeMessage(bytes, dialect.encoding).message.body[0]), bytes };
}

const SMALL = '<DevInf xmlns="syncml:devinf"><VerDTD>1.2</VerDTD><Man>M</Man><DevID>d</DevID><DevTyp>phone</DevTyp></DevInf>';
const SMALL_READ: DevInf = { verDtd: '1.2', man: 'M', devId: 'd', devTyp: 'phone', dataStores: [] };
const SMALL_WBXML = hex(
  `02 A4 03 6A 00 4A 65 03 ${ascii('1.2')} 00 01 51 03 ${ascii('M')} 00 01 49 03 ${ascii('d')} 00 01 4B 03 ${ascii('phone')} 00 01 01`,
);

const V11: DevInf = {
  verDtd: '1.1',
  devId: 'd',
  devTyp: 'phone',
  utc: true,
  supportLargeObjs: true,
  supportNumberOfChanges: true,
  dataStores: [
    {
      sourceRef: './contacts',
      maxGuidSize: 32,
      rxPref: { ctType: 'text/x-vcard', verCt: '2.1' },
      rx: [{ ctType: 'text/vcard', verCt: '3.0' }],
      txPref: { ctType: 'text/x-vcard', verCt: '2.1' },
      tx: [],
      dsMem: { sharedMem: true, maxMem: 1000, maxId: 100 },
      syncCap: ['1', '2', '7'],
    },
  ],
  ctCaps: [
    {
      ctType: 'text/x-vcard',
      properties: [
        { name: 'BEGIN', valEnum: ['VCARD'] },
        {
          name: 'TEL',
          displayName: 'Phone',
          dataType: 'chr',
          size: 30,
          params: [
            { name: 'TYPE', valEnum: ['HOME', 'WORK'] },
            { name: 'X', dataType: 'int', size: 2 },
          ],
        },
      ],
    },
    { ctType: 'text/x-vcalendar', properties: [{ name: 'SUMMARY' }] },
  ],
  ext: [{ xNam: 'X-A', xVal: ['1', '2'] }],
};

const V12: DevInf = {
  ...SMALL_READ,
  mod: 'm',
  oem: 'o',
  fwV: '1',
  swV: '2',
  hwV: '3',
  dataStores: [
    {
      sourceRef: './contacts',
      displayName: 'Contacts',
      rxPref: { ctType: 'text/x-vcard', verCt: '2.1' },
      rx: [],
      tx: [{ ctType: 'text/x-vcard', verCt: '2.1' }],
      ctCaps: [
        {
          ctType: 'text/x-vcard',
          verCt: '2.1',
          fieldLevel: true,
          properties: [
            {
              name: 'TEL',
              dataType: 'phone',
              maxOccur: 2,
              maxSize: 40,
              noTruncate: true,
              valEnum: ['a'],
              displayName: 'Tel',
              params: [{ name: 'TYPE', dataType: 'chr', valEnum: ['HOME'], displayName: 't' }],
            },
          ],
        },
      ],
      supportHierarchicalSync: true,
      syncCap: ['1'],
      filterRx: [{ ctType: 'syncml:filtertype-cgi', verCt: '1.0' }],
      filterCaps: [{ ctType: 'text/x-vcard', verCt: '2.1', keywords: ['SINCE'], propNames: ['TEL'] }],
    },
  ],
};

describe('device information in Data', () => {
  for (const { name, message } of [
    { name: 'XML elements', message: (): Message => putXml(SMALL) },
    { name: 'XML elements with line feeds between', message: (): Message => putXml(`\n ${SMALL.replaceAll('><', '>\n<')}\n`) },
    { name: 'XML elements without a namespace', message: (): Message => putXml(SMALL.replace(' xmlns="syncml:devinf"', '')) },
    { name: 'CDATA', message: (): Message => putXml(`<![CDATA[${SMALL}]]>`) },
    { name: 'escaped text', message: (): Message => putXml(SMALL.replaceAll('<', '&lt;')) },
    { name: 'text with a prolog', message: (): Message => putXml(`<![CDATA[\n<?xml version="1.0"?>${SMALL}]]>`) },
    { name: 'a wrong Type', message: (): Message => putXml(SMALL, 'application/vnd.syncml-devinf+wbxml') },
    { name: 'a WBXML document in OPAQUE', message: (): Message => putWbxml(SMALL_WBXML) },
    { name: 'XML text in OPAQUE', message: (): Message => putWbxml(utf8(SMALL)) },
    { name: 'XML text in STR_I', message: (): Message => putWbxml(utf8(SMALL), true) },
    { name: 'Results', message: (): Message => putXml(`<![CDATA[${SMALL}]]>`, 'x', 'Results') },
  ]) {
    it(`is read from ${name}`, () => assert.deepEqual(devInfOf(message().body[0]), SMALL_READ));
  }

  it('stays content where it is broken, and the message is read', () => {
    const broken = SMALL_WBXML.subarray(0, SMALL_WBXML.length - 3);
    const [put] = putWbxml(broken).body;
    assert.ok(put?.kind === 'Put');
    assert.deepEqual(put.items[0]?.data, { kind: 'content', bytes: broken });
    assert.equal(devInfOf(putXml(`<![CDATA[${SMALL.slice(0, -4)}]]>`).body[0]), undefined);
    assert.equal(devInfOf(putXml('<![CDATA[<html></html>]]>').body[0]), undefined);
  });

  it('is not looked for in an Add', () => {
    const [add] = putXml(`<![CDATA[${SMALL}]]>`, 'x', 'Add').body;
    assert.equal(devInfOf(add), undefined);
  });

  it('written with inline LITERAL and SyncML tokens (Funambol Java) is read', () => {
    const fixture = ownFixtures().find(({ key }) => key.includes('funambol-java-jsync/12-wbxml-slow-first-message/01-request'));
    assert.ok(fixture);
    const { message, skipped } = decodeMessage(fixture.read(), 'wbxml');
    assert.equal(skipped, 0);
    const devinf = devInfOf(message.body.find(({ kind }) => kind === 'Put'));
    assert.equal(devinf?.devId, 'fun-jsync-2');
    assert.equal(devinf.verDtd, '1.2');
    assert.deepEqual(devinf.dataStores[0]?.sourceRef, 'briefcase');
    assert.deepEqual(devinf.dataStores[0]?.syncCap, ['1', '2', '7']);
  });
});

describe('device information by version', () => {
  for (const dialect of [...dialects('1.2')]) {
    it(`of 1.2 and of 1.1 comes back the same in ${dialect.encoding}`, () => {
      assert.deepEqual(roundTrip(V12, dialect).again, V12);
      assert.deepEqual(roundTrip(V11, dialect).again, V11);
    });

    it(`of 1.0 is written without what 1.1 added, in ${dialect.encoding}`, () => {
      const { utc: _utc, supportLargeObjs: _large, supportNumberOfChanges: _number, ...expected } = V11;
      assert.deepEqual(roundTrip({ ...V11, verDtd: '1.0' }, dialect).again, { ...expected, verDtd: '1.0' });
    });

    it(`of 1.2 in the shape of 1.1 (N900) is understood, and written in the shape of 1.2, in ${dialect.encoding}`, () => {
      const { again } = roundTrip({ ...V11, verDtd: '1.2' }, dialect);
      assert.equal(again?.ctCaps, undefined);
      assert.deepEqual(
        again?.dataStores[0]?.ctCaps?.map(({ ctType }) => ctType),
        ['text/x-vcard'],
      );
      assert.equal(again?.dataStores[0]?.ctCaps?.[0]?.properties[1]?.maxSize, 30);
    });

    it(`of 1.1 made of descriptions per datastore is written once, flat, in ${dialect.encoding}`, () => {
      const [store] = V12.dataStores;
      assert.ok(store);
      const { again } = roundTrip({ ...V12, verDtd: '1.1', dataStores: [store, { ...store, sourceRef: './other' }] }, dialect);
      assert.equal(again?.dataStores[0]?.ctCaps, undefined);
      assert.deepEqual(again?.ctCaps, [
        {
          ctType: 'text/x-vcard',
          properties: [
            { name: 'TEL', valEnum: ['a'], displayName: 'Tel', params: [{ name: 'TYPE', valEnum: ['HOME'], displayName: 't' }] },
          ],
        },
      ]);
    });
  }

  it('calls token 1C Size in 1.1 and MaxSize in 1.2, by name in XML', () => {
    const xml = (devinf: DevInf): string => textOf(roundTrip(devinf, { encoding: 'xml', version: '1.2' }).bytes);
    assert.ok(xml(V11).includes('<Size>30</Size>') && !xml(V11).includes('MaxSize'));
    assert.ok(xml(V12).includes('<MaxSize>40</MaxSize>') && !xml(V12).includes('<Size>'));
    const tokens = (devinf: DevInf): Buffer => Buffer.from(roundTrip(devinf, { encoding: 'wbxml', version: '1.2' }).bytes);
    assert.ok(contains(tokens(V11), `5C 03 ${ascii('30')} 00 01`));
    assert.ok(contains(tokens(V12), `5C 03 ${ascii('40')} 00 01`));
  });

  it('keeps the order of the DTD', () => {
    const xml = textOf(roundTrip(V12, { encoding: 'xml', version: '1.2' }).bytes);
    const names = [...xml.slice(xml.indexOf('<DevInf')).matchAll(/<([A-Za-z-]+)[ >/]/g)].map(([, name]) => name);
    assert.deepEqual(names.slice(0, 11), 'DevInf VerDTD Man Mod OEM FwV SwV HwV DevID DevTyp DataStore'.split(' '));
    assert.deepEqual(
      names.filter((name) =>
        /^(?:SourceRef|DisplayName|Rx-Pref|Tx|CTCap|PropName|MaxOccur|MaxSize|NoTruncate|PropParam|SyncCap|Filter-Rx|FilterCap|SupportHierarchicalSync)$/.test(
          name ?? '',
        ),
      ),
      'SourceRef DisplayName Rx-Pref Tx CTCap PropName MaxOccur MaxSize NoTruncate DisplayName PropParam DisplayName SupportHierarchicalSync SyncCap Filter-Rx FilterCap PropName'.split(
        ' ',
      ),
    );
  });

  it('reads a ParamName straight in Property (Nokia 2630) and Size without DataType (W910i)', () => {
    const devinf = devInfOf(
      putXml(
        '<DevInf><VerDTD>1.2</VerDTD><DataStore><SourceRef>c</SourceRef><CTCap><CTType>t</CTType><VerCT>1</VerCT>' +
          '<Property><PropName>TEL</PropName><ParamName>CELL</ParamName><ParamName>HOME</ParamName></Property></CTCap></DataStore>' +
          '<CTCap><CTType>f</CTType><PropName>N</PropName><Size>30</Size></CTCap></DevInf>',
      ).body[0],
    );
    assert.deepEqual(devinf?.dataStores[0]?.ctCaps?.[0]?.properties, [{ name: 'TEL', params: [{ name: 'CELL' }, { name: 'HOME' }] }]);
    assert.deepEqual(devinf.ctCaps, [{ ctType: 'f', properties: [{ name: 'N', size: 30 }] }]);
  });
});
