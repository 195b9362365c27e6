/** What an operator sees of devices and their sessions, and does to them, after a device has synced. */
import assert from 'node:assert/strict';
import { add, openAlert, status, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { PASSWORD, USER, type Bench } from '../exchange/support/bench.js';
import { CommandLine } from './run.js';

const OF_ANNA = ['--user', USER] as const;
const notes = (commands: readonly Draft[] = []): Draft => sync(commands, { store: 'notes', from: './N' });

/** A device syncs one note; its Statuses name MsgRef 0. */
async function syncOnce(bench: Bench): Promise<void> {
  const client = bench.client();
  const two = await client.send([openAlert(201, 'notes', './N', 'A', undefined)]);
  const four = await client.send([...statusesFor(two), notes([add('1', 'one')])]);
  await client.send([status(0, 0, 'SyncHdr', 200), ...statusesFor(four).slice(1)]);
}

describe('command line: devices and sessions', () => {
  let line: CommandLine;
  beforeEach(async () => {
    line = new CommandLine();
    await line.ok('user', 'add', USER, '--password', PASSWORD);
    await line.serve(USER, {}, syncOnce);
  });
  afterEach(() => line.remove());

  it('a session names the leniencies its messages needed', async () => {
    const [session] = await line.json<{ id: string }[]>('session', 'list');
    assert.ok(session);
    const shown = await line.ok('session', 'show', session.id, ...OF_ANNA);
    assert.match(shown, / 3 .*Status SyncHdr 200.*\n.*it was told.*\n +leniency used: msgref-zero\n/);
    assert.equal(shown.match(/leniency used/g)?.length, 1);
  });

  it('a device is reset only when it is meant; before, it says what would be forgotten', async () => {
    const asked = await line.run(['device', 'reset', 'IMEI:1', ...OF_ANNA]);
    assert.equal(asked.code, 1);
    assert.match(asked.err, /anchors and maps with notes \(1 item\); nonces and device information\.\nItems stay.*--yes/);
    assert.match(await line.ok('device', 'show', 'IMEI:1', ...OF_ANNA), /notes: .*1 item; slow sync, ok/);
    const one = await line.run(['device', 'reset', 'IMEI:1', ...OF_ANNA, '--datastore', 'contacts']);
    assert.match(one.err, /no anchors, since there are none/);
    assert.match(await line.ok('device', 'reset', 'IMEI:1', ...OF_ANNA, '--yes'), /Forgotten of IMEI:1: .*compares everything/s);
    assert.match(await line.ok('device', 'show', 'IMEI:1', ...OF_ANNA), /It has synced nothing yet/);
    assert.match(await line.ok('item', 'list', ...OF_ANNA, '--datastore', 'notes'), /one/);
    assert.equal((await line.json<unknown[]>('session', 'list')).length, 1);
  });
});
