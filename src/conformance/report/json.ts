/** Every result as JSON, for other programs; messages are left to the HTML report. */
import type { RunReport } from '../runner.js';
import { count } from './summary.js';

export function jsonReport(report: RunReport): string {
  const { server, software, results, wireCheck } = report;
  const rows = results.map(({ id, requirement, title, variant, verdict, reason, observations, milliseconds }) => ({
    id,
    area: requirement.area,
    level: requirement.level,
    title,
    reference: requirement.reference,
    version: variant.version,
    encoding: variant.encoding,
    verdict,
    ...(reason === undefined ? {} : { reason }),
    observations,
    milliseconds,
  }));
  const head = { url: server.url, datastore: server.datastore, ...(software === undefined ? {} : { software }) };
  return `${JSON.stringify({ ...head, counts: count(results), wireCheck, results: rows }, undefined, 2)}\n`;
}
