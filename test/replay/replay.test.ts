/**
 * Sessions of real clients, played again to this server, with a second device that makes the changes the recorded server had on its side.
 * No item may be lost, doubled or damaged.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { converted, readable } from '../../src/content/conversion/convert.js';
import { textOf } from '../../src/content/conversion/units.js';
import { describe as describeItem } from '../../src/content/describe.js';
import { Alert } from '../../src/model/alert.js';
import { Bench, PASSWORD, USER } from '../exchange/support/bench.js';
import { ModelDevice } from '../model-client/device.js';
import type { StoreProfile } from '../model-client/profile.js';
import { fieldsOf } from './fields.js';
import { RecordedClient } from './recorded-client.js';
import { itemsBefore, prelude, recordedSessions, type RecordedChange, type RecordedSession } from './recordings.js';

const MESSAGES = join(import.meta.dirname, '../../../shared/corpus/messages');

interface Recording {
  readonly folder: string;
  readonly what: string;
  /** The server's datastore, and what the second device calls items there. */
  readonly store: StoreProfile;
  /** What a third device takes, that comes when all is done. */
  readonly other: Pick<StoreProfile, 'type' | 'verCt'>;
}

const MODERN = { type: 'text/calendar', verCt: '2.0' } as const;

const RECORDINGS: readonly Recording[] = [
  {
    folder: 'horde-P900_tasksandcalendar',
    what: 'Sony Ericsson P900, SyncML 1.0, events and tasks in one store',
    store: { uri: './desk', target: 'calendar', type: 'text/x-vcalendar', verCt: '1.0' },
    other: MODERN,
  },
  {
    folder: 'horde-synthesis_tasks',
    what: 'Synthesis on PalmOS, tasks',
    store: { uri: './desk', target: 'tasks', type: 'text/x-vcalendar', verCt: '1.0' },
    other: MODERN,
  },
  {
    folder: 'horde-funambol_outlook3015_calendar',
    what: 'Funambol for Outlook, SIF events',
    store: { uri: './desk', target: 'calendar', type: 'text/x-s4j-sife', verCt: '1.0' },
    other: MODERN,
  },
  {
    folder: 'horde-sync4j_pocketpc_calendar',
    what: 'Sync4j on Pocket PC, SIF events',
    store: { uri: './desk', target: 'calendar', type: 'text/x-s4j-sife', verCt: '1.0' },
    other: MODERN,
  },
  {
    folder: 'horde-sync4j_pocketpc_notes',
    what: 'Sync4j on Pocket PC, SIF notes',
    store: { uri: './desk', target: 'notes', type: 'text/x-s4j-sifn', verCt: '1.0' },
    other: { type: 'text/plain', verCt: '1.0' },
  },
];

const URL = 'http://sync.example/sync';
/**
 * Fields that come back in another of their spellings, those of Outlook that say no, and those that say what a rule or an alarm would be if
 * there were one.
 */
const RESPELLED =
  /ORGANIZER|=(?:0|False)$|^(?:Reminder\w+|RecurrenceType|Interval|DayOfMonth|MonthOfYear|DayOfWeekMask|Instance|PatternStartDate|NoEndDate|Occurrences)=/;
/** A text has no fields: its lines are those of the title and the body, and a date has no place in it. */
const isInText = (field: string, text: Uint8Array): boolean =>
  field.startsWith('Date=') || (field.startsWith('Body=') && Buffer.from(text).toString().replace(/\s+/g, ' ').includes(field.slice(5)));
const wrap = (field: string, type: string): Buffer =>
  Buffer.from(
    type.startsWith('text/x-s4j') ? field : `BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\n${field}END:VEVENT\r\nEND:VCALENDAR\r\n`,
  );

const labelOf = ({ bytes, type }: Pick<RecordedChange, 'bytes' | 'type'>): string => describeItem(bytes, type).label;
const summary = ({ kind, luid, bytes, type }: RecordedChange): string =>
  `${kind} ${luid} ${bytes.length > 0 ? labelOf({ bytes, type }) : ''}`;

/** An item on both sides: what each wrote of it last. */
interface Shared {
  client?: RecordedChange | undefined;
  desk?: RecordedChange | undefined;
  /** Who wrote last. */
  by: 'client' | 'desk';
}

describe('replay: recorded sessions of real clients', function () {
  this.timeout(60_000);
  if (!existsSync(MESSAGES)) {
    it('is not run', function () {
      console.log(`    (no recorded sessions at ${MESSAGES}: they are not played again)`);
      this.skip();
    });
    return;
  }
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  for (const { folder, what, store, other } of RECORDINGS)
    it(`${what}: nothing lost, doubled or damaged`, async () => {
      const sessions = recordedSessions(join(MESSAGES, folder));
      const [first] = sessions;
      assert.ok(first);
      const before = itemsBefore(sessions);
      const shared = new Map<string, Shared>();
      let expectedAdds: readonly RecordedChange[] = [];
      const client = new RecordedClient(bench, (change) => {
        const found = expectedAdds.find((one) => labelOf(one) === labelOf(change));
        assert.ok(found, `the client never had ${labelOf(change)}`);
        return found.luid;
      });
      const desk = new ModelDevice({ uri: 'desk', user: USER, password: PASSWORD, stores: [store] }, bench.transport, URL);
      const held = desk.store(store.target);
      const atDesk = (luid: string): string => {
        const label = labelOf(shared.get(luid)?.[shared.get(luid)?.by ?? 'client'] ?? assert.fail(`no item ${luid}`));
        const found = [...held.items.values()].filter((item) => labelOf(item) === label);
        assert.equal(found.length, 1, `the second device has ${label} once`);
        return found[0]?.luid ?? '';
      };

      const play = async (session: RecordedSession): Promise<void> => {
        for (const change of session.ofServer) {
          if (change.kind === 'Add') held.add(change.bytes);
          else if (change.kind === 'Replace') held.replace(atDesk(change.luid), change.bytes);
          else held.remove(atDesk(change.luid));
        }
        await desk.sync(held.agreed ? Alert.TwoWay : Alert.SlowSync);
        expectedAdds = session.ofServer.filter(({ kind }) => kind === 'Add');
        const played = await client.play(session);
        assert.deepEqual(played.broken, []);
        assert.equal(played.slow, session.slow, 'the sync is slow where it was');
        assert.equal(played.codes.length, session.ofClient.length, 'each change of the client has its status');
        for (const code of played.codes) assert.ok(code === 200 || code === 201, `status ${code}`);
        assert.deepEqual(played.received.map(summary).sort(), session.ofServer.map(summary).sort(), 'what the server sends');
        for (const [by, changes] of [
          ['client', session.ofClient],
          ['desk', session.ofServer],
        ] as const)
          for (const change of changes) {
            if (change.kind === 'Delete') shared.delete(change.luid);
            else shared.set(change.luid, { ...shared.get(change.luid), [by]: change, by });
          }
        await desk.sync(Alert.TwoWay);
        await check(session.name);
      };
      const check = async (session: string): Promise<void> => {
        const stored = await bench.texts(store.target);
        const expected = [...shared.values()].map((one) => labelOf(one[one.by] ?? assert.fail()));
        const labels = stored.map((text) => labelOf({ bytes: Buffer.from(text), type: store.type }));
        assert.deepEqual([...labels].sort(), [...expected].sort(), `session ${session}: the items on the server`);
        assert.deepEqual(
          [...held.items.values()].map(labelOf).sort(),
          [...expected].sort(),
          `session ${session}: the items of the second device`,
        );
        for (const [luid, one] of shared) {
          const written = one[one.by] ?? assert.fail();
          const item = stored[labels.indexOf(labelOf(written))] ?? '';
          const fields = fieldsOf(Buffer.from(item), store.type);
          for (const field of fieldsOf(written.bytes, store.type))
            assert.ok(fields.has(field), `${luid}: ${field} was sent, not in ${item}`);
          // What is there and the last writer did not send, the other side wrote, and the writer has no place for it: its device information says
          // so, or it lists no properties at all, as the second device, and never sent that one.
          const before = one.by === 'client' ? one.desk : one.client;
          const other = before ? fieldsOf(before.bytes, store.type) : new Set<string>();
          for (const field of fields)
            assert.ok(other.has(field) || fieldsOf(written.bytes, store.type).has(field), `${luid}: ${field} of nobody, in ${item}`);
        }
      };

      if (before.length > 0) await play(prelude(first, before));
      for (const session of sessions) await play(session);

      const third = new ModelDevice(
        { uri: 'third', user: USER, password: PASSWORD, stores: [{ ...store, ...other }] },
        bench.transport,
        URL,
      );
      await third.sync(Alert.SlowSync);
      const got = [...third.store(store.target).items.values()];
      const stored = await bench.texts(store.target);
      assert.deepEqual(got.map(labelOf).sort(), stored.map((text) => labelOf({ bytes: Buffer.from(text), type: store.type })).sort());
      for (const text of stored) {
        const item = readable(Buffer.from(text), store.type) ?? assert.fail();
        const [there, ...more] = got.filter((one) => labelOf(one) === labelOf({ bytes: item.bytes, type: store.type }));
        assert.ok(there && more.length === 0);
        assert.equal(there.type, other.type);
        const back = readable(there.bytes, there.type);
        const again = back && converted(back, item.format);
        assert.ok(again, 'it is an item of its own format');
        const kept = fieldsOf(Buffer.from(textOf(again), 'latin1'), store.type);
        const nowhere = (converted(item, back.format)?.units ?? []).flatMap(({ source, text: written, loss }) =>
          source && (loss !== undefined || written === '') ? [Buffer.from(item.bytes.subarray(source.start, source.end)).toString()] : [],
        );
        const lost = [...fieldsOf(item.bytes, store.type)].filter(
          (field) => !kept.has(field) && !RESPELLED.test(field) && !(back.format === 'plain' && isInText(field, there.bytes)),
        );
        const unexplained = lost.filter((field) => !nowhere.some((one) => fieldsOf(wrap(one, store.type), store.type).has(field)));
        assert.deepEqual(unexplained, [], text);
      }
    });
});
