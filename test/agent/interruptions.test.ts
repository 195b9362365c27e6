import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Alert } from '../../src/model/alert.js';
import { CONTACTS, fill, only, openBench, type Bench } from './support/bench.js';
import { digestOfBytes, newest } from './support/fake-copies.js';

const CHILD = fileURLToPath(new URL('./support/backup-process.ts', import.meta.url));

describe('agent: interruptions', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const proven = (file: string): void => {
    const copy = newest(bench.server.copy(file))?.bytes ?? Buffer.alloc(0);
    assert.equal(digestOfBytes(copy).digest, digestOfBytes(readFileSync(bench.path(file))).digest);
  };
  const alerts = (): number[] => bench.server.log.flatMap(({ body }) => body.flatMap((c) => (c.kind === 'Alert' ? [c.code ?? 0] : [])));

  it('R43: each message of a backup lost, or its answer, for good: the next run ends it; nothing is lost, nothing marked too early', async function () {
    this.timeout(120_000);
    for (const form of ['batch', 'records'] as const) {
      for (const loss of ['lose-request', 'lose-answer'] as const) {
        for (let n = 1; n <= 8; n += 1) {
          const name = `${form}-${loss}-${n}.db`;
          const db = bench.database(name, CONTACTS);
          fill(db);
          const agent = bench.agent(`state-${name}`, { patience: { resends: 0, firstDelay: 1, maxDelay: 1 } });
          await bench.add(agent, bench.path(name), { form });
          only(await agent.backup());
          db.exec(
            "INSERT INTO contacts VALUES (500, 'x', NULL); UPDATE notes SET text = 'y' WHERE title = 'note 3'; DELETE FROM calls WHERE rowid = 9",
          );
          let count = 0;
          bench.server.meddle = () => (++count === n ? loss : undefined);
          const [first] = await agent.backup();
          if (first?.outcome === 'done') {
            bench.server.meddle = () => undefined;
            db.close();
            break;
          }
          assert.equal(first?.outcome, 'interrupted', JSON.stringify(first));
          assert.equal(agent.status()[0]?.modification, 1, 'not marked before the receipt');
          // The device goes on changing before the next run.
          db.exec("INSERT INTO contacts VALUES (501, 'later', NULL)");
          const second = only(await agent.backup());
          proven(name);
          assert.ok((second.changes?.added ?? 0) <= 2, JSON.stringify(second));
          only(await agent.backup(), 'unchanged');
          db.close();
        }
      }
    }
  });

  it('R43: the server made the generation and its receipt is lost with the whole session: a proof is asked for, the changes do not come twice', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    const agent = bench.agent('state', { patience: { resends: 0, firstDelay: 1, maxDelay: 1 } });
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    db.exec("INSERT INTO contacts VALUES (499, 'w', NULL)");
    only(await agent.backup());
    db.exec("INSERT INTO contacts VALUES (500, 'x', NULL)");
    bench.server.meddle = ({ message }) => (message.body.some(({ kind }) => kind === 'Sync') ? 'lose-answer' : undefined);
    only(await agent.backup(), 'interrupted');
    assert.equal(newest(bench.server.copy('c.db'))?.modification, 3);
    bench.server.meddle = () => undefined;
    bench.server.forgetSessions();
    bench.server.forgetSyncs();
    const report = only(await agent.backup());
    assert.equal(report.sentAs, 'manifest');
    assert.equal(report.modification, 4);
    proven('c.db');
    db.close();
  });

  it('R81: a large object goes on near the point of interruption', async () => {
    writeFileSync(bench.path('big.bin'), randomBytes(600_000));
    for (const encoding of ['wbxml', 'xml'] as const) {
      const agent = bench.agent(`state-${encoding}`, { patience: { resends: 1, firstDelay: 1, maxDelay: 1 } });
      await bench.add(agent, bench.path('big.bin'), { encoding, coding: 'none' });
      bench.server.copies.clear();
      let count = 0;
      bench.server.meddle = () => (++count > 15 ? 'lose-request' : undefined);
      only(await agent.backup(), 'interrupted');
      bench.server.meddle = () => undefined;
      const before = bench.server.bytesReceived;
      const report = only(await agent.backup());
      const whole = encoding === 'xml' ? 800_000 : 600_000;
      const rest = bench.server.bytesReceived - before;
      assert.ok(rest > whole * 0.4 && rest < whole * 0.8, `${rest} of ${whole} bytes again`);
      assert.ok(alerts().includes(Alert.Resume));
      assert.equal(report.generation, 1);
      assert.ok(newest(bench.server.copy('big.bin'))?.bytes.equals(readFileSync(bench.path('big.bin'))));
    }
  });

  it('R82: suspended on request with Alert 224, and taken up again', async () => {
    writeFileSync(bench.path('big.bin'), randomBytes(400_000));
    const agent = bench.agent();
    await bench.add(agent, bench.path('big.bin'), { coding: 'none' });
    const stop = new AbortController();
    const report = only(
      await agent.backup({ signal: stop.signal, onProgress: ({ step, done }) => void (step === 'send' && done > 100_000 && stop.abort()) }),
      'suspended',
    );
    assert.match(report.message ?? '', /goes on from there/);
    assert.equal(alerts().at(-1), Alert.Suspend);
    assert.ok(agent.status()[0]?.pending !== undefined);
    const before = bench.server.bytesReceived;
    only(await agent.backup());
    assert.ok(bench.server.bytesReceived - before < 320_000);
    assert.ok(newest(bench.server.copy('big.bin'))?.bytes.equals(readFileSync(bench.path('big.bin'))));
  });

  it('a server that is restarted, or busy for a while, is waited for within one run', async () => {
    writeFileSync(bench.path('big.bin'), randomBytes(300_000));
    const agent = bench.agent('state', { patience: { resends: 40, firstDelay: 20, maxDelay: 50 } });
    await bench.add(agent, bench.path('big.bin'), { coding: 'none' });
    let count = 0;
    let restarted: Promise<unknown> | undefined;
    bench.server.meddle = () => {
      count += 1;
      if (count === 5) {
        restarted = bench.server
          .stop()
          .then(() => delay(100))
          .then(() => bench.server.start());
        return 'lose-answer';
      }
      if (count === 8 || count === 10) return 'http-503';
      return undefined;
    };
    only(await agent.backup());
    await restarted;
    assert.ok(newest(bench.server.copy('big.bin'))?.bytes.equals(readFileSync(bench.path('big.bin'))));
  });

  it('a busy answer at the beginning is no failure of the file: it is tried again later', async () => {
    writeFileSync(bench.path('f.txt'), 'x');
    const agent = bench.agent();
    await bench.add(agent, bench.path('f.txt'));
    bench.server.meddle = () => 'busy';
    only(await agent.backup(), 'interrupted');
    bench.server.meddle = () => undefined;
    only(await agent.backup());
  });

  it('killed with SIGKILL at any moment, again and again: the next run goes on, and in the end all is there', async function () {
    this.timeout(180_000);
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    db.exec('CREATE TABLE big (a INTEGER PRIMARY KEY, b)');
    for (let i = 0; i < 40; i += 1) db.prepare('INSERT INTO big VALUES (?, ?)').run(i, randomBytes(8000));
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'), { coding: 'none' });
    agent.close();
    // 1, 2, 3 … messages into the backup, the first one and then a large batch of changes.
    let killed = 0;
    for (let round = 0; round < 14; round += 1) {
      if (round === 7) {
        const [report] = await runChild(bench);
        assert.ok(report?.outcome === 'done' || report?.outcome === 'unchanged', JSON.stringify(report));
        proven('c.db');
        for (let i = 100; i < 140; i += 1) db.prepare('INSERT INTO big VALUES (?, ?)').run(i, randomBytes(8000));
      }
      const child = fork(CHILD, [bench.path('state')], { execArgv: process.execArgv });
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      let left = 1 + (round % 7) * 2;
      bench.server.meddle = () => {
        left -= 1;
        // Before the message is carried out, and while its answer is on its way.
        if (left === 0) child.kill('SIGKILL');
        return undefined;
      };
      await ended;
      if (child.signalCode === 'SIGKILL') killed += 1;
    }
    bench.server.meddle = () => undefined;
    assert.ok(killed >= 8, `${killed} killed`);
    const [report] = await runChild(bench);
    assert.ok(report?.outcome === 'done' || report?.outcome === 'unchanged', JSON.stringify(report));
    proven('c.db');
    const last = bench.agent();
    only(await last.backup(), 'unchanged');
    db.close();
  });
});

function runChild(
  bench: Bench,
): Promise<
  { file: string; outcome: 'done' | 'unchanged'; startedAt: number; endedAt: number; sent: number; received: number; lockedMs: number }[]
> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [bench.path('state')], { execArgv: process.execArgv });
    child.once('message', resolve as (message: unknown) => void);
    child.once('exit', () => reject(new Error('the child ended')));
  });
}
