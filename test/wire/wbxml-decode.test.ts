/** Byte cases of the WBXML reader. Section numbers are those of the protocol reference, "WBXML as used by SyncML". */
import { strict as assert } from 'node:assert';
import { WireError, type WireFault } from '../../src/model/errors.js';
import type { Command, Message } from '../../src/model/message.js';
import { type Decoded, decodeMessage } from '../../src/wire/decode.js';
import { DEFAULT_LIMITS } from '../../src/wire/dialect.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import { ascii, hex, textOf } from './support/fixtures.js';

/** The small example of §9, complete. */
const EXAMPLE = `
  02 9F 53 6A 00
  6D
   6C
    71 03 31 2E 31 00 01
    72 03 53 79 6E 63 4D 4C 2F 31 2E 31 00 01
    65 03 31 00 01
    5B 03 31 00 01
    6E 57 03 2F 00 01 01
    67 57 03 78 00 01 01
    5A 00 01 4C 03 35 30 30 30 00 01 01
   01
   00 00 6B
    12
   01
  01`;
const FPI_12 = '-//SYNCML//DTD SyncML 1.2//EN';
const HDR = `6C 71 03 ${ascii('1.2')} 00 01 72 03 ${ascii('SyncML/1.2')} 00 01 65 03 31 00 01 5B 03 31 00 01 6E 57 03 2F 00 01 01 67 57 03 78 00 01 01 01`;

const decode = (bytes: string): Decoded => decodeMessage(hex(bytes), 'wbxml');
const message = (body: string, header = '02 A4 01 6A 00'): Message => decode(`${header} 6D ${HDR} 6B ${body} 01 01`).message;
const command = (body: string, header?: string): Command => {
  const [first] = message(body, header).body;
  assert.ok(first);
  return first;
};
function itemOf(found: Command): NonNullable<Extract<Command, { items: unknown }>['items'][number]> {
  assert.ok('items' in found);
  const [item] = found.items;
  assert.ok(item && !('uri' in item));
  return item;
}
function contentOf(found: Command): string {
  const item = itemOf(found);
  assert.ok('data' in item && item.data?.kind === 'content');
  return textOf(item.data.bytes);
}
function refuses(bytes: string, fault: WireFault, offset?: number): void {
  assert.throws(
    () => decode(bytes),
    (error) => {
      assert.ok(error instanceof WireError, String(error));
      assert.equal(error.fault, fault);
      if (offset !== undefined) assert.equal(error.offset, offset);
      return true;
    },
  );
}

describe('wbxml: the reference example (§9)', () => {
  const expected: Message = {
    header: {
      verDtd: '1.1',
      verProto: 'SyncML/1.1',
      sessionId: '1',
      msgId: '1',
      target: { uri: '/' },
      source: { uri: 'x' },
      meta: { maxMsgSize: 5000 },
    },
    body: [],
    final: true,
  };

  it('decodes to its meaning', () => {
    const { message: found, dialect, skipped } = decode(EXAMPLE);
    assert.deepEqual(found, expected);
    assert.deepEqual(dialect, { encoding: 'wbxml', version: '1.1', wbxml: { version: 2, publicId: 'number' } });
    assert.equal(skipped, 0);
  });

  it('is written byte for byte', () => {
    assert.deepEqual(Buffer.from(new MessageEncoder(decode(EXAMPLE).dialect).encode(expected)), Buffer.from(hex(EXAMPLE)));
  });

  it('is refused at every prefix, with the header as soon as SyncHdr is complete', () => {
    const bytes = hex(EXAMPLE);
    const headerEnd = Buffer.from(bytes).indexOf(hex('01 00 00 6B')) + 1;
    for (let length = 0; length < bytes.length; length += 1) {
      assert.throws(
        () => decodeMessage(bytes.subarray(0, length), 'wbxml'),
        (error) => error instanceof WireError && error.fault === 'truncated' && (error.header !== undefined) === length >= headerEnd,
        `prefix of ${length}`,
      );
    }
  });
});

describe('wbxml: header forms (§1, §2, §3)', () => {
  const rest = `6D ${HDR} 6B 12 01 01`;
  for (const { name, header, version, publicId } of [
    { name: 'a number', header: '02 A4 01 6A 00', version: 2, publicId: 'number' },
    { name: 'the string table without a NUL', header: `02 00 00 6A 1D ${ascii(FPI_12)}`, version: 2, publicId: 'string' },
    { name: 'the string table with a NUL', header: `01 00 00 6A 1E ${ascii(FPI_12)} 00`, version: 1, publicId: 'string' },
    { name: 'an index that is not 0', header: `03 00 02 6A 20 41 00 ${ascii(FPI_12)} 00`, version: 3, publicId: 'string' },
    { name: 'the identifier in other letters', header: `02 00 00 6A 1D ${ascii(FPI_12.toUpperCase())}`, version: 2, publicId: 'string' },
    { name: '1 for "unknown"', header: '03 01 6A 00', version: 3, publicId: 'unknown' },
    { name: 'the number of another version', header: '02 9F 51 6A 00', version: 2, publicId: 'number' },
    { name: 'the number of another document type', header: '02 9F 54 6A 00', version: 2, publicId: 'number' },
  ] as const) {
    it(`takes ${name}; the version comes from VerDTD, and the answer has the same form`, () => {
      const { dialect, message: found } = decode(`${header} ${rest}`);
      assert.deepEqual(dialect, { encoding: 'wbxml', version: '1.2', wbxml: { version, publicId } });
      assert.equal(found.final, true);
      const answer = new MessageEncoder(dialect).encode(found);
      const expected = publicId === 'string' ? `0${version} 00 00 6A 1D ${ascii(FPI_12)}` : `0${version} A4 01 6A 00`;
      assert.deepEqual(answer.subarray(0, hex(expected).length), hex(expected));
    });
  }

  it('takes the charsets UTF-8, US-ASCII, ISO-8859-1 and none; others are unsupported', () => {
    for (const charset of ['6A', '03', '04', '00']) assert.equal(decode(`02 A4 01 ${charset} 00 ${rest}`).message.final, true);
    refuses(`02 A4 01 87 68 00 ${rest}`, 'unsupported-charset', 3);
  });

  it('refuses a version byte that is none and a string table longer than the body', () => {
    refuses(`04 A4 01 6A 00 ${rest}`, 'not-syncml', 0);
    refuses('02 A4 01 6A 8F FF FF FF 7F 6D', 'truncated');
  });

  it('refuses another root element', () => refuses('02 0B 6A 00 45 01', 'not-syncml', 4));
});

describe('wbxml: texts (§5)', () => {
  it('joins STR_I, STR_T, OPAQUE and ENTITY', () => {
    const found = command(
      `46 4B 03 ${ascii('a')} 00 83 01 02 81 21 C3 02 ${ascii('yz')} 02 A0 2C 01 01`,
      `02 A4 01 6A 04 ${ascii('qbc')} 00`,
    );
    assert.equal(found.cmdId, 'abc\u00a1yz\u102c');
  });

  it('reads a string-table offset into the middle, and to the end of a table without NUL', () => {
    assert.equal(command('46 4B 83 02 01 01', `02 A4 01 6A 04 ${ascii('abcd')}`).cmdId, 'cd');
  });

  it('refuses a string or a tag name outside the table, and a code point that is none', () => {
    refuses(`02 A4 01 6A 00 6D ${HDR} 6B 46 4B 83 01 01 01`, 'malformed');
    refuses(`02 A4 01 6A 00 6D ${HDR} 6B 44 05 01`, 'malformed');
    refuses(`02 A4 01 6A 00 6D ${HDR} 6B 46 4B 02 83 B0 00 01 01`, 'malformed');
  });

  it('takes an OPAQUE in any text leaf', () => {
    const found = command(`46 4B C3 01 31 01 4F C3 03 ${ascii('201')} 01 01`);
    assert.ok(found.kind === 'Alert');
    assert.equal(found.cmdId, '1');
    assert.equal(found.code, 201);
  });

  it('keeps the bytes of item data: OPAQUE with NUL, CR LF and Latin-1', () => {
    const found = command('45 4B 03 31 00 01 54 4F C3 06 41 00 0D 0A FC 42 01 01 01');
    const { data } = itemOf(found) as { data?: { kind: string; bytes?: Uint8Array } };
    assert.deepEqual(data?.bytes, hex('41 00 0D 0A FC 42'));
  });

  it('converts strings of an ISO-8859-1 document to UTF-8 and leaves its OPAQUE alone', () => {
    const latin1 = '02 A4 01 04 00';
    const added = command('45 4B 03 31 00 01 54 67 57 03 FC 00 01 01 4F C3 01 FC 01 01 01', latin1);
    const item = itemOf(added) as { source?: { uri: string }; data?: { bytes?: Uint8Array } };
    assert.equal(item.source?.uri, 'ü');
    assert.deepEqual(item.data?.bytes, hex('FC'));
    assert.equal(contentOf(command('45 4B 03 31 00 01 54 4F 03 FC 00 01 01 01', latin1)), 'ü');
  });

  it('reads Latin-1 in a text that says UTF-8: two LUIDs stay two', () => {
    const uri = (byte: string): string | undefined => {
      const item = itemOf(command(`45 4B 03 31 00 01 54 67 57 03 ${byte} 00 01 01 01 01`));
      return 'source' in item ? item.source?.uri : undefined;
    };
    assert.equal(uri('E4'), 'ä');
    assert.equal(uri('F6'), 'ö');
    assert.equal(uri('C3 A4'), 'ä');
  });

  it('reads numbers with white space around them and leaves out what is none', () => {
    const meta = (text: string): unknown =>
      (command(`45 4B 03 31 00 01 5A 00 01 52 03 ${ascii(text)} 00 01 01 01`) as { meta?: unknown }).meta;
    assert.deepEqual(meta(' 12\n'), { size: 12 });
    assert.deepEqual(meta('12 kB'), {});
  });

  it('gives raw digests and nonces as Base64 and texts as they are', () => {
    const cred = (data: string): string | undefined => {
      const found = decode(
        `02 A4 01 6A 00 6D 6C 4E 5A 00 01 53 03 ${ascii('syncml:auth-md5')} 00 01 01 00 00 4F ${data} 01 01 01 6B 12 01 01`,
      );
      return found.message.header.cred?.data;
    };
    const digest = '00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF';
    assert.equal(cred(`C3 10 ${digest}`), Buffer.from(hex(digest)).toString('base64'));
    assert.equal(cred(`C3 10 ${ascii('0123456789abcdef')}`), Buffer.from('0123456789abcdef').toString('base64'));
    assert.equal(cred(`C3 18 ${ascii('v7RSd0ZZr//ulkH68Zaeog==')}`), 'v7RSd0ZZr//ulkH68Zaeog==');
    assert.equal(cred(`03 ${ascii('v7RSd0ZZr//ulkH68Zaeog==')} 00`), 'v7RSd0ZZr//ulkH68Zaeog==');
  });
});

describe('wbxml: code pages (§4)', () => {
  const type = ascii('text/x-vcard');
  for (const { name, bytes } of [
    { name: 'switch back behind Meta', bytes: `5A 00 01 53 03 ${type} 00 01 01 00 00` },
    { name: 'switch back right before END', bytes: `5A 00 01 53 03 ${type} 00 01 00 00 01` },
    { name: 'redundant switches', bytes: `00 00 5A 00 01 00 01 53 03 ${type} 00 01 00 01 01 00 00 00 00` },
    { name: 'page 2 for MetInf, as in the specification', bytes: `5A 00 02 53 03 ${type} 00 01 01 00 00` },
    { name: 'no switch at all', bytes: `5A 53 03 ${type} 00 01 01` },
    { name: 'MetInf around it', bytes: `5A 00 01 4E 53 03 ${type} 00 01 01 01 00 00` },
  ]) {
    it(`reads Meta with ${name}`, () => {
      const found = command(`45 4B 03 31 00 01 ${bytes} 54 67 57 03 37 00 01 01 01 01`) as { meta?: unknown };
      assert.deepEqual(found.meta, { type: 'text/x-vcard' });
      assert.deepEqual(itemOf(found as Command), { source: { uri: '7' } });
    });
  }

  it('reads an Anchor in Data', () => {
    const found = command('69 4B 03 31 00 01 54 4F 00 01 45 4F 03 32 37 36 00 01 01 00 00 01 01 01');
    assert.deepEqual(itemOf(found), { data: { kind: 'anchor', anchor: { next: '276' } } });
  });
});

describe('wbxml: tokens nobody expects (§7, §8)', () => {
  it('takes Final and NoResp in short and long form', () => {
    assert.equal(message('12').final, true);
    assert.equal(message('52 01').final, true);
    assert.equal((command('46 4B 03 31 00 01 1D 01') as { noResp?: boolean }).noResp, true);
    assert.equal((command('46 4B 03 31 00 01 5D 01 01') as { noResp?: boolean }).noResp, true);
  });

  it('tolerates an END too many at the top and bytes behind the root', () => {
    assert.equal(decode(`02 A4 01 6A 00 01 6D ${HDR} 6B 12 01 01 01 FF FF`).message.final, true);
    // `12 01` of the specification's example: the extra END closes SyncBody early.
    assert.equal(decode(`02 A4 01 6A 00 6D ${HDR} 6B 12 01 01 01`).message.final, true);
  });

  it('looks LITERAL tags up by name and skips the attributes of others', () => {
    const table = `${ascii('Alert')} 00 ${ascii('xmlns')} 00 ${ascii('Foo')} 00`;
    const header = `02 A4 01 6A 10 ${table}`;
    const found = message(
      `44 00 4B 03 31 00 01 01  84 0C 04 06 03 ${ascii('syncml:metinf')} 00 01  C6 04 06 03 41 00 85 C3 01 42 00 01 83 00 01 4B 03 32 00 01 01`,
      header,
    );
    assert.deepEqual(
      found.body.map(({ kind, cmdId }) => `${kind} ${cmdId}`),
      ['Alert 1', 'Unknown ', 'Alert 2'],
    );
  });

  it('passes over processing instructions and extension tokens', () => {
    const found = message(`43 05 03 41 00 01  46 40 ${ascii('x')} 00 80 81 00 C0 C1 C2 4B 03 31 00 01 01 12`);
    assert.deepEqual(
      found.body.map(({ cmdId }) => cmdId),
      ['1'],
    );
    assert.equal(found.final, true);
  });

  it('keeps an unknown command with its CmdID and counts it', () => {
    const { message: found, skipped } = decode(`02 A4 01 6A 00 6D ${HDR} 6B 7F 4B 03 39 00 01 01 70 4B 03 38 00 01 01 12 01 01`);
    assert.deepEqual(found.body, [
      { kind: 'Unknown', cmdId: '9', name: 'unknown-0-63' },
      { kind: 'Unknown', cmdId: '8', name: 'unknown-0-48' },
    ]);
    assert.equal(skipped, 2);
  });

  it('skips an unknown element below a known one, its subtree with it', () => {
    const { message: found, skipped } = decode(`02 A4 01 6A 00 6D ${HDR} 6B 46 7F 4B 03 39 00 01 01 4B 03 31 00 01 01 12 01 01`);
    assert.deepEqual(found.body, [{ kind: 'Alert', cmdId: '1', items: [] }]);
    assert.equal(skipped, 1);
  });

  it('reads members of 1.2 in a 1.1 message', () => {
    const bytes = `02 9F 53 6A 00 6D ${HDR.replace(ascii('1.2'), ascii('1.1'))} 6B 45 4B 03 31 00 01 54 79 57 03 2F 66 00 01 01 01 01 12 01 01`;
    assert.deepEqual(itemOf(decode(bytes).message.body[0] as Command), { sourceParent: '/f' });
  });

  it('needs one SyncHdr and one SyncBody', () => {
    refuses('02 A4 01 6A 00 6D 6B 12 01 01', 'malformed');
    refuses(`02 A4 01 6A 00 6D ${HDR} 01`, 'malformed');
    refuses(`02 A4 01 6A 00 6D ${HDR} ${HDR} 6B 12 01 01`, 'malformed');
    refuses(`02 A4 01 6A 00 6D ${HDR} 6B 12 01 6B 12 01 01`, 'malformed');
  });
});

describe('wbxml: limits', () => {
  const nested = (levels: number): Uint8Array =>
    hex(`02 A4 01 6A 00 6D ${HDR} 6B ${'48 '.repeat(levels)} ${'01 '.repeat(levels)} 12 01 01`);

  it('takes 64 levels and refuses 65', () => {
    assert.equal(decodeMessage(nested(62), 'wbxml').message.final, true);
    assert.throws(
      () => decodeMessage(nested(63), 'wbxml'),
      (error) => error instanceof WireError && error.fault === 'too-deep' && error.header?.sessionId === '1',
    );
  });

  it('counts bytes and elements at n and n + 1', () => {
    const bytes = nested(0);
    const limits = { ...DEFAULT_LIMITS, maxBytes: bytes.length, maxElements: 12 };
    assert.equal(decodeMessage(bytes, 'wbxml', limits).message.final, true);
    for (const less of [{ maxBytes: bytes.length - 1 }, { maxElements: 11 }]) {
      assert.throws(
        () => decodeMessage(bytes, 'wbxml', { ...limits, ...less }),
        (error) => error instanceof WireError && error.fault === 'too-large',
      );
    }
  });

  it('believes no length before it is there', () => refuses(`02 A4 01 6A 00 6D ${HDR} 6B 45 54 4F C3 8F FF FF FF 7F 41`, 'truncated'));
});
