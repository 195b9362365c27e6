/** Sizes each side announces, and keeps to. [SyncML Meta Information 1.2.2, "MaxMsgSize", "MaxObjSize", "Mem"; SyncML Sync Protocol 1.1, "Large Object Handling"] */
import { Alert } from '../../model/alert.js';
import type { ItemCommand } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, scan, type ActiveCase, type ConformanceCase, type Scan } from '../case.js';
import { textOf, type Answer } from '../lab/answer.js';
import * as drafts from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import { untilOdd } from '../lab/ordinary.js';
import type { LabSession, SendOptions } from '../lab/session.js';
import type { SessionTrace } from '../lab/trace.js';

const WITH_LARGE_OBJECTS = { versions: ['1.1', '1.2'] } as const;

/** MaxMsgSize is valid from the message it stands in until it is changed. */
function tooLarge(session: SessionTrace): Scan {
  const broken: string[] = [];
  let applied = 0;
  let most: number | undefined;
  for (const { trace, request } of untilOdd(session)) {
    most = request.header.meta?.maxMsgSize ?? most;
    if (most === undefined) continue;
    applied += 1;
    const size = trace.response?.body.byteLength ?? 0;
    if (size > most) broken.push(`answer to message ${request.header.msgId}: ${size} bytes, MaxMsgSize is ${most}`);
  }
  return { applied, broken };
}

function within(lab: Lab, answers: readonly Answer[], most: number): void {
  const sizes = answers.map(({ size }) => size);
  lab.check(Math.max(...sizes) <= most, `no answer has more than ${most} bytes`, sizes.join(', '));
}

const SMALL = 1500;
const NAMES = ['item001', 'item002', 'item003', 'item004', 'item005', 'item006'];

/** Bytes of an object, with all its parts. A large one says its size in the first. */
const bytesOf = (change: ItemCommand): number => Buffer.byteLength(textOf(change), 'utf8');
/** Of the whole object, where its first part tells. */
const sizeOf = (change: ItemCommand): number => Math.max(change.items[0]?.meta?.size ?? change.meta?.size ?? 0, bytesOf(change));

interface ObjSizeAt {
  readonly open?: SendOptions;
  readonly alert?: number;
  readonly sync?: number;
}

/** A device that takes objects of 500 bytes at most, in front of a server with one that is larger and one that is not. */
const keepsToObjSize = (id: string, title: string, at: ObjSizeAt): ActiveCase =>
  active(
    id,
    async (lab) => {
      await lab.seed(['large1'], { filler: 1500 });
      await lab.sync(lab.device(), Alert.SlowSync, [lab.add('1', 'small1')]);
      const session = lab.device({ maxObjSize: 500 }).session();
      const meta = at.alert === undefined ? {} : { maxObjSize: at.alert };
      await session.open([session.alert(Alert.SlowSync, session.device.store, { meta })], at.open);
      const first = await session.push([], at.sync === undefined ? {} : { sync: { meta: { maxObjSize: at.sync } } });
      const changes = (await session.pull(first)).flatMap((answer) => answer.changes());
      lab.given(lab.labelsOf(session.device.store).includes('small1'), 'the small item did not come either');
      const sizes = changes.map(sizeOf);
      lab.check(Math.max(...sizes) <= 500, 'no object has more than the 500 bytes of MaxObjSize', sizes.join(', '));
    },
    { title, ...WITH_LARGE_OBJECTS },
  );

/** A header without the MaxObjSize that stands there usually. */
const sizeOfMessagesOnly: SendOptions = { header: { meta: { maxMsgSize: 60_000 } } };

/** Every MaxObjSize the server says, and where. */
const announced = (session: LabSession): { readonly header: readonly number[]; readonly commands: readonly number[] } => ({
  header: session.answers.flatMap(({ header }) => header.meta?.maxObjSize ?? []),
  commands: session.answers.flatMap((answer) => [
    ...answer.alerts().flatMap(({ items }) => items.flatMap(({ meta }) => meta?.maxObjSize ?? [])),
    ...answer.syncs.flatMap(({ meta }) => meta?.maxObjSize ?? []),
  ]),
});

/** A new device with room for little, in front of a server with three items. @returns what came. */
async function changesFor(lab: Lab, mem: { readonly freeMem: number; readonly freeId: number }): Promise<readonly ItemCommand[]> {
  await lab.seed(['large1', 'large2', 'large3'], { filler: 1000 });
  const session = await lab.openFirst();
  const answers = await session.pull(await session.push([], { sync: { meta: { mem } } }));
  return answers.flatMap((answer) => answer.changes());
}

export const SIZES: readonly ConformanceCase[] = [
  scan('SIZ-001a', tooLarge, { title: 'No answer of any session is larger than the MaxMsgSize that holds' }),
  active(
    'SIZ-001b',
    async (lab) => {
      await lab.seed(NAMES, { filler: 150 });
      const session = await lab.openFirst(lab.device({ maxMsgSize: SMALL }));
      await session.pull(await session.push([]));
      lab.given(lab.labelsOf(session.device.store).length === NAMES.length, 'not all items came');
      within(lab, session.answers, SMALL);
    },
    { title: 'A package 4 of items' },
  ),
  active(
    'SIZ-001c',
    async (lab) => {
      const session = await lab.openFirst(lab.device({ maxMsgSize: SMALL }));
      const adds = Array.from({ length: 30 }, (_, i) => lab.add(`luid-of-an-item-${i}`, lab.name()));
      await session.pull(await session.push(adds));
      lab.given(
        adds.every((add) => session.code(add) !== undefined),
        'an Add has no Status',
      );
      within(lab, session.answers, SMALL);
    },
    { title: 'Many Statuses' },
  ),
  active(
    'SIZ-001d',
    async (lab) => {
      lab.needsLargeObjects();
      await lab.seed(['large1'], { filler: 4000 });
      const session = await lab.openFirst(lab.device({ maxMsgSize: SMALL }));
      await session.pull(await session.push([]));
      lab.given(lab.labelsOf(session.device.store).includes('large1'), 'the large object did not come');
      within(lab, session.answers, SMALL);
    },
    { title: 'A large object', ...WITH_LARGE_OBJECTS },
  ),
  active(
    'SIZ-002',
    async (lab) => {
      await lab.seed(NAMES, { filler: 300 });
      const session = await lab.openFirst();
      const answers = await session.pull(await session.push([], { header: { meta: { maxMsgSize: 2000 } } }));
      lab.given(lab.labelsOf(session.device.store).length === NAMES.length, 'not all items came');
      within(lab, answers, 2000);
    },
    { title: 'A smaller MaxMsgSize in package 3 holds for package 4' },
  ),
  keepsToObjSize('SIZ-003a', 'MaxObjSize in SyncHdr', {}),
  keepsToObjSize('SIZ-003b', 'MaxObjSize in the Alert', { open: sizeOfMessagesOnly, alert: 500 }),
  keepsToObjSize('SIZ-003c', 'MaxObjSize in the Sync', { open: sizeOfMessagesOnly, sync: 500 }),
  active(
    'SIZ-004',
    async (lab) => {
      lab.needsLargeObjects();
      const session = await lab.openFirst();
      await session.pull(await session.push([]));
      const { header, commands } = announced(session);
      lab.check(
        header.length + commands.length > 0,
        'the server says its MaxObjSize to a device with SupportLargeObjs',
        [...header, ...commands].join(),
      );
    },
    WITH_LARGE_OBJECTS,
  ),
  active(
    'SIZ-005',
    async (lab) => {
      lab.needsLargeObjects();
      const session = await lab.openFirst();
      await session.pull(await session.push([]));
      const { commands } = announced(session);
      lab.check(commands.length > 0, 'the Meta of an Alert or a Sync of the server has MaxObjSize', commands.join() || 'none has');
    },
    WITH_LARGE_OBJECTS,
  ),
  active(
    'SIZ-006a',
    async (lab) => {
      const changes = await changesFor(lab, { freeId: 1, freeMem: 1_000_000 });
      // Of an object in parts, the last one.
      const adds = changes.filter(({ kind, items }) => kind === 'Add' && !items.some(({ moreData }) => moreData));
      lab.check(adds.length <= 1, 'a device with FreeID 1 gets one Add at most', String(adds.length));
    },
    { title: 'FreeID' },
  ),
  active(
    'SIZ-006b',
    async (lab) => {
      const changes = await changesFor(lab, { freeId: 1000, freeMem: 1500 });
      const bytes = changes.reduce((sum, change) => sum + bytesOf(change), 0);
      lab.check(bytes <= 1500, 'a device with FreeMem 1500 gets no more bytes than that', String(bytes));
    },
    { title: 'FreeMem' },
  ),
  active(
    'SIZ-007',
    async (lab) => {
      lab.needsLargeObjects();
      const session = await lab.openFirst();
      const { header, commands } = announced(session);
      const limit = Math.max(...header, ...commands);
      lab.given(Number.isFinite(limit), 'the server does not say its MaxObjSize');
      const part = drafts.part('Add', '1', lab.kind.make(lab.name()), { type: lab.kind.type, size: limit + 1 });
      await session.push([part], { final: false });
      lab.oneOf(
        session.code(part),
        [Status.EntityTooLarge, Status.SizeTooBig],
        `Status of the first part of an object of ${limit + 1} bytes`,
      );
    },
    WITH_LARGE_OBJECTS,
  ),
];
