/** Versions of SIF items made into one: element by element, as the cards and entries they are. */
import assert from 'node:assert/strict';
import { mergeItems, type Merged } from '../../../src/content/merging/merge.js';
import type { Pick } from '../../../src/content/merging/three-way.js';

const contact = (inner: string): string => `<?xml version="1.0" encoding="UTF-8"?>\r\n<contact>\r\n${inner}</contact>\r\n`;
const event = (inner: string): string => `<appointment>\r\n${inner}</appointment>\r\n`;

function merged(base: string | undefined, ours: string, theirs: string, pick: Pick = () => 'theirs'): Merged & { readonly text: string } {
  const version = (text: string) => ({
    bytes: Buffer.from(text),
    type: text.includes('VCARD') ? 'text/x-vcard' : text.includes('<contact') ? 'text/x-s4j-sifc' : 'text/x-s4j-sife',
  });
  const result = mergeItems(base === undefined ? undefined : version(base), version(ours), version(theirs), { pick });
  assert.ok(result, 'can be merged');
  return { ...result, text: Buffer.from(result.bytes).toString() };
}

describe('content: merging SIF', () => {
  const base = contact(
    '<LastName>Berg</LastName>\r\n<Mileage>7</Mileage>\r\n<MobileTelephoneNumber>1</MobileTelephoneNumber>\r\n<Body>old</Body>\r\n',
  );

  it('edits of different elements both stand, and what only Outlook knows stays', () => {
    const { text, lost } = merged(base, base.replace('old', 'new'), base.replace('>1<', '>2<'));
    assert.equal(text, base.replace('old', 'new').replace('>1<', '>2<'));
    assert.deepEqual(lost, { ours: [], theirs: [] });
  });

  it('the same element: the picked side stands, the other is kept beside it', () => {
    const { text, lost, otherwise } = merged(base, base.replace('old', 'here'), base.replace('old', 'there'));
    assert.equal(text, base.replace('old', 'there'));
    assert.deepEqual(lost, { ours: ['NOTE'], theirs: [] });
    assert.equal(Buffer.from(otherwise ?? []).toString(), base.replace('old', 'here'));
  });

  it('with an edit of a vCard', () => {
    const card = (number: string): string => `BEGIN:VCARD\r\nVERSION:2.1\r\nN:Berg\r\nTEL;CELL:${number}\r\nNOTE:old\r\nEND:VCARD\r\n`;
    assert.equal(merged(card('1'), base.replace('old', 'new'), card('2')).text, base.replace('old', 'new').replace('>1<', '>2<'));
  });

  it('an event moved here and renamed there', () => {
    const was = event(
      '<Subject>a</Subject>\r\n<Start>20260601T080000Z</Start>\r\n<End>20260601T090000Z</End>\r\n<AllDayEvent>0</AllDayEvent>\r\n',
    );
    const moved = was.replace('T080000Z', 'T083000Z').replace('T090000Z', 'T093000Z');
    assert.equal(merged(was, moved, was.replace('>a<', '>b<')).text, moved.replace('>a<', '>b<'));
  });

  it('notes are one or the other', () => {
    const note = (text: string) => ({ bytes: Buffer.from(`<note><Body>${text}</Body></note>`), type: 'text/x-s4j-sifn' });
    assert.equal(mergeItems(note('a'), note('b'), note('c'), { pick: () => 'ours' }), undefined);
  });
});
