/** R101 from end to end, over HTTP: the agent on the device, the server in a process of its own, SQLite's command line as judge. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, type AddOptions, type JobReport } from '../../src/agent/agent.js';
import { Server } from '../support/server.js';
import { noise, sha256 } from './support/bench.js';
import { PhoneDatabase, sqlite3 } from './support/phone-database.js';

const PASSWORD = 'secret words';
const ITEMS = `
CREATE TABLE contacts (id INTEGER PRIMARY KEY, name TEXT NOT NULL, phone TEXT);
CREATE TABLE calendar (uid TEXT PRIMARY KEY, title TEXT, at INTEGER) WITHOUT ROWID;
CREATE TABLE notes (text TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO contacts SELECT i, 'Contact ' || i, '+49 ' || i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO calendar SELECT 'u' || i, 'Event ' || i, i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO notes SELECT 'Note ' || i FROM n;`;
/** 5 added, 3 deleted, 5 changed. */
const DAY = `
INSERT INTO contacts VALUES (201, 'Ann', NULL), (202, 'Bo', '+1'); INSERT INTO calendar VALUES ('v1', 'New', 5), ('v2', NULL, 6); INSERT INTO notes VALUES ('new');
DELETE FROM contacts WHERE id = 3; DELETE FROM calendar WHERE uid = 'u9'; DELETE FROM notes WHERE rowid = 50;
UPDATE contacts SET name = 'Renamed' WHERE id IN (10, 11); UPDATE calendar SET at = 99 WHERE uid IN ('u1', 'u2'); UPDATE notes SET text = 'x' WHERE rowid = 1;`;

describe('backup: the agent and the server', function () {
  this.timeout(120_000);
  let server: Server;
  let folder: string;
  const agents: Agent[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'moorage-agent-'));
    server = new Server();
    await server.addUser('anna', PASSWORD);
    await server.addUser('berta', PASSWORD);
    await server.start();
  });
  after(async () => {
    for (const agent of agents) agent.close();
    await server.kill();
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const agentOf = (name: string): Agent => {
    const agent = Agent.open({ state: join(folder, `state-${name}`), device: `agent:${name}` });
    agents.push(agent);
    return agent;
  };
  const add = (agent: Agent, path: string, name: string, more: Partial<AddOptions> = {}): Promise<string> =>
    agent.add({ path, name, server: server.url, user: 'anna', password: PASSWORD, ...more });
  const backup = async (agent: Agent, name: string): Promise<JobReport> => {
    const [report] = await agent.backup({ names: [name] });
    assert.ok(report);
    assert.equal(report.outcome, 'done', JSON.stringify(report));
    return report;
  };
  const restored = async (agent: Agent, file: string, more: object = {}): Promise<Buffer> => {
    const out = join(folder, `out-${file}-${Math.random()}`);
    const report = await agent.restore({ out, file, server: server.url, user: 'anna', password: PASSWORD, ...more });
    const bytes = readFileSync(out);
    assert.equal(report.sha256, sha256(bytes));
    return bytes;
  };
  const listed = async (
    file: string,
  ): Promise<{ generations: { by: string; facts: { database?: { digest: string }; sha256?: string } }[] }> =>
    JSON.parse(await server.command('backup', 'show', file, '--user', 'anna', '--json')) as never;

  for (const form of ['batch', 'records'] as const) {
    it(`R101, R79, R85, R88: logical, by ${form}: digests equal, and .dump of what is restored to another device`, async () => {
      const name = `logical-${form}.db`;
      const device = new PhoneDatabase(ITEMS);
      const agent = agentOf(`one-${form}`);
      await add(agent, device.path, name, { form });
      await backup(agent, name);
      device.exec(DAY);
      const report = await backup(agent, name);
      assert.deepEqual(report.changes, { schema: 0, added: 5, replaced: 5, deleted: 3, bytes: 0 });
      const { generations } = await listed(name);
      assert.deepEqual(
        generations.map(({ by }) => by),
        ['full', 'changes'],
      );
      assert.equal(generations[1]?.facts.database?.digest, device.digest());
      const other = await restored(agentOf(`two-${form}`), name);
      assert.equal(sqlite3(other, '.dump'), sqlite3(device.bytes(), '.dump'));
      assert.equal(
        await server.command('backup', 'verify', name, '--user', 'anna', '--device', `agent:one-${form}`, '--all'),
        'Backup 1: whole\nBackup 2: whole\n',
      );
      device.remove();
    });
  }

  it('R101, R57, R97: exact: SHA-256 equal, and the same file on a second device, byte for byte', async () => {
    const device = new PhoneDatabase(
      `${ITEMS} CREATE TABLE ballast (x); INSERT INTO ballast VALUES (x'${noise(400_000).toString('hex')}');`,
    );
    const agent = agentOf('exact');
    await add(agent, device.path, 'exact.db', { way: 'exact' });
    await backup(agent, 'exact.db');
    device.exec(DAY);
    const bytes = device.bytes();
    await backup(agent, 'exact.db');
    const { generations } = await listed('exact.db');
    assert.deepEqual(
      generations.map(({ by }) => by),
      ['full', 'pages'],
    );
    assert.equal(generations[1]?.facts.sha256, sha256(bytes));
    assert.ok((await restored(agentOf('exact-two'), 'exact.db')).equals(bytes));
    // Whose it is, is said.
    const third = agentOf('exact-three');
    const asked = {
      out: join(folder, 'whose.db'),
      file: 'exact.db',
      server: server.url,
      user: 'anna',
      password: PASSWORD,
      overwrite: true,
    };
    assert.equal((await third.restore(asked)).device, 'agent:exact');
    assert.equal((await third.restore(asked)).device, undefined, 'that backup is its own by then');
    device.remove();
  });

  it('R1, R3, R80, R99: a .db3 database, a picture and a document of one device, each in its way', async () => {
    const agent = agentOf('mixed');
    const device = new PhoneDatabase(ITEMS);
    const picture = noise(300_000);
    writeFileSync(join(folder, 'photo.jpg'), picture);
    writeFileSync(join(folder, 'letter.txt'), 'Dear all');
    await add(agent, device.path, 'app.db3');
    await add(agent, join(folder, 'photo.jpg'), 'photo.jpg');
    await add(agent, join(folder, 'letter.txt'), 'letter.txt');
    const reports = await agent.backup();
    assert.deepEqual(
      reports.map(({ outcome }) => outcome),
      ['done', 'done', 'done'],
    );
    assert.ok((await restored(agent, 'photo.jpg')).equals(picture));
    assert.equal((await restored(agent, 'letter.txt')).toString(), 'Dear all');
    assert.equal(sqlite3(await restored(agent, 'app.db3'), 'SELECT count(*) FROM contacts'), '100\n');
    // One changed byte of the picture costs little.
    picture[100_000] = 7;
    writeFileSync(join(folder, 'photo.jpg'), picture);
    const report = await backup(agent, 'photo.jpg');
    assert.ok(report.sent < 60_000, JSON.stringify(report));
    assert.ok((await restored(agent, 'photo.jpg')).equals(picture));
    device.remove();
  });

  it('R48, R49: without the password nothing is taken; the same file of two users is two copies', async () => {
    const path = join(folder, 'same.txt');
    writeFileSync(path, 'of anna');
    const anna = agentOf('anna');
    await add(anna, path, 'same.txt');
    await backup(anna, 'same.txt');
    mkdirSync(join(folder, 'b'));
    writeFileSync(join(folder, 'b', 'same.txt'), 'of berta');
    const berta = agentOf('berta');
    await berta.add({ path: join(folder, 'b', 'same.txt'), name: 'same.txt', server: server.url, user: 'berta', password: PASSWORD });
    await backup(berta, 'same.txt');
    const stranger = agentOf('stranger');
    await stranger.add({ path, name: 'same.txt', server: server.url, user: 'anna', password: 'wrong' });
    const [refused] = await stranger.backup();
    assert.equal(refused?.outcome, 'failed');
    const out = join(folder, 'of-berta');
    await server.command('backup', 'export', 'same.txt', out, '--user', 'berta');
    assert.equal(readFileSync(out, 'utf8'), 'of berta');
    assert.equal((await restored(anna, 'same.txt')).toString(), 'of anna');
  });
});
