/** Sync anchors: which sync runs, and when the anchors move. [SyncML Sync Protocol 1.1, "Sync Anchors"] */
import { Alert, isSyncType } from '../../model/alert.js';
import type { Command } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, scan, type ConformanceCase } from '../case.js';
import type { LabDevice } from '../lab/device.js';
import * as drafts from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession } from '../lab/session.js';

const NOT_OURS = '77';

interface Opened {
  readonly session: LabSession;
  readonly status: number | undefined;
  /** Code of the server's Alert. */
  readonly granted: number | undefined;
}

/** Package 1 with one Alert, and what the server makes of it. `last` stands for the device's own where it is given. */
async function open(device: LabDevice, code: number, last?: { readonly last: string | undefined }): Promise<Opened> {
  const session = device.session();
  const alert = session.alert(code, device.store, last ?? {});
  let answer = await session.open([alert]);
  for (let more = 0; !answer.final && more < 20; more += 1) answer = await session.more();
  return { session, status: session.code(alert), granted: session.granted() };
}

const isTaken = (lab: Lab, { status }: Opened, what: string): void => {
  lab.equal(status, Status.Ok, `Status of an Alert 200 with ${what}`);
};

/** @throws {CaseFailed} unless this Last counts as unknown. */
const isUnknown = (lab: Lab, { status }: Opened, what: string): void => {
  lab.equal(status, Status.RefreshRequired, `Status of an Alert 200 with ${what}`);
};

const givenTwoWay = (lab: Lab, { status, granted }: Opened): void => {
  lab.given(status === Status.Ok && granted === Alert.TwoWay, `the two-way sync before is answered with ${status} and Alert ${granted}`);
};

/** A device that shares one item with the server, and another that has added one since: a two-way sync has something to send. */
async function withNews(lab: Lab): Promise<LabDevice> {
  const device = await lab.seed(['shared']);
  await lab.seed(['news']);
  return device;
}

const refusesSync = (command: Command): number => (command.kind === 'Sync' ? Status.DataStoreFailure : Status.Ok);

/** A two-way sync whose Sync of package 4 the device answers with 510. @returns its Next. */
async function failed(lab: Lab, device: LabDevice): Promise<string> {
  const opened = await open(device, Alert.TwoWay);
  givenTwoWay(lab, opened);
  const { session } = opened;
  const answer = await session.push([]);
  lab.given(answer.syncs.length > 0, 'package 4 holds no Sync');
  await session.send([], { statuses: refusesSync });
  return session.nextOf(device.store);
}

const SERVER_ANCHOR = /^(\d{8}T\d{6}Z|\d+)$/;

export const ANCHOR_CASES: readonly ConformanceCase[] = [
  active(
    'ANC-001a',
    async (lab) => {
      const device = await lab.seed(['shared']);
      isTaken(lab, await open(device, Alert.TwoWay), 'the Next of the slow sync before as Last');
    },
    { title: "The client's Next is kept at the end of a slow sync" },
  ),
  active(
    'ANC-001b',
    async (lab) => {
      const device = await lab.seed(['shared']);
      await lab.sync(device, Alert.TwoWay, [], { granted: Alert.TwoWay });
      isTaken(lab, await open(device, Alert.TwoWay), 'the Next of the two-way sync before as Last');
    },
    { title: "The client's Next is kept at the end of a two-way sync" },
  ),
  active(
    'ANC-002a',
    async (lab) => {
      const device = await lab.seed(['shared']);
      const { granted } = await open(device, Alert.TwoWay);
      lab.equal(granted, Alert.TwoWay, "code of the server's Alert where the anchors match");
    },
    { title: 'Matching Last: the server alerts the normal sync' },
  ),
  active(
    'ANC-002b',
    async (lab) => {
      const device = lab.device();
      const { session } = await lab.sync(device, Alert.SlowSync);
      const before = session.grantedAlert()?.items[0]?.meta?.anchor?.next;
      const second = await open(device, Alert.TwoWay);
      givenTwoWay(lab, second);
      const anchor = second.session.grantedAlert()?.items[0]?.meta?.anchor;
      lab.equal(anchor?.last, before, "the server's Last, which the client compares with the Next of the sync before");
    },
    { title: "Matching Last: the server's Last is its Next of the sync before" },
  ),
  active(
    'ANC-003a',
    async (lab) => isUnknown(lab, await open(await lab.seed(['shared']), Alert.TwoWay, { last: NOT_OURS }), 'a Last that was never given'),
    { title: 'Mismatch: Status 508' },
  ),
  active(
    'ANC-003b',
    async (lab) => {
      const { granted } = await open(await lab.seed(['shared']), Alert.TwoWay, { last: NOT_OURS });
      lab.equal(granted, Alert.SlowSync, "code of the server's Alert where the anchors do not match");
    },
    { title: 'Mismatch: Alert 201' },
  ),
  active(
    'ANC-003c',
    async (lab) => {
      const { status, granted } = await open(await lab.seed(['shared']), Alert.OneWayFromServer, { last: NOT_OURS });
      lab.offers(status, 'Alert 204');
      lab.equal(status, Status.RefreshRequired, 'Status of an Alert 204 with a Last that was never given');
      lab.oneOf(granted, [Alert.RefreshFromServer, Alert.SlowSync], "code of the server's Alert");
    },
    { title: 'Mismatch in a one-way sync from the server: 508 and a refresh or a slow sync' },
  ),
  active(
    'ANC-004a',
    async (lab) => {
      const { granted } = await open(lab.device(), Alert.TwoWay);
      lab.equal(granted, Alert.SlowSync, "code of the server's Alert for a device that never synced and sends no Last");
    },
    { title: 'First sync is slow: the device sends no Last' },
  ),
  active(
    'ANC-004b',
    async (lab) => {
      const { granted } = await open(lab.device(), Alert.TwoWay, { last: NOT_OURS });
      lab.equal(granted, Alert.SlowSync, "code of the server's Alert for a device that never synced and sends a Last");
    },
    { title: 'First sync is slow: the device sends a Last of its own' },
  ),
  active(
    'ANC-005a',
    async (lab) => {
      const device = await withNews(lab);
      const broken = await open(device, Alert.TwoWay);
      givenTwoWay(lab, broken);
      await broken.session.push([]);
      isTaken(lab, await open(device, Alert.TwoWay), 'the Last of before a sync that was broken off after package 3');
    },
    { title: 'The old Last holds after a sync without package 5' },
  ),
  active(
    'ANC-005b',
    async (lab) => {
      const device = await lab.seed(['shared']);
      const broken = await open(device, Alert.TwoWay);
      givenTwoWay(lab, broken);
      await broken.session.push([], { final: false });
      const last = broken.session.nextOf(device.store);
      isUnknown(lab, await open(device, Alert.TwoWay, { last }), 'the Next of a sync that was broken off within package 3');
    },
    { title: 'The Next of a broken-off sync does not count' },
  ),
  active(
    'ANC-005c',
    async (lab) => {
      const device = lab.device();
      const broken = await open(device, Alert.SlowSync);
      await broken.session.push([lab.add('1', lab.name())], { final: false });
      const last = broken.session.nextOf(device.store);
      isUnknown(lab, await open(device, Alert.TwoWay, { last }), 'the Next of a first, slow sync that was broken off within package 3');
    },
    { title: 'The Next of a broken-off slow sync does not count' },
  ),
  active(
    'ANC-006a',
    async (lab) => {
      const device = await withNews(lab);
      const last = await failed(lab, device);
      isUnknown(lab, await open(device, Alert.TwoWay, { last }), 'the Next of a sync whose Sync the client answered with 510');
    },
    { title: 'The Next of a sync whose Sync failed at the client does not count' },
  ),
  active(
    'ANC-006b',
    async (lab) => {
      const device = await withNews(lab);
      await failed(lab, device);
      isTaken(lab, await open(device, Alert.TwoWay), 'the Last of before a sync whose Sync the client answered with 510');
    },
    { title: 'The old Last holds after a sync whose Sync failed at the client' },
  ),
  active(
    'ANC-008a',
    async (lab) => {
      const device = await withNews(lab);
      givenTwoWay(lab, await open(device, Alert.TwoWay));
      const { session, package4 } = await lab.sync(device, Alert.SlowSync, [lab.replace('shared', 'shared')], { close: 'none' });
      lab.given(
        package4.some((answer) => answer.changes('Add').length > 0),
        'package 4 holds no Add',
      );
      device.store.unmapped.clear();
      await session.close({ statuses: (command) => (command.kind === 'Add' ? Status.UnsupportedMediaType : Status.Ok) });
      isTaken(lab, await open(device, Alert.TwoWay), 'the Next of a sync of which the client could not take one item (415)');
    },
    { title: 'An item the client cannot take does not hold the anchors' },
  ),
  active(
    'ANC-008b',
    async (lab) => {
      const device = await lab.seed(['shared']);
      const bad = drafts.add('bad', 'what is this?', 'application/x-none');
      givenTwoWay(lab, await open(device, Alert.TwoWay));
      const { session } = await lab.sync(device, Alert.SlowSync, [lab.replace('shared', 'shared'), bad]);
      lab.given((session.code(bad) ?? 0) >= 400, `the server takes an item of type application/x-none: ${session.code(bad)}`);
      isTaken(lab, await open(device, Alert.TwoWay), 'the Next of a sync of which the server could not take one item');
    },
    { title: 'An item the server cannot take does not hold the anchors' },
  ),
  active(
    'ANC-009a',
    async (lab) => {
      const { last } = (await lab.seed(['shared'])).store;
      isUnknown(lab, await open(lab.device(), Alert.TwoWay, { last }), 'the Last of another device');
    },
    { title: "Another device's Last does not count" },
  ),
  active(
    'ANC-009b',
    async (lab) => {
      const device = await lab.seed(['shared']);
      const other = await lab.seed(['news']);
      await lab.sync(other, Alert.TwoWay, [], { granted: Alert.TwoWay });
      isTaken(lab, await open(device, Alert.TwoWay), 'the Last of its own, after another device has synced');
    },
    { title: "Another device's sync does not move the anchors" },
  ),
  active('ANC-010', async (lab) => {
    const second = lab.needsSecond();
    const device = await lab.seed(['shared']);
    const other = device.addStore({ client: './lab2', server: second.datastore }, second.kind);
    const session = device.session();
    const alerts = [session.alert(Alert.TwoWay), session.alert(Alert.TwoWay, other, { last: device.store.last })];
    let answer = await session.open(alerts);
    for (let more = 0; !answer.final && more < 20; more += 1) answer = await session.more();
    const [own, others] = alerts.map((alert) => session.code(alert));
    lab.given(own === Status.Ok, `the datastore that was synced before is answered with ${own ?? 'no Status'}`);
    lab.equal(others, Status.RefreshRequired, 'Status of the Alert for a datastore never synced, with the Last of the other one');
  }),
  scan(
    'ANC-011a',
    ({ exchanges }) => {
      const nexts = exchanges.flatMap(({ answer }) =>
        (answer?.body ?? []).flatMap((c) =>
          c.kind === 'Alert' && c.code !== undefined && isSyncType(c.code) ? [c.items[0]?.meta?.anchor?.next?.trim() ?? ''] : [],
        ),
      );
      const broken = nexts.filter((next) => !SERVER_ANCHOR.test(next));
      return { applied: nexts.length, broken: broken.map((next) => `Next of the server: ${next === '' ? 'none' : next}`) };
    },
    { title: 'Server Next is a UTC stamp in basic format or an integer' },
  ),
  active(
    'ANC-011b',
    async (lab) => {
      const device = lab.device();
      const nexts: string[] = [];
      for (const code of [Alert.SlowSync, Alert.TwoWay]) {
        const { session } = await lab.sync(device, code);
        nexts.push(session.grantedAlert()?.items[0]?.meta?.anchor?.next?.trim() ?? '');
      }
      const [first = '', then = ''] = nexts;
      lab.given(SERVER_ANCHOR.test(first) && SERVER_ANCHOR.test(then), `the Nexts are ${nexts.join(' and ')}`);
      const grows = /T/.test(first) ? then > first : BigInt(then) > BigInt(first);
      lab.check(grows, 'the Next of a sync right after another is greater', nexts.join(', '));
    },
    { title: 'Server Next grows, also between two syncs of one second' },
  ),
  active('ANC-012', async (lab) => {
    await lab.seed(['theirs']);
    const device = lab.device();
    const { package4 } = await lab.sync(device, Alert.SlowSync, [lab.add('mine', 'mine')]);
    lab.given(
      package4.some((answer) => answer.changes('Add').length === 1),
      'the first sync does not bring the item of the server',
    );
    const opened = await open(device, Alert.TwoWay);
    givenTwoWay(lab, opened);
    const { session } = opened;
    const first = await session.push([lab.replace('mine', 'mine')], {
      statuses: (command) => (command.kind === 'Alert' ? Status.RefreshRequired : Status.Ok),
    });
    const added = (await session.pull(first)).flatMap((answer) => answer.changes('Add'));
    lab.check(
      added.length === 1,
      "after Status 508 for the server's Alert the Sync is slow: what the client does not name in it is sent again",
      `${added.length} Adds`,
    );
    await session.close();
    lab.equal(await lab.held(), ['mine', 'theirs'], 'the server holds');
  }),
  active(
    'ANC-013a',
    async (lab) => {
      const { status, granted } = await open(await lab.seed(['shared']), Alert.SlowSync);
      lab.success(status, 'an Alert 201 with matching anchors');
      lab.equal(granted, Alert.SlowSync, "code of the server's Alert");
    },
    { title: 'Alert 201 is answered with success and Alert 201' },
  ),
  active(
    'ANC-013b',
    async (lab) => {
      const device = await lab.seed(['one', 'two']);
      device.store.items.clear();
      const { granted } = await lab.sync(device, Alert.SlowSync);
      lab.given(granted === Alert.SlowSync, `the server alerts ${granted}`);
      lab.equal(lab.labelsOf(device.store), ['one', 'two'], 'what a device that lost everything has after a slow sync');
    },
    { title: 'Alert 201 brings back what the client lost' },
  ),
  active(
    'ANC-014a',
    async (lab) =>
      lab.success((await open(lab.device(), Alert.SlowSync, { last: undefined })).status, 'an Alert 201 with an Anchor without Last'),
    { title: 'Missing Last accepted' },
  ),
  active(
    'ANC-014b',
    async (lab) =>
      lab.success((await open(lab.device(), Alert.SlowSync, { last: '' })).status, 'an Alert 201 with an Anchor with an empty Last'),
    { title: 'Empty Last accepted' },
  ),
];
