/** Servers that go wrong in their Statuses. */
import { isSyncType } from '../../../src/model/alert.js';
import type { Command, ItemCommand, Message, StatusCommand } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { around, editAnswer, editStatuses, type Fault, type Wrap } from './faulty.js';

const isStatus = (command: Command): command is StatusCommand => command.kind === 'Status';
const isHeader = (command: Command): boolean => isStatus(command) && command.cmdRef === '0';

/** Puts the Statuses into another order, everything else stays behind them. */
const reorder = (order: (statuses: readonly StatusCommand[], request: Message) => readonly StatusCommand[]): Wrap =>
  editAnswer((answer, request) => ({
    ...answer,
    body: [...order(answer.body.filter(isStatus), request), ...answer.body.filter((command) => !isStatus(command))],
  }));

const everyCommand = (commands: readonly Command[]): readonly Command[] =>
  commands.flatMap((command) => [command, ...('commands' in command ? everyCommand(command.commands) : [])]);

/** The change that a Status answers, where it came with this message. */
const changeOf = (status: StatusCommand, request: Message): ItemCommand | undefined =>
  everyCommand(request.body).find(
    (command): command is ItemCommand =>
      status.msgRef === request.header.msgId &&
      command.cmdId === status.cmdRef &&
      (command.kind === 'Add' || command.kind === 'Replace' || command.kind === 'Delete'),
  );

const withoutRefs = (status: StatusCommand): StatusCommand => ({ ...status, targetRefs: [], sourceRefs: [] });

/** One Status for a command whose Items fared differently: that of the first. */
const oneForAll = (): Wrap =>
  reorder((statuses, request) => {
    const seen = new Set<string>();
    return statuses.flatMap((status) => {
      if ((changeOf(status, request)?.items.length ?? 0) < 2) return [status];
      if (seen.has(status.cmdRef)) return [];
      seen.add(status.cmdRef);
      return [withoutRefs(status)];
    });
  });

const failsWithItsItems = (): Wrap =>
  editAnswer((answer, request) => {
    const failed = answer.body.some((command) => isStatus(command) && command.code >= 400 && changeOf(command, request) !== undefined);
    if (!failed) return answer;
    return {
      ...answer,
      body: answer.body.map((command) =>
        isStatus(command) && command.cmd === 'Sync' ? { ...command, code: Status.SynchronizationFailed } : command,
      ),
    };
  });

const refuseMessage = (is: (message: Message) => boolean): Wrap =>
  around((request, message, inner) =>
    message && is(message) ? Promise.resolve({ httpStatus: 400, body: Buffer.from('no\n'), log: {} }) : inner(request),
  );

const SILENT_ABOUT: readonly string[] = ['Put', 'Delete', 'Sequence', 'Atomic', 'Move', 'Exec', 'Search'];
const SWAPPED: readonly string[] = ['Put', 'Get', 'Sync', 'Map'];

export const STATUS_FAULTS: readonly Fault[] = [
  {
    name: `says nothing to ${SILENT_ABOUT.join(', ')}`,
    red: ['STA-002a', 'STA-002b', 'STA-002c', 'STA-002d', 'STA-002e', 'STA-002g', 'STA-002h'],
    // Whatever looks at one of these Statuses.
    alsoRed: [
      'AUT-006a',
      'AUT-006b',
      'DEV-002a',
      'DEV-002b',
      'FLT-012',
      'FLT-014a',
      'FLT-014b',
      'FLT-015',
      'FLT-016a',
      'FLT-016b',
      'PKG-003b',
      'SYN-001c',
      'SYN-011',
      'WBX-003a',
      'WBX-013a',
      'WBX-013c',
    ],
    wrap: () => editStatuses((status) => (SILENT_ABOUT.includes(status.cmd) ? undefined : status)),
  },
  {
    name: `swaps the refs of the Statuses for ${SWAPPED.join(', ')}`,
    red: ['STA-006a', 'STA-006f', 'STA-006g', 'STA-006h'],
    wrap: () =>
      editStatuses((status) =>
        SWAPPED.includes(status.cmd) ? { ...status, targetRefs: status.sourceRefs, sourceRefs: status.targetRefs } : status,
      ),
  },
  {
    name: 'puts the Status of SyncHdr behind the others',
    red: ['STA-001', 'STA-010'],
    wrap: () => reorder((statuses) => [...statuses.filter((one) => !isHeader(one)), ...statuses.filter(isHeader)]),
  },
  {
    name: 'puts Statuses that are late before that of SyncHdr',
    red: ['STA-001', 'STA-010'],
    wrap: () =>
      reorder((statuses, { header }) => {
        const late = statuses.filter(({ msgRef }) => msgRef !== header.msgId);
        return [...late, ...statuses.filter((one) => !late.includes(one))];
      }),
  },
  {
    name: 'says nothing to a Copy',
    red: ['STA-002a', 'STA-002f'],
    alsoRed: ['FLT-016c', 'WBX-013a'],
    wrap: () => editStatuses((status) => (status.cmd === 'Copy' ? undefined : status)),
  },
  {
    name: 'answers changes before the Sync they stand in',
    red: ['STA-003a', 'STA-003b'],
    wrap: () => reorder((statuses) => [...statuses.filter(({ cmd }) => cmd !== 'Sync'), ...statuses.filter(({ cmd }) => cmd === 'Sync')]),
  },
  { name: 'has one Status for all Items of a command, though they fared differently', red: ['STA-004a', 'STA-004b'], wrap: oneForAll },
  {
    name: 'names the first Item in the Status for all of them',
    red: ['STA-005a', 'STA-005b'],
    wrap: () =>
      editStatuses((status, request) => {
        const items = changeOf(status, request)?.items ?? [];
        const [source] = items.flatMap((item) => item.source?.uri ?? []);
        return items.length > 1 && status.sourceRefs.length === 0 && source !== undefined ? { ...status, sourceRefs: [source] } : status;
      }),
  },
  {
    name: 'swaps the refs of the Status for an Alert',
    red: ['STA-006a', 'STA-006e'],
    wrap: () =>
      editStatuses((status) =>
        status.cmd === 'Alert' ? { ...status, targetRefs: status.sourceRefs, sourceRefs: status.targetRefs } : status,
      ),
  },
  {
    name: 'does not say which item a Status is for, where the command has only one',
    red: ['STA-006b', 'STA-006c', 'STA-006d'],
    wrap: () => editStatuses((status, request) => (changeOf(status, request)?.items.length === 1 ? withoutRefs(status) : status)),
  },
  {
    name: 'names nobody in the Status of SyncHdr',
    red: ['STA-007'],
    wrap: () => editStatuses((status) => (isHeader(status) ? withoutRefs(status) : status)),
  },
  {
    name: 'leaves the Status of SyncHdr out where there is nothing else to say',
    red: ['STA-001', 'STA-008', 'PKG-010'],
    alsoRed: ['PKG-019b'],
    wrap: () => editAnswer((answer) => (answer.body.length === 1 && answer.body.every(isHeader) ? { ...answer, body: [] } : answer)),
  },
  { name: 'fails a Sync in which a change fails', red: ['STA-009'], wrap: failsWithItsItems },
  {
    name: 'does not say which Next it heard',
    red: ['STA-011'],
    alsoRed: ['MET-001a'],
    wrap: () =>
      editStatuses((status, request) => {
        const alert = request.body.find(({ cmdId }) => cmdId === status.cmdRef);
        return alert?.kind === 'Alert' && isSyncType(alert.code ?? 0) ? { ...status, items: [] } : status;
      }),
  },
  {
    name: 'has codes of its own: 299 for a Delete of nothing',
    red: ['STA-012'],
    alsoRed: ['SYN-011'],
    wrap: () => editStatuses((status) => (status.code === Status.ItemNotDeleted ? { ...status, code: 299 } : status)),
  },
  {
    name: 'gives all its Statuses the same CmdID',
    red: ['STA-013'],
    wrap: () => editStatuses((status) => ({ ...status, cmdId: '1' })),
  },
  {
    name: 'does not name what it does not support',
    red: ['STA-014'],
    wrap: () => editStatuses((status) => (status.code === Status.FeatureNotSupported ? { ...status, items: [] } : status)),
  },
  {
    name: 'does not name the media type it does not support',
    red: ['STA-015'],
    wrap: () => editStatuses((status) => (status.code === Status.UnsupportedMediaType ? { ...status, items: [] } : status)),
  },
  {
    name: 'wants a Status for its SyncHdr in every message but the first',
    red: ['STA-017'],
    wrap: () =>
      refuseMessage(({ header, body }) => Number(header.msgId) > 1 && body.some(({ kind }) => kind === 'Sync') && !body.some(isHeader)),
  },
];
