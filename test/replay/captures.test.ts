/**
 * Whole sessions of real clients, captured with other servers and played again to this one, with a second device that changes what the other
 * server's side changed. Whatever the client does, nothing it or the other holds is lost, doubled or damaged.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe as describeItem } from '../../src/content/describe.js';
import { Alert } from '../../src/model/alert.js';
import { Bench, PASSWORD, USER } from '../exchange/support/bench.js';
import { ModelDevice } from '../model-client/device.js';
import type { StoreProfile } from '../model-client/profile.js';
import { fieldsOf } from './fields.js';
import { RecordedClient } from './recorded-client.js';
import { capturedSessions, itemsBefore, prelude, type RecordedChange, type RecordedSession } from './recordings.js';

const CAPTURES = join(import.meta.dirname, '../../fixtures/captures');
const URL = 'http://sync.example/sync';

const CARDS = { uri: './desk', target: 'contacts', type: 'text/x-vcard', verCt: '2.1' } as const;
const MODERN = { ...CARDS, type: 'text/vcard', verCt: '3.0' } as const;
const NOTES = { uri: './desk', target: 'notes', type: 'text/plain', verCt: '1.0' } as const;

interface Chain {
  readonly what: string;
  /** Folders that one client wrote one after the other. */
  readonly folders: readonly string[];
  readonly store: StoreProfile;
}

const CHAINS: readonly Chain[] = [
  {
    what: 'buteo-syncml: slow, two-way, one-way, refresh from server, small messages',
    folders: [
      'buteo-syncml/12-xml-slow',
      'buteo-syncml/12-wbxml-two-way',
      'buteo-syncml/12-wbxml-one-way-from-client',
      'buteo-syncml/12-wbxml-refresh-from-server',
      'buteo-syncml/11-wbxml-slow-small-messages',
    ],
    store: CARDS,
  },
  {
    what: 'Funambol for Java: slow, two-way, refresh from server',
    folders: ['slow', 'two-way', 'refresh-from-server'].map((one) => `funambol-java-jsync/12-xml-${one}`),
    store: CARDS,
  },
  { what: 'Funambol for C++: five sessions', folders: ['funambol-cpp/12-xml-testCopy'], store: CARDS },
  { what: 'pysyncml, then syncml-js', folders: ['pysyncml/with-pysyncml-server-notes'], store: NOTES },
  { what: 'syncml-js', folders: ['syncml-js/with-pysyncml-server-notes'], store: NOTES },
  ...[
    'slow-5-xml',
    'slow-5-wbxml',
    'version-1.1-wbxml',
    'two-way-changes-wbxml',
    'auth-md5-challenge-wbxml',
    'multi-message-small-msgsize-wbxml',
    'three-stores-wbxml',
  ].map((one): Chain => ({ what: `SyncEvolution: ${one}`, folders: [`syncevolution/${one}`], store: MODERN })),
];

const labelOf = ({ bytes, type }: Pick<RecordedChange, 'bytes' | 'type'>): string => describeItem(bytes, type).label;

describe('replay: captured sessions of real clients', function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  for (const { what, folders, store } of CHAINS)
    it(`${what}: nothing lost, doubled or damaged`, async () => {
      const sessions = folders.flatMap((folder) => capturedSessions(join(CAPTURES, folder)));
      const [first] = sessions;
      assert.ok(first, 'there is a session');
      const desk = new ModelDevice({ uri: 'desk', user: USER, password: PASSWORD, stores: [store] }, bench.transport, URL);
      const held = desk.store(store.target);
      /** What each client holds: some folders have sessions of two. */
      const clients = new Map<string, Map<string, RecordedChange>>();
      let items = new Map<string, RecordedChange>();
      let recorded: RecordedSession = first;
      const client = new RecordedClient(bench, (change) => {
        const same = recorded.ofServer.find((one) => one.kind === 'Add' && labelOf(one) === labelOf(change) && !items.has(one.luid));
        return same?.luid ?? `got-${items.size}`;
      });
      const changeAtDesk = ({ kind, luid, type, bytes }: RecordedChange): void => {
        const there = [...held.items.values()];
        if (kind === 'Add') {
          const fields = fieldsOf(bytes, type);
          if (!there.some((item) => isSaidBy(fields, fieldsOf(item.bytes, item.type)))) held.add(bytes);
          return;
        }
        const label = labelOf(items.get(luid) ?? assert.fail(`the client never had ${luid}`));
        const [one, ...more] = there.filter((item) => labelOf(item) === label);
        assert.ok(one && more.length === 0, `the second device has ${label} once`);
        if (kind === 'Replace') held.replace(one.luid, bytes);
        else held.remove(one.luid);
      };

      const play = async (session: RecordedSession): Promise<void> => {
        recorded = session;
        const device = session.client[0]?.header.source.uri ?? '';
        items = clients.get(device) ?? new Map<string, RecordedChange>();
        clients.set(device, items);
        if (session.refreshed) items.clear();
        for (const change of session.ofServer) changeAtDesk(change);
        await desk.sync(held.agreed ? Alert.TwoWay : Alert.SlowSync);
        const played = await client.play(session);
        assert.deepEqual(played.broken, []);
        assert.equal(played.codes.length, session.ofClient.length, 'each change of the client has its status');
        for (const code of played.codes) assert.ok(code === 200 || code === 201, `status ${code}`);
        for (const change of [...session.ofClient, ...played.received]) {
          if (change.kind === 'Delete') items.delete(change.luid);
          else items.set(change.luid, change);
        }
        await desk.sync(Alert.TwoWay);
        await check(`${session.name}: `);
      };
      const storedItems = (): Promise<Pick<RecordedChange, 'bytes' | 'type'>[]> =>
        bench.read(async (reader) => {
          const datastore = await reader.datastores.byUri(store.target);
          const list = datastore ? await reader.items.list(datastore.id) : [];
          return Promise.all(
            list.map(async ({ guid, type }) => ({
              type,
              bytes: (datastore && (await reader.items.content(datastore.id, guid))) ?? new Uint8Array(),
            })),
          );
        });
      const check = async (session: string): Promise<void> => {
        const stored = await storedItems();
        // Of several clients the one that has just synced: the others do not know of it yet.
        const ofClient = [...items.values()].filter(({ type }) => familyOf(type) === familyOf(store.type));
        const sides = [ofClient, [...held.items.values()]];
        for (const side of sides)
          for (const { bytes, type } of side) {
            const fields = fieldsOf(bytes, type);
            assert.ok(
              stored.some((item) => isSaidBy(fields, fieldsOf(item.bytes, item.type))),
              `${session}not on the server as it was sent: ${Buffer.from(bytes).toString()}`,
            );
          }
        const count = (list: readonly string[], label: string): number => list.filter((one) => one === label).length;
        const labels = stored.map(labelOf);
        for (const label of new Set(labels)) {
          const most = Math.max(...sides.map((side) => count(side.map(labelOf), label)));
          assert.equal(count(labels, label), most, `${session}${label} is there as often as a device has it`);
        }
      };

      if (!first.slow && itemsBefore(sessions).length > 0) await play(prelude(first, itemsBefore(sessions)));
      for (const session of sessions) await play(session);
      assert.ok((await storedItems()).length > 0, 'something was synced');
    });
});

/** The family of formats. */
const familyOf = (type: string): string => (/vcard/.test(type) ? 'cards' : /plain|sifn/.test(type) ? 'notes' : type);
const isSaidBy = (fields: ReadonlySet<string>, all: ReadonlySet<string>): boolean => [...fields].every((field) => all.has(field));
