/** Faults in Alert codes, meta information, filters, and groups of commands. */
import { Alert } from '../../../src/model/alert.js';
import type { Command, DistributiveOmit, Item, Meta, StatusCommand } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { both, editCommands, editRequest, editStatuses, mapCommands, type Fault, type Wrap } from './faulty.js';

const everyCommand = (commands: readonly Command[]): readonly Command[] =>
  commands.flatMap((command) => [command, ...('commands' in command ? everyCommand(command.commands) : [])]);

/** Answers commands of the request with another code. */
const answers = (which: (command: Command, status: StatusCommand) => boolean, code: number): Wrap =>
  editStatuses((status, request) => {
    if (status.msgRef !== request.header.msgId) return status;
    const command = everyCommand(request.body).find(({ cmdId, kind }) => cmdId === status.cmdRef && kind === status.cmd);
    return command && which(command, status) ? { ...status, code } : status;
  });
const isAlert =
  (...codes: readonly number[]) =>
  (command: Command): boolean =>
    command.kind === 'Alert' && codes.includes(command.code ?? 0);

/** Changes commands on their way in, those inside Sync included. */
const hears = (edit: (command: Command) => Command): Wrap =>
  editRequest((request) => ({ ...request, body: mapCommands(request.body, edit) }));

const metasOf = (command: Command): readonly Meta[] => [
  ...('meta' in command && command.meta ? [command.meta] : []),
  ...('items' in command ? command.items.flatMap((item) => ('meta' in item && item.meta ? [item.meta] : [])) : []),
];

const filterless = (items: readonly Item[]): Item[] =>
  items.map((item) => {
    if (!item.target?.filter) return item;
    const { filter: _filter, ...target } = item.target;
    return { ...item, target };
  });
const ignoresFilters = hears((command) => (command.kind === 'Alert' ? { ...command, items: filterless(command.items) } : command));

/** Says something of its datastores that is not so. */
const announces = (claim: object): Wrap =>
  editCommands((command) => {
    if (command.kind !== 'Results') return command;
    const items = command.items.map((item) =>
      item.data?.kind === 'devinf'
        ? {
            ...item,
            data: {
              ...item.data,
              devinf: { ...item.data.devinf, dataStores: item.data.devinf.dataStores.map((store) => ({ ...store, ...claim })) },
            },
          }
        : item,
    );
    return { ...command, items };
  });

const withoutFormat = ({ format: _format, ...meta }: Meta): DistributiveOmit<Meta, 'format'> => meta;

/** All of these, one around the other. */
const all = (...wraps: readonly Wrap[]): Wrap => wraps.reduce((outer, inside) => both(outer, inside));

/** A server that has one way of syncing, and finds fault with all others. */
const bad = (...codes: readonly number[]): Wrap =>
  editStatuses((status, request) => {
    const alert = request.body.find(({ cmdId }) => cmdId === status.cmdRef);
    return alert && status.msgRef === request.header.msgId && isAlert(...codes)(alert) ? { ...status, code: Status.BadRequest } : status;
  });

export const ALERT_FAULTS: readonly Fault[] = [
  {
    name: 'finds fault with one-way syncs, and with refreshes from the server',
    red: ['ALR-001c', 'ALR-001e', 'ALR-001f'],
    alsoRed: ['ANC-003c'],
    wrap: () => bad(Alert.OneWayFromClient, Alert.OneWayFromServer, Alert.RefreshFromServer),
  },
  {
    name: 'finds fault with two-way syncs of devices it does not know',
    red: ['ALR-001a', 'ALR-001c', 'ALR-001e'],
    // 508 is what it finds fault with.
    alsoRed: ['ANC-003a', 'ANC-003c', 'ANC-005b', 'ANC-005c', 'ANC-006a', 'ANC-009a', 'ANC-010', 'SUS-003a', 'SUS-003b', 'SUS-011b'],
    wrap: () =>
      editStatuses((status) =>
        status.cmd === 'Alert' && status.code === Status.RefreshRequired ? { ...status, code: Status.BadRequest } : status,
      ),
  },
  {
    name: 'finds fault with refreshes from the client',
    red: ['ALR-001d'],
    wrap: () => bad(Alert.RefreshFromClient),
  },
  {
    name: 'stumbles over Format and Version of an item, MaxObjSize of an Alert, and a nonce for later',
    red: ['MET-001b', 'MET-001f', 'MET-001h', 'MET-001i', 'MET-002d'],
    alsoRed: ['SYN-032b', 'WBX-013b'],
    wrap: () =>
      all(
        answers((command) => metasOf(command).some(({ format, version }) => format === 'chr' || version !== undefined), Status.BadRequest),
        answers(
          (command) => command.kind === 'Alert' && metasOf(command).some(({ maxObjSize }) => maxObjSize !== undefined),
          Status.BadRequest,
        ),
        editStatuses((status, request) =>
          status.cmdRef === '0' && request.body.some((command) => command.kind === 'Status' && command.chal?.nextNonce !== undefined)
            ? { ...status, code: Status.BadRequest }
            : status,
        ),
      ),
  },
  {
    name: 'takes the Alerts of device management, and not those of its own protocol',
    red: ['ALR-002a', 'ALR-002c', 'ALR-003', 'ALR-004a', 'ALR-004b', 'ALR-004c', 'ALR-004d'],
    alsoRed: ['BSY-003', 'BSY-004'],
    wrap: () =>
      all(
        answers(isAlert(Alert.Result, Alert.NoEndOfData), Status.CommandNotImplemented),
        answers(isAlert(Alert.Display), Status.FeatureNotSupported),
        answers((command) => command.kind === 'Alert' && (command.code ?? 0) >= 1000, Status.Ok),
      ),
  },
  {
    name: 'wants a Type from everybody, and no EMI and no Mem',
    red: ['MET-001c', 'MET-001d', 'MET-003', 'MET-005', 'WBX-013b'],
    wrap: () =>
      all(
        answers(
          (command) => command.kind === 'Add' && command.items.length > 0 && metasOf(command).every(({ type }) => type === undefined),
          Status.UnsupportedMediaType,
        ),
        answers((command) => metasOf(command).some(({ emi, mem }) => emi !== undefined || mem !== undefined), Status.BadRequest),
      ),
  },
  {
    name: 'does not find what is to be archived, and soft-deletes what is gone',
    red: ['FLT-012', 'FLT-013'],
    wrap: () =>
      all(
        answers((command) => command.kind === 'Delete' && command.archive === true, Status.ItemNotDeleted),
        answers((command, { code }) => command.kind === 'Delete' && code === Status.SoftDeleteConflict, Status.Ok),
      ),
  },
  {
    name: 'finds what it does not have bad requests',
    red: ['DEV-025', 'FLT-016a', 'FLT-016b', 'FLT-016c', 'FLT-016d'],
    wrap: () =>
      editStatuses((status) =>
        status.code === Status.CommandNotImplemented || (status.cmd === 'Get' && status.code === Status.NotFound)
          ? { ...status, code: Status.BadRequest }
          : status,
      ),
  },
  {
    name: 'reads the first Item of an Alert only',
    red: ['ALR-005b'],
    wrap: () => hears((command) => (command.kind === 'Alert' ? { ...command, items: command.items.slice(0, 1) } : command)),
  },
  {
    name: 'keeps Base64 as it comes',
    red: ['MET-002a', 'MET-002b', 'SYN-032b'],
    wrap: () =>
      hears((command) =>
        command.kind === 'Add'
          ? {
              ...command,
              ...(command.meta ? { meta: withoutFormat(command.meta) } : {}),
              items: command.items.map((item) => (item.meta ? { ...item, meta: withoutFormat(item.meta) } : item)),
            }
          : command,
      ),
  },
  { name: 'knows no FilterType and takes all', red: ['FLT-001'], wrap: () => ignoresFilters },
  {
    name: 'refuses a Filter that asks for nothing',
    red: ['FLT-002a', 'FLT-002b'],
    wrap: () =>
      hears((command) =>
        command.kind === 'Alert'
          ? {
              ...command,
              items: command.items.map((item) =>
                item.target?.filter ? { ...item, target: { ...item.target, filter: { ...item.target.filter, record: {} } } } : item,
              ),
            }
          : command,
      ),
  },
  {
    name: 'announces filters it does not have',
    red: ['FLT-001', 'FLT-003', 'FLT-004', 'FLT-005', 'FLT-006', 'FLT-007'],
    wrap: () => both(announces({ filterRx: [{ ctType: 'text/x-query', verCt: '1.0' }] }), ignoresFilters),
  },
  {
    name: 'takes folders and does not say that it keeps them apart',
    red: ['FLT-008'],
    wrap: () => announces({ rx: [{ ctType: 'application/vnd.omads-folder+xml', verCt: '1.2' }] }),
  },
  {
    name: 'announces a hierarchy it does not have',
    red: ['FLT-009', 'FLT-010', 'FLT-011'],
    // Folders stay in the datastore: NumberOfChanges counts them for clients that take none.
    alsoRed: ['DEV-014b'],
    settings: {
      datastores: [
        { uri: 'contacts', kind: 'opaque' },
        { uri: 'notes', kind: 'notes' },
      ],
    },
    wrap: () => announces({ supportHierarchicalSync: true }),
  },
  {
    name: 'takes an Atomic for a Sequence',
    red: ['FLT-014b', 'FLT-014c'],
    wrap: () =>
      both(
        editStatuses((status, request) => {
          const command = everyCommand(request.body).find(({ cmdId }) => cmdId === status.cmdRef);
          return command?.kind === 'Atomic' && status.cmd === 'Sequence' ? { ...status, cmd: 'Atomic' } : status;
        }),
        hears((command) => (command.kind === 'Atomic' ? { ...command, kind: 'Sequence' } : command)),
      ),
  },
  {
    name: 'runs the Replaces of a Sequence from its end',
    red: ['FLT-015'],
    wrap: () =>
      hears((command) => {
        if (command.kind !== 'Sequence') return command;
        const last = command.commands.flatMap((one) => (one.kind === 'Replace' ? [one.items] : []));
        return {
          ...command,
          commands: command.commands.map((one) => (one.kind === 'Replace' ? { ...one, items: last.pop() ?? [] } : one)),
        };
      }),
  },
];
