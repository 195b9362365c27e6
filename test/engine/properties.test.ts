/** Any sequence of messages: the engine never throws, the invariants hold after each, and a session that goes nowhere ends. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Message, SyncmlVersion } from '../../src/model/message.js';
import { Driver } from './support/driver.js';
import { everyCommand } from './support/invariants.js';
import {
  add,
  alert,
  changeItems,
  get,
  group,
  headerOk,
  map,
  nextMessage,
  openAlert,
  part,
  putDevInf,
  remove,
  replace,
  status,
  statusesFor,
  sync,
  type Draft,
} from './support/messages.js';
import type { Waiting } from './support/scripted.js';

const store = fc.constantFrom('contacts', 'calendar', 'notes', 'nowhere');
const luid = fc.constantFrom('1', '2', '3', 'x'.repeat(300));
const text = fc.constantFrom('a', 'b'.repeat(400), 'ü'.repeat(90), '<&>'.repeat(100));

const change: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(luid, text).map(([l, t]) => add(l, t)) },
  { weight: 3, arbitrary: fc.tuple(luid, text).map(([l, t]) => replace(l, t)) },
  { weight: 2, arbitrary: luid.map((l) => remove(l)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(luid, text, fc.boolean(), fc.boolean())
      .map(([l, t, last, first]) => part(l, t, { last, ...(first ? { size: 1000 } : {}) })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(luid, luid).map(([a, b]) =>
      changeItems('Add', [
        { source: a, data: 'a' },
        { source: b, data: 'b' },
      ]),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(luid, text).map(([l, t]) => add(l, t, { noResp: true })) },
  { weight: 1, arbitrary: fc.constant(changeItems('Copy', [{ source: '1', target: '2' }])) },
  { weight: 1, arbitrary: fc.constant(changeItems('Replace', [])) },
);
const nested: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 5, arbitrary: change },
  { weight: 1, arbitrary: fc.array(change, { maxLength: 3 }).map((list) => group('Atomic', list)) },
  { weight: 1, arbitrary: fc.array(change, { maxLength: 3 }).map((list) => group('Sequence', list)) },
);
const command: fc.Arbitrary<Draft> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: 199, max: 226 }), store, fc.constantFrom('1', 'bad', undefined))
      .map(([code, s, last]) => openAlert(code, s, `./${s}`, '2', last)),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(store, fc.array(nested, { maxLength: 4 })).map(([s, list]) => sync(list, { store: s, from: `./${s}` })),
  },
  { weight: 1, arbitrary: store.map((s) => map({ g0: '7', g1: '8' }, { target: { uri: s } })) },
  { weight: 1, arbitrary: fc.constant(get()) },
  { weight: 1, arbitrary: fc.constant(putDevInf()) },
  { weight: 1, arbitrary: fc.constant(alert(224)) },
  { weight: 2, arbitrary: fc.constant(nextMessage()) },
  { weight: 1, arbitrary: fc.constant<Draft>({ kind: 'Unknown', name: 'Frobnicate' }) },
  { weight: 1, arbitrary: change },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom('Add', 'Alert', 'Sync', 'SyncHdr', 'Get'),
        fc.constantFrom(200, 213, 401, 404, 420, 500, 508),
      )
      .map(([m, c, cmd, code]) => status(m, c, cmd, code)),
  },
);
const move = fc.record({
  body: fc.array(command, { maxLength: 5 }),
  final: fc.boolean(),
  noResp: fc.constantFrom(false, false, false, true),
  answers: fc.boolean(),
  size: fc.constantFrom(undefined, undefined, undefined, 3000, 20_000),
});
const waiting: fc.Arbitrary<Waiting[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('Add', 'Replace', 'Delete'),
    name: fc.constantFrom('1', '2', '3'),
    text: fc.constantFrom('t', 'l'.repeat(900), 'ä"<'.repeat(2000)),
  }),
  { maxLength: 8 },
);

describe('engine: any messages', () => {
  for (const encoding of ['xml', 'wbxml'] as const) {
    it(`keeps every invariant (${encoding})`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom<SyncmlVersion>('1.0', '1.1', '1.2'),
          fc.array(move, { minLength: 1, maxLength: 8 }),
          waiting,
          (version, moves, items) => {
            const driver = new Driver({ version, encoding, waiting: items, session: { clientMaxMsgSize: 20_000, largeObjects: true } });
            let last: Message | undefined;
            for (const m of moves) {
              const statuses = last && m.answers ? statusesFor(last) : [];
              last = driver.send([...statuses, ...m.body], {
                final: m.final,
                header: { ...(m.noResp ? { noResp: true } : {}), ...(m.size === undefined ? {} : { meta: { maxMsgSize: m.size } }) },
              });
            }
          },
        ),
        { numRuns: 300 },
      );
    });
  }

  it('sends everything to a client that keeps asking, in messages of any size (I9, I12)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1400, max: 9000 }),
        waiting,
        fc.constantFrom<'xml' | 'wbxml'>('xml', 'wbxml'),
        (size, items, encoding) => {
          const driver = new Driver({ encoding, waiting: items, session: { largeObjects: true } });
          let answer = driver.send([openAlert(200)], { header: { meta: { maxMsgSize: size } } });
          assert.ok(answer.final);
          answer = driver.send([...statusesFor(answer), sync([])]);
          const got: string[] = [];
          const note = (m: Message): void => {
            for (const c of everyCommand(m.body))
              if ((c.kind === 'Add' || c.kind === 'Replace' || c.kind === 'Delete') && !c.items[0]?.moreData) got.push(c.kind);
          };
          note(answer);
          for (let round = 0; round < 400 && !answer.final; round += 1) {
            answer = driver.send([...statusesFor(answer), nextMessage()], { final: false });
            note(answer);
          }
          assert.ok(answer.final, 'package 4 has an end');
          assert.equal(got.length, items.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('ends a session that only asks for more (I19)', () => {
    for (const phase of ['initialization', 'modifications', 'map'] as const) {
      const driver = new Driver();
      let answer = driver.send([openAlert(200)], { final: phase !== 'initialization' });
      if (phase === 'map') answer = driver.send([sync()]);
      let rounds = 0;
      while (driver.session.phase !== 'ended' && rounds < 40) {
        answer = driver.send([headerOk(Number(answer.header.msgId)), nextMessage()], { final: false });
        rounds += 1;
      }
      assert.equal(driver.session.phase, 'ended', phase);
      assert.ok(rounds <= 14, `${phase}: ${rounds} rounds`);
    }
  });
});
