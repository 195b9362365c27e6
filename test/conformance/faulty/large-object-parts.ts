/** Servers that go wrong with the parts of large objects, and not with what they say about them. */
import { Alert } from '../../../src/model/alert.js';
import type { Command, ItemCommand, Message, SyncCommand } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { editText } from './client-changes.js';
import { both, editAnswer, editRequest, editStatuses, type Fault, type Wrap } from './faulty.js';
import { changesOf, editItem, sessionOf, STRAY, type Change } from './sync.js';

const promisesMore = ({ items }: ItemCommand): boolean => items.some(({ moreData }) => moreData);
const bytesOf = ({ items }: ItemCommand): Uint8Array => (items[0]?.data?.kind === 'content' ? items[0].data.bytes : new Uint8Array(0));

type Place = 'first' | 'middle' | 'last' | 'whole';

/** Where in its object each part stands that a client sends, in one session or in several. */
export function places(): (change: Change, request: Message) => Place {
  const open = new Set<string>();
  const known = new WeakMap<Change, Place>();
  return (change, request) => {
    const before = known.get(change);
    if (before) return before;
    const key = `${request.header.source.uri} ${change.items[0]?.source?.uri}`;
    const [began, goesOn] = [open.has(key), promisesMore(change)];
    if (goesOn) open.add(key);
    else open.delete(key);
    const place = goesOn ? (began ? 'middle' : 'first') : began ? 'last' : 'whole';
    known.set(change, place);
    return place;
  };
}

/** Changes what stands in the Syncs of a client. */
const editSyncs = (edit: (change: Change, request: Message) => readonly Change[]): Wrap =>
  editRequest((request) => {
    const changes = changesOf(request);
    if (changes.length === 0) return request;
    const edited = new Map<Command, readonly Change[]>(changes.map((change) => [change, edit(change, request)]));
    if (changes.every((change) => edited.get(change)?.[0] === change && edited.get(change)?.length === 1)) return request;
    const body = request.body.map((command) =>
      command.kind === 'Sync'
        ? { ...command, commands: command.commands.flatMap((one): readonly Command[] => edited.get(one) ?? [one]) }
        : command,
    );
    return { ...request, body };
  });

/** Statuses for parts at this place have this code. */
function answersParts(where: Place, code: number, when: (status: number) => boolean = () => true): Wrap {
  const placeOf = places();
  return editAnswer((answer, request) => {
    const refs = new Set(changesOf(request).flatMap((change) => (placeOf(change, request) === where ? [change.cmdId] : [])));
    if (refs.size === 0) return answer;
    const isOne = (command: Command): boolean =>
      command.kind === 'Status' && command.msgRef === request.header.msgId && refs.has(command.cmdRef) && when(command.code);
    return {
      ...answer,
      body: answer.body.map((command) => (command.kind === 'Status' && isOne(command) ? { ...command, code } : command)),
    };
  });
}

const sizeOf = ({ meta, items }: ItemCommand): number | undefined => items[0]?.meta?.size ?? meta?.size;
const withSize = (change: Change, size: number): Change => ({ ...change, meta: { ...change.meta, size } });
/** Bytes of characters that have several, but for the first one each. */
const furtherBytes = (bytes: Uint8Array): number => bytes.filter((byte) => (byte & 0xc0) === 0x80).length;

/** 424 is said, and the object is there. */
function keepsMismatch(): Wrap {
  const placeOf = places();
  const came = new Map<string, { readonly first: Change; bytes: Buffer }>();
  const renamed = new Set<string>();
  return both(
    editAnswer((answer, request) => {
      const wrong = changesOf(request).find(({ cmdId }) => renamed.has(`${sessionOf(request)} ${request.header.msgId} ${cmdId}`));
      if (!wrong) return answer;
      const source = wrong.items[0]?.source?.uri ?? '';
      const body = answer.body.flatMap((command): Command[] => {
        if (command.kind === 'Alert' && command.code === Alert.NoEndOfData) return [];
        const isOne = command.kind === 'Status' && command.cmdRef === wrong.cmdId && command.msgRef === request.header.msgId;
        return [isOne ? { ...command, code: Status.SizeMismatch, sourceRefs: [source] } : command];
      });
      return { ...answer, body };
    }),
    editSyncs((change, request) => {
      const key = `${sessionOf(request)} ${change.items[0]?.source?.uri}`;
      const place = placeOf(change, request);
      if (place === 'whole') return [change];
      const object = came.get(key);
      if (place === 'first' || !object) {
        came.set(key, { first: change, bytes: Buffer.from(bytesOf(change)) });
        return [change];
      }
      object.bytes = Buffer.concat([object.bytes, bytesOf(change)]);
      if (place === 'middle' || object.bytes.length === sizeOf(object.first)) return [change];
      renamed.add(`${sessionOf(request)} ${request.header.msgId} ${change.cmdId}`);
      const { meta: { size: _size, ...meta } = {} } = object.first;
      const whole = { source: { uri: `whole-${change.items[0]?.source?.uri}` }, data: { kind: 'content', bytes: object.bytes } } as const;
      return [{ ...object.first, cmdId: change.cmdId, meta, items: [whole] }];
    }),
  );
}

const HALF = '7001';

/** What has come of an object is there as soon as it begins; the whole object comes over it. */
function keepsHalves(): Wrap {
  const placeOf = places();
  const half = ({ meta, items: [item] }: Change): Change => ({
    kind: 'Add',
    cmdId: HALF,
    ...(meta?.type === undefined ? {} : { meta: { type: meta.type } }),
    items: [
      {
        ...(item?.source ? { source: item.source } : {}),
        data: { kind: 'content', bytes: Buffer.from('BEGIN:VCARD\r\nVERSION:2.1\r\nN:half;Lab\r\nEND:VCARD\r\n') },
      },
    ],
  });
  return both(
    editStatuses((status) => (status.cmdRef === HALF ? undefined : status)),
    editSyncs((change, request) => (placeOf(change, request) === 'first' ? [half(change), change] : [change])),
  );
}

/** Changes the Syncs the server sends; `open` tells whether an object is under way in the session. */
function editOwnSyncs(edit: (sync: SyncCommand, open: boolean) => SyncCommand): Wrap {
  const open = new Set<string>();
  return editAnswer((answer, request) => {
    if (!answer.body.some(({ kind }) => kind === 'Sync')) return answer;
    const key = sessionOf(request);
    const body = answer.body.map((command) => {
      if (command.kind !== 'Sync') return command;
      const edited = edit(command, open.has(key));
      const last = command.commands.at(-1);
      if (last && 'items' in last && last.items.some((item) => 'moreData' in item && item.moreData)) open.add(key);
      else open.delete(key);
      return edited;
    });
    return { ...answer, body };
  });
}

const LEAST_CUT = 1000;

/** An object in two parts, one behind the other. */
function inTwo(command: Command, at: number): readonly Command[] {
  if (command.kind !== 'Add' || promisesMore(command) || bytesOf(command).length < LEAST_CUT) return [command];
  const bytes = bytesOf(command);
  const [item] = command.items;
  const part = (from: number, to?: number) => ({ ...item, data: { kind: 'content', bytes: bytes.subarray(from, to) } }) as const;
  return [
    {
      ...command,
      cmdId: String(900 + at),
      meta: { ...command.meta, size: bytes.length },
      items: [{ ...part(0, LEAST_CUT / 2), moreData: true }],
    },
    { ...command, items: [part(LEAST_CUT / 2)] },
  ];
}

export const LARGE_OBJECT_PART_FAULTS: readonly Fault[] = [
  {
    name: 'answers parts in the middle of an object with 200',
    red: ['LOB-001b'],
    alsoRed: ['SUS-006', 'SUS-009b'],
    wrap: () => answersParts('middle', Status.Ok),
  },
  {
    name: 'fails an object when its last part comes',
    red: ['LOB-003a', 'LOB-003c', 'LOB-012a', 'LOB-012b', 'LOB-013', 'LOB-014a'],
    alsoRed: ['SUS-006', 'SUS-009b'],
    wrap: () => answersParts('last', Status.CommandFailed, (code) => code < 300),
  },
  {
    name: 'loses what stands in the middle of an object',
    red: ['LOB-003b'],
    wrap: () => {
      const placeOf = places();
      return editSyncs((change, request) =>
        placeOf(change, request) === 'middle' ? [editItem(change, (item) => editText(item, (text) => text.replace(/\S/g, 'x')))] : [change],
      );
    },
  },
  {
    name: 'takes Size for a number of characters',
    red: ['LOB-003c'],
    wrap: () => {
      const placeOf = places();
      return editSyncs((change, request) => {
        const [size, more] = [sizeOf(change), furtherBytes(bytesOf(change))];
        return placeOf(change, request) === 'first' && size !== undefined && more > 0 ? [withSize(change, size + more)] : [change];
      });
    },
  },
  {
    name: 'says 424 to an object of another size, and keeps it',
    red: ['LOB-004c', 'LOB-012a', 'LOB-012b', 'LOB-014b'],
    alsoRed: ['SUS-006', 'SUS-009b'],
    wrap: keepsMismatch,
  },
  {
    name: 'keeps what has come of an object that is never finished',
    red: ['LOB-006a', 'LOB-006b', 'LOB-004c', 'LOB-014b'],
    wrap: keepsHalves,
  },
  {
    name: 'adds a new item where a Replace comes in parts',
    red: ['LOB-014a'],
    wrap: () => {
      const placeOf = places();
      const isPart = (change: Change, request: Message): boolean => change.kind === 'Replace' && placeOf(change, request) !== 'whole';
      return both(
        editStatuses((status, request) => {
          const change = changesOf(request).find(({ cmdId }) => cmdId === status.cmdRef && status.msgRef === request.header.msgId);
          return change && isPart(change, request)
            ? { ...status, cmd: 'Replace', sourceRefs: status.sourceRefs.map((ref) => ref.replace(/^new-/, '')) }
            : status;
        }),
        editSyncs((change, request) =>
          isPart(change, request)
            ? [{ ...editItem(change, (item) => ({ ...item, source: { uri: `new-${item.source?.uri}` } })), kind: 'Add' }]
            : [change],
        ),
      );
    },
  },
  {
    name: 'sends another command between the parts of an object',
    red: ['LOB-009a', 'LOB-009b'],
    // The messages become larger than they may.
    alsoRed: ['SIZ-001a', 'SIZ-001d'],
    wrap: () => editOwnSyncs((sync, open) => (open ? { ...sync, commands: [STRAY, ...sync.commands] } : sync)),
  },
  {
    name: 'sends in parts what a message has room for',
    red: ['LOB-010'],
    wrap: () => editOwnSyncs((sync, open) => (open ? sync : { ...sync, commands: sync.commands.flatMap(inTwo) })),
  },
];
