/** Sessions that are suspended, or break off, and are taken up again. [DS Protocol 1.2, "Suspend and Resume"] */
import { Alert, isSyncType } from '../../model/alert.js';
import type { Command, ItemCommand } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, type ActiveCase, type ConformanceCase } from '../case.js';
import type { Answer } from '../lab/answer.js';
import type { LabDevice } from '../lab/device.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession } from '../lab/session.js';
import { partsOf } from './large-objects.js';

const NOT_FINAL = { final: false } as const;

const suspendAlert = (device: LabDevice): Draft => drafts.deviceAlert(Alert.Suspend, device.uri, device.lab.target.url);
const succeeded = (code: number | undefined): boolean => code !== undefined && code >= 200 && code < 300;

/** A session in package 3, with one item acknowledged and more to come. */
async function withOneItem(lab: Lab, device: LabDevice, luid: string, name: string, code: number = Alert.SlowSync): Promise<LabSession> {
  const session = device.session();
  await session.openStore(code);
  const add = lab.add(luid, name);
  await session.push([add], NOT_FINAL);
  lab.given(succeeded(session.code(add)), `an Add is answered with ${session.code(add) ?? 'no Status'}`);
  return session;
}

/** @throws {Inconclusive} when the server does not take Alert 224. */
async function suspend(lab: Lab, session: LabSession, options: Parameters<LabSession['send']>[1] = {}): Promise<Answer> {
  const alert = suspendAlert(session.device);
  const answer = await session.send([alert], options);
  lab.given(succeeded(session.code(alert)), `Alert 224 is answered with ${session.code(alert) ?? 'no Status'}`);
  return answer;
}

/** Code of the Alert the server answers a resume with. */
const grantedIn = (answer: Answer): number | undefined => answer.alerts().find(({ code }) => code !== undefined && isSyncType(code))?.code;

/** A new session that resumes. @throws {Inconclusive} when the server has nothing to resume. */
async function resume(lab: Lab, device: LabDevice): Promise<LabSession> {
  const session = device.session();
  const alert = session.alert(Alert.Resume);
  await session.open([alert]);
  lab.given(succeeded(session.code(alert)), `Alert 225 is answered with ${session.code(alert) ?? 'no Status'}`);
  return session;
}

/** Package 3, all of package 4, and 5. */
async function finish(session: LabSession, commands: readonly Draft[] = []): Promise<readonly Answer[]> {
  const package4 = await session.pull(await session.push(commands));
  await session.close();
  return package4;
}

const namesIn = (lab: Lab, answers: readonly Answer[]): readonly string[] =>
  answers.flatMap((answer) =>
    answer.changes('Add').map(({ items: [item] }) => {
      const data = item?.data;
      return data?.kind === 'content' ? (lab.kind.read(Buffer.from(data.bytes).toString('utf8'))?.name ?? '?') : '?';
    }),
  );

/** Two items on the server; the device acknowledged the first that came, and suspended. */
async function suspendedInPackage4(lab: Lab): Promise<{ device: LabDevice; acknowledged: string; open: string }> {
  await lab.seed([lab.name(), lab.name()]);
  const device = lab.device();
  const session = device.session();
  await session.openStore(Alert.SlowSync);
  const package4 = await session.pull(await session.push([]));
  const adds = package4.flatMap((answer) => answer.changes('Add'));
  const [acknowledged = '', open = ''] = namesIn(lab, package4);
  lab.given(adds.length === 2 && package4.length === 1, `the server sends ${adds.length} items in ${package4.length} messages`);
  const guid = adds[0]?.items[0]?.source?.uri ?? '';
  const luid = device.store.unmapped.get(guid) ?? '';
  device.store.unmapped.clear();
  const codeOf = (command: Command): number | undefined =>
    command.kind !== 'Add' ? Status.Ok : command === adds[0] ? Status.ItemAdded : undefined;
  const alert = suspendAlert(device);
  await session.send([drafts.map(device.store.names, [[guid, luid]]), alert], { statuses: codeOf });
  lab.given(succeeded(session.code(alert)), `Alert 224 is answered with ${session.code(alert) ?? 'no Status'}`);
  return { device, acknowledged, open };
}

/** A session that stops in package 3 after one of two items; `stop` says how. */
async function stopped(
  lab: Lab,
  stop: (session: LabSession) => Promise<unknown>,
): Promise<{ device: LabDevice; names: readonly string[] }> {
  const device = lab.device();
  const names = [lab.name(), lab.name()];
  await stop(await withOneItem(lab, device, '1', names[0] as string));
  return { device, names };
}
const bySuspend = (lab: Lab) => (session: LabSession) => suspend(lab, session);
const byBreakingOff = async (): Promise<void> => undefined;

/** Large object in three parts, of which the first was acknowledged before the session stopped. */
async function stoppedInObject(
  lab: Lab,
  stop: (session: LabSession) => Promise<unknown>,
): Promise<{ device: LabDevice; name: string; parts: readonly Draft[] }> {
  lab.needsLargeObjects();
  const device = lab.device();
  const name = lab.name();
  const { drafts: parts } = partsOf(lab, '1', name);
  const session = device.session();
  await session.openStore(Alert.SlowSync);
  await session.push([parts[0] as Draft], NOT_FINAL);
  lab.given(session.code(parts[0] as Draft) === Status.ChunkAccepted, 'the first part is not answered with 213');
  await stop(session);
  return { device, name, parts };
}

/** The third of three parts, which says where in the object it stands. */
function atPosition(parts: readonly Draft[]): Draft {
  const lengths = parts.map((part) =>
    part.kind === 'Add' && part.items[0]?.data?.kind === 'content' ? part.items[0].data.bytes.byteLength : 0,
  );
  const third = parts[2] as Draft<ItemCommand>;
  return { ...third, meta: { ...third.meta, emi: [`datapos=${(lengths[0] ?? 0) + (lengths[1] ?? 0)}`] } };
}

async function goesOnInObject(lab: Lab, stop: (session: LabSession) => Promise<unknown>): Promise<void> {
  const { device, name, parts } = await stoppedInObject(lab, stop);
  const session = await resume(lab, device);
  const [, second, third] = parts as [Draft, Draft, Draft];
  await session.push([second], NOT_FINAL);
  lab.equal(session.code(second), Status.ChunkAccepted, 'Status of the second part, in the resumed session');
  await finish(session, [third]);
  lab.success(session.code(third), 'the last part');
  lab.equal(await lab.held(), [name], 'the server holds');
}

const answeredWithRefresh: (device: (lab: Lab) => Promise<LabDevice>) => ActiveCase['run'] = (make) => async (lab) => {
  const session = (await make(lab)).session();
  const alert = session.alert(Alert.Resume);
  const answer = await session.open([alert]);
  lab.equal(session.code(alert), Status.RefreshRequired, 'Status of Alert 225 with nothing to resume');
  const granted = grantedIn(answer);
  lab.check(granted !== undefined, 'the server sends an Alert of another type with it', answer.summary);
};

const versions = ['1.2'] as const;
const titled = (title: string) => ({ title, versions });

export const SUSPEND_CASES: readonly ConformanceCase[] = [
  active(
    'SUS-001a',
    async (lab) => {
      const session = await withOneItem(lab, lab.device(), '1', lab.name());
      const alert = suspendAlert(session.device);
      await session.send([alert]);
      lab.equal(session.code(alert), Status.Ok, 'Status of Alert 224');
    },
    titled('Alert 224 answered 200'),
  ),
  active(
    'SUS-001b',
    async (lab) => {
      await lab.seed([lab.name()]);
      const session = await withOneItem(lab, lab.device(), '1', lab.name());
      const answer = await suspend(lab, session);
      lab.check(answer.final, 'the answer to Alert 224 has Final', answer.summary);
      lab.check(answer.syncs.length === 0 && answer.alerts().length === 0, 'it asks for nothing and brings nothing', answer.summary);
    },
    titled('After Alert 224 the session ends'),
  ),
  active(
    'SUS-001c',
    async (lab) => {
      const name = lab.name();
      const session = await withOneItem(lab, lab.device(), '1', name);
      const alert = suspendAlert(session.device);
      const add = lab.add('2', lab.name());
      await session.send([alert, drafts.sync(session.device.store.names, [add])]);
      lab.given(succeeded(session.code(alert)), `Alert 224 is answered with ${session.code(alert) ?? 'no Status'}`);
      lab.check(!succeeded(session.code(add)), 'an Add behind Alert 224 is not carried out', `Status ${session.code(add) ?? 'none'}`);
      lab.equal(await lab.held(), [name], 'the server holds');
    },
    titled('Nothing behind Alert 224 is executed'),
  ),
  active(
    'SUS-002a',
    async (lab) => {
      const { device } = await stopped(lab, bySuspend(lab));
      const session = device.session();
      const alert = session.alert(Alert.Resume);
      const answer = await session.open([alert]);
      lab.success(session.code(alert), 'Alert 225 after a suspended session');
      lab.check(answer.alerts().length > 0, 'the server sends its own Alert', answer.summary);
    },
    titled('Alert 225 after a suspended session accepted'),
  ),
  active(
    'SUS-002b',
    async (lab) => {
      const { device, names } = await stopped(lab, bySuspend(lab));
      const session = await resume(lab, device);
      const add = lab.add('2', names[1] as string);
      await finish(session, [add]);
      lab.success(session.code(add), 'the rest of the changes, in the resumed session');
      lab.equal(await lab.held(), names, 'the server holds what both sessions brought');
    },
    titled('Resumed session takes the rest of the changes'),
  ),
  active(
    'SUS-002c',
    async (lab) => {
      const [there = ''] = [lab.name()];
      await lab.seed([there]);
      const { device } = await stopped(lab, bySuspend(lab));
      const package4 = await finish(await resume(lab, device));
      lab.equal(namesIn(lab, package4), [there], 'what the server adds in the resumed session');
    },
    titled('Resumed session brings the server’s changes'),
  ),
  active(
    'SUS-002d',
    async (lab) => {
      const { device } = await stopped(lab, bySuspend(lab));
      await finish(await resume(lab, device));
      const session = device.session();
      const alert = session.alert(Alert.TwoWay);
      await session.open([alert]);
      lab.equal(session.code(alert), Status.Ok, 'Status of Alert 200 with the anchor of the resumed session');
    },
    titled('Anchors move at the end of the resumed session'),
  ),
  active(
    'SUS-003a',
    answeredWithRefresh(async (lab) => lab.device()),
    titled('225 from a device that was never here: 508 and Alert of another type'),
  ),
  active(
    'SUS-003b',
    answeredWithRefresh(async (lab) => {
      const device = lab.device();
      await lab.sync(device, Alert.SlowSync, [lab.add('1', lab.name())]);
      return device;
    }),
    titled('225 after a session that ended well: 508 and Alert of another type'),
  ),
  active(
    'SUS-004a',
    async (lab) => {
      const { device, names } = await stopped(lab, bySuspend(lab));
      const session = await resume(lab, device);
      const again = lab.add('1', names[0] as string);
      await finish(session, [again, lab.add('2', names[1] as string)]);
      lab.success(session.code(again), 'an Add that was acknowledged before');
      lab.equal(await lab.held(), names, 'the server holds each item once');
    },
    titled('An acknowledged Add that comes again is not doubled'),
  ),
  active(
    'SUS-004b',
    async (lab) => {
      const { device, names } = await stopped(lab, bySuspend(lab));
      const other = lab.device();
      await lab.sync(other, Alert.SlowSync);
      const [luid = ''] = [...other.store.items.keys()];
      await lab.sync(other, Alert.TwoWay, [lab.replace(luid, names[0] as string, { edit: 2 })], { granted: Alert.TwoWay });
      lab.given((await lab.held()).includes(`${names[0]}#2`), 'another device’s edit is not held');
      await finish(await resume(lab, device), [lab.add('1', names[0] as string)]);
      const held = await lab.held();
      lab.check(held.includes(`${names[0]}#2`), 'an acknowledged Add that comes again does not undo what was done since', held.join(', '));
    },
    titled('An acknowledged Add that comes again does not undo a later edit'),
  ),
  active(
    'SUS-005a',
    async (lab) => {
      const { device, open } = await suspendedInPackage4(lab);
      const names = namesIn(lab, await finish(await resume(lab, device)));
      lab.check(names.includes(open), 'the item that got no Status is sent again', names.join(', ') || 'nothing');
    },
    titled('Unacknowledged server items are sent again'),
  ),
  active(
    'SUS-005b',
    async (lab) => {
      const { device, acknowledged } = await suspendedInPackage4(lab);
      const names = namesIn(lab, await finish(await resume(lab, device)));
      lab.check(!names.includes(acknowledged), 'the item that got its Status is not sent again', names.join(', ') || 'nothing');
    },
    titled('Acknowledged server items are not sent again'),
  ),
  active('SUS-006', (lab) => goesOnInObject(lab, bySuspend(lab)), { versions }),
  active(
    'SUS-007',
    async (lab) => {
      const { device, parts } = await stoppedInObject(lab, bySuspend(lab));
      const session = await resume(lab, device);
      const third = atPosition(parts);
      await finish(session, [third]);
      const code = session.code(third);
      lab.check(!succeeded(code), 'an object with a part lost is not accepted', `Status ${code ?? 'none'}`);
      if (code !== Status.PartialItemNotAccepted)
        lab.unsupported(`a part that does not continue the object is answered with ${code ?? 'no Status'}`);
    },
    { versions },
  ),
  active(
    'SUS-008',
    async (lab) => {
      const session = lab.device().session();
      const alert = session.alert(Alert.Resume);
      await session.open([alert]);
      lab.equal(session.code(alert), Status.FeatureNotSupported, `Status of Alert 225 in SyncML ${lab.variant.version}`);
    },
    { versions: ['1.0', '1.1'] },
  ),
  active(
    'SUS-009a',
    async (lab) => {
      const { device, names } = await stopped(lab, byBreakingOff);
      const session = device.session();
      const alert = session.alert(Alert.Resume);
      await session.open([alert]);
      lab.success(session.code(alert), 'Alert 225 after a session that broke off');
      await finish(session, [lab.add('2', names[1] as string)]);
      lab.equal(await lab.held(), names, 'the server holds what both sessions brought');
    },
    titled('Session that broke off can be resumed'),
  ),
  active('SUS-009b', (lab) => goesOnInObject(lab, byBreakingOff), titled('Partial object of a session that broke off goes on')),
  active(
    'SUS-010',
    async (lab) => {
      const there = lab.name();
      await lab.seed([there]);
      const { device } = await stopped(lab, bySuspend(lab));
      const session = await resume(lab, device);
      const answers: Answer[] = [];
      while (answers.length < 8 && answers.every(({ syncs }) => syncs.length === 0)) answers.push(await session.more());
      lab.equal(namesIn(lab, answers), [there], 'what the server adds though the client only asks for more');
    },
    { versions },
  ),
  ...(
    [
      ['SUS-011a', 'Last of before a suspended session still matches', false, Status.Ok],
      ['SUS-011b', 'Next of a suspended session is not taken over', true, Status.RefreshRequired],
    ] as const
  ).map(([id, title, showsNew, code]) =>
    active(
      id,
      async (lab) => {
        const device = lab.device();
        await lab.sync(device, Alert.SlowSync);
        const before = device.store.last;
        const session = await withOneItem(lab, device, '1', lab.name(), Alert.TwoWay);
        const shown = session.nextOf(device.store);
        await suspend(lab, session);
        const next = device.session();
        const alert = next.alert(Alert.TwoWay, device.store, { last: showsNew ? shown : before });
        await next.open([alert]);
        lab.equal(next.code(alert), code, `Status of Alert 200 with ${showsNew ? 'the Next of the suspended session' : 'the Last it had'}`);
      },
      titled(title),
    ),
  ),
];
