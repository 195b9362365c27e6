/** What belongs into which package. [SyncML Sync Protocol 1.1, "Sync Initialization", "Two-way Sync", "One-Way Sync"] */
import { Alert } from '../../model/alert.js';
import { Status } from '../../model/status.js';
import { active, type ActiveCase, type ConformanceCase } from '../case.js';
import type { Answer } from '../lab/answer.js';
import type { DeviceStore, LabDevice } from '../lab/device.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession } from '../lab/session.js';

/** A device with two stores, the second paired with another datastore of the server. */
function withTwoStores(lab: Lab): { readonly device: LabDevice; readonly stores: readonly [DeviceStore, DeviceStore] } {
  const { datastore, kind } = lab.needsSecond();
  const device = lab.device();
  return { device, stores: [device.store, device.addStore({ client: './lab2', server: datastore }, kind)] };
}

/** Both stores' Alerts in one package 1. @returns the messages of package 2. */
async function openBoth(lab: Lab, session: LabSession, stores: readonly DeviceStore[], code: number): Promise<readonly Answer[]> {
  const alerts = stores.map((store) => session.alert(code, store));
  const all = [await session.open(alerts)];
  while (all.at(-1)?.final === false && all.length < 10) all.push(await session.more());
  for (const alert of alerts) lab.given(session.code(alert) === Status.Ok, `Alert ${code} gets ${session.code(alert) ?? 'no Status'}`);
  return all;
}

const syncTargets = (answers: readonly Answer[]): readonly string[] => [
  ...new Set(answers.flatMap(({ syncs }) => syncs.map(({ target }) => target?.uri ?? ''))),
];

/** Alerts of package 2 that open this store. */
const alertsFor = (answers: readonly Answer[], store: DeviceStore) =>
  answers.flatMap((answer) => answer.alerts()).filter(({ items }) => items.some(({ target }) => target?.uri === store.names.client));

/** 202 or 203: the session ends with package 4. */
const statusPackage = (id: string, code: number): ActiveCase =>
  active(
    id,
    async (lab) => {
      const device = await lab.seed([lab.name()]);
      const session = device.session();
      const alert = session.alert(code);
      await session.open([alert]);
      lab.offers(session.code(alert), `Alert ${code}`);
      lab.given(session.code(alert) === Status.Ok, `Alert ${code} is answered with ${session.code(alert) ?? 'no Status'}`);
      const commands = [lab.replace('item001', 'item001', { edit: 2 }), lab.add('2', lab.name())];
      const sync = drafts.sync(lab.names, commands);
      await session.pull(await session.send([sync]));
      for (const command of [sync, ...commands]) lab.success(session.code(command), `${command.kind} of a sync of type ${code}`);
    },
    { title: `Package 4 of a sync of type ${code} has the Statuses` },
  );

const asksForNothing = (lab: Lab, package6: Answer | undefined): void => {
  lab.given(package6 !== undefined, 'package 4 asked for nothing, so there is no package 6');
  const other = package6?.message.body.find(({ kind }) => kind !== 'Status');
  lab.check(other === undefined, 'package 6 has nothing that asks for an answer', package6?.summary ?? '');
};

/** Alert and Sync in one message. */
async function atOnce(lab: Lab, device: LabDevice, code: number, commands: readonly Draft[]): Promise<LabSession> {
  const session = device.session();
  const alert = session.alert(code);
  const first = await session.open([alert, drafts.sync(lab.names, commands)]);
  await session.pull(first);
  lab.success(session.code(alert), `Alert ${code} beside a Sync`);
  for (const command of commands) lab.success(session.code(command), `${command.kind} in a Sync beside its Alert`);
  await session.close();
  return session;
}

export const PACKAGES: readonly ConformanceCase[] = [
  active(
    'PKG-003a',
    async (lab) => {
      const session = await lab.openFirst();
      const adds = [lab.add('1', lab.name()), lab.add('2', lab.name())];
      await session.pull(await session.send(adds.map((add) => drafts.sync(lab.names, [add]))));
      adds.forEach((add, i) => lab.success(session.code(add), `an Add in the ${i === 0 ? 'first' : 'second'} Sync of a message`));
      await session.close();
      lab.equal(await lab.held(), ['item001', 'item002'], 'the server holds');
    },
    { title: 'Two Sync elements for one datastore in one message' },
  ),
  active(
    'PKG-003b',
    async (lab) => {
      const device = await lab.seed(['here1', 'here2']);
      const session = await lab.reopen(device);
      const removes = [drafts.remove('here1'), drafts.remove('here2')];
      await session.push(removes.slice(0, 1), { final: false });
      await session.pull(await session.push(removes.slice(1)));
      removes.forEach((remove, i) => lab.success(session.code(remove), `a Delete in the Sync of message ${i + 1} of package 3`));
      await session.close();
      lab.equal(await lab.held(), [], 'the server holds');
    },
    { title: 'A Sync element for the same datastore in each of two messages' },
  ),
  active(
    'PKG-008a',
    async (lab) => {
      await atOnce(lab, lab.device(), Alert.SlowSync, [lab.add('1', lab.name())]);
      lab.equal(await lab.held(), ['item001'], 'the server holds');
    },
    { title: 'Slow sync with Alert and Sync in the first message' },
  ),
  active(
    'PKG-008b',
    async (lab) => {
      const device = await lab.seed(['here1']);
      const other = lab.device();
      await lab.sync(other, Alert.SlowSync, [lab.add('1', lab.name())]);
      await atOnce(lab, device, Alert.TwoWay, [lab.replace('here1', 'here1', { edit: 2 })]);
      lab.equal(lab.labelsOf(device.store).includes('item001'), true, 'the device gets what is new on the server');
      lab.equal(await lab.held(), ['here1#2', 'item001'], 'the server holds');
    },
    { title: 'Two-way sync with Alert and Sync in the first message' },
  ),
  active(
    'PKG-008c',
    async (lab) => {
      const session = lab.device().session();
      const alert = session.alert(Alert.TwoWay, session.device.store, { last: 'never-seen' });
      const add = lab.add('1', lab.name());
      const first = await session.open([alert, drafts.sync(lab.names, [add])]);
      lab.given(session.code(alert) === Status.RefreshRequired, `an Alert with a strange Last gets ${session.code(alert) ?? 'no Status'}`);
      lab.check(first.alerts(Alert.SlowSync).length > 0, 'the server asks for a slow sync with Alert 201', first.summary);
      const again = lab.add('1', 'item001');
      await session.pull(await session.push([again]));
      lab.success(session.code(again), 'the item, sent once more for the slow sync');
      await session.close();
      lab.equal(await lab.held(), ['item001'], 'the server holds');
    },
    { title: 'Alert and Sync in the first message, and anchors that do not match' },
  ),
  active(
    'PKG-009a',
    async (lab) => {
      const session = lab.device().session();
      const alert = session.alert(Alert.SlowSync);
      await session.open([alert]);
      lab.success(session.code(alert), 'Alert 201');
      const add = lab.add('1', lab.name());
      const package4 = await session.pull(await session.push([add]));
      lab.success(session.code(add), 'an Add in package 3');
      lab.success(package4.at(-1)?.headerCode, 'the SyncHdr of package 3');
      await session.close();
    },
    { title: 'Slow sync in six packages' },
  ),
  active(
    'PKG-009b',
    async (lab) => {
      const device = await lab.seed(['here1']);
      await lab.sync(lab.device(), Alert.SlowSync, [lab.add('1', lab.name())]);
      const session = device.session();
      const alert = session.alert(Alert.TwoWay);
      await session.open([alert]);
      lab.equal(session.code(alert), Status.Ok, 'Status of Alert 200');
      const replace = lab.replace('here1', 'here1', { edit: 2 });
      await session.pull(await session.push([replace]));
      lab.success(session.code(replace), 'a Replace in package 3');
      lab.equal(lab.labelsOf(device.store).includes('item001'), true, 'the device gets what is new on the server');
      await session.close();
    },
    { title: 'Two-way sync in six packages' },
  ),
  active('PKG-010', async (lab) => {
    const { package6 } = await lab.sync(lab.device(), Alert.SlowSync, [lab.add('1', lab.name())]);
    lab.given(package6 !== undefined, 'package 4 asked for nothing');
    lab.given(package6?.request.body.every(({ kind }) => kind !== 'Map') === true, 'package 5 has a Map');
    lab.success(package6?.headerCode, 'the SyncHdr of a package 5 without Map');
    lab.check(package6?.final === true, 'package 6 has Final', package6?.summary ?? '');
  }),
  active(
    'PKG-011a',
    async (lab) => {
      await lab.seed([lab.name()]);
      asksForNothing(lab, (await lab.sync(lab.device(), Alert.SlowSync)).package6);
    },
    { title: 'Package 6 after a Map' },
  ),
  active('PKG-011b', async (lab) => asksForNothing(lab, (await lab.sync(lab.device(), Alert.SlowSync)).package6), {
    title: 'Package 6 without a Map',
  }),
  statusPackage('PKG-012a', Alert.OneWayFromClient),
  statusPackage('PKG-012b', Alert.RefreshFromClient),
  active(
    'PKG-013a',
    async (lab) => {
      const session = await lab.reopen(await lab.seed(['here1']));
      const package4 = await session.pull(await session.push([]));
      lab.equal(syncTargets(package4), [lab.names.client], 'Targets of the Sync elements of a package 4 without changes');
    },
    { title: 'Two-way sync without changes' },
  ),
  active(
    'PKG-013b',
    async (lab) => {
      const session = await lab.openFirst();
      const package4 = await session.pull(await session.push([lab.add('1', lab.name())]));
      lab.equal(syncTargets(package4), [lab.names.client], 'Targets of the Sync elements of a package 4 without changes');
    },
    { title: 'Slow sync without changes of the server' },
  ),
  active(
    'PKG-013c',
    async (lab) => {
      const { device, stores } = withTwoStores(lab);
      const session = device.session();
      await openBoth(lab, session, stores, Alert.SlowSync);
      const package4 = await session.pull(await session.send(stores.map(({ names }) => drafts.sync(names, []))));
      lab.equal([...syncTargets(package4)].sort(), ['./lab', './lab2'], 'Targets of the Sync elements of package 4');
    },
    { title: 'Two datastores' },
  ),
  active('PKG-014', async (lab) => {
    const device = await lab.seed(['here1']);
    const session = await lab.reopen(device);
    await session.pull(await session.push([]));
    await lab.sync(lab.device(), Alert.SlowSync, [lab.add('1', lab.name())]);
    const package6 = await session.close();
    lab.equal(package6.syncs.length, 0, 'Sync elements in package 6, after a change that came behind package 4');
    const before = lab.labelsOf(device.store);
    lab.given(!before.includes('item001'), 'the change came in package 4');
    await lab.sync(device, Alert.TwoWay, [], { granted: Alert.TwoWay });
    lab.equal(lab.labelsOf(device.store), [...before, 'item001'].sort(), 'after the next session the device has');
  }),
  active(
    'PKG-015a',
    async (lab) => {
      const session = await lab.openFirst();
      const [alert, ...more] = alertsFor(session.answers, session.device.store);
      lab.check(alert !== undefined && more.length === 0, 'package 2 has one Alert for the datastore', `${more.length + (alert ? 1 : 0)}`);
      const next = alert?.items[0]?.meta?.anchor?.next ?? '';
      lab.check(next !== '', 'its Next is there', next);
    },
    { title: 'The first sync: an Alert with Next' },
  ),
  active(
    'PKG-015b',
    async (lab) => {
      const session = await lab.reopen(await lab.seed(['here1']));
      const [alert] = alertsFor(session.answers, session.device.store);
      const { last = '', next = '' } = alert?.items[0]?.meta?.anchor ?? {};
      lab.check(
        last !== '' && next !== '',
        'the Alert of package 2 has Last and Next',
        `Last ${last || 'missing'}, Next ${next || 'missing'}`,
      );
    },
    { title: 'A later sync: an Alert with Last and Next' },
  ),
  active(
    'PKG-015c',
    async (lab) => {
      const { device, stores } = withTwoStores(lab);
      const session = device.session();
      const package2 = await openBoth(lab, session, stores, Alert.SlowSync);
      for (const store of stores) lab.equal(alertsFor(package2, store).length, 1, `Alerts of package 2 for ${store.names.client}`);
    },
    { title: 'Two datastores: an Alert for each' },
  ),
  active('PKG-016', async (lab) => {
    const { device, stores } = withTwoStores(lab);
    const session = device.session();
    await openBoth(lab, session, stores, Alert.SlowSync);
    const name = lab.name();
    const adds = stores.map(({ kind }) => drafts.add('1', kind.make(name), kind.type));
    await session.pull(await session.send(stores.map(({ names }, i) => drafts.sync(names, adds.slice(i, i + 1)))));
    await session.close();
    adds.forEach((add, i) => lab.success(session.code(add), `an Add in datastore ${i + 1}`));
    lab.equal(await lab.held(), [name], 'the first datastore holds');
    // The runner empties the first datastore alone.
    await lab.sync(device, Alert.TwoWay, [drafts.remove('1')], { store: stores[1] });
  }),
];
