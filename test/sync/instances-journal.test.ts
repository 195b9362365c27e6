/** The conflict journal says of an instance of a series what it says of the series: undoing brings back that instance, and takes no series away. */
import assert from 'node:assert/strict';
import { listConflicts, undoConflict } from '../../src/sync/operator/conflicts.js';
import { add, remove, replace } from '../engine/support/messages.js';
import { Bench, USER } from '../exchange/support/bench.js';
import { Phone } from '../handsets/support/phone.js';
import { EIGHTH, series } from './support/instances.js';

const CALENDAR = 'text/calendar';
const LEGACY = 'text/x-vcalendar';
const SERIES = series('planning', [EIGHTH]).toString();

describe('conflicts about changed instances of a series', function () {
  this.timeout(20_000);
  let bench: Bench;
  let now: Phone;
  let old: Phone;
  beforeEach(async () => {
    bench = await Bench.open();
    const of = (mod: string, type: string, version: string): Phone =>
      new Phone(bench, { man: 'Example', mod }, { store: 'calendar', types: [[type, version]], maxMsgSize: 10_000, devInf: { utc: true } });
    now = of('now', CALENDAR, '2.0');
    old = of('old', LEGACY, '1.0');
    await now.sync(201, [add('1', SERIES, { meta: { type: CALENDAR } })]);
    await old.sync(201, []);
  });
  afterEach(() => bench.close());

  const moved = (): [luid: string, text: string] => {
    const [luid, bytes] = [...old.items].find(([, one]) => Buffer.from(one).includes('a day later')) ?? assert.fail();
    return [luid, Buffer.from(bytes).toString()];
  };
  const here = async (text: string): Promise<void> => void (await now.sync(200, [replace('1', text, { meta: { type: CALENDAR } })]));
  const undo = async (): Promise<void> => {
    const [entry, ...more] = await listConflicts(bench.temp.store, USER, { limit: 9 });
    assert.ok(entry && more.length === 0, `${more.length + 1} entries`);
    await undoConflict(bench.temp.store, USER, entry.id, bench.now);
  };

  it('of one title that both sides changed, the one that lost comes back, and the phone gets that instance alone', async () => {
    await here(SERIES.replace('a day later', 'in room 4'));
    const [luid, text] = moved();
    await old.sync(200, [replace(luid, text.replace('a day later', 'in room 5'), { meta: { type: LEGACY } })]);
    assert.deepEqual(await bench.texts('calendar'), [SERIES.replace('a day later', 'in room 5')]);
    await undo();
    assert.deepEqual(await bench.texts('calendar'), [SERIES.replace('a day later', 'in room 4')]);
    const { received } = await old.sync(200, []);
    assert.deepEqual(
      received.map(({ kind, items }) => [kind, items[0]?.target?.uri]),
      [['Replace', luid]],
    );
  });

  it('a deletion on the phone that lost against an edit elsewhere takes that day out of the series', async () => {
    await here(SERIES.replace('a day later', 'in room 4'));
    const { received } = await old.sync(200, [remove(moved()[0])]);
    assert.deepEqual(
      received.map(({ kind }) => kind),
      ['Add'],
      'it comes back',
    );
    assert.deepEqual(await bench.texts('calendar'), [SERIES.replace('a day later', 'in room 4')]);
    await undo();
    assert.deepEqual(await bench.texts('calendar'), [series('planning', [], ['20260608']).toString()]);
  });

  it('an edit on the phone that won against a deletion elsewhere goes again', async () => {
    const without = series('planning', [], ['20260608']).toString();
    await here(without);
    const [luid, text] = moved();
    await old.sync(200, [replace(luid, text.replace('a day later', 'in room 5'), { meta: { type: LEGACY } })]);
    assert.match((await bench.texts('calendar')).join(), /RECURRENCE-ID[^]*in room 5/);
    await undo();
    assert.deepEqual(await bench.texts('calendar'), [without]);
    await old.sync(200, []);
    assert.equal(old.items.size, 1);
  });
});
