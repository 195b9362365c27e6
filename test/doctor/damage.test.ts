/** Every rule of the store, broken in just that way on a real store: doctor names it, and mends it where that is promised. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, utimesSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { READERS } from '../../src/doctor/examine.js';
import { CHECKS, checkOf, type CheckName } from '../../src/storage/ports/checks.js';
import type { Finding } from '../../src/storage/ports/inspection.js';
import { RULES } from '../../src/storage/sqlite/audit/grounds.js';
import { STORE_RULES } from '../../src/storage/sqlite/audit/audit.js';
import { AGES, DAY, NOW, richStore, type Rich } from './support/rich-store.js';

/** What is healthy again after `mend`; what only a person can mend; what stays a finding but was acted on. */
type After = 'mended' | 'reported' | 'asked';

interface Damage {
  readonly what: string;
  readonly break: (rich: Rich) => readonly string[] | void;
  readonly check: CheckName;
  /** Rule, for rules of rows and of the store. */
  readonly rule: string;
  /** Other rules that the same damage breaks. */
  readonly also?: readonly string[];
  readonly after: After;
  /** What must be so after mending, beside a healthy store. */
  readonly then?: (rich: Rich) => Promise<void> | void;
}

const blobPath = (rich: Rich): string => join(rich.temp.folder, 'blobs', rich.blob.slice(0, 2), rich.blob.slice(2, 4), rich.blob);
const flip = 'zeroblob(60)';
const slowNeeded = (rich: Rich, pair: number): number | undefined =>
  rich.sql<{ slow_needed: number }>(`SELECT slow_needed FROM pair WHERE id = ${pair}`)[0]?.slow_needed;
const anchorJson = (change: string): string => `UPDATE pair SET current_anchor = json_set(current_anchor, ${change})`;

const DAMAGES: readonly Damage[] = [
  // The database as a whole.
  {
    what: 'an index is missing',
    break: () => ['DROP INDEX item_identity'],
    check: 'schema',
    rule: 'shape',
    after: 'mended',
  },
  {
    what: 'a table of somebody else',
    break: () => ['CREATE TABLE stranger (a)'],
    check: 'schema',
    rule: 'shape',
    after: 'reported',
  },
  {
    what: 'an index that lacks rows of its table',
    break: (rich) => {
      const [row] = rich.sql<{ sql: string; rootpage: number }>("SELECT sql, rootpage FROM sqlite_schema WHERE name = 'item_identity'");
      return [
        `PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'item_identity'; PRAGMA writable_schema = RESET`,
        `UPDATE item SET identity_key = 'moved' WHERE guid = 4`,
        `PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES ('index', 'item_identity', 'item', ${row?.rootpage}, '${row?.sql}')`,
        `PRAGMA writable_schema = RESET`,
      ];
    },
    check: 'database',
    rule: 'integrity',
    also: ['item-keys'],
    after: 'mended',
  },
  {
    what: 'map rows of a pair that is gone',
    break: () => ['INSERT INTO id_map (pair, epoch, guid, owed, soft) VALUES (999, 1, 1, 0, 0)'],
    check: 'foreign-keys',
    rule: 'foreign-keys',
    after: 'mended',
  },
  {
    what: 'an item of a datastore that is gone',
    break: () => [
      'INSERT INTO item SELECT 999, guid, revision, position, deleted, type, canonical_key, identity_key, modified, size, changed_at, changed_by, loose_key, series_key FROM item WHERE guid = 4',
    ],
    check: 'foreign-keys',
    rule: 'foreign-keys',
    after: 'reported',
  },
  {
    what: 'the row of an account is lost, its key is there',
    break: () => ["DELETE FROM account WHERE name = 'bert'"],
    check: 'account-keys',
    rule: 'orphan-keys',
    after: 'reported',
  },

  // What hangs off an account.
  {
    what: 'a data key does not open',
    break: () => ["UPDATE account_key SET wrapped = randomblob(64) WHERE account = (SELECT id FROM account WHERE name = 'bert')"],
    check: 'account-keys',
    rule: 'account-key',
    after: 'reported',
  },
  {
    what: 'a data key is missing',
    break: () => ["DELETE FROM account_key WHERE account = (SELECT id FROM account WHERE name = 'bert')"],
    check: 'account-keys',
    rule: 'account-key',
    after: 'reported',
  },
  {
    what: 'a credential of another account',
    break: () => ["UPDATE account SET sealed_credential = (SELECT sealed_credential FROM account WHERE name = 'anna') WHERE name = 'bert'"],
    check: 'credentials',
    rule: 'credential',
    after: 'reported',
  },
  {
    what: 'a device’s nonces do not open',
    break: () => [`UPDATE device SET sealed_detail = ${flip}`],
    check: 'devices',
    rule: 'device-sealed',
    after: 'mended',
    then: async ({ temp, account }) => {
      const device = await temp.store.read((tx) => tx.account(account).devices.byUri('IMEI:1'));
      assert.equal(device?.nonce, undefined);
      assert.equal(device?.authCount, 3);
    },
  },
  {
    what: 'a DevInf does not open',
    break: () => [`UPDATE device SET sealed_devinf = ${flip}`],
    check: 'devices',
    rule: 'device-devinf',
    after: 'mended',
  },
  {
    what: 'a DevInf is not the one its key stands for',
    break: () => ["UPDATE device SET devinf_key = 'another'"],
    check: 'devices',
    rule: 'device-devinf',
    after: 'mended',
  },
  {
    what: 'totals of a datastore are wrong',
    break: () => ['UPDATE datastore SET item_count = 77, used_bytes = 1'],
    check: 'totals',
    rule: 'datastore-totals',
    after: 'mended',
  },
  {
    what: 'the floor lies beyond the log',
    break: () => ['UPDATE datastore SET floor = 50'],
    check: 'log-positions',
    rule: 'floor-beyond',
    after: 'mended',
  },
  {
    what: 'a journal entry does not open',
    break: () => [`UPDATE conflict SET lost = ${flip}`],
    check: 'conflicts',
    rule: 'conflict-content',
    after: 'reported',
  },
  {
    what: 'a journal entry of another user’s datastore',
    break: () => ["UPDATE conflict SET account = (SELECT id FROM account WHERE name = 'bert')"],
    check: 'ownership',
    rule: 'conflict-owner',
    also: ['conflict-content'],
    after: 'reported',
  },

  // Sessions.
  {
    what: 'a session’s state does not open',
    break: () => [`UPDATE session SET sealed_state = ${flip} WHERE token = 'token-live-1'`],
    check: 'sessions',
    rule: 'session-state',
    after: 'mended',
  },
  {
    what: 'a session that ended is marked as open',
    break: () => ["UPDATE session SET ended = 0 WHERE token = 'token-over-1'"],
    check: 'sessions',
    rule: 'session-state',
    after: 'mended',
  },
  {
    what: 'a parked message that was not answered',
    break: () => [
      "UPDATE session SET last_msg_id = 1 WHERE token = 'token-live-1'",
      "UPDATE response SET msg_id = 1 WHERE token = 'token-live-1'",
    ],
    check: 'sessions',
    rule: 'session-state',
    after: 'mended',
  },
  {
    what: 'a session without its answer',
    break: () => ["DELETE FROM response WHERE token = 'token-live-1'"],
    check: 'sessions',
    rule: 'session-answer',
    after: 'mended',
  },
  {
    what: 'an answer of another message',
    break: () => ["UPDATE response SET msg_id = 1 WHERE token = 'token-over-1'"],
    check: 'sessions',
    rule: 'session-answer',
    after: 'mended',
  },
  {
    what: 'an answer does not open',
    break: () => [`UPDATE response SET sealed = ${flip} WHERE token = 'token-over-1'`],
    check: 'sessions',
    rule: 'session-answer',
    after: 'mended',
  },
  {
    what: 'a session of another user’s device',
    break: () => [
      "INSERT INTO device (account, uri, auth_count, last_access_at, ignores_resp_uri) SELECT id, 'IMEI:9', 0, 0, 0 FROM account WHERE name = 'bert'",
      "UPDATE session SET device = (SELECT id FROM device WHERE uri = 'IMEI:9') WHERE token = 'token-over-1'",
    ],
    check: 'ownership',
    rule: 'session-owner',
    after: 'reported',
  },
  {
    what: 'a kept message does not open',
    break: () => [`UPDATE message SET sealed = ${flip}`],
    check: 'sessions',
    rule: 'message-content',
    after: 'mended',
  },
  {
    what: 'a kept message is of another user than its session',
    break: () => ["UPDATE message SET account = (SELECT id FROM account WHERE name = 'bert')"],
    check: 'ownership',
    rule: 'message-owner',
    after: 'reported',
  },

  // Items.
  {
    what: 'an item beyond the change log',
    break: () => ['UPDATE item SET position = 90 WHERE guid = 4'],
    check: 'log-positions',
    rule: 'item-position-beyond',
    after: 'mended',
    then: (rich) => assert.deepEqual(rich.sql('SELECT position FROM datastore'), [{ position: 90 }]),
  },
  {
    what: 'an item before the change log',
    break: () => ['UPDATE item SET position = 0 WHERE guid = 4'],
    check: 'log-positions',
    rule: 'item-position-beyond',
    after: 'mended',
  },
  {
    what: 'two items at one position',
    break: () => ['UPDATE item SET position = (SELECT position FROM item WHERE guid = 4) WHERE guid = 5'],
    check: 'log-positions',
    rule: 'item-position-twice',
    after: 'mended',
  },
  {
    what: 'a GUID that would be given again',
    break: () => ['UPDATE datastore SET last_guid = 4'],
    check: 'counters',
    rule: 'item-guid-beyond',
    also: ['map-guid-beyond', 'version-guid-beyond'],
    after: 'mended',
    then: (rich) => assert.deepEqual(rich.sql('SELECT last_guid FROM datastore'), [{ last_guid: 5 }]),
  },
  {
    what: 'an item in no state',
    break: () => ["UPDATE item SET type = '' WHERE guid = 4"],
    check: 'item-facts',
    rule: 'item-state',
    after: 'reported',
  },
  {
    what: 'a tombstone with a size',
    break: () => ['UPDATE item SET size = 10 WHERE guid = 2'],
    check: 'item-facts',
    rule: 'tombstone-size',
    after: 'mended',
  },
  {
    what: 'an item of another size than its content',
    break: () => ['UPDATE item SET size = size + 1 WHERE guid = 4'],
    check: 'item-facts',
    rule: 'item-size',
    also: ['datastore-totals'],
    after: 'mended',
  },
  {
    what: 'an item of another size than its blob',
    break: () => ['UPDATE item SET size = size + 1 WHERE guid = 3', 'UPDATE datastore SET used_bytes = used_bytes + 1'],
    check: 'item-facts',
    rule: 'item-size',
    after: 'mended',
  },
  {
    what: 'wrong keys of an item',
    break: () => ["UPDATE item SET canonical_key = 'x', identity_key = NULL WHERE guid = 4"],
    check: 'item-keys',
    rule: 'item-keys',
    after: 'mended',
  },
  {
    what: 'wrong keys of an item with a blob',
    break: () => ["UPDATE item SET identity_key = 'x' WHERE guid = 3"],
    check: 'item-keys',
    rule: 'item-keys',
    after: 'mended',
  },
  {
    what: 'content that does not open, with an older version that does',
    break: () => [`UPDATE item_version SET content = ${flip} WHERE guid = 1 AND revision = 2`],
    check: 'item-content',
    rule: 'item-content',
    after: 'mended',
    then: async (rich) => {
      const { temp, account, datastore, items } = rich;
      const [first] = items;
      assert.ok(first);
      const held = await temp.store.read(async (tx) => {
        const own = tx.account(account).items;
        return { item: await own.get(datastore, first), content: await own.content(datastore, first) };
      });
      assert.match(Buffer.from(held.content ?? []).toString(), /N:First/);
      assert.doesNotMatch(Buffer.from(held.content ?? []).toString(), /changed/);
      assert.equal(held.item?.revision, 2, 'a device that holds the lost revision is sent nothing');
      assert.equal(slowNeeded(rich, rich.settled), 1, 'and is asked for it');
    },
  },
  {
    what: 'content that is another row’s',
    break: () => ['UPDATE item_version SET content = (SELECT content FROM item_version WHERE guid = 5) WHERE guid = 4'],
    check: 'item-content',
    rule: 'item-content',
    after: 'asked',
  },
  {
    what: 'content without a row',
    break: () => ['DELETE FROM item_version WHERE guid = 4'],
    check: 'item-content',
    rule: 'item-content',
    after: 'asked',
    then: (rich) => assert.equal(slowNeeded(rich, rich.settled), 1),
  },
  {
    what: 'content that no device holds any more',
    break: () => ['DELETE FROM item_version WHERE guid = 4', 'UPDATE id_map SET held_revision = NULL WHERE guid = 4'],
    check: 'item-content',
    rule: 'item-content',
    after: 'reported',
  },
  {
    what: 'a missing blob',
    break: (rich) => unlinkSync(blobPath(rich)),
    check: 'item-content',
    rule: 'item-content',
    also: ['staged-content'],
    after: 'asked',
    then: (rich) => assert.equal(rich.sql(`SELECT 1 FROM staged WHERE pair = ${rich.refreshing}`).length, 0, 'the refresh begins again'),
  },
  {
    what: 'a damaged blob',
    break: (rich) => {
      const bytes = readFileSync(blobPath(rich));
      bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
      writeFileSync(blobPath(rich), bytes);
    },
    check: 'item-content',
    rule: 'item-content',
    after: 'asked',
  },
  {
    what: 'an older version that does not open',
    break: () => [`UPDATE item_version SET content = ${flip} WHERE guid = 1 AND revision = 1`],
    check: 'older-versions',
    rule: 'older-version',
    after: 'mended',
  },
  {
    what: 'the newest version marked as superseded',
    break: () => ['UPDATE item_version SET superseded_at = 1700000000000 WHERE guid = 5'],
    check: 'item-facts',
    rule: 'newest-superseded',
    // The sweeper would remove it, and rightly says so.
    also: ['sweep'],
    after: 'mended',
  },
  {
    what: 'an older version not marked',
    break: () => ['UPDATE item_version SET superseded_at = NULL WHERE guid = 1 AND revision = 1'],
    check: 'item-facts',
    rule: 'older-not-superseded',
    after: 'mended',
    then: (rich) =>
      assert.deepEqual(rich.sql('SELECT superseded_at FROM item_version WHERE guid = 1 AND revision = 1'), [{ superseded_at: NOW }]),
  },
  {
    what: 'a version the item has not reached',
    break: () => ['UPDATE item SET revision = 1 WHERE guid = 1'],
    check: 'item-facts',
    rule: 'version-beyond',
    also: ['newest-superseded', 'map-revision-beyond', 'item-keys', 'item-size'],
    after: 'reported',
  },
  {
    what: 'content whose item is lost',
    break: () => [
      'DELETE FROM item WHERE guid = 5',
      'DELETE FROM id_map WHERE guid = 5',
      'UPDATE datastore SET item_count = 3, used_bytes = (SELECT SUM(size) FROM item)',
    ],
    check: 'item-content',
    rule: 'version-without-item',
    after: 'reported',
  },

  // Id maps and what is open.
  {
    what: 'a map row of an item that is lost',
    break: () => [
      'DELETE FROM item WHERE guid = 5',
      'DELETE FROM item_version WHERE guid = 5',
      'UPDATE datastore SET item_count = 3, used_bytes = (SELECT SUM(size) FROM item)',
    ],
    check: 'id-map',
    rule: 'map-item-missing',
    after: 'mended',
    then: (rich) => assert.equal(slowNeeded(rich, rich.settled), 1, 'the device brings it back'),
  },
  {
    what: 'two rows of one LUID',
    break: () => ['DROP INDEX id_map_luid', "UPDATE id_map SET luid = 'l4' WHERE guid = 5"],
    check: 'id-map',
    rule: 'map-luid-twice',
    also: ['shape'],
    after: 'mended',
    then: (rich) => {
      assert.deepEqual(rich.sql("SELECT guid FROM id_map WHERE luid = 'l4'"), [{ guid: 5 }]);
      assert.equal(slowNeeded(rich, rich.settled), 1);
    },
  },
  {
    what: 'a device said to hold what never was',
    break: () => ['UPDATE id_map SET held_revision = 9 WHERE guid = 4'],
    check: 'id-map',
    rule: 'map-revision-beyond',
    after: 'mended',
    then: (rich) => assert.equal(slowNeeded(rich, rich.settled), 1),
  },
  {
    what: 'another copy of what the device does not hold',
    break: () => ["INSERT INTO extra_copy SELECT pair, epoch, 'again', 77, 'key' FROM id_map WHERE guid = 4"],
    check: 'id-map',
    rule: 'copy-of-nothing',
    after: 'mended',
    then: (rich) => assert.deepEqual(rich.sql('SELECT * FROM extra_copy'), []),
  },
  {
    what: 'a LUID that is an item and another copy of it',
    break: () => ["INSERT INTO extra_copy SELECT pair, epoch, luid, guid, 'key' FROM id_map WHERE guid = 4"],
    check: 'id-map',
    rule: 'copy-luid-twice',
    after: 'mended',
    then: (rich) => assert.equal(slowNeeded(rich, rich.settled), 1),
  },
  {
    what: 'an empty LUID',
    break: () => ["UPDATE id_map SET luid = '' WHERE guid = 4"],
    check: 'id-map',
    rule: 'map-luid',
    after: 'mended',
  },
  {
    what: 'a map row that names a GUID to come',
    break: () => ['INSERT INTO id_map (pair, epoch, guid, gone, owed, soft) SELECT pair, epoch, 77, 2, 0, 0 FROM id_map LIMIT 1'],
    check: 'counters',
    rule: 'map-guid-beyond',
    after: 'mended',
  },
  {
    what: 'an instance of a series whose GUID is to come',
    break: () => ["INSERT INTO instance SELECT datastore, 77, guid, 'key' FROM item WHERE guid = 4"],
    check: 'counters',
    rule: 'instance-guid-beyond',
    after: 'mended',
  },
  {
    what: 'an instance of a series with the GUID of an item',
    break: () => ["INSERT INTO instance SELECT datastore, guid, guid, 'key' FROM item WHERE guid = 4"],
    check: 'id-map',
    rule: 'instance-guid-twice',
    after: 'mended',
    then: (rich) => assert.deepEqual(rich.sql('SELECT guid FROM instance WHERE guid = 4'), []),
  },
  {
    what: 'a map row of an epoch to come',
    break: () => ['INSERT INTO id_map (pair, epoch, guid, owed, soft) SELECT pair, 9, guid, 0, 0 FROM id_map WHERE guid = 4'],
    check: 'counters',
    rule: 'map-epoch-beyond',
    after: 'mended',
  },
  {
    what: 'an anchor that cannot be read',
    break: (rich) => [`UPDATE pair SET current_anchor = '{"clientNext":' WHERE id = ${rich.settled}`],
    check: 'anchors',
    rule: 'anchor-unreadable',
    after: 'mended',
    then: (rich) => assert.equal(slowNeeded(rich, rich.settled), 1),
  },
  {
    what: 'an anchor without a position',
    break: (rich) => [`UPDATE pair SET previous_anchor = '{"clientNext":"a"}' WHERE id = ${rich.settled}`],
    check: 'anchors',
    rule: 'anchor-unreadable',
    after: 'mended',
  },
  {
    what: 'a note of the last sync that cannot be read',
    break: (rich) => [`UPDATE pair SET last_sync = 'x' WHERE id = ${rich.settled}`],
    check: 'anchors',
    rule: 'anchor-unreadable',
    after: 'mended',
    then: (rich) => assert.equal(slowNeeded(rich, rich.settled), 0, 'no reason to compare'),
  },
  {
    what: 'an anchor beyond the change log',
    break: (rich) => [`${anchorJson("'$.position', 70")} WHERE id = ${rich.settled}`],
    check: 'anchors',
    rule: 'anchor-beyond',
    after: 'mended',
    then: (rich) => {
      assert.deepEqual(rich.sql('SELECT position FROM datastore'), [{ position: 70 }]);
      assert.equal(slowNeeded(rich, rich.settled), 1);
    },
  },
  {
    what: 'anchors in the wrong order',
    break: (rich) => [`UPDATE pair SET previous_anchor = current_anchor WHERE id = ${rich.settled}`],
    check: 'anchors',
    rule: 'anchor-order',
    after: 'mended',
  },
  {
    what: 'an anchor of an epoch to come',
    break: (rich) => [`${anchorJson("'$.epoch', 8")} WHERE id = ${rich.settled}`],
    check: 'counters',
    rule: 'pair-epoch-beyond',
    after: 'mended',
  },
  {
    what: 'an open sync that cannot be read',
    break: (rich) => [`UPDATE pair SET open_sync = '{"type":200}' WHERE id = ${rich.sending}`],
    check: 'open-syncs',
    rule: 'open-unreadable',
    after: 'mended',
    then: (rich) => assert.equal(rich.sql(`SELECT 1 FROM outgoing WHERE pair = ${rich.sending}`).length, 0),
  },
  {
    what: 'an open sync beyond the change log',
    break: (rich) => [`UPDATE pair SET open_sync = json_set(open_sync, '$.position', 70) WHERE id = ${rich.sending}`],
    check: 'open-syncs',
    rule: 'open-beyond',
    after: 'mended',
  },
  {
    what: 'a slow sync that is not marked',
    break: (rich) => [`UPDATE pair SET slow_needed = 0 WHERE id = ${rich.sending}`],
    check: 'open-syncs',
    rule: 'open-unmarked',
    after: 'mended',
    then: (rich) => assert.equal(slowNeeded(rich, rich.sending), 1),
  },
  {
    what: 'a pair across users',
    break: (rich) => [
      "INSERT INTO datastore (account, uri, kind, policy) SELECT id, 'notes', 'notes', 'client-wins' FROM account WHERE name = 'bert'",
      `UPDATE pair SET datastore = (SELECT id FROM datastore WHERE uri = 'notes') WHERE id = ${rich.refreshing}`,
    ],
    check: 'ownership',
    rule: 'pair-owner',
    after: 'reported',
  },
  {
    what: 'a fence of another device',
    break: (rich) => [
      `INSERT INTO device (account, uri, auth_count, last_access_at, ignores_resp_uri) VALUES (${rich.account}, 'IMEI:9', 0, 0, 0)`,
      `UPDATE session SET device = (SELECT id FROM device WHERE uri = 'IMEI:9') WHERE token = 'token-over-1'`,
      `UPDATE pair SET fence = 'token-over-1' WHERE id = ${rich.settled}`,
    ],
    check: 'ownership',
    rule: 'fence-owner',
    after: 'mended',
  },
  {
    what: 'a large object that lacks a part',
    break: () => ['DELETE FROM chunk WHERE seq = 1'],
    check: 'chunks',
    rule: 'incoming-parts',
    after: 'mended',
    then: async ({ temp, account, receiving }) => {
      const pair = await temp.store.read((tx) => tx.account(account).pairs.get(receiving));
      assert.equal(pair?.open?.incoming, undefined);
      assert.ok(pair?.open, 'the sync goes on');
    },
  },
  {
    what: 'a part that does not open',
    break: () => [`UPDATE chunk SET content = zeroblob(length(content)) WHERE seq = 2`],
    check: 'chunks',
    rule: 'incoming-parts',
    after: 'mended',
  },
  {
    what: 'parts, and nothing is being received',
    break: (rich) => [`UPDATE pair SET open_sync = json_remove(open_sync, '$.incoming') WHERE id = ${rich.receiving}`],
    check: 'chunks',
    rule: 'incoming-parts',
    after: 'mended',
  },
  {
    what: 'parts of a device that is gone',
    break: () => [
      "UPDATE chunk SET owner = 'pair:999'",
      "UPDATE pair SET open_sync = json_remove(open_sync, '$.incoming') WHERE open_sync IS NOT NULL",
    ],
    check: 'chunks',
    rule: 'chunk-without-pair',
    after: 'mended',
  },
  {
    what: 'an outgoing list, and no sync is open',
    break: (rich) => [`UPDATE pair SET open_sync = NULL WHERE id = ${rich.sending}`],
    check: 'outgoing',
    rule: 'outgoing-without-sync',
    after: 'mended',
  },
  {
    what: 'an entry in no state',
    break: (rich) => [`UPDATE outgoing SET state = 7 WHERE pair = ${rich.sending} AND seq = 2`],
    check: 'outgoing',
    rule: 'outgoing-entry',
    after: 'mended',
    then: (rich) => assert.equal(rich.sql(`SELECT 1 FROM pair WHERE id = ${rich.sending} AND open_sync IS NOT NULL`).length, 0),
  },
  {
    what: 'an entry that is sent, and nothing says where',
    break: (rich) => [`UPDATE outgoing SET msg_id = NULL WHERE pair = ${rich.sending} AND state = 1`],
    check: 'outgoing',
    rule: 'outgoing-entry',
    after: 'mended',
  },
  {
    what: 'a staged item that does not open',
    break: () => [`UPDATE staged SET content = ${flip} WHERE luid = 's1'`],
    check: 'staged',
    rule: 'staged-content',
    after: 'mended',
    then: (rich) => assert.equal(rich.sql(`SELECT 1 FROM staged`).length, 0),
  },
  {
    what: 'staged items, and no refresh is open',
    break: (rich) => [`UPDATE pair SET open_sync = json_set(open_sync, '$.type', 201) WHERE id = ${rich.refreshing}`],
    check: 'staged',
    rule: 'staged-without-refresh',
    after: 'mended',
  },

  // What time has passed by.
  ...(
    [
      ['a session that ended long ago', `UPDATE session SET updated_at = ${NOW - 9 * DAY} WHERE ended = 1`],
      ['a session that waits since long ago', `UPDATE session SET updated_at = ${NOW - 9 * DAY} WHERE ended = 0`],
      ['an older version that should be gone', `UPDATE item_version SET superseded_at = ${NOW - 99 * DAY} WHERE guid = 1 AND revision = 1`],
      ['a journal entry that should be gone', `UPDATE conflict SET at = ${NOW - 99 * DAY}`],
      [
        'a sync broken off long ago',
        `UPDATE pair SET fence = 'x', open_sync = json_set(open_sync, '$.startedAt', ${NOW - 40 * DAY}) WHERE outgoing_is`,
      ],
      [
        'a tombstone nobody needs',
        `DELETE FROM id_map WHERE guid = 2; UPDATE item SET changed_at = ${NOW - 2 * DAY} WHERE guid = 2; UPDATE datastore SET floor = position;
         UPDATE pair SET open_sync = NULL, last_sync = NULL, current_anchor = NULL, previous_anchor = NULL; DELETE FROM staged; DELETE FROM chunk; DELETE FROM outgoing`,
      ],
    ] as const
  ).map(([what, sql]): Damage => ({
    what,
    break: (rich) => [sql.replace('outgoing_is', `id = ${rich.sending}`)],
    check: 'overdue',
    rule: 'sweep',
    after: 'mended',
  })),
  {
    what: 'a blob that no row names',
    break: (rich) => {
      utimesSync(blobPath(rich), (NOW - DAY) / 1000, (NOW - DAY) / 1000);
      return [
        'DELETE FROM item_version WHERE guid = 3',
        'DELETE FROM item WHERE guid = 3',
        'DELETE FROM id_map WHERE guid = 3',
        "DELETE FROM staged WHERE luid = 's2'",
        'UPDATE datastore SET item_count = 3, used_bytes = (SELECT SUM(size) FROM item)',
      ];
    },
    check: 'overdue',
    rule: 'sweep',
    after: 'mended',
    then: (rich) => assert.throws(() => statSync(blobPath(rich)), { code: 'ENOENT' }),
  },
  {
    what: 'a file among the blobs that is none',
    break: (rich) => writeFileSync(join(rich.temp.folder, 'blobs', 'photo.jpg'), 'x'),
    check: 'blob-files',
    rule: 'blob-files',
    after: 'reported',
  },
  {
    what: 'a blob in the place of another',
    break: (rich) => writeFileSync(join(rich.temp.folder, 'blobs', rich.blob.slice(0, 2), `zz${rich.blob.slice(2)}`), 'x'),
    check: 'blob-files',
    rule: 'blob-files',
    after: 'reported',
  },
];

const rulesIn = (findings: readonly Finding[]): readonly string[] => [...new Set(findings.map(({ at }) => at.rule))].sort();

describe('doctor: each rule, broken', () => {
  it('finds nothing in a store that is in order', async () => {
    const rich = await richStore();
    assert.deepEqual(await rich.examine(), []);
    await rich.close();
  });

  it('has a damage for every rule', () => {
    const tried = new Set(DAMAGES.flatMap(({ rule, also }) => [rule, ...(also ?? [])]));
    const all = [...RULES.keys(), ...STORE_RULES.map(({ id }) => id)];
    assert.deepEqual(
      all.filter((id) => !tried.has(id)),
      [],
    );
  });

  it('says what a repair does, and why it is safe, for just the checks that have one', () => {
    const mended = new Set(DAMAGES.filter(({ after }) => after !== 'reported').map(({ check }) => check));
    for (const check of CHECKS.filter(({ name }) => DAMAGES.some((damage) => damage.check === name))) {
      const { repair, safe } = checkOf(check.name);
      assert.equal(repair !== undefined, mended.has(check.name), `${check.name}: repair`);
      assert.equal(safe !== undefined, mended.has(check.name), `${check.name}: why it is safe`);
    }
  });

  for (const damage of DAMAGES) {
    it(`${damage.check}: ${damage.what}`, async () => {
      const rich = await richStore();
      try {
        const sql = damage.break(rich);
        if (sql) rich.damage(...sql);
        const found = await rich.examine();
        assert.deepEqual(rulesIn(found), [damage.rule, ...(damage.also ?? [])].sort(), found.map(({ what }) => what).join('\n'));
        assert.ok(found.some(({ check, at }) => check === damage.check && at.rule === damage.rule));
        for (const finding of found) assert.ok(finding.what !== '' && finding.next !== '', 'says what to do');
        const repairable = found.filter(({ at }) => at.rule === damage.rule).every(({ repair }) => repair !== undefined);
        assert.equal(repairable, damage.after !== 'reported');
        // As the command does: what one repair uncovers the next one mends.
        for (let round = 0, left = found; left.some(({ repair }) => repair !== undefined) && round < 4; round += 1) {
          await rich.temp.store.mend(left, { now: NOW, ages: AGES, readers: READERS });
          left = await rich.examine();
        }
        const left = rulesIn(await rich.examine());
        if (damage.after === 'mended') assert.deepEqual(left, []);
        else assert.ok(left.includes(damage.rule));
        await damage.then?.(rich);
      } finally {
        await rich.close();
      }
    });
  }
});
