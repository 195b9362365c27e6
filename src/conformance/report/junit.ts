/** Results for build servers: a suite for each variant, a test case for each case. */
import { create } from 'xmlbuilder2';
import type { CaseResult } from '../case.js';
import type { RunReport } from '../runner.js';
import { count, resultsOf, variantName } from './summary.js';

const seconds = (results: readonly CaseResult[]): string =>
  (results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000).toFixed(3);

/** XML allows few control characters; what a server said may hold any. */
// eslint-disable-next-line no-control-regex -- control characters are what it takes out
const printable = (text: string): string => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');

export function junitReport(report: RunReport): string {
  const all = count(report.results);
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', {
    name: `SyncML conformance of ${report.server.url}`,
    tests: report.results.length,
    failures: all.fail,
    skipped: all['not supported'] + all.inconclusive,
    time: seconds(report.results),
  });
  for (const variant of report.variants) {
    const results = resultsOf(report, variant);
    const counts = count(results);
    const suite = root.ele('testsuite', {
      name: `SyncML ${variantName(variant)}`,
      tests: results.length,
      failures: counts.fail,
      skipped: counts['not supported'] + counts.inconclusive,
      time: seconds(results),
    });
    for (const result of results) {
      const { id, title, requirement, verdict, reason, observations, milliseconds } = result;
      const element = suite.ele('testcase', {
        classname: `syncml.${variant.version.replace('.', '_')}.${variant.encoding}.${requirement.area.replaceAll(' ', '_')}`,
        name: printable(`${id} ${title}`),
        time: (milliseconds / 1000).toFixed(3),
      });
      const why = printable(reason ?? '');
      if (verdict === 'fail')
        element
          .ele('failure', { type: requirement.level, message: why })
          .txt(printable(`${requirement.reference}\n${observations.join('\n')}`));
      if (verdict === 'not supported' || verdict === 'inconclusive') element.ele('skipped', { message: `${verdict}: ${why}` });
    }
  }
  return `${root.end({ prettyPrint: true })}\n`;
}
