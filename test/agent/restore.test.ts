import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CONTACTS, fill, only, openBench, type Bench } from './support/bench.js';
import { digestOfBytes, newest } from './support/fake-copies.js';

describe('agent: restore', () => {
  let bench: Bench;
  const account = () => ({ server: bench.server.url, user: 'anna', password: 'secret' });
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  it('R95 R96 R97: one object, on a device that never backed up; an earlier generation too', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    const before = readFileSync(bench.path('c.db'));
    db.exec("INSERT INTO contacts VALUES (500, 'x', NULL)");
    only(await agent.backup());
    const other = bench.agent('other');
    const report = await other.restore({ ...account(), out: bench.path('now.db'), file: 'c.db' });
    assert.equal(report.objects, 1);
    assert.equal(digestOfBytes(readFileSync(bench.path('now.db'))).digest, digestOfBytes(readFileSync(bench.path('c.db'))).digest);
    await other.restore({ ...account(), out: bench.path('then.db'), file: 'c.db', generation: 1 });
    assert.ok(readFileSync(bench.path('then.db')).equals(before));
    for (const file of ['now.db.moorage-part', 'now.db.moorage-new']) assert.ok(!existsSync(bench.path(file)));
    db.close();
  });

  it('R81: interrupted at any message it goes on, and asks for nothing twice; XML and WBXML', async function () {
    this.timeout(60_000);
    writeFileSync(bench.path('big.bin'), randomBytes(200_000));
    const agent = bench.agent();
    await bench.add(agent, bench.path('big.bin'));
    only(await agent.backup());
    for (const encoding of ['wbxml', 'xml'] as const) {
      const begun = bench.server.requests;
      await agent.restore({ ...account(), out: bench.path(`${encoding}.bin`), file: 'big.bin', encoding });
      const whole = bench.server.requests - begun;
      for (const loss of ['lose-request', 'lose-answer'] as const) {
        for (const n of [1, 2, 3, 4, 9, 14]) {
          const device = bench.agent(`${encoding}-${loss}-${n}`, { patience: { resends: 0, firstDelay: 1, maxDelay: 1 } });
          const out = bench.path(`${encoding}-${loss}-${n}.bin`);
          let count = 0;
          bench.server.meddle = () => (++count === n ? loss : undefined);
          await assert.rejects(device.restore({ ...account(), out, file: 'big.bin', encoding }), /did not answer/);
          assert.ok(!existsSync(out), 'nothing is put in place before it is whole');
          bench.server.meddle = () => undefined;
          const { requests } = bench.server;
          await device.restore({ ...account(), out, file: 'big.bin', encoding });
          assert.ok(readFileSync(out).equals(readFileSync(bench.path('big.bin'))));
          if (n === 14) assert.ok(bench.server.requests - requests < whole - 5, `${bench.server.requests - requests} messages again`);
        }
      }
    }
  });

  it('what is not as its manifest says is not put in place; what was there stays', async () => {
    writeFileSync(bench.path('f.txt'), 'content');
    const agent = bench.agent();
    await bench.add(agent, bench.path('f.txt'));
    only(await agent.backup());
    const generation = newest(bench.server.copy('f.txt'));
    assert.ok(generation);
    bench.server.copy('f.txt').generations[0] = { ...generation, bytes: Buffer.from('Content') };
    writeFileSync(bench.path('there.txt'), 'old');
    const options = { ...account(), out: bench.path('there.txt'), file: 'f.txt' };
    await assert.rejects(agent.restore(options), /is there. Add --overwrite/);
    await assert.rejects(agent.restore({ ...options, overwrite: true }), /SHA-256 is another .* Try another generation/);
    assert.equal(readFileSync(bench.path('there.txt'), 'utf8'), 'old');
    bench.server.copy('f.txt').generations[0] = generation;
    await agent.restore({ ...options, overwrite: true });
    assert.equal(readFileSync(bench.path('there.txt'), 'utf8'), 'content');
  });

  it('a log left beside an earlier database is not taken for a part of the restored one', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    db.close();
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    writeFileSync(bench.path('c.db-wal'), randomBytes(5000));
    await agent.restore({ ...account(), out: bench.path('c.db'), file: 'c.db', overwrite: true });
    assert.ok(!existsSync(bench.path('c.db-wal')));
    assert.ok(newest(bench.server.copy('c.db'))?.bytes.equals(readFileSync(bench.path('c.db'))));
  });

  it('the restored generation is the base from then on: the next backup holds later changes only', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    db.close();
    // Another state folder: the device lost all it knew.
    const again = bench.agent('again');
    await bench.add(again, bench.path('c.db'));
    await again.restore({ ...account(), out: bench.path('c.db'), file: 'c.db', overwrite: true });
    only(await again.backup(), 'unchanged');
    const later = bench.database('c.db', "INSERT INTO contacts VALUES (500, 'x', NULL)");
    const report = only(await again.backup());
    assert.equal(report.changes?.added, 1);
    assert.match(report.sentAs ?? '', /^changes\//);
    later.close();
  });

  it('a file there is no copy of: said in words', async () => {
    const agent = bench.agent();
    await assert.rejects(agent.restore({ ...account(), out: bench.path('x'), file: 'none' }), /There is no copy of none on the server/);
    await assert.rejects(agent.restore({ ...account(), out: bench.path('no/where'), file: 'none' }), /There is no folder/);
  });
});

describe('agent: log-in', () => {
  const cases = [
    { what: 'R17: a wrong password', options: {}, settings: { password: 'wrong' }, outcome: 'failed', words: /user name and password/ },
    { what: 'R72: md5 after a challenge', options: {}, settings: {}, outcome: 'done', words: undefined },
    {
      what: 'basic, when it is asked for',
      options: { basicOnly: true },
      settings: { auth: 'basic' as const },
      outcome: 'done',
      words: undefined,
    },
    {
      what: 'no password in the clear, although the server wants it',
      options: { basicOnly: true },
      settings: {},
      outcome: 'failed',
      words: /accept/,
    },
    { what: 'R78: the server proves itself', options: {}, settings: { verifyServer: true }, outcome: 'done', words: undefined },
    {
      what: 'R78: an impostor is told nothing',
      options: { impostor: true },
      settings: { verifyServer: true },
      outcome: 'failed',
      words: /does not prove that it knows the password/,
    },
  ] as const;
  for (const { what, options, settings, outcome, words } of cases) {
    it(what, async () => {
      const bench = await openBench(options);
      try {
        writeFileSync(bench.path('f.txt'), 'PLAINTEXT');
        const agent = bench.agent();
        await bench.add(agent, bench.path('f.txt'), { ...settings, coding: 'none' });
        const report = only(await agent.backup(), outcome);
        if (words) assert.match(report.message ?? '', words);
        if (outcome === 'failed') assert.equal(bench.server.items.length, 0);
        // The nonce of the last session is good for the next one: no challenge.
        if (outcome === 'done' && !('auth' in settings)) {
          writeFileSync(bench.path('f.txt'), 'PLAINTEXT 2');
          const { requests } = bench.server;
          only(await agent.backup());
          assert.ok(
            bench.server.requests - requests <= ('verifyServer' in settings ? 6 : 3),
            `${bench.server.requests - requests} messages`,
          );
        }
      } finally {
        await bench.close();
      }
    });
  }
});
