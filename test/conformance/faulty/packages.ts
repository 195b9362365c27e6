/** Servers that go wrong with packages: their ends, what belongs into them, and messages that come again. */
import { Alert, isSyncType } from '../../../src/model/alert.js';
import type { AlertCommand, Command, ItemCommand, Message, StatusCommand } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import {
  around,
  editAnswer,
  editCommands,
  editRequest,
  editStatuses,
  encodingOfRequest,
  type Fault,
  type Wrap,
  rewrite,
} from './faulty.js';

const has = (message: Message, kind: Command['kind']): boolean => message.body.some((command) => command.kind === kind);
const isAlert = (command: Command, code: number): boolean => command.kind === 'Alert' && command.code === code;
const opensStore = ({ body }: Message): boolean => body.some((command) => command.kind === 'Alert' && isSyncType(command.code ?? 0));
const isChunked = ({ body }: Message): boolean =>
  body.some(
    (command) =>
      command.kind === 'Sync' &&
      command.commands.some((one) => 'items' in one && one.items.some((item) => 'moreData' in item && item.moreData)),
  );

const closing = (when: (answer: Message, request: Message) => boolean, final: boolean): Wrap =>
  editAnswer((answer, request) => (when(answer, request) ? { ...answer, final } : answer));

const askForMore: AlertCommand = { kind: 'Alert', cmdId: '950', code: Alert.NextMessage, items: [] };

/** What came in a message that is not the last of package 3 is answered, and forgotten. */
const forgetsUnfinished = (): Wrap =>
  around(async (request, message, inner) => {
    const encoding = encodingOfRequest(request);
    if (!message || !encoding || message.final || isChunked(message) || !has(message, 'Sync')) return inner(request);
    const changes = message.body.flatMap((command) => (command.kind === 'Sync' ? command.commands : []));
    const body = message.body.map((command) => (command.kind === 'Sync' ? { ...command, commands: [] } : command));
    return editAnswer((answer) => ({
      ...answer,
      body: [
        ...answer.body.filter(({ kind }) => kind === 'Status'),
        ...changes.map((change, i): StatusCommand => {
          const [item] = (change as ItemCommand).items;
          return {
            kind: 'Status',
            cmdId: String(800 + i),
            msgRef: message.header.msgId,
            cmdRef: change.cmdId,
            cmd: change.kind,
            targetRefs: [],
            sourceRefs: item?.source ? [item.source.uri] : [],
            code: change.kind === 'Add' ? Status.ItemAdded : Status.Ok,
            items: [],
          };
        }),
        ...answer.body.filter(({ kind }) => kind !== 'Status'),
      ],
    }))({ handle: inner }).handle({ ...request, body: rewrite(request.body, encoding, { ...message, body }) });
  });

/** SyncHdr 400 for a body that came before. */
function refusesRepeats(): Wrap {
  const seen = new Set<string>();
  const refusing = editStatuses((status) => (status.cmdRef === '0' ? { ...status, code: Status.BadRequest } : status));
  return around((request, message, inner) => {
    const body = Buffer.from(request.body).toString('latin1');
    if (message && seen.has(body)) return refusing({ handle: inner }).handle(request);
    seen.add(body);
    return inner(request);
  });
}

/** Statuses of changes stay away in syncs of this type. */
function silentIn(type: number): Wrap {
  const types = new Map<string, number>();
  return editStatuses((status, request) => {
    const device = request.header.source.uri;
    for (const command of request.body)
      if (command.kind === 'Alert' && command.code !== undefined && isSyncType(command.code)) types.set(device, command.code);
    const isChange = status.cmd === 'Add' || status.cmd === 'Replace';
    return isChange && types.get(device) === type ? undefined : status;
  });
}

const onlyFirstSync = (request: Message): Message => {
  const first = request.body.find(({ kind }) => kind === 'Sync');
  return { ...request, body: request.body.filter((command) => command.kind !== 'Sync' || command === first) };
};

export const PACKAGE_FAULTS: readonly Fault[] = [
  {
    name: 'says Final in each message of package 4',
    red: ['PKG-001b', 'PKG-007'],
    alsoRed: ['MET-001e'],
    wrap: () => closing((answer) => has(answer, 'Sync'), true),
  },
  {
    name: 'has no Final in package 6',
    red: ['PKG-001c', 'PKG-010'],
    alsoRed: ['SUS-001b'],
    wrap: () => closing((answer, request) => request.final && !opensStore(request) && !has(request, 'Sync') && !has(answer, 'Sync'), false),
  },
  {
    name: 'ends package 2 before the client has ended package 1',
    red: ['PKG-002a'],
    wrap: () => closing((_answer, request) => !request.final && opensStore(request), true),
  },
  {
    name: 'ends package 4 before the client has ended package 3',
    red: ['PKG-002b'],
    wrap: () => closing((_answer, request) => !request.final && has(request, 'Sync') && !isChunked(request), true),
  },
  {
    name: 'ends package 6 before the client has ended package 5',
    red: ['PKG-002c'],
    wrap: () =>
      closing(
        (_answer, request) => !request.final && has(request, 'Map') && !request.body.some((one) => isAlert(one, Alert.NextMessage)),
        true,
      ),
  },
  {
    name: 'takes the first Sync of a message only',
    red: ['PKG-003a', 'STA-002a'],
    alsoRed: ['PKG-013c', 'PKG-016'],
    wrap: () => editRequest(onlyFirstSync),
  },
  {
    name: 'never asks for the next message',
    red: ['PKG-004a', 'PKG-004b'],
    alsoRed: ['LOB-002'],
    wrap: () => editCommands((command) => (isAlert(command, Alert.NextMessage) ? undefined : command)),
  },
  {
    name: 'asks for the next message although package 3 is whole',
    red: ['PKG-005'],
    // It is one command more than there may be, or than there is room for.
    alsoRed: ['BSY-002', 'SIZ-001a', 'SIZ-001d'],
    wrap: () =>
      editAnswer((answer, request) => (request.final && has(request, 'Sync') ? { ...answer, body: [...answer.body, askForMore] } : answer)),
  },
  {
    name: 'answers Alert 222 with 406, and goes on',
    red: ['PKG-006a'],
    alsoRed: ['ALR-002b'],
    wrap: () =>
      editStatuses((status, request) => {
        const asked = request.body.find(({ cmdId }) => cmdId === status.cmdRef);
        return asked && isAlert(asked, Alert.NextMessage) ? { ...status, code: Status.FeatureNotSupported } : status;
      }),
  },
  {
    name: 'takes no Sync beside its Alert',
    red: ['PKG-008a', 'PKG-008b'],
    wrap: () =>
      editStatuses((status, request) =>
        opensStore(request) && has(request, 'Sync') && (status.cmd === 'Add' || status.cmd === 'Replace')
          ? { ...status, code: Status.Forbidden }
          : status,
      ),
  },
  {
    name: 'asks for device information in package 6',
    red: ['PKG-011a', 'PKG-011b'],
    wrap: () =>
      editAnswer((answer, request) =>
        request.final && !opensStore(request) && !has(request, 'Sync') && !has(answer, 'Sync')
          ? { ...answer, body: [...answer.body, { kind: 'Get', cmdId: '950', items: [{ target: { uri: './devinf12' } }] }] }
          : answer,
      ),
  },
  {
    name: 'does not say what came of the changes of a sync of type 202',
    red: ['PKG-012a', 'STA-002a'],
    wrap: () => silentIn(Alert.OneWayFromClient),
  },
  {
    name: 'does not say what came of the changes of a sync of type 203',
    red: ['PKG-012b', 'STA-002a'],
    wrap: () => silentIn(Alert.RefreshFromClient),
  },
  {
    name: 'brings nothing new with Alert 222',
    red: ['PKG-006b', 'PKG-001b', 'PKG-007', 'PKG-018d'],
    alsoRed: ['SUS-010'],
    wrap: () =>
      editAnswer((answer, request) =>
        request.body.some((command) => isAlert(command, Alert.NextMessage))
          ? { ...answer, body: answer.body.map((command) => (command.kind === 'Sync' ? { ...command, commands: [] } : command)) }
          : answer,
      ),
  },
  {
    name: 'has a Sync in package 6',
    red: ['PKG-014', 'PKG-011a', 'PKG-011b'],
    alsoRed: ['SUS-001b'],
    wrap: () =>
      editAnswer((answer, request) =>
        request.final && !opensStore(request) && !has(request, 'Sync') && !has(answer, 'Sync')
          ? { ...answer, body: [...answer.body, { kind: 'Sync', cmdId: '950', commands: [] }] }
          : answer,
      ),
  },
  {
    name: 'alerts its datastores twice',
    red: ['PKG-015a', 'PKG-015c'],
    alsoRed: ['ALR-001a', 'ALR-001b', 'ALR-001c', 'ALR-001d', 'ALR-001e', 'ALR-001f', 'ALR-005b'],
    wrap: () =>
      editAnswer((answer) => ({
        ...answer,
        body: answer.body.flatMap((command, at) =>
          command.kind === 'Alert' && isSyncType(command.code ?? 0) ? [command, { ...command, cmdId: String(950 + at) }] : [command],
        ),
      })),
  },
  {
    name: 'takes Alerts in the first message of a session only',
    red: ['PKG-020a'],
    wrap: () =>
      editStatuses((status, request) =>
        status.cmd === 'Alert' && request.header.msgId !== '1' && !request.header.cred && opensStore(request)
          ? { ...status, code: Status.Forbidden }
          : status,
      ),
  },
  {
    name: 'fails a Replace in a session of six packages',
    red: ['PKG-009b', 'PKG-008b', 'PKG-012a', 'PKG-012b'],
    alsoRed: ['FLT-015', 'SYN-001b', 'SYN-009b'],
    wrap: () =>
      editStatuses((status) => (status.cmd === 'Replace' && status.code < 300 ? { ...status, code: Status.CommandFailed } : status)),
  },
  {
    name: 'leaves a Sync without changes out',
    red: ['PKG-013a', 'PKG-013b', 'PKG-013c'],
    wrap: () => editCommands((command) => (command.kind === 'Sync' && command.commands.length === 0 ? undefined : command)),
  },
  {
    name: 'has no Last in its Alerts',
    red: ['PKG-015b'],
    alsoRed: ['ANC-002b', 'MET-001a'],
    wrap: () =>
      editCommands((command) =>
        command.kind === 'Alert'
          ? {
              ...command,
              items: command.items.map(({ meta, ...item }) => ({
                ...item,
                ...(meta
                  ? {
                      meta: {
                        ...meta,
                        ...(meta.anchor ? { anchor: { ...(meta.anchor.next === undefined ? {} : { next: meta.anchor.next }) } } : {}),
                      },
                    }
                  : {}),
              })),
            }
          : command,
      ),
  },
  {
    name: 'fails what comes for the second datastore of a message',
    red: ['PKG-016'],
    wrap: () =>
      editStatuses((status, request) => {
        const syncs = request.body.flatMap((command) => (command.kind === 'Sync' ? [command] : []));
        const second = syncs.find(({ target }) => target?.uri !== syncs[0]?.target?.uri);
        return second?.commands.some(({ cmdId }) => cmdId === status.cmdRef) ? { ...status, code: Status.CommandFailed } : status;
      }),
  },
  {
    name: 'asks for the next message as long as the client does',
    red: ['PKG-017'],
    wrap: () =>
      editAnswer((answer, request) => {
        const [asks] = request.body.filter((command) => isAlert(command, Alert.NextMessage));
        if (
          !asks ||
          answer.body.some(({ kind }) => kind !== 'Status') ||
          !answer.body.some((one) => one.kind === 'Status' && one.code >= 500)
        )
          return answer;
        const body = answer.body.map((one) => (one.kind === 'Status' ? { ...one, code: Status.Ok } : one));
        return { ...answer, final: false, body: [...body, askForMore] };
      }),
  },
  {
    name: 'finds fault with a message that comes again',
    red: ['PKG-018a', 'PKG-018b', 'PKG-018d', 'PKG-018e'],
    wrap: refusesRepeats,
  },
  {
    name: 'says 200 to the Sync of a session it does not know',
    red: ['PKG-019a'],
    wrap: () =>
      editStatuses((status, request) =>
        request.header.cred && status.cmd === 'Sync' && (status.code === Status.Forbidden || status.code === Status.BadRequest)
          ? { ...status, code: Status.Ok }
          : status,
      ),
  },
  {
    name: 'forgets what came in messages before the last of package 3',
    red: ['PKG-003b', 'PKG-020b'],
    // What is to be interrupted or resumed is not there any more.
    alsoRed: ['LOB-005a', 'LOB-005b', 'SUS-001c', 'SUS-002a', 'SUS-009a'],
    wrap: forgetsUnfinished,
  },
];
