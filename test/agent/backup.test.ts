import assert from 'node:assert/strict';
import { CONTACTS, fill, only, openBench, type Bench } from './support/bench.js';
import { digestOfBytes, newest } from './support/fake-copies.js';
import { readFileSync } from 'node:fs';

describe('agent: backups by records', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  it('R18 R23 R33: the first backup is the file, a night without changes is no session, later ones hold the changes', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    const first = only(await agent.backup());
    assert.equal(first.sentAs, '.');
    const requests = bench.server.requests;
    only(await agent.backup(), 'unchanged');
    assert.equal(bench.server.requests, requests);
    for (let i = 1; i <= 5; i += 1) {
      db.prepare('INSERT INTO contacts VALUES (?, ?, ?)').run(1000 + i, `New ${i}`, null);
      db.prepare('UPDATE notes SET text = ? WHERE title = ?').run('changed', `note ${i}`);
    }
    db.exec('DELETE FROM calls WHERE rowid IN (3, 4, 5)');
    const second = only(await agent.backup());
    assert.deepEqual(second.changes, { schema: 0, added: 5, replaced: 5, deleted: 3, bytes: 0 });
    assert.equal(second.sentAs, 'changes/2');
    const copy = newest(bench.server.copy('c.db'));
    db.close();
    assert.equal(digestOfBytes(copy?.bytes ?? Buffer.alloc(0)).digest, digestOfBytes(readFileSync(bench.path('c.db'))).digest);
  });
});
