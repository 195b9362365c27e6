/** The reports of one run against a faulty server of ours: the page, JUnit, JSON and the table. */
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { XMLParser } from 'fast-xml-parser';
import { htmlReport } from '../../src/conformance/report/html.js';
import { jsonReport } from '../../src/conformance/report/json.js';
import { junitReport } from '../../src/conformance/report/junit.js';
import { readableXml } from '../../src/conformance/report/readable-xml.js';
import { failsMust, summaryTable } from '../../src/conformance/report/summary.js';
import { runConformance, type RunReport } from '../../src/conformance/runner.js';
import { CASES } from '../../src/conformance/suite.js';
import { HTTP_FAULTS } from './faulty/http.js';
import { PASSWORD, startOurServer, USER } from './support/our-server.js';

describe('conformance reports', function () {
  this.timeout(60_000);
  let report: RunReport;

  before(async () => {
    const fault = HTTP_FAULTS.find(({ red }) => red.includes('HTTP-004'));
    assert.ok(fault?.wrap);
    const server = await startOurServer({ wrap: fault.wrap() });
    try {
      report = await runConformance({
        server: { url: server.url, user: USER, password: PASSWORD, datastore: 'contacts' },
        cases: CASES.filter(({ id }) => id.startsWith('HTTP-')),
        versions: ['1.1', '1.2'],
        encodings: ['wbxml'],
        run: '1',
      });
    } finally {
      await server.close();
    }
  });

  it('the page names the broken MUST, and packs every message without the password', () => {
    const html = htmlReport(report, { at: new Date(0), unobservable: new Map([['SAN-001', 'it comes as an SMS']]) });
    assert.match(html, /2 MUST and 0 SHOULD are broken/);
    assert.match(html, /<details class="case fail" id="HTTP-004">/);
    assert.match(html, /it comes as an SMS/);
    assert.doesNotMatch(html, /(?:src|href)=/);
    const packed = /<script type="application\/gzip" id="messages">([^<]*)</.exec(html)?.[1];
    assert.ok(packed);
    const messages = JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) as { request: string; response: string }[];
    const exchanges = report.results.flatMap(({ sessions }) => sessions.flatMap((session) => session.exchanges));
    assert.equal(messages.length, exchanges.length);
    assert.ok(messages.some(({ request }) => request.includes('<Cred>')));
    const secret = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');
    for (const { request, response } of messages) assert.ok(!request.includes(secret) && !response.includes(secret));
    const numbers = [...html.matchAll(/data-messages="([\d ]+)"/g)].flatMap(([, list]) => (list ?? '').split(' ').map(Number));
    assert.deepEqual(
      numbers.sort((a, b) => a - b),
      messages.map((_, at) => at),
    );
  });

  it('JUnit has a suite for each variant, and one failure in each', () => {
    interface Suite {
      readonly name: string;
      readonly tests: string;
      readonly failures: string;
      readonly testcase: readonly { readonly name: string; readonly failure?: { readonly type: string } }[];
    }
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', parseAttributeValue: false });
    const { testsuites } = parser.parse(junitReport(report)) as { testsuites: { testsuite: readonly Suite[] } };
    assert.deepEqual(
      testsuites.testsuite.map(({ name, failures }) => [name, failures]),
      [
        ['SyncML 1.1 wbxml', '1'],
        ['SyncML 1.2 wbxml', '1'],
      ],
    );
    for (const { testcase, tests } of testsuites.testsuite) {
      assert.equal(testcase.length, Number(tests));
      assert.deepEqual(
        testcase.filter(({ failure }) => failure).map(({ name, failure }) => [name.slice(0, 8), failure?.type]),
        [['HTTP-004', 'MUST']],
      );
    }
  });

  it('JSON holds every result, and the table counts them', () => {
    const { results, counts } = JSON.parse(jsonReport(report)) as {
      results: { id: string; verdict: string }[];
      counts: Record<string, number>;
    };
    assert.equal(results.length, report.results.length);
    assert.equal(counts['fail'], 2);
    assert.ok(failsMust(report));
    assert.match(summaryTable(report), /^http +\d+ ok, 1 FAIL +\d+ ok, 1 FAIL$/m);
  });

  it('messages are shown with an element a line', () => {
    assert.equal(readableXml('<a><b>x</b><c/><d><e>y</e></d></a>'), '<a>\n  <b>x</b>\n  <c/>\n  <d>\n    <e>y</e>\n  </d>\n</a>');
  });

  it('log-ins are not shown, but for digests', () => {
    const cred = (type: string, data: string): string =>
      readableXml(`<Cred><Meta><Type>${type}</Type></Meta><Data>${data}</Data></Cred><Data>x</Data>`);
    assert.doesNotMatch(cred('syncml:auth-basic', 'c2VjcmV0'), /c2VjcmV0/);
    assert.match(cred('syncml:auth-basic', 'c2VjcmV0'), /<Data>\(hidden\)<\/Data>\n<\/Cred>\n<Data>x<\/Data>$/);
    assert.doesNotMatch(cred('syncml:auth-basic', '<![CDATA[c2VjcmV0]]>'), /c2VjcmV0/);
    assert.match(cred('syncml:auth-md5', 'ZGlnZXN0'), /ZGlnZXN0/);
    assert.doesNotMatch(readableXml('<Cred><Data>c2VjcmV0'), /c2VjcmV0/);
  });

  // A look at the rest from each beginning would be 10^11 steps, and an indent for each level as many characters.
  for (const piece of ['<', '<![CDATA[', '<a>', '<Cred>', '<Cred><Data>', '</a>', '<!', ']]>'])
    it(`a million characters of ${piece} are shown in one pass`, () => {
      const shown = readableXml(piece.repeat(1_000_000 / piece.length));
      assert.ok(shown.length < 100_000_000, String(shown.length));
    });
});
