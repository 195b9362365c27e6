/** WBXML said in another way is another text of the same message. */
import assert from 'node:assert/strict';
import {
  mapTokens,
  mbUint32,
  readTokens,
  writeTokens,
  type WbxmlToken,
  type WritingStyle,
} from '../../../src/conformance/lab/wbxml-tokens.js';
import { encode } from '../../../src/conformance/lab/codec.js';
import * as drafts from '../../../src/conformance/lab/drafts.js';
import type { Message } from '../../../src/model/message.js';
import { decodeMessage } from '../../../src/wire/decode.js';

const message: Message = {
  header: {
    verDtd: '1.2',
    verProto: 'SyncML/1.2',
    sessionId: '41',
    msgId: '2',
    target: { uri: 'http://sync.example/' },
    source: { uri: 'IMEI:1', name: 'anna' },
    meta: { maxMsgSize: 5000 },
  },
  body: [
    {
      kind: 'Status',
      cmdId: '1',
      msgRef: '1',
      cmdRef: '1',
      cmd: 'Alert',
      targetRefs: [],
      sourceRefs: [],
      code: 200,
      items: [{ data: { kind: 'anchor', anchor: { next: '18' } } }],
    },
    {
      kind: 'Sync',
      cmdId: '2',
      target: { uri: 'contacts' },
      source: { uri: './lab' },
      commands: [
        {
          kind: 'Add',
          cmdId: '3',
          meta: { type: 'text/x-vcard', size: 40 },
          items: [
            { source: { uri: '1' }, data: { kind: 'content', bytes: Uint8Array.from(drafts.bytesOf('BEGIN:VCARD')) }, moreData: true },
          ],
        },
      ],
    },
  ],
  final: true,
};
const plain = encode(message, { version: '1.2', encoding: 'wbxml', wbxml: { version: 2, publicId: 'number' } });
const asText = (token: WbxmlToken): readonly WbxmlToken[] => (token.kind === 'opaque' ? [{ kind: 'text', bytes: token.bytes }] : [token]);
const fpi = '-//SYNCML//DTD SyncML 1.2//EN';

describe('conformance: WBXML tokens', () => {
  it('writes what it read, byte for byte', () => {
    assert.deepEqual(Buffer.from(writeTokens(readTokens(plain))), Buffer.from(plain));
  });

  const STYLES: readonly (readonly [what: string, style: WritingStyle])[] = [
    ['pages as early as they may', { pages: 'early' }],
    ['pages in front of every tag', { pages: 'always' }],
    ['a string table', { table: true }],
    ['empty elements with END', { longEmpty: () => true }],
    ['numbers of five bytes', { number: (value) => mbUint32(value, value > 0 ? 5 : 1) }],
    ['the public identifier as text', { tableHead: Buffer.from(`x\0${fpi}\0`), publicIdAt: 2 }],
  ];
  for (const [what, style] of STYLES)
    it(`says the same with ${what}`, () => {
      const other = writeTokens(readTokens(plain), style);
      assert.notDeepEqual(Buffer.from(other), Buffer.from(plain));
      assert.deepEqual(decodeMessage(Uint8Array.from(other), 'wbxml').message, message);
    });

  it('says the same with content as text, and with tags by name', () => {
    const named = mapTokens(readTokens(plain), (token) =>
      token.kind === 'tag' && token.page === 0 && token.id === 0x25
        ? [{ kind: 'literal', name: 'SessionID', content: true }]
        : asText(token),
    );
    const other = writeTokens(named);
    assert.ok(Buffer.from(other).includes('SessionID\0'));
    assert.deepEqual(decodeMessage(Uint8Array.from(other), 'wbxml').message, message);
  });

  it('switches pages in front of END where it is to be early', () => {
    // Anchor, Next, text, END, END of Anchor; then page 0, and END of Data and Item.
    const early = Buffer.from(writeTokens(readTokens(plain), { pages: 'early' }));
    assert.ok(early.includes(Buffer.from('\x4f\x0318\0\0\0\x01\x01\x01\x01', 'latin1')));
    assert.ok(Buffer.from(plain).includes(Buffer.from('\x4f\x0318\0\x01\x01\x01\x01', 'latin1')));
  });

  it('writes numbers in groups of seven bits', () => {
    assert.deepEqual(mbUint32(0x1201), [0xa4, 0x01]);
    assert.deepEqual(mbUint32(5, 3), [0x80, 0x80, 0x05]);
    assert.deepEqual(mbUint32(0xffffffff), [0x8f, 0xff, 0xff, 0xff, 0x7f]);
  });
});
