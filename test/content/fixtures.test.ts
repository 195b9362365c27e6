import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe as describeItem } from '../../src/content/describe.js';
import { splitItems } from '../../src/content/split.js';
import { variations } from './variations.js';

const folder = join(import.meta.dirname, '../../fixtures/content');

/** What a person reads in each file, and what must (`has`) and must not (`not`) be found in its canonical form. */
const EXPECTED: readonly {
  readonly file: string;
  readonly type: string;
  readonly kind: string;
  readonly label: string;
  readonly items?: number;
  readonly modified?: string;
  readonly has?: readonly string[];
  readonly not?: readonly string[];
}[] = [
  { file: 'android-vcard/v21_japanese_2.vcf', type: 'text/x-vcard', kind: 'vcard', label: '安藤 ロイド 1', has: ['メモ', '東京都渋谷区桜丘町26-1セルリアンタワー6階', 'ｱﾝﾄﾞｳ'] },
  { file: 'android-vcard/v21_multiple_entry.vcf', type: 'text/x-vcard', kind: 'vcard', label: '安藤ロイド3', items: 3, has: ['X-NEC-HOTEL', 'X-NEC-RESTAURANT'] },
  { file: 'android-vcard/v21_nest.vcf', type: 'text/x-vcard', kind: 'vcard', label: 'parent', has: ['nest1', 'nest2', 'TEL'] },
  { file: 'android-vcard/v21_winmo_65.vcf', type: 'text/x-vcard', kind: 'vcard', label: 'Example', has: ['20091010', 'Invalid line'], not: ['X-NO'] },
  { file: 'android-vcard/v21_adr_multiple_line.vcf', type: 'text/x-vcard', kind: 'vcard', label: 'bogus', has: ['Packstation 999;Hamburg;;99999;Deutschland', '20081203'] },
  { file: 'android-vcard/v21_pref_handling.vcf', type: 'text/x-vcard', kind: 'vcard', label: 'Smith', has: ['Mystery', 'Poetry', 'TYPE=PREF'] },
  { file: 'android-vcard/v21_x_param.vcf', type: 'text/x-vcard', kind: 'vcard', label: 'Roid Ando', has: ['TYPE=X-CUSTOMPROP', 'TYPE=CUSTOMPROPERTYWITHOUTX'] },
  { file: 'android-vcard/v21_im.vcf', type: 'text/x-vcard', kind: 'vcard', label: '', has: ['X-GOOGLE-TALK', 'hhh@gmail.com'] },
  { file: 'android-vcard/v21_invalid_comment_line.vcf', type: 'text/x-vcard', kind: 'vcard', label: 'Conference Call', has: ['(sharp ->#<- sharp) example. This message must NOT be ignored.'] },
  { file: 'android-vcard/v21_invalid_multiple_line.vcf', type: 'text/x-vcard', kind: 'vcard', label: 'Omega', has: ['"omega"  <omega@example.com>'] },
  { file: 'android-vcard/v21_base64_no_2_crlf.vcf', type: 'text/x-vcard', kind: 'vcard', label: 'fullname', has: ['PHOTO\x1f!bytes\x1e/9j/4QoPRXhpZgAATU0AKg'] },
  { file: 'android-vcard/v30_comma_separated.vcf', type: 'text/vcard', kind: 'vcard', label: 'G M F', has: ['TYPE=SEPARATED:INSIDE.DQUOTE', 'TYPE=PREF'] },
  { file: 'android-vcard/v30_pause_wait.vcf', type: 'text/vcard', kind: 'vcard', label: 'Pause Wait', has: ['p1234p5678w9'] },
  { file: 'android-vcard/v30_simple.vcf', type: 'text/vcard', kind: 'vcard', label: 'And Roid', modified: '20081031T065854Z', has: ['Handset\x1fAlliance', '0300000000'], not: ['VOICE', 'PUBLIC'] },
  { file: 'android-vcard/v30_multibyte_param.vcf', type: 'text/vcard', kind: 'vcard', label: 'G M F', has: ['TEL'] },
  { file: 'android-vcard/v40_sip.vcf', type: 'text/vcard', kind: 'vcard', label: '安藤 ロイド', has: ['sip:example@example.com'], not: ['tel:'] },
  { file: 'biweekly/vcal-example1.vcs', type: 'text/x-vcalendar', kind: 'vevent', label: 'Your Proposal Review', has: ['19960401T033000Z', 'TENTATIVE', 'PRIVATE'] },
  { file: 'biweekly/vcal-example2.vcs', type: 'text/x-vcalendar', kind: 'vtodo', label: 'John to pay for lunch', has: ['NEEDS-ACTION', '19960401T083000Z'] },
  { file: 'biweekly/rfc5545-example2.ics', type: 'text/calendar', kind: 'vevent', label: 'XYZ Project Review', has: ['TZID=America/New_York', 'mailto:employee-a@example.com'], not: ['VTIMEZONE', 'guid-1', 'REQ-PARTICIPANT'] },
  { file: 'biweekly/rfc5545-example4.ics', type: 'text/calendar', kind: 'vtodo', label: 'Submit Income Taxes', has: ['http://example.com/pub/audio-files/ssbanner.aud', 'P0DT3600S'] },
  { file: 'python-icalendar/event-event_with_recurrence_exdates_on_different_lines.ics', type: 'text/calendar', kind: 'vevent', label: 'A Recurring event with multiple exdates, one per line.', has: ['20120529T100000', 'FREQ=WEEKLY'] },
  { file: 'python-icalendar/event-event_with_unicode_fields.ics', type: 'text/calendar', kind: 'vevent', label: 'Non-ASCII Test: ÄÖÜ äöü €', has: ['Tribstrül'] },
  { file: 'syncmldotnet/sife.xml', type: 'text/x-s4j-sife', kind: 'sif', label: 'Meeting with Maga developers', has: ['20040930T133000Z', 'Milan'] },
  { file: 'syncmldotnet/sift.xml', type: 'text/x-s4j-sift', kind: 'sif', label: 'Something you need to do', has: ['Maga S.p.A.', 'ActualWork'] },
]; // prettier-ignore

describe('content: fixtures', () => {
  for (const { file, type, kind, label, items = 1, modified, has = [], not = [] } of EXPECTED) {
    it(`reads ${file}`, () => {
      const bytes = readFileSync(join(folder, file));
      const item = describeItem(bytes, type);
      assert.deepEqual([item.kind, item.label, item.modified], [kind, label, modified]);
      assert.equal(splitItems(bytes, type).length, items);
      const canonical = unescaped(item.canonical);
      for (const part of has) assert.ok(canonical.includes(part), `${part} in ${canonical}`);
      for (const part of not) assert.ok(!canonical.includes(part), `${part} not in ${canonical}`);
    });
  }

  for (const [name, vary] of Object.entries(variations)) {
    it(`does not count ${name}`, () => {
      for (const { file, type, kind } of EXPECTED) {
        if (kind === 'sif') continue;
        const bytes = readFileSync(join(folder, file));
        const dialect = /v21_|\.vcs$/.test(file) ? 'legacy' : /v30_|v40_|rfc/.test(file) ? 'modern' : undefined;
        const varied = vary(bytes, dialect);
        if (varied !== undefined)
          assert.equal(unescaped(describeItem(varied, type).canonical), unescaped(describeItem(bytes, type).canonical), file);
      }
    });
  }
});

/** A canonical form with the separators of nested records as they are at the top. */
function unescaped(canonical: Uint8Array): string {
  let text = Buffer.from(canonical).toString('utf8');
  for (;;) {
    const next = text.replace(/\x1c([@A-C])/g, (_, letter: string) => String.fromCharCode(letter.charCodeAt(0) - 0x24)); // eslint-disable-line no-control-regex
    if (next === text) return text;
    text = next;
  }
}
