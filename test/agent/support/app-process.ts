import { DatabaseSync } from '@photostructure/sqlite';
import { fill } from './rows.js';

const db = new DatabaseSync(process.argv[2] ?? '', { timeout: 20_000 });
let writing = false;
let report = { writes: 0, longest: 0, errors: [] as string[] };

function write(): void {
  if (!writing) return;
  const begun = performance.now();
  try {
    const n = report.writes;
    // Two rows that belong together: a copy that has one of them only was not taken at one moment.
    db.exec(`BEGIN IMMEDIATE; INSERT OR REPLACE INTO contacts VALUES (${5000 + (n % 500)}, 'pair ${n}', 'a');
      INSERT OR REPLACE INTO contacts VALUES (${6000 + (n % 500)}, 'pair ${n}', 'b'); COMMIT`);
  } catch (error) {
    report.errors.push((error as Error).message);
    if (db.isTransaction) db.exec('ROLLBACK');
  }
  report.writes += 1;
  report.longest = Math.max(report.longest, performance.now() - begun);
  setImmediate(write);
}

process.on('message', (message: { exec?: string; fill?: boolean; write?: boolean; close?: boolean }) => {
  try {
    if (message.close) {
      db.close();
      process.exit();
    }
    if (message.exec !== undefined) db.exec(message.exec);
    if (message.fill) fill(db);
    if (message.write === true) {
      writing = true;
      report = { writes: 0, longest: 0, errors: [] };
      setImmediate(write);
    }
    if (message.write === false) writing = false;
    process.send?.({ value: report });
  } catch (error) {
    process.send?.({ error: (error as Error).message });
  }
});
process.on('disconnect', () => process.exit());
process.send?.({});
