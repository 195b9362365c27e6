import assert from 'node:assert/strict';
import { describe as describeItem } from '../../src/content/describe.js';
import { assertEqualItems, assertOtherItems, bytesOf, card } from './helpers.js';

const TYPE = 'text/x-s4j-sifc';

describe('describe: SIF', () => {
  it('does not count order, empty elements, references, layout and spelling', () => {
    assertEqualItems(
      bytesOf(
        '<?xml version="1.0" encoding="UTF-8"?>\n<contact><SIFVersion>1.0</SIFVersion><FirstName>J&#xFC;rg</FirstName><LastName>A &amp; B</LastName>' +
          '<Body/><MobileTelephoneNumber>+49 171-1</MobileTelephoneNumber><Birthday>1978-12-13</Birthday></contact>',
      ),
      bytesOf(
        '<contact>\r\n  <Birthday>19781213</Birthday>\r\n  <!-- - -->\r\n <Anniversary>45001231T230000Z</Anniversary><LastName><![CDATA[A & B]]></LastName>\r\n' +
          '  <FirstName>Jürg</FirstName>\r\n <Body> </Body> <MobileTelephoneNumber>+491711</MobileTelephoneNumber>\r\n</contact>\r\n',
      ),
      TYPE,
    );
  });

  it('reads the charset of the XML declaration', () => {
    const latin = bytesOf('<?xml version="1.0" encoding="ISO-8859-2"?><contact><LastName>\uf7b1</LastName></contact>');
    assertEqualItems(latin, bytesOf('<contact><LastName>ą</LastName></contact>'), TYPE);
  });

  for (const { why, left, right } of [
    { why: 'a value', left: '<note><Body>a</Body></note>', right: '<note><Body>b</Body></note>' },
    { why: 'the element of a value', left: '<contact><Title>a</Title></contact>', right: '<contact><Suffix>a</Suffix></contact>' },
    { why: 'the kind', left: '<task><Subject>a</Subject></task>', right: '<note><Subject>a</Subject></note>' },
    {
      why: 'which group a value is in',
      left: '<appointment><A><B><n>1</n><s>1</s></B><B><n>2</n><s>2</s></B></A></appointment>',
      right: '<appointment><A><B><n>1</n><s>2</s></B><B><n>2</n><s>1</s></B></A></appointment>',
    },
    { why: 'text beside elements', left: '<note><A>x<B>y</B></A></note>', right: '<note><A><B>y</B></A></note>' },
  ]) {
    it(`counts ${why}`, () => {
      assertOtherItems(bytesOf(left), bytesOf(right), TYPE);
    });
  }

  it('shares identity keys with vCard, iCalendar and notes', () => {
    const contact = describeItem(
      bytesOf('<contact><FirstName>John</FirstName><LastName>Doe</LastName><CompanyName>X</CompanyName></contact>'),
      TYPE,
    );
    assert.equal(contact.kind, 'sif');
    assert.equal(contact.label, 'John Doe');
    assert.equal(contact.identity, describeItem(card('2.1', ['N:Doe;John', 'ORG:X']), 'text/x-vcard').identity);
    const event = describeItem(
      bytesOf('<appointment><Subject>A</Subject><Start>20070101T120000Z</Start></appointment>'),
      'text/x-s4j-sife',
    );
    const vevent = bytesOf('BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:A\nDTSTART:20070101T120000Z\nEND:VEVENT\nEND:VCALENDAR');
    assert.equal(event.identity, describeItem(vevent, 'text/x-vcalendar').identity);
    const note = describeItem(bytesOf('<note><Subject>One</Subject><Body>Two</Body></note>'), 'text/x-s4j-sifn');
    assert.equal(note.identity, describeItem(bytesOf('one\nthree'), 'text/plain').identity);
  });

  for (const text of [
    '<contact><a></contact>',
    '<contact>',
    '<contact></a></contact>',
    '<contact><</contact>',
    '<other/>',
    '',
    `<note>${'<a>'.repeat(50)}`,
  ]) {
    it(`keeps ${text.slice(0, 30)} as opaque`, () => {
      const item = describeItem(bytesOf(text), TYPE);
      assert.deepEqual([item.kind, item.parsed], ['opaque', false]);
    });
  }
});
