/** Servers that go wrong with sessions that are suspended, and with those that resume them. */
import { Alert } from '../../../src/model/alert.js';
import type { Message } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { editLast } from './anchors.js';
import { both, editAnswer, editCommands, editRequest, editStatuses, type Fault, type Wrap } from './faulty.js';
import { editText } from './client-changes.js';
import { places } from './large-object-parts.js';
import { editChanges, editItem, sessionOf } from './sync.js';

const hasAlert = ({ body }: Message, code: number): boolean => body.some((command) => command.kind === 'Alert' && command.code === code);
const suspends = (message: Message): boolean => hasAlert(message, Alert.Suspend);

/** Sessions that began with an Alert 225 that was taken. */
function resumed(): { readonly keep: Wrap; readonly isResumed: (request: Message) => boolean; readonly devices: ReadonlySet<string> } {
  const sessions = new Set<string>();
  const devices = new Set<string>();
  return {
    keep: editAnswer((answer, request) => {
      const alert = request.body.find((command) => command.kind === 'Alert' && command.code === Alert.Resume);
      const taken = answer.body.some((command) => command.kind === 'Status' && command.cmdRef === alert?.cmdId && command.code < 300);
      if (alert && taken) {
        sessions.add(sessionOf(request));
        devices.add(request.header.source.uri);
      }
      return answer;
    }),
    isResumed: (request) => sessions.has(sessionOf(request)),
    devices,
  };
}

/** Does something in resumed sessions only. */
function whereResumed(wrap: (isResumed: (request: Message) => boolean) => Wrap): Wrap {
  const { keep, isResumed } = resumed();
  return both(keep, wrap(isResumed));
}

export const SUSPEND_FAULTS: readonly Fault[] = [
  {
    name: 'wants the next message after Alert 224',
    red: ['SUS-001b'],
    alsoRed: ['PKG-005'],
    wrap: () =>
      editAnswer((answer, request) =>
        suspends(request)
          ? { ...answer, final: false, body: [...answer.body, { kind: 'Alert', cmdId: '950', code: Alert.NextMessage, items: [] }] }
          : answer,
      ),
  },
  {
    name: 'carries out what stands behind Alert 224',
    red: ['SUS-001c'],
    alsoRed: ['STA-003a'],
    wrap: () =>
      editRequest((request) => {
        const isSuspend = (command: Message['body'][number]): boolean => command.kind === 'Alert' && command.code === Alert.Suspend;
        if (!suspends(request) || isSuspend(request.body.at(-1) as Message['body'][number])) return request;
        return { ...request, body: [...request.body.filter((one) => !isSuspend(one)), ...request.body.filter(isSuspend)] };
      }),
  },
  {
    name: 'takes no changes in a resumed session',
    red: ['SUS-002b', 'SUS-004a', 'SUS-006', 'SUS-009b'],
    wrap: () =>
      whereResumed((isResumed) =>
        editStatuses((status, request) =>
          isResumed(request) && (status.cmd === 'Add' || status.cmd === 'Replace') ? { ...status, code: Status.CommandFailed } : status,
        ),
      ),
  },
  {
    name: 'sends nothing in a resumed session',
    red: ['SUS-002c', 'SUS-005a', 'SUS-010'],
    wrap: () =>
      whereResumed((isResumed) =>
        editCommands((command, request) =>
          isResumed(request) && (command.kind === 'Add' || command.kind === 'Replace') ? undefined : command,
        ),
      ),
  },
  {
    name: 'keeps no anchors of a resumed session',
    red: ['SUS-002d'],
    wrap: () => {
      const { keep, devices } = resumed();
      return both(
        keep,
        editLast(({ device, last }) => (devices.has(device) ? undefined : last)),
      );
    },
  },
  {
    name: 'takes what comes once more in a resumed session for something new',
    red: ['SUS-004a'],
    wrap: () =>
      whereResumed((isResumed) => {
        const placeOf = places();
        return both(
          editStatuses((status, request) =>
            isResumed(request) ? { ...status, sourceRefs: status.sourceRefs.map((ref) => ref.replace(/^again-/, '')) } : status,
          ),
          editChanges((change, request) =>
            isResumed(request) && change.kind === 'Add' && placeOf(change, request) === 'whole'
              ? editItem(change, (item) => ({ ...item, source: { uri: `again-${item.source?.uri}` } }))
              : change,
          ),
        );
      }),
  },
  {
    name: 'takes what comes once more in a resumed session for an edit',
    red: ['SUS-004b'],
    // They look at what is held after a resumed session.
    alsoRed: ['SUS-002b', 'SUS-004a', 'SUS-009a'],
    wrap: () =>
      whereResumed((isResumed) => {
        const placeOf = places();
        return editChanges((change, request) =>
          isResumed(request) && change.kind === 'Add' && placeOf(change, request) === 'whole'
            ? editItem(change, (item) => editText(item, (text) => text.replace(/^(TEL.*)1$/m, (_, number: string) => `${number}7`)))
            : change,
        );
      }),
  },
  {
    name: 'overlooks the Statuses and Maps that come with Alert 224',
    red: ['SUS-005b'],
    alsoRed: ['STA-002a'],
    wrap: () =>
      editRequest((request) =>
        suspends(request)
          ? {
              ...request,
              body: request.body.filter(({ kind, ...one }) => kind !== 'Map' && !(kind === 'Status' && 'cmd' in one && one.cmd === 'Add')),
            }
          : request,
      ),
  },
];
