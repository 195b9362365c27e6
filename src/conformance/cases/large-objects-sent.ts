/** Large objects the server sends in parts. [Sync Protocol 1.1, "Large Object Handling"] */
import { Alert } from '../../model/alert.js';
import type { Item, ItemCommand, Meta } from '../../model/message.js';
import { active, type ConformanceCase } from '../case.js';
import { textOf, type Answer } from '../lab/answer.js';
import * as drafts from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';

const FILLER = 12_000;
/** Bytes of a message: an item as above comes in a few parts. */
const SMALL = 5000;

interface Part {
  readonly message: Answer;
  readonly item: Item;
  readonly meta: Meta;
  readonly bytes: number;
}

interface Download {
  readonly parts: readonly Part[];
  readonly package4: readonly Answer[];
}

/** A large item of the server as it comes to a device with small messages: a new one, or a change of one the device has. */
async function download(lab: Lab, kind: 'Add' | 'Replace'): Promise<Download> {
  lab.needsLargeObjects();
  const name = lab.name();
  const owner = await lab.seed([name], kind === 'Add' ? { filler: FILLER } : {});
  const device = lab.device({ maxMsgSize: SMALL });
  let { package4 } = await lab.sync(device, Alert.SlowSync);
  if (kind === 'Replace') {
    await lab.sync(owner, Alert.TwoWay, [lab.replace(name, name, { edit: 2, filler: FILLER })], { granted: Alert.TwoWay });
    ({ package4 } = await lab.sync(device, Alert.TwoWay, [], { granted: Alert.TwoWay }));
  }
  const parts = package4.flatMap((message) => message.changes(kind).map((command) => partIn(message, command)));
  lab.given(parts.length > 1, `the server sends its item in ${parts.length} parts`);
  return { parts, package4 };
}

function partIn(message: Answer, command: ItemCommand): Part {
  const item: Item = command.items[0] ?? {};
  return { message, item, meta: { ...command.meta, ...item.meta }, bytes: drafts.bytesOf(textOf(command)).byteLength };
}

const addressOf = ({ item }: Part): string => item.target?.uri ?? item.source?.uri ?? '';

/** The same rule for a new item and for a changed one. */
const bothWays = (id: string, what: string, look: (lab: Lab, download: Download) => void): readonly ConformanceCase[] =>
  (['Add', 'Replace'] as const).map((kind, at) =>
    active(`${id}${'ab'[at]}`, async (lab) => look(lab, await download(lab, kind)), {
      title: `${what} (${kind})`,
      versions: ['1.1', '1.2'],
    }),
  );

export const LARGE_OBJECT_SENT_CASES: readonly ConformanceCase[] = [
  ...bothWays('LOB-007', 'Sending: Size in the first chunk, and in it alone', (lab, { parts }) => {
    const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    lab.equal(parts[0]?.meta.size, total, 'Size of the first part, in bytes of the whole');
    const later = parts.slice(1).filter(({ meta }) => meta.size !== undefined).length;
    lab.check(later === 0, 'no later part has Size', `${later} of ${parts.length - 1}`);
  }),
  ...bothWays('LOB-008', 'Sending: MoreData on all chunks but the last', (lab, { parts }) => {
    lab.equal(
      parts.map(({ item }) => item.moreData === true),
      parts.map((_, at) => at < parts.length - 1),
      'MoreData of the parts',
    );
  }),
  ...bothWays('LOB-009', 'Sending: nothing between chunks', (lab, { parts, package4 }) => {
    for (const [at, part] of parts.entries()) {
      const changes = part.message.changes();
      if (at < parts.length - 1)
        lab.check(changes.at(-1)?.items[0] === part.item, 'a part ends the changes of its message', part.message.summary);
      if (at === 0) continue;
      lab.check(changes[0]?.items[0] === part.item, 'the next part is the first change of its message', part.message.summary);
      const before = package4[package4.indexOf(part.message) - 1];
      lab.check(before === parts[at - 1]?.message, 'the next part is in the next message', `message ${part.message.header.msgId}`);
    }
  }),
  ...bothWays('LOB-011', 'Sending: Meta and Item repeated in each chunk', (lab, { parts }) => {
    lab.equal(new Set(parts.map(addressOf)).size, 1, 'addresses of the parts');
    lab.check(addressOf(parts[0] as Part) !== '', 'the parts have an address', addressOf(parts[0] as Part));
    lab.equal(new Set(parts.map(({ meta }) => meta.type)).size, 1, 'types of the parts');
  }),
  active(
    'LOB-010',
    async (lab) => {
      lab.needsLargeObjects();
      const names = Array.from({ length: 7 }, () => lab.name());
      await lab.seed(names, { filler: 1300 });
      const device = lab.device({ maxMsgSize: SMALL });
      const { package4 } = await lab.sync(device, Alert.SlowSync);
      const changes = package4.flatMap((answer) => answer.changes());
      lab.given(changes.length >= names.length, `the server sends ${changes.length} of ${names.length} items`);
      const cut = changes.filter(({ items }) => items.some(({ moreData }) => moreData)).length;
      lab.check(cut === 0, `no item of less than a third of a message comes in parts`, `${cut} parts`);
    },
    { versions: ['1.1', '1.2'] },
  ),
  ...(
    [
      ['LOB-015a', 'that says it has no large objects', { largeObjects: false }],
      ['LOB-015b', 'that says nothing of itself', { devInf: 'none', maxObjSize: undefined }],
    ] as const
  ).map(([id, who, options]) =>
    active(
      id,
      async (lab) => {
        await lab.seed([lab.name()], { filler: FILLER });
        const session = lab.device({ ...options, maxMsgSize: SMALL }).session();
        await session.openStore(Alert.SlowSync);
        const package4 = await session.pull(await session.push([]));
        const cut = package4.flatMap((answer) => answer.changes()).filter(({ items }) => items.some(({ moreData }) => moreData)).length;
        lab.check(cut === 0, `a client ${who} gets no parts`, `${cut} parts`);
      },
      { title: `No chunks to a client ${who}` },
    ),
  ),
];
