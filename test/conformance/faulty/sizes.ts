/** Servers that go wrong with sizes. */
import type { Command, Message, Meta, SyncHdr } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { both, editAnswer, editCommands, editRequest, editStatuses, mapCommands, type Fault, type Wrap } from './faulty.js';

const omit = (meta: Meta | undefined, ...names: readonly (keyof Meta)[]): { readonly meta?: Meta } =>
  meta ? { meta: Object.fromEntries(Object.entries(meta).filter(([name]) => !names.includes(name as keyof Meta))) } : {};

const headerWithout = ({ meta, ...header }: SyncHdr, name: keyof Meta): SyncHdr => ({ ...header, ...omit(meta, name) });

/** Overlooks what a client says in the Meta of SyncHdr. */
const deafToHeader = (name: keyof Meta, when: (request: Message) => boolean = () => true): Wrap =>
  editRequest((request) => (when(request) ? { ...request, header: headerWithout(request.header, name) } : request));

/** Overlooks what a client says in the Meta of an Alert's Item. */
const withoutInAlert = (command: Command): Command =>
  command.kind === 'Alert'
    ? { ...command, items: command.items.map(({ meta, ...item }) => ({ ...item, ...omit(meta, 'maxObjSize') })) }
    : command;
const withoutInSync =
  (name: keyof Meta) =>
  (command: Command): Command => {
    if (command.kind !== 'Sync') return command;
    const { meta, ...rest } = command;
    return { ...rest, ...omit(meta, name) };
  };
const deafToCommands = (edit: (command: Command) => Command): Wrap =>
  editRequest((request) => ({ ...request, body: mapCommands(request.body, edit) }));

/** Bytes. */
const LEAST_OBJECT = 100_000;

export const SIZE_FAULTS: readonly Fault[] = [
  {
    name: 'overlooks MaxMsgSize',
    red: ['PKG-007', 'SIZ-001a', 'SIZ-001b', 'SIZ-001c', 'SIZ-001d', 'SIZ-002'],
    alsoRed: ['MET-001e'],
    wrap: () => deafToHeader('maxMsgSize'),
  },
  {
    name: 'keeps to the first MaxMsgSize of a session, whatever comes later',
    red: ['SIZ-001a', 'SIZ-002'],
    wrap: () => deafToHeader('maxMsgSize', ({ header }) => header.msgId !== '1'),
  },
  {
    name: 'takes a small MaxObjSize in SyncHdr for none',
    red: ['SIZ-003a'],
    wrap: () =>
      editRequest((request) => {
        const { meta } = request.header;
        if (meta?.maxObjSize === undefined || meta.maxObjSize >= LEAST_OBJECT) return request;
        return { ...request, header: { ...request.header, meta: { ...meta, maxObjSize: LEAST_OBJECT } } };
      }),
  },
  { name: 'overlooks MaxObjSize in Alerts', red: ['SIZ-003b'], wrap: () => deafToCommands(withoutInAlert) },
  { name: 'overlooks MaxObjSize in Sync', red: ['SIZ-003c'], wrap: () => deafToCommands(withoutInSync('maxObjSize')) },
  { name: 'says its MaxObjSize in SyncHdr only', red: ['SIZ-005'], wrap: () => editCommands(withoutInAlert) },
  {
    name: 'does not say its MaxObjSize',
    red: ['SIZ-004', 'SIZ-005'],
    wrap: () =>
      both(
        editCommands(withoutInAlert),
        editAnswer((answer) => ({ ...answer, header: headerWithout(answer.header, 'maxObjSize') })),
      ),
  },
  { name: 'sends more than the device has room for', red: ['SIZ-006a', 'SIZ-006b'], wrap: () => deafToCommands(withoutInSync('mem')) },
  {
    name: 'begins with objects larger than it can take',
    red: ['SIZ-007'],
    wrap: () => editStatuses((status) => (status.code === Status.SizeTooBig ? { ...status, code: Status.ChunkAccepted } : status)),
  },
];
