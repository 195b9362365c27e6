/** Map: the server's table of GUIDs and LUIDs. [SyncML Sync Protocol 1.1, "ID Mapping"] */
import { Alert } from '../../model/alert.js';
import type { ItemCommand, MapCommand } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, type ConformanceCase } from '../case.js';
import type { DeviceOptions, LabDevice } from '../lab/device.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession } from '../lab/session.js';
import type { SyncOptions } from '../lab/sync.js';

const TWO_WAY = { granted: Alert.TwoWay };
const EDITED = { edit: 2 };

/** A device that synced when there was nothing, and another that put one item on the server since. */
async function withNews(lab: Lab): Promise<{ readonly device: LabDevice; readonly owner: LabDevice }> {
  const device = await lab.seed([]);
  return { device, owner: await lab.seed(['one']) };
}

/** The device gets that item, by a two-way sync. @returns the LUID it gave it, and the session before its package 5 where that is left out. */
async function received(
  lab: Lab,
  device: LabDevice,
  options: SyncOptions = {},
): Promise<{ readonly luid: string; readonly session: LabSession }> {
  const { session } = await lab.sync(device, Alert.TwoWay, [], { ...TWO_WAY, ...options });
  const [luid] = device.store.items.keys();
  lab.given(luid !== undefined && device.store.items.size === 1, `the server sends ${device.store.items.size} items`);
  return { luid: luid ?? '', session };
}

const mapOf = (device: LabDevice): Draft<MapCommand> => drafts.map(device.store.names, device.store.unmapped);

/** Whether the server knows the LUID: a Replace by it changes the item and adds none. */
async function isMapped(lab: Lab, device: LabDevice, luid: string, what: string): Promise<void> {
  await lab.sync(device, Alert.TwoWay, [lab.replace(luid, 'one', EDITED)], TWO_WAY);
  lab.equal(await lab.held(), ['one#2'], `after a Replace by the LUID ${what} the server holds`);
}

/** What the server sends when the owner of the item has changed it. */
async function sentFor(
  lab: Lab,
  change: Draft,
  kind: 'Replace' | 'Delete',
): Promise<{ readonly luid: string; readonly sent: ItemCommand | undefined }> {
  const { device, owner } = await withNews(lab);
  const { luid } = await received(lab, device);
  await lab.sync(owner, Alert.TwoWay, [change], TWO_WAY);
  const { package4 } = await lab.sync(device, Alert.TwoWay, [], TWO_WAY);
  const changes = package4.flatMap((answer) => answer.changes());
  lab.check(
    changes.length === 1 && changes[0]?.kind === kind,
    `the change comes as one ${kind}`,
    changes.map((c) => c.kind).join(', ') || 'nothing',
  );
  return { luid, sent: changes[0] };
}

/** A slow sync whose package 4 takes several messages; stops at the first Add before its end. */
async function within4(lab: Lab, options: DeviceOptions): Promise<LabSession> {
  await lab.seed(['one', 'two', 'three', 'four', 'five'], { filler: 500 });
  const session = lab.device(options).session();
  await session.openStore(Alert.SlowSync);
  let answer = await session.push([]);
  session.apply(answer);
  for (let more = 0; !answer.final && session.device.store.unmapped.size === 0 && more < 10; more += 1) {
    answer = await session.more();
    session.apply(answer);
  }
  lab.given(!answer.final && session.device.store.unmapped.size > 0, 'package 4 does not take several messages');
  return session;
}

/** A two-way sync whose package 3 begins with the Map of the session before, and goes on with a change by its LUID. */
async function keptMap(lab: Lab, change: (luid: string) => Draft): Promise<{ readonly session: LabSession; readonly map: Draft }> {
  const { device } = await withNews(lab);
  const { luid } = await received(lab, device, { close: 'none' });
  const session = await lab.reopen(device);
  const map = mapOf(device);
  device.store.unmapped.clear();
  await session.pull(await session.push([change(luid)], { before: [map] }));
  await session.close();
  return { session, map };
}

export const MAP_CASES: readonly ConformanceCase[] = [
  active(
    'MAP-001a',
    async (lab) => {
      const { device } = await withNews(lab);
      const { luid } = await received(lab, device);
      await isMapped(lab, device, luid, 'of a Map');
    },
    { title: 'A Replace by the LUID of a Map changes the item' },
  ),
  active(
    'MAP-001b',
    async (lab) => {
      const { device } = await withNews(lab);
      const { luid } = await received(lab, device);
      await lab.sync(device, Alert.TwoWay, [drafts.remove(luid)], TWO_WAY);
      lab.equal(await lab.held(), [], 'after a Delete by the LUID of a Map the server holds');
    },
    { title: 'A Delete by the LUID of a Map deletes the item' },
  ),
  active('MAP-002', async (lab) => {
    const { device } = await withNews(lab);
    const { session } = await received(lab, device, { close: 'none' });
    const map = mapOf(device);
    const answer = await session.send([map]);
    const codes = answer.codesFor(map);
    lab.check(codes.length === 1, 'a Map has one Status in the answer', codes.join(', ') || 'no Status');
    lab.success(codes[0], 'the Map');
  }),
  active('MAP-003', async (lab) => {
    const session = await within4(lab, { maxMsgSize: 2000, devInf: 'none' });
    const { device } = session;
    const map = mapOf(device);
    device.store.unmapped.clear();
    const answer = await session.send([map, drafts.nextMessage(device.uri, lab.target.url)], { final: false });
    session.apply(answer);
    let last = answer;
    for (let more = 0; session.code(map) === undefined && !last.final && more < 20; more += 1) last = await session.more();
    lab.success(session.code(map), "a Map before the server's Final");
  }),
  active(
    'MAP-004a',
    async (lab) => {
      const { session, map } = await keptMap(lab, (luid) => lab.replace(luid, 'one', EDITED));
      lab.success(session.code(map), 'a Map kept from the session before');
      lab.equal(await lab.held(), ['one#2'], 'after the Map and a Replace by its LUID in package 3 the server holds');
    },
    { title: 'A Map kept from the session before holds for the changes behind it' },
  ),
  active(
    'MAP-004b',
    async (lab) => {
      await keptMap(lab, drafts.remove);
      lab.equal(await lab.held(), [], 'after the Map and a Delete by its LUID in package 3 the server holds');
    },
    { title: 'A Map kept from the session before holds for a Delete behind it' },
  ),
  active('MAP-005', async (lab) => {
    await lab.seed(['one', 'two']);
    const device = lab.device({ maxGuidSize: 4 });
    const { package4 } = await lab.sync(device, Alert.SlowSync);
    const guids = package4.flatMap((answer) => answer.changes('Add')).map(({ items }) => items[0]?.source?.uri ?? '');
    lab.given(guids.length > 0, 'package 4 holds no Add');
    for (const guid of guids)
      lab.check(Buffer.byteLength(guid) <= 4, 'Source of an Add for a device with MaxGUIDSize 4 has at most 4 bytes', guid);
  }),
  active(
    'MAP-006a',
    async (lab) => {
      const { luid, sent } = await sentFor(lab, lab.replace('one', 'one', EDITED), 'Replace');
      lab.equal(sent?.items[0]?.target?.uri, luid, 'Target of the Replace');
    },
    { title: 'A Replace of a mapped item names the LUID' },
  ),
  active(
    'MAP-006b',
    async (lab) => {
      const { luid, sent } = await sentFor(lab, drafts.remove('one'), 'Delete');
      lab.equal(sent?.items[0]?.target?.uri, luid, 'Target of the Delete');
    },
    { title: 'A Delete of a mapped item names the LUID' },
  ),
  active('MAP-007', async (lab) => {
    await lab.seed(['one']);
    const device = lab.device();
    const { session, package4 } = await lab.sync(device, Alert.SlowSync, [], { close: 'none' });
    lab.given(
      package4.some((answer) => answer.changes('Add').length === 1),
      'package 4 holds no Add',
    );
    const [luid = ''] = device.store.items.keys();
    const map = mapOf(device);
    const answer = await session.send([map]);
    lab.success(answer.codeFor(map), 'the Map of an item that was added in a slow sync');
    session.settle();
    await isMapped(lab, device, luid, 'of that Map');
  }),
  active(
    'MAP-008a',
    async (lab) => {
      const { device } = await withNews(lab);
      const { session } = await received(lab, device, { close: 'none' });
      const map = drafts.map(device.store.names, [['no-such-guid', '4711'], ...device.store.unmapped]);
      const answer = await session.send([map]);
      const codes = answer.codesFor(map);
      lab.check(codes.includes(Status.NotFound), 'a Map with an unknown GUID has a Status 404', codes.join(', ') || 'no Status');
    },
    { title: 'Unknown GUID in Map -> 404' },
  ),
  active(
    'MAP-008b',
    async (lab) => {
      const { device } = await withNews(lab);
      const { luid, session } = await received(lab, device, { close: 'none' });
      await session.send([drafts.map(device.store.names, [['no-such-guid', '4711'], ...device.store.unmapped])]);
      session.settle();
      await isMapped(lab, device, luid, 'beside one with an unknown GUID');
    },
    { title: 'The other items of a Map with an unknown GUID count' },
  ),
  active('MAP-009', async (lab) => {
    const { device } = await withNews(lab);
    const { session } = await received(lab, device, { close: 'none' });
    await session.send([]);
    const early = mapOf(device);
    session.settle();
    const next = device.session();
    lab.given((await next.openStore(Alert.TwoWay)) === Alert.TwoWay, 'the next sync is not two-way');
    const package4 = await next.pull(await next.push([], { before: [early] }));
    const adds = package4.flatMap((answer) => answer.changes('Add')).length;
    lab.check(adds === 0, 'an item whose Map comes with the next session is not added once more', `${adds} Adds`);
  }),
  active('MAP-010', async (lab) => {
    const { device } = await withNews(lab);
    const { luid, session } = await received(lab, device, { close: 'none' });
    const map = mapOf(device);
    await session.send([]);
    const late = await session.send([map]);
    lab.success(late.codeFor(map), 'a Map behind the Final of package 5');
    session.settle();
    await isMapped(lab, device, luid, 'of the late Map');
  }),
];
