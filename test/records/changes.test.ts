import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isXmlText } from '../../src/wire/xml/characters.js';
import { readChanges, writeChanges, type Changes } from '../../src/records/changes.js';
import { RecordError } from '../../src/records/error.js';
import { toJson, type JsonRecord } from '../../src/records/values.js';
import { anyValue } from './arbitraries.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const NS = 'xmlns="urn:moorage:changes:1"';

const EXAMPLE: Changes = {
  base: 41,
  to: 42,
  schema: [{ op: 'create', type: 'table', name: 'a<b', table: 'a<b', sql: 'CREATE TABLE "a<b" (x)' }],
  tables: [{ name: 'a<b', deletes: [{ id: 3 }], replaces: [{ id: 4, name: 'Bo & Co' }], adds: [{ id: 7, name: ']]>\u0001' }] }],
};

describe('records: changes', () => {
  it('reads what another hand wrote: prefix, order, entities, CDATA, comments', () => {
    const text = `<?xml version='1.0' encoding="utf-8"?>
      <!-- by hand --><?pi x?>
      <m:Changes To='42' xmlns:m="urn:moorage:changes:1" xmlns:o="urn:other" o:x="1" Base = "41" >
        <m:Schema><![CDATA[{"op":"create","type":"table","name":"a<b","sql":"CREATE TABLE \\"a<b\\" (x)"}]]></m:Schema>
        <m:Table Name="a&lt;b"><!-- none --><m:Delete>{"id"<!-- inside -->:3}</m:Delete>
          <m:Add>{"id":7,"name":"]]&gt;\\u0001"}</m:Add>
          <m:Replace>{"id":4,"name":"Bo &#38; <![CDATA[Co]]>"}</m:Replace></m:Table>
      </m:Changes>
      <!-- end -->`;
    assert.deepEqual(readChanges(bytes(`\ufeff${text.trim()}`)), EXAMPLE);
  });

  it('reads back its own', () => assert.deepEqual(readChanges(writeChanges(EXAMPLE)), EXAMPLE));

  it('reads back whatever it wrote', () => {
    const record = fc.dictionary(fc.string(), anyValue.map(toJson), { maxKeys: 4, noNullPrototype: true }) as fc.Arbitrary<JsonRecord>;
    const records = fc.array(record, { maxLength: 4 });
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter(isXmlText);
    const table = fc.record({ name, deletes: records, replaces: records, adds: records }, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(table, { maxLength: 3 }), (tables) => {
        const changes: Changes = { to: 1, schema: [], tables };
        assert.deepEqual(readChanges(writeChanges(changes)), changes);
      }),
    );
  });

  for (const [text, says] of [
    ['', 'unexpected end'],
    ['{}', 'outside the root'],
    ['<Changes To="1"/>', 'namespace'],
    [`<Changes ${NS}/>`, 'needs To'],
    [`<Changes ${NS} To="0"/>`, 'not a modification number'],
    [`<Changes ${NS} To="1" To="2"/>`, 'attribute twice'],
    [`<Changes ${NS} To="1">`, 'unexpected end'],
    [`<Changes ${NS} To="1"></Change>`, 'closing tag'],
    [`<Changes ${NS} To="1">x</Changes>`, 'between the elements'],
    [`<Changes ${NS} To="1"/><Changes/>`, 'second root'],
    [`<Changes ${NS} To="1"><Table/></Changes>`, 'needs a Name'],
    [`<Changes ${NS} To="1"><Table Name="a"><Add>{</Add></Table></Changes>`, 'not JSON'],
    [`<Changes ${NS} To="1"><Table Name="a"><Add>[]</Add></Table></Changes>`, 'JSON object'],
    [`<Changes ${NS} To="1"><Table Name="a"><Add><b/></Add></Table></Changes>`, 'more than 3 levels'],
    [`<Changes ${NS} To="1"><Table Name="a"><Drop/></Table></Changes>`, 'no place in <Table>'],
    [`<Changes ${NS} To="1"><Table Name="&e;"/></Changes>`, 'no reference'],
    [`<Changes ${NS} To="1"><Table Name="&#1;"/></Changes>`, 'no reference'],
    [`<Changes ${NS} To="1"><x:Table Name="a"/></Changes>`, 'undeclared prefix'],
    [`<Changes ${NS} To="1"><Table Name="a"/><Schema>{"op":"set"}</Schema></Changes>`, 'before every <Table>'],
    [`<!DOCTYPE a [<!ENTITY e "x">]><Changes ${NS} To="1"/>`, 'document type declaration'],
    [`<?xml version="1.0" encoding="utf-16"?><Changes ${NS} To="1"/>`, 'utf-16'],
    [`<Changes ${NS} To="1">\u0001</Changes>`, 'U+0001'],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => readChanges(bytes(text)),
        (error) => error instanceof RecordError && error.message.includes(says),
      );
    });
  }

  it('refuses bytes that are not UTF-8', () => assert.throws(() => readChanges(Uint8Array.of(0x3c, 0xff)), /UTF-8/));

  it('takes as many records as the limit says and not one more', () => {
    const two = writeChanges({ to: 1, schema: [], tables: [{ name: 'a', deletes: [{ id: 1 }, { id: 2 }], replaces: [], adds: [] }] });
    assert.equal(readChanges(two, { maxRecords: 2 }).tables[0]?.deletes.length, 2);
    assert.throws(
      () => readChanges(two, { maxRecords: 1 }),
      (error) => error instanceof RecordError && error.fault === 'too-large',
    );
  });

  it('answers every prefix and every changed byte of a document with changes or a RecordError', () => {
    const whole = writeChanges(EXAMPLE);
    for (let i = 0; i < whole.length; i += 1) {
      for (const one of [whole.subarray(0, i), Uint8Array.from(whole, (byte, at) => (at === i ? byte ^ 0x15 : byte))]) {
        try {
          readChanges(one);
        } catch (error) {
          assert.ok(error instanceof RecordError, String(error));
        }
      }
    }
  });
});
