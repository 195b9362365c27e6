import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RecordError } from '../../src/records/error.js';
import { formatKey, parseKey, parseRecordUri, recordUri } from '../../src/records/keys.js';
import { fromJson, parseRecord, TextBytes, toJson, type SqlValue } from '../../src/records/values.js';
import { anyValue } from './arbitraries.js';

describe('records: values as JSON', () => {
  for (const { value, json, why } of [
    { value: null, json: 'null', why: 'NULL' },
    { value: 42n, json: '42', why: 'a small INTEGER is a number' },
    { value: 2n ** 53n - 1n, json: '9007199254740991', why: 'the largest that is' },
    { value: 2n ** 53n, json: '{"i":"9007199254740992"}', why: 'one more is a text' },
    { value: -(2n ** 63n), json: '{"i":"-9223372036854775808"}', why: 'the smallest there is' },
    { value: 1.5, json: '1.5', why: 'a REAL with a fraction' },
    { value: 1, json: '{"r":"1"}', why: 'a REAL without one is not an INTEGER' },
    { value: -0, json: '{"r":"-0"}', why: 'minus zero keeps its sign' },
    { value: 1e300, json: '{"r":"1e+300"}', why: 'an exponent is no fraction' },
    { value: Infinity, json: '{"r":"Infinity"}', why: 'infinity' },
    { value: 'Bo', json: '"Bo"', why: 'TEXT' },
    { value: 'a\0b', json: '{"t":"YQBi"}', why: 'NUL in a TEXT' },
    { value: new TextBytes(Uint8Array.of(0xff)), json: '{"t":"/w=="}', why: 'a TEXT that is not UTF-8' },
    { value: Uint8Array.of(0, 255), json: '{"b":"AP8="}', why: 'BLOB' },
  ] satisfies { value: SqlValue; json: string; why: string }[]) {
    it(`${json}: ${why}`, () => {
      assert.equal(JSON.stringify(toJson(value)), json);
      assert.deepEqual(fromJson(JSON.parse(json)), value);
    });
  }

  it('reads back whatever it wrote, through text', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        assert.deepEqual(fromJson(JSON.parse(JSON.stringify(toJson(value)))), value);
      }),
    );
  });

  for (const json of [
    '9007199254740993',
    '{"i":"9223372036854775808"}',
    '{"i":"1.0"}',
    '{"r":"NaN"}',
    '{"r":""}',
    '{"b":"A"}',
    '{"x":"1"}',
    '[]',
    'true',
    '{}',
  ]) {
    it(`refuses ${json}`, () => {
      assert.throws(
        () => parseRecord(`{"c":${json}}`),
        (error) => error instanceof RecordError && error.message.startsWith('column c: '),
      );
    });
  }

  it('refuses what is nested without end, and takes a blob of many megabytes', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    assert.throws(() => parseRecord(`{"c":${deep}}`), RecordError);
    const photo = new Uint8Array(40_000_000).fill(7);
    const { c } = parseRecord(JSON.stringify({ c: toJson(photo) }));
    assert.ok(Buffer.compare(fromJson(c) as Uint8Array, photo) === 0);
  }).timeout(20_000);

  it('answers any JSON with a record or a RecordError', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          for (const value of Object.values(parseRecord(text))) fromJson(value);
        } catch (error) {
          assert.ok(error instanceof RecordError);
        }
      }),
    );
  });
});

describe('records: names of records', () => {
  for (const { key, text } of [
    { key: [42n], text: '42' },
    { key: [-1n, 'a,b/ü'], text: "-1,'a%2Cb%2F%C3%BC" },
    { key: [1.5, null, Uint8Array.of(0, 255)], text: 'r1.5,n,x00ff' },
    { key: [new TextBytes(Uint8Array.of(0xff))], text: "'%FF" },
    { key: [''], text: "'" },
  ] satisfies { key: SqlValue[]; text: string }[]) {
    it(text, () => {
      assert.equal(formatKey(key), text);
      assert.deepEqual(parseKey(text), key);
    });
  }

  it('takes a quote that came percent-encoded', () => {
    assert.deepEqual(parseKey('%27a'), ['a']);
  });

  it('reads back whatever it wrote', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), fc.array(anyValue, { minLength: 1, maxLength: 4 }), (table, key) => {
        const name = parseRecordUri(recordUri(table, key));
        assert.equal(name.table, table);
        assert.deepEqual(parseKey(name.key), key);
      }),
    );
  });

  for (const uri of ['contacts', '/1', 'contacts/', 'a/b/c', '%f/1', '%FF/1']) {
    it(`"${uri}" names no record`, () => assert.throws(() => parseRecordUri(uri), RecordError));
  }
  for (const key of ['%G0', 'r', 'rNaN', 'xf', 'x0g', '1.5', '', 'contacts', '9223372036854775808']) {
    it(`"${key}" is no key`, () => assert.throws(() => parseKey(key), RecordError));
  }
});
