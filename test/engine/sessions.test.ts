/** Sessions step by step on scripted answers: packages, Finals, restarts, refusals. */
import assert from 'node:assert/strict';
import type { Message, StatusCommand } from '../../src/model/message.js';
import { Driver } from './support/driver.js';
import { everyCommand } from './support/invariants.js';
import {
  add,
  alert,
  bytes,
  changeItems,
  get,
  group,
  headerOk,
  map,
  nextMessage,
  openAlert,
  putDevInf,
  remove,
  replace,
  status,
  statusesFor,
  sync,
} from './support/messages.js';

const kinds = (answer: Message): string =>
  answer.body
    .map((c) => (c.kind === 'Status' ? `${c.cmd} ${c.code}` : c.kind === 'Alert' ? `Alert ${c.code}` : c.kind))
    .concat(answer.final ? ['Final'] : [])
    .join(', ');
const codes = (answer: Message): string =>
  answer.body
    .filter((c): c is StatusCommand => c.kind === 'Status')
    .map((s) => `${s.cmd} ${s.code}`)
    .join(', ');
const changesOf = (answer: Message): string[] =>
  everyCommand(answer.body).flatMap((c) =>
    c.kind === 'Add' || c.kind === 'Replace' || c.kind === 'Delete'
      ? [`${c.kind} ${c.items[0]?.source?.uri ?? c.items[0]?.target?.uri}${c.items[0]?.moreData ? '…' : ''}`]
      : [],
  );

describe('engine: a sync from package 1 to 6', () => {
  it('two-way: six packages, anchors moved with the last', () => {
    const driver = new Driver({
      waiting: [
        { kind: 'Add', name: 'x' },
        { kind: 'Delete', name: '9' },
      ],
    });
    const two = driver.send([openAlert(200)]);
    assert.equal(kinds(two), 'SyncHdr 200, Alert 200, Alert 200, Final');
    assert.deepEqual(two.header.meta, { maxMsgSize: 150_000, maxObjSize: 4_000_000 });
    const four = driver.send([...statusesFor(two), sync([add('1', 'one')])]);
    assert.equal(kinds(four), 'SyncHdr 200, Sync 200, Add 201, Sync, Final');
    assert.equal(four.header.meta, undefined);
    assert.deepEqual(changesOf(four), ['Add g0', 'Delete 9']);
    assert.deepEqual(driver.world.all('offer').length, 1);
    assert.deepEqual(driver.world.all('finish').length, 0);
    const six = driver.send([...statusesFor(four), map({ g0: '5' })]);
    assert.equal(kinds(six), 'SyncHdr 200, Map 200, Final');
    assert.equal(driver.session.phase, 'ended');
    assert.equal(driver.world.all('finish').length, 1);
    assert.deepEqual(driver.world.all('answered')[0]?.answers, [
      { msgId: 2, cmdId: 5, status: 201 },
      { msgId: 2, cmdId: 6, status: 200 },
    ]);
  });

  it('sends a Sync also when there is nothing to send, and package 6 without a Map', () => {
    const driver = new Driver();
    driver.send([openAlert(200)]);
    assert.equal(kinds(driver.send([sync()])), 'SyncHdr 200, Sync 200, Sync, Final');
    assert.equal(kinds(driver.send([headerOk(2)])), 'SyncHdr 200, Final');
  });

  for (const type of [202, 203]) {
    it(`${type}: package 4 holds Statuses only, and the anchors move with it`, () => {
      const driver = new Driver({ waiting: [{ kind: 'Add', name: 'x' }] });
      driver.send([openAlert(type)]);
      assert.equal(kinds(driver.send([sync([replace('1', 'one')])])), 'SyncHdr 200, Sync 200, Replace 200, Final');
      assert.equal(driver.world.all('finish').length, 1);
      assert.equal(kinds(driver.send([headerOk(2)])), 'SyncHdr 200, Final');
    });
  }
  for (const type of [204, 205]) {
    it(`${type}: the client's empty Sync is answered with our changes`, () => {
      const driver = new Driver({ waiting: [{ kind: 'Add', name: 'x' }] });
      driver.send([openAlert(type)]);
      assert.equal(kinds(driver.send([sync()])), 'SyncHdr 200, Sync 200, Sync, Final');
    });
  }

  it('asks with 222 while the package is incomplete, and takes several Syncs of one store', () => {
    const driver = new Driver();
    driver.send([openAlert(200)]);
    assert.equal(kinds(driver.send([sync([add('1', 'a')])], { final: false })), 'SyncHdr 200, Sync 200, Add 201, Alert 222');
    const answer = driver.send([headerOk(2), status(2, 4, 'Alert', 200), sync([add('2', 'b')]), sync([add('3', 'c')])]);
    assert.equal(kinds(answer), 'SyncHdr 200, Sync 200, Add 201, Sync 200, Add 201, Sync, Final');
  });

  it('takes initialization and changes in one package, and tells its sizes there too', () => {
    const driver = new Driver();
    const answer = driver.send([openAlert(200), sync([add('1', 'a')])]);
    assert.equal(kinds(answer), 'SyncHdr 200, Alert 200, Sync 200, Add 201, Alert 200, Sync, Final');
    assert.deepEqual(answer.header.meta, { maxMsgSize: 150_000, maxObjSize: 4_000_000 });
  });

  it('combined, anchors do not match: 508, Alert 201, and the changes come again in the next message', () => {
    const driver = new Driver();
    const answer = driver.send([openAlert(200, 'contacts', './C', '2', 'bad'), sync([add('1', 'a')])]);
    assert.equal(kinds(answer), 'SyncHdr 200, Alert 508, Sync 200, Add 201, Alert 201, Final');
    assert.equal(driver.world.all('received').length, 0);
    assert.equal(kinds(driver.send([...statusesFor(answer), sync([add('1', 'a')])])), 'SyncHdr 200, Sync 200, Add 201, Sync, Final');
  });

  it('combined, one of two does not match: a slow sync beside it has sent all it has', () => {
    const driver = new Driver();
    driver.send([
      openAlert(201, 'notes', './N'),
      openAlert(200, 'contacts', './C', '2', 'bad'),
      sync([add('1', 'a')], { store: 'notes', from: './N' }),
      sync(),
    ]);
    driver.send([sync([add('1', 'a')])]);
    assert.equal(driver.world.all('received').length, 2);
    assert.equal(driver.world.all('abandon').length, 0);
  });

  it('a first package of DevInf only, then Alerts, then changes (pysyncml, syncml-js)', () => {
    const driver = new Driver();
    assert.equal(kinds(driver.send([putDevInf(), get()])), 'SyncHdr 200, Put 200, Get 200, Results, Final');
    assert.equal(kinds(driver.send([openAlert(201)])), 'SyncHdr 200, Alert 200, Alert 201, Final');
    assert.equal(kinds(driver.send([sync([add('1', 'a')])])), 'SyncHdr 200, Sync 200, Add 201, Sync, Final');
  });

  it('the client disagrees with our anchor: slow sync in the same message, without another Alert', () => {
    const driver = new Driver();
    const answer = driver.send([openAlert(200)]);
    driver.send([...statusesFor(answer, { Alert: 508 }), sync([replace('1', 'a')])]);
    const order = driver.world.asked.map((e) => e.kind);
    assert.ok(order.indexOf('widen') >= 0 && order.indexOf('widen') < order.indexOf('change'), order.join());
  });

  it('the client refuses our Alert: no Sync for that datastore, the others go on', () => {
    const driver = new Driver();
    const answer = driver.send([openAlert(200), openAlert(200, 'notes', './N')]);
    const first = answer.body.find((c) => c.kind === 'Alert');
    const refusal = status(1, first?.cmdId ?? '', 'Alert', 404);
    assert.equal(
      codes(driver.send([headerOk(1), refusal, sync(), sync([], { store: 'notes', from: './N' })])),
      'SyncHdr 200, Sync 403, Sync 200',
    );
    assert.equal(driver.world.all('abandon').length, 1);
  });

  it('the client answers our Sync with 510: the anchors stay', () => {
    const driver = new Driver({ waiting: [{ kind: 'Add', name: 'x' }] });
    driver.send([openAlert(200)]);
    const four = driver.send([sync()]);
    driver.send(statusesFor(four, { Sync: 510, Add: 510 }));
    assert.equal(driver.world.all('abandon').length, 1);
    assert.equal(driver.world.all('finish').length, 0);
  });

  it('no Sync in a slow sync: nothing is known of the items, so nothing happens to them', () => {
    const driver = new Driver();
    driver.send([openAlert(203)]);
    assert.equal(kinds(driver.send([headerOk(1)])), 'SyncHdr 200, Final');
    assert.equal(driver.world.all('received').length, 0);
    assert.equal(driver.world.all('abandon').length, 1);
  });

  it('a datastore that is opened while package 4 goes out is refused: it would end without having begun', () => {
    const driver = new Driver({ waiting: [{ kind: 'Add', name: 'x', text: 'l'.repeat(40_000) }], session: { largeObjects: true } });
    driver.send([openAlert(200)]);
    assert.equal(driver.send([sync()]).final, false);
    assert.equal(codes(driver.send([openAlert(200, 'notes', './N')], { final: false })), 'SyncHdr 200, Alert 403');
  });
});

describe('engine: Statuses', () => {
  it('different results of Items give a Status each, equal ones a single Status without references', () => {
    const driver = new Driver({ script: { change: ({ changes }) => changes.map((c) => ({ status: c.luid === '2' ? 211 : 200 })) } });
    driver.send([openAlert(200)]);
    const answer = driver.send([
      sync([changeItems('Delete', [{ source: '1' }, { source: '2' }]), changeItems('Delete', [{ source: '3' }, { source: '4' }])]),
    ]);
    const statuses = answer.body.filter((c): c is StatusCommand => c.kind === 'Status' && c.cmd === 'Delete');
    assert.deepEqual(
      statuses.map((s) => [s.code, s.sourceRefs.join()]),
      [
        [200, '1'],
        [211, '2'],
        [200, ''],
      ],
    );
  });

  it('Map: one Status, and one for each MapItem that failed', () => {
    const driver = new Driver({ script: { map: () => [200, 404] } });
    driver.send([openAlert(200)]);
    const answer = driver.send([map({ g1: '1', g2: '2' }), sync()]);
    assert.equal(codes(answer), 'SyncHdr 200, Map 200, Map 404, Sync 200');
  });

  it('a Map that is refused whole is named by its own addresses', () => {
    const driver = new Driver();
    driver.send([openAlert(200)]);
    const answer = driver.send([alert(224), map({ g1: '1' })]);
    const refused = answer.body.find((c): c is StatusCommand => c.kind === 'Status' && c.cmd === 'Map');
    assert.ok(refused);
    const stopped = driver.send([map({ g1: '1' }, { cmdId: '' })]);
    const bad = stopped.body.find((c): c is StatusCommand => c.kind === 'Status' && c.cmd === 'Map');
    assert.deepEqual([bad?.targetRefs, bad?.sourceRefs], [['contacts'], ['./C']]);
  });

  it('a Status that spills over keeps what its Item names, through JSON', () => {
    const driver = new Driver();
    driver.send([openAlert(200)], { header: { meta: { maxMsgSize: 1500 } } });
    const found: string[] = [];
    let answer = driver.send(Array.from({ length: 8 }, (_, i) => alert(230 + i, { target: 'a', source: 'b' })));
    for (let i = 0; i < 10; i += 1) {
      for (const c of answer.body) {
        if (c.kind !== 'Status' || c.code !== 406) continue;
        const data = c.items[0]?.data;
        found.push(data?.kind === 'content' ? Buffer.from(data.bytes).toString() : '');
      }
      driver.session = JSON.parse(JSON.stringify(driver.session)) as typeof driver.session;
      answer = driver.send([nextMessage()], { final: false });
    }
    assert.deepEqual(
      found,
      Array.from({ length: 8 }, (_, i) => `Alert ${230 + i}`),
    );
  });

  it('no CmdID gets 400, with its children; not where NoResp asks for no Status', () => {
    const driver = new Driver();
    assert.equal(codes(driver.send([{ ...get(), cmdId: '' }])), 'SyncHdr 200, Get 400');
    assert.equal(codes(driver.send([{ ...sync([add('1', 'a')]), cmdId: '' }])), 'SyncHdr 200, Sync 400, Add 400');
    assert.equal(codes(driver.send([{ ...get(), cmdId: '' }], { header: { noResp: true } })), '');
  });

  it('inside a Sync too, and the Statuses keep their order', () => {
    const driver = new Driver();
    driver.send([openAlert(200)]);
    const body = [sync([add('1', 'a'), add('2', 'b', { cmdId: '' }), remove('3')])];
    assert.equal(codes(driver.send(body)), 'SyncHdr 200, Sync 200, Add 201, Add 400, Delete 200');
  });

  it('NoResp on a command keeps back its own Status only', () => {
    const driver = new Driver();
    driver.send([openAlert(200)]);
    assert.equal(
      codes(driver.send([{ ...sync([add('1', 'a'), add('2', 'b', { noResp: true }), add('3', 'c')]) }])),
      'SyncHdr 200, Sync 200, Add 201, Add 201',
    );
  });

  it('MsgRef 0 means our last message (Funambol C++)', () => {
    const driver = new Driver({ waiting: [{ kind: 'Add', name: 'x' }] });
    driver.send([openAlert(200)]);
    driver.send([sync()]);
    driver.send([status(0, 0, 'SyncHdr', 200), status(0, 4, 'Add', 201)]);
    assert.deepEqual(driver.world.all('answered')[0]?.answers, [{ msgId: 2, cmdId: 4, status: 201 }]);
  });

  it('says nothing of a pair after its end: a newer session may have it', () => {
    const driver = new Driver({ waiting: [{ kind: 'Add', name: 'x' }] });
    driver.send([openAlert(200)]);
    driver.send([sync()]);
    driver.send([headerOk(2)]);
    driver.send([status(2, 4, 'Add', 201)]);
    assert.deepEqual(driver.world.all('answered'), []);
  });

  it('a message refused for too many open questions gets 512 and nothing is asked of the store (I20)', () => {
    let mine = true;
    const driver = new Driver({ script: { owns: () => mine } });
    driver.send([openAlert(200)]);
    mine = false;
    const from = driver.world.asked.length;
    assert.equal(kinds(driver.send([sync([add('1', 'a')])])), 'SyncHdr 512, Sync 512, Add 512, Final');
    assert.deepEqual(
      driver.world.asked.slice(from).map((e) => e.kind),
      ['owns'],
    );
  });
});

describe('engine: sizes and large objects', () => {
  const five = Array.from({ length: 5 }, (_, i) => ({ kind: 'Add' as const, name: String(i), text: 'x'.repeat(600) }));

  it('splits package 4 at MaxMsgSize, and follows when it changes', () => {
    const driver = new Driver({ waiting: five });
    driver.send([openAlert(200)], { header: { meta: { maxMsgSize: 4000 } } });
    const one = driver.send([sync()]);
    assert.equal(one.final, false);
    const two = driver.send([...statusesFor(one), nextMessage()], { final: false, header: { meta: { maxMsgSize: 9000 } } });
    assert.ok(two.final);
    assert.equal(changesOf(one).length + changesOf(two).length, 5);
  });

  it('goes on for a client that answers nothing but "next"', () => {
    const many = Array.from({ length: 60 }, (_, i) => ({ kind: 'Add' as const, name: String(i), text: 'x'.repeat(900) }));
    const driver = new Driver({ waiting: many });
    driver.send([openAlert(200)], { header: { meta: { maxMsgSize: 3000 } } });
    let answer = driver.send([sync()]);
    let rounds = 0;
    while (!answer.final && rounds < 100) {
      answer = driver.send([headerOk(Number(answer.header.msgId)), nextMessage()], { final: false });
      rounds += 1;
    }
    assert.ok(rounds > 20, `${rounds} rounds`);
    assert.equal(driver.world.all('sent').flatMap((e) => e.entries).length, 60);
    assert.notEqual(driver.session.phase, 'ended');
  });

  for (const encoding of ['xml', 'wbxml'] as const) {
    it(`cuts what does not fit, although each message of the client brings a 222 to answer (${encoding})`, () => {
      const driver = new Driver({
        encoding,
        waiting: [{ kind: 'Add', name: 'x', text: 'y'.repeat(1100) }],
        session: { largeObjects: true },
      });
      let answer = driver.send([openAlert(200)], { header: { meta: { maxMsgSize: 1600 } } });
      answer = driver.send([...statusesFor(answer), sync()]);
      const seen: string[] = [...changesOf(answer)];
      for (let i = 0; i < 20 && !answer.final; i += 1) {
        answer = driver.send([...statusesFor(answer), nextMessage()], { final: false });
        seen.push(...changesOf(answer));
      }
      assert.ok(answer.final);
      assert.equal(seen.at(-1), 'Add g0');
    });
  }

  it('never sends what is bigger than MaxObjSize, nor parts to a client without large objects', () => {
    const big = [{ kind: 'Add' as const, name: 'x', text: 'y'.repeat(3000) }];
    const small = new Driver({ waiting: big });
    small.send([openAlert(200)], { header: { meta: { maxMsgSize: 9000, maxObjSize: 500 } } });
    assert.deepEqual(changesOf(small.send([sync()])), []);
    assert.equal(small.world.all('skip').length, 1);
    const whole = new Driver({ waiting: big });
    whole.send([openAlert(200)], { header: { meta: { maxMsgSize: 2500 } } });
    assert.deepEqual(changesOf(whole.send([sync()])), []);
    assert.equal(whole.world.all('skip').length, 1);
  });

  it('waits for 213 before the next part, and stops at an error', () => {
    const driver = new Driver({ waiting: [{ kind: 'Add', name: 'x', text: 'y'.repeat(5000) }], session: { largeObjects: true } });
    driver.send([openAlert(200)], { header: { meta: { maxMsgSize: 3000 } } });
    const one = driver.send([sync()]);
    assert.deepEqual(changesOf(one), ['Add g0…']);
    assert.deepEqual(changesOf(driver.send([headerOk(2), nextMessage()], { final: false })), []);
    const refused = driver.send([...statusesFor(one, { Add: 416 }), nextMessage()], { final: false });
    assert.deepEqual(changesOf(refused), []);
    assert.ok(refused.final);
  });

  it('an object of ours that the client lost (Alert 223) goes out again', () => {
    const driver = new Driver({ waiting: [{ kind: 'Add', name: 'x', text: 'y'.repeat(5000) }], session: { largeObjects: true } });
    driver.send([openAlert(200)], { header: { meta: { maxMsgSize: 3000 } } });
    driver.send([sync()]);
    driver.send([headerOk(2), alert(223, { source: 'g0' })], { final: false });
    assert.equal(driver.world.all('resend').length, 1);
  });

  it("a client's object that is interrupted gets Alert 223, and what came instead is done", () => {
    const driver = new Driver();
    driver.send([openAlert(200)]);
    const chunk = {
      kind: 'Add' as const,
      meta: { type: 'text/plain', size: 9 },
      items: [{ source: { uri: '7' }, data: { kind: 'content' as const, bytes: bytes('abc') }, moreData: true }],
    };
    assert.equal(kinds(driver.send([sync([chunk])], { final: false })), 'SyncHdr 200, Sync 200, Add 213, Alert 222');
    const answer = driver.send([sync([add('8', 'x')])], { final: false });
    assert.equal(kinds(answer), 'SyncHdr 200, Sync 200, Add 201, Alert 223, Alert 222');
    const lost = answer.body.find((c) => c.kind === 'Alert' && c.code === 223);
    assert.equal(lost?.kind === 'Alert' && lost.items[0]?.source?.uri, '7');
    assert.equal(driver.world.all('dropIncoming').length, 1);
  });

  it('items behind a part get 400', () => {
    const driver = new Driver();
    driver.send([openAlert(200)]);
    const items = [
      { source: '1', data: 'a', moreData: true },
      { source: '2', data: 'b' },
    ];
    assert.equal(
      codes(driver.send([sync([changeItems('Add', items, { meta: { size: 9 } })])], { final: false })),
      'SyncHdr 200, Sync 200, Add 213, Add 400',
    );
  });
});

describe('engine: suspend, Atomic, DevInf', () => {
  it('Alert 224: 200, what follows it gets 514, the session is over and its state stays', () => {
    const driver = new Driver();
    driver.send([openAlert(200)]);
    assert.equal(
      kinds(driver.send([sync([add('1', 'a')]), alert(224), sync([add('2', 'b')])])),
      'SyncHdr 200, Sync 200, Add 201, Alert 200, Sync 514, Add 514, Final',
    );
    assert.equal(driver.world.all('abandon').length, 1);
    assert.equal(driver.session.phase, 'ended');
  });

  it('a resumed client that has nothing left only asks for more: after some, its package counts as complete (Symbian)', () => {
    const driver = new Driver({
      script: {
        open: (ask) => ({
          kind: 'opened',
          pair: 1 as never,
          datastore: 'contacts',
          type: 200,
          status: ask.type === 'resume' ? 200 : 508,
          next: 'n',
          resumed: { received: false },
        }),
      },
    });
    driver.send([openAlert(225)]);
    let rounds = 0;
    let answer = driver.send([headerOk(1), nextMessage()], { final: false });
    while (!answer.final && rounds < 8) {
      answer = driver.send([headerOk(Number(answer.header.msgId)), nextMessage()], { final: false });
      rounds += 1;
    }
    assert.ok(answer.final && answer.body.some((c) => c.kind === 'Sync'));
  });

  it('Atomic: the first failure undoes those before it and stops those behind', () => {
    const driver = new Driver({ script: { change: ({ changes }) => changes.map((c) => ({ status: c.luid === '2' ? 415 : 201 })) } });
    driver.send([openAlert(200)]);
    const answer = driver.send([sync([group('Atomic', [add('1', 'a'), add('2', 'b'), add('3', 'c')])])]);
    assert.equal(codes(answer), 'SyncHdr 200, Sync 200, Atomic 507, Add 216, Add 415, Add 215');
  });

  it('Sequence: in order, each child with its own code', () => {
    const driver = new Driver({ script: { change: ({ changes }) => changes.map((c) => ({ status: c.kind === 'Delete' ? 211 : 415 })) } });
    driver.send([openAlert(200)]);
    assert.equal(
      codes(driver.send([sync([group('Sequence', [add('1', 'a'), remove('2')])])])),
      'SyncHdr 200, Sync 200, Sequence 200, Add 415, Delete 211',
    );
  });

  it('asks an unknown device once for its DevInf; a refusal changes nothing', () => {
    const driver = new Driver({ facts: { knowsDevice: false } });
    const two = driver.send([openAlert(200)]);
    assert.equal(kinds(two), 'SyncHdr 200, Alert 200, Alert 200, Get, Final');
    const four = driver.send([...statusesFor(two, { Get: 500 }), sync()]);
    assert.equal(kinds(four), 'SyncHdr 200, Sync 200, Sync, Final');
  });

  it('Get of something else gets 404; Put of something else 405', () => {
    const driver = new Driver();
    const other = { kind: 'Put' as const, items: [{ source: { uri: './other' }, data: { kind: 'content' as const, bytes: bytes('x') } }] };
    assert.equal(codes(driver.send([get('./foo'), get('./devinf11'), other])), 'SyncHdr 200, Get 404, Get 200, Put 405');
  });

  it('sends NumberOfChanges to a client that supports it, in its first Sync, and to no other', () => {
    for (const numberOfChanges of [true, false]) {
      const driver = new Driver({ waiting: [{ kind: 'Add', name: 'x' }], session: { numberOfChanges } });
      driver.send([openAlert(200)]);
      const own = driver.send([sync()]).body.find((c) => c.kind === 'Sync');
      assert.equal(own?.kind === 'Sync' ? own.numberOfChanges : 0, numberOfChanges ? 1 : undefined);
    }
  });

  it('Filter without Field and Record is ignored; with one it gets 406 and names the FilterType', () => {
    const withFilter = (filter: object) => {
      const open = openAlert(200);
      return open.kind === 'Alert' ? { ...open, items: open.items.map((i) => ({ ...i, target: { uri: 'contacts', filter } })) } : open;
    };
    assert.equal(codes(new Driver().send([withFilter({ meta: { type: 'text/x-vcard' } })])), 'SyncHdr 200, Alert 200');
    assert.equal(
      codes(new Driver().send([withFilter({ type: 'X', record: { data: { kind: 'content', bytes: bytes('a') } } })])),
      'SyncHdr 200, Alert 406',
    );
  });
});
