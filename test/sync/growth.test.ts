/** A device that keeps adding what it has already: stopped, with nothing lost, and nobody else's doubles touched. */
import assert from 'node:assert/strict';
import { change, DAY, Scene, type Phone } from './support/scene.js';

const card = (...lines: readonly string[]): string => ['BEGIN:VCARD', 'VERSION:2.1', ...lines, 'END:VCARD', ''].join('\r\n');
const ANNA = card('N:Berg;Anna', 'TEL;CELL:+491711', 'NOTE:old');
const meta = { type: 'text/x-vcard' };
const add = (luid: number, text: string) => change(`Add ${luid} ${text}`, { meta });
const RULES = { guard: true, least: 5, percent: 50 };

describe('sync: growth guard', () => {
  let scene: Scene;
  let phone: Phone;
  const start = async (rules = RULES): Promise<void> => {
    scene = await Scene.open({ growth: rules });
    phone = scene.phone('IMEI:1', 'contacts');
    await phone.sync(201, [add(1, ANNA)]);
  };
  const copies = async (): Promise<number> => {
    const { current } = await phone.record();
    return scene.read((reader) => reader.extraCopies.count(phone.pair, current?.epoch ?? 0));
  };
  const items = async (): Promise<number> => (await scene.texts('contacts')).length;
  afterEach(() => scene.close());

  /** Brings copies of Anna under LUIDs 101…, some in each of several sessions. */
  const multiply = async (count: number, perSession = 4, text = ANNA, first = 101): Promise<number[]> => {
    const statuses: number[] = [];
    for (let from = 0; from < count; from += perSession) {
      const some = Array.from({ length: Math.min(perSession, count - from) }, (_, at) => add(first + from + at, text));
      statuses.push(...(await phone.sync(200, some)).statuses);
    }
    return statuses;
  };

  it('stops across sessions, answers each Add with success, and tells once', async () => {
    await start();
    assert.deepEqual(new Set(await multiply(40)), new Set([201]));
    assert.equal(await items(), 1 + RULES.least);
    assert.deepEqual(
      scene.notes.filter(({ event }) => event.startsWith('growth')).map(({ event }) => event),
      ['growth-stopped'],
    );
    const other = scene.phone('IMEI:2', 'contacts');
    assert.equal((await other.sync(201)).got.length, 1 + RULES.least);
  });

  it('new items among the copies are taken, and a phone that was stopped goes on as any other', async () => {
    await start();
    await multiply(20);
    await phone.sync(200, [add(1, ANNA.replace('old', 'new')), add(7, card('N:Other;One')), add(201, card('N:Other;Two'))]);
    const texts = await scene.texts('contacts');
    assert.ok(texts.includes(card('N:Other;One')) && texts.includes(card('N:Other;Two')) && texts.includes(ANNA.replace('old', 'new')));
    assert.deepEqual((await phone.sync(200)).got, []);
  });

  it('a copy that is edited becomes an item; sent as it was, it stays a copy', async () => {
    await start();
    await multiply(20);
    const before = await items();
    assert.deepEqual((await phone.sync(200, [change(`Replace 119 ${ANNA}`, { meta })])).statuses, [200]);
    assert.equal(await items(), before);
    await phone.sync(200, [change(`Replace 119 ${ANNA.replace('old', 'mine')}`, { meta })]);
    assert.equal(await items(), before + 1);
    await phone.sync(200, [change(`Replace 119 ${ANNA.replace('old', 'mine again')}`, { meta })]);
    assert.equal(await items(), before + 1);
    assert.ok((await scene.texts('contacts')).includes(ANNA.replace('old', 'mine again')));
  });

  it('the user tidies up: the item goes with the last of its copies, and not before', async () => {
    await start();
    await multiply(20);
    const other = scene.phone('IMEI:2', 'contacts');
    await other.sync(201);
    // The first ones are items of their own; all after them are copies of the oldest.
    const made = Array.from({ length: RULES.least }, (_, at) => `Delete ${101 + at}`);
    await phone.sync(200, [...made, 'Delete 1', 'Delete 107', 'Delete 120']);
    assert.deepEqual(await scene.texts('contacts'), [ANNA]);
    assert.equal((await other.sync(200)).got.length, RULES.least);
    const rest = Array.from({ length: 20 - RULES.least }, (_, at) => 101 + RULES.least + at).filter((luid) => luid !== 107 && luid !== 120);
    const last = rest.pop();
    assert.deepEqual(
      new Set(
        (
          await phone.sync(
            200,
            rest.map((luid) => `Delete ${luid}`),
          )
        ).statuses,
      ),
      new Set([200]),
    );
    assert.deepEqual(await scene.texts('contacts'), [ANNA]);
    await phone.sync(200, [`Delete ${last}`]);
    assert.deepEqual(await scene.texts('contacts'), []);
  });

  it('an edit made here reaches one of the copies that are left; a deletion all of them', async () => {
    await start();
    await multiply(8);
    await phone.sync(200, ['Delete 1', ...Array.from({ length: RULES.least }, (_, at) => `Delete ${101 + at}`)]);
    await scene.edit(ANNA, ANNA.replace('old', 'server'), 'contacts');
    const { got } = await phone.sync(200);
    assert.equal(got.length, 1);
    assert.match(got[0] ?? '', /^Replace 10[678] [^]*NOTE:server/);
    await scene.edit(ANNA.replace('old', 'server'), undefined, 'contacts');
    assert.deepEqual([...(await phone.sync(200)).got].sort(), ['Delete 106', 'Delete 107', 'Delete 108']);
    assert.deepEqual((await phone.sync(200)).got, []);
    assert.deepEqual(await copies(), 0);
  });

  it('copies that the device does not delete are owed to it, whichever of them it was', async () => {
    for (const kept of ['1', '106', '108']) {
      await start();
      await multiply(8);
      await phone.sync(
        200,
        Array.from({ length: RULES.least }, (_, at) => `Delete ${101 + at}`),
      );
      await scene.edit(ANNA, undefined, 'contacts');
      const { got } = await phone.sync(200, [], { answer: ({ luid }) => (luid === kept ? 500 : 200) });
      assert.deepEqual([...got].sort(), ['Delete 1', 'Delete 106', 'Delete 107', 'Delete 108']);
      assert.deepEqual((await phone.sync(200)).got, [`Delete ${kept}`]);
      assert.deepEqual([(await phone.sync(200)).got, await copies()], [[], 0]);
      await scene.close();
    }
    await start();
  });

  it('cut off and resumed, the Deletes go on where they were', async () => {
    await start();
    await multiply(8);
    await scene.edit(ANNA, undefined, 'contacts');
    let left = 2;
    await phone.sync(200, [], { answer: () => (left-- > 0 ? 200 : 0), until: 'sent' });
    const { got } = await phone.sync('resume');
    assert.equal(got.length, 2);
    assert.deepEqual([(await phone.sync(200)).got, await copies()], [[], 0]);
  });

  it('a slow sync deletes all copies of what was deleted elsewhere, in whatever order they come', async () => {
    for (const order of [
      [1, 106, 107, 108],
      [108, 106, 1, 107],
    ]) {
      await start();
      await multiply(8);
      await phone.sync(
        200,
        Array.from({ length: RULES.least }, (_, at) => `Delete ${101 + at}`),
      );
      await scene.edit(ANNA, undefined, 'contacts');
      const { got } = await phone.sync(
        201,
        order.map((luid) => add(luid, ANNA)),
        { last: undefined },
      );
      assert.deepEqual([...got].sort(), ['Delete 1', 'Delete 106', 'Delete 107', 'Delete 108']);
      assert.deepEqual(await scene.texts('contacts'), []);
      assert.deepEqual([(await phone.sync(200)).got, await copies()], [[], 0]);
      await scene.close();
    }
    await start();
  });

  it('a slow sync brings all copies again and makes no more items of them', async () => {
    await start();
    await multiply(30);
    const before = await items();
    const all = [add(1, ANNA), ...Array.from({ length: 30 }, (_, at) => add(101 + at, ANNA))];
    for (let n = 0; n < 3; n += 1) {
      await phone.sync(201, all);
      assert.equal(await items(), before);
    }
    await phone.sync(201, all, { last: undefined, until: 'changes' });
    await phone.sync(201, all, { last: undefined });
    assert.equal(await items(), before);
    await phone.sync(200, [`Delete 1`, 'Delete 130']);
    assert.equal(await items(), before, 'a copy takes its place');
  });

  it('a slow sync that brings a copy before the item it is one of doubles neither', async () => {
    await start();
    await multiply(30);
    const before = await items();
    scene.now += 30 * DAY;
    const copies = Array.from({ length: 30 }, (_, at) => add(101 + at, ANNA));
    await phone.sync(201, [...copies.slice(-1), add(1, ANNA), ...copies.slice(0, -1)]);
    assert.equal(await items(), before);
  });

  it('an item that says less than one the phone has is a look-alike; one that says more never is', async () => {
    await start();
    await multiply(20, 4, card('N:Berg;Anna', 'TEL;CELL:+491711'));
    assert.equal(await items(), 1 + RULES.least);
    await phone.sync(
      200,
      Array.from({ length: 10 }, (_, at) => add(300 + at, card('N:Berg;Anna', 'TEL;CELL:+491711', `NOTE:text ${at}`))),
    );
    await phone.sync(
      200,
      Array.from({ length: 10 }, (_, at) => add(400 + at, card('N:Berg;Anna', `TEL;CELL:+49300${at}`))),
    );
    assert.equal(await items(), 1 + RULES.least + 20);
  });

  it('a user may have things twice: few among many are kept, and few in any case', async () => {
    await start();
    const many = Array.from({ length: 60 }, (_, at) => add(1000 + at, card(`N:Person${at};X`)));
    await phone.sync(200, many);
    await phone.sync(
      200,
      Array.from({ length: 25 }, (_, at) => add(2000 + at, card(`N:Person${at};X`))),
    );
    assert.equal(await items(), 1 + 60 + 25);
    assert.deepEqual(
      scene.notes.filter(({ event }) => event.startsWith('growth')),
      [],
    );
  });

  it('look-alikes of a day or a week ago do not count', async () => {
    await start();
    for (let day = 0; day < 8; day += 1) {
      await multiply(RULES.least, 4, card(`N:Berg;Anna${day}`), 1000 * (day + 1));
      scene.now += DAY + 1;
    }
    assert.equal(await items(), 1 + 8 * RULES.least);
    await multiply(30);
    const stopped = await items();
    scene.now += 8 * DAY;
    await phone.sync(200, [add(900, ANNA), add(901, ANNA)]);
    assert.equal(await items(), stopped + 2);
  });

  it('switched off it only tells', async () => {
    await start({ ...RULES, guard: false });
    await multiply(20);
    assert.equal(await items(), 21);
    assert.ok(scene.notes.some(({ event }) => event === 'growth-noticed'));
  });
});
