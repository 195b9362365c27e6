/**
 * Restores of earlier times from the built server: by time, by number, and in the classic form, where the device puts full copy and updates together
 * itself. Needs dist (`npm run build`).
 */
import assert from 'node:assert/strict';
import { DatabaseSync } from '@photostructure/sqlite';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent } from '../../src/agent/agent.js';
import { Link } from '../../src/agent/client/link.js';
import { SyncSession } from '../../src/agent/client/session.js';
import type { IncomingPart } from '../../src/agent/client/session-types.js';
import { httpTransport } from '../../src/agent/client/transport.js';
import { Alert } from '../../src/model/alert.js';
import { Status } from '../../src/model/status.js';
import { readChanges } from '../../src/records/changes.js';
import { decodeContent, splitCoding } from '../../src/records/codings.js';
import { parseManifest } from '../../src/records/manifest.js';
import { startServer, type Server } from '../support/server.js';
import { applied } from './support/applied.js';
import { only } from './support/bench.js';
import { digestOfBytes } from './support/fake-copies.js';
import { CONTACTS, fill } from './support/rows.js';

const SECOND_MS = 1000;
const MAX_BYTES = 10_000_000;

describe('agent: restores of earlier times from the real server', () => {
  let server: Server;
  let folder: string;
  before(async function () {
    this.timeout(60_000);
    server = await startServer('anna', 'secret', { env: { MOORAGE_BACKUP_KEEP_UPDATES: 'true' } });
    folder = mkdtempSync(join(tmpdir(), 'moorage-agent-earlier-'));
  });
  after(async () => {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Three backups, each with changes, and each in a second of its own, for that is how times are asked for. */
  async function threeBackups(
    name: string,
    method: 'incremental' | 'differential',
  ): Promise<readonly { readonly digest: string; readonly endedAt: number }[]> {
    const path = join(folder, name);
    const agent = Agent.open({ state: join(folder, `${name}-state`) });
    const db = new DatabaseSync(path);
    const made = [];
    try {
      db.exec(CONTACTS);
      fill(db);
      await agent.add({ path, server: server.url, user: 'anna', password: 'secret', method });
      for (const sql of [
        '',
        "DELETE FROM contacts WHERE id < 4; UPDATE notes SET text = 'second' WHERE title = 'note 8'; INSERT INTO contacts VALUES (1001, 'New', NULL)",
        "UPDATE contacts SET phone = 'third'; DELETE FROM notes WHERE title = 'note 9'; INSERT INTO contacts VALUES (1, 'Again', '+1')",
      ]) {
        if (made.length > 0) await delay(SECOND_MS - (Date.now() % SECOND_MS));
        db.exec(sql);
        const { endedAt } = only(await agent.backup());
        made.push({ digest: digestOfBytes(readFileSync(path)).digest, endedAt });
      }
    } finally {
      db.close();
      agent.close();
    }
    return made;
  }

  it('R96 R97: as of a time, and by number, on a device that never backed up', async function () {
    this.timeout(60_000);
    const backups = await threeBackups('times.db', 'incremental');
    const out = join(folder, 'times-out.db');
    const restored = async (state: string, which: { readonly at?: Date; readonly generation?: number }): Promise<string> => {
      const device = Agent.open({ state: join(folder, state) });
      try {
        const log = { server: server.url, user: 'anna', password: 'secret', overwrite: true };
        assert.equal((await device.restore({ out, file: 'times.db', ...log, ...which })).objects, 1);
        return digestOfBytes(readFileSync(out)).digest;
      } finally {
        device.close();
      }
    };
    for (const [i, { digest, endedAt }] of backups.entries()) {
      for (const which of [{ at: new Date(endedAt) }, { generation: i + 1 }])
        assert.equal(await restored(`times-${i}-${Object.keys(which)[0]}`, which), digest, JSON.stringify(which));
    }
    // A device that took the newest can still go further back.
    const [first, , newest] = backups;
    assert.equal(await restored('times-back', {}), newest?.digest);
    assert.equal(await restored('times-back', { at: new Date(first?.endedAt ?? 0) }), first?.digest);
    assert.equal(await restored('times-back', { generation: 2 }), backups[1]?.digest);
    const early = { at: new Date((first?.endedAt ?? 0) - 60_000) };
    await assert.rejects(restored('times-back', early), /There is no copy of times\.db of that time on the server/);
    await assert.rejects(restored('times-back', { generation: 9 }), /There is no copy of times\.db with the number 9 on the server/);
  });

  for (const [method, updates] of [
    ['incremental', ['changes/2', 'changes/3']],
    ['differential', ['changes/3']],
  ] as const) {
    it(`R9 R11: plan=classic after ${method} backups: the full copy and ${updates.join(', ')}, which make the newest`, async function () {
      this.timeout(60_000);
      const name = `${method}.db`;
      const backups = await threeBackups(name, method);
      const items = await restoreItems(server.url, `./db/${name}?plan=classic&coding=gzip`);
      assert.deepEqual([...items.keys()], ['.', ...updates, 'manifest']);
      const out = join(folder, `classic-${name}`);
      for (const [uri, { type, bytes }] of items) {
        const content = decodeContent(bytes, splitCoding(type).coding, MAX_BYTES);
        if (uri === '.') writeFileSync(out, content);
        else if (uri !== 'manifest') applied(out, readChanges(content));
      }
      const { digest } = digestOfBytes(readFileSync(out));
      assert.equal(digest, parseManifest(Buffer.from(items.get('manifest')?.bytes ?? []).toString('utf8')).digest);
      assert.equal(digest, backups.at(-1)?.digest);
    });
  }
});

interface Received {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** What the server sends in a refresh (Alert 205) of the datastore, by its names. */
async function restoreItems(server: string, target: string): Promise<ReadonlyMap<string, Received>> {
  const items = new Map<string, Received>();
  const transport = httpTransport();
  const settings = {
    server,
    device: 'classic-device',
    logIn: { user: 'anna', password: 'secret', method: 'md5' as const, mayUseBasic: false, verifyServer: false },
    logInTurn: () => Promise.resolve(() => undefined),
    nonces: () => ({}),
    keepNonces: () => undefined,
    sessionId: 1,
    // Smaller than the file: it comes in parts.
    maxMsgSize: 10_000,
    maxObjSize: MAX_BYTES,
    devInf: undefined,
  };
  const handler = {
    opened: () => [],
    acknowledged: () => undefined,
    answered: () => true,
    received: ({ uri, type, bytes, more }: IncomingPart) => {
      const before = items.get(uri);
      items.set(uri, { type: type ?? before?.type ?? '', bytes: Buffer.concat([before?.bytes ?? new Uint8Array(0), bytes]) });
      return more ? Status.ChunkAccepted : Status.Ok;
    },
  };
  try {
    const plan = { names: { target, source: target.replace(/\?.*/, '') }, type: Alert.RefreshFromServer, next: '1', handler };
    await new SyncSession(settings, plan, new Link(transport.post, 'wbxml')).run();
  } finally {
    transport.close();
  }
  return items;
}
