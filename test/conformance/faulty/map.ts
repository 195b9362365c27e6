/** Servers that keep their table of GUIDs and LUIDs wrongly. */
import { Alert } from '../../../src/model/alert.js';
import type { Command, ItemCommand, Location, MapCommand, Message } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { openingsOf } from './anchors.js';
import { both, editAnswer, editCommands, editRequest, editStatuses, type Fault, type Wrap } from './faulty.js';

const hasMap = (message: Message): boolean => message.body.some(({ kind }) => kind === 'Map');
const sessionOf = ({ header }: Message): string => `${header.source.uri} ${header.sessionId}`;

const editMaps = (edit: (map: MapCommand, request: Message) => MapCommand): Wrap =>
  editRequest((request) =>
    hasMap(request) ? { ...request, body: request.body.map((c) => (c.kind === 'Map' ? edit(c, request) : c)) } : request,
  );

/** Of several Statuses of a Map only the first, with this code. */
const answersMaps = (code: number, when: (request: Message) => boolean = () => true): Wrap =>
  editAnswer((answer, request) => {
    if (!hasMap(request) || !when(request)) return answer;
    const seen = new Set<string>();
    const body = answer.body.flatMap((c): Command[] => {
      if (c.kind !== 'Status' || c.cmd !== 'Map') return [c];
      if (seen.has(c.cmdRef)) return [];
      seen.add(c.cmdRef);
      const map = request.body.find((one): one is MapCommand => one.kind === 'Map' && one.cmdId === c.cmdRef);
      return [{ ...c, code, targetRefs: map?.target ? [map.target.uri] : [], sourceRefs: map?.source ? [map.source.uri] : [] }];
    });
    return { ...answer, body };
  });

/** The Map is as if it had not come, whatever is said about it. */
const nowhere = (map: MapCommand): MapCommand => ({
  ...map,
  items: map.items.map((item) => ({ ...item, target: { uri: `not ${item.target.uri}` } })),
});

const LONG = 'a-much-longer-id-';
const longer = (at: Location | undefined): Location | undefined => at && { ...at, uri: LONG + at.uri };
const shorter = (text: string): string => (text.startsWith(LONG) ? text.slice(LONG.length) : text);

/** Session by session: has the client's package 5 been answered with Final? */
function ended(): { readonly keep: Wrap; readonly isOver: (request: Message) => boolean } {
  const over = new Set<string>();
  const sent = new Set<string>();
  return {
    keep: editAnswer((answer, request) => {
      const key = sessionOf(request);
      if (sent.has(key) && answer.final && request.final) over.add(key);
      if (answer.final && answer.body.some(({ kind }) => kind === 'Sync')) sent.add(key);
      return answer;
    }),
    isOver: (request) => over.has(sessionOf(request)),
  };
}

function slowSessions(): { readonly keep: Wrap; readonly isSlow: (request: Message) => boolean } {
  const slow = new Set<string>();
  return {
    keep: editAnswer((answer, request) => {
      if (openingsOf(answer).some(({ code }) => code === Alert.SlowSync)) slow.add(sessionOf(request));
      return answer;
    }),
    isSlow: (request) => slow.has(sessionOf(request)),
  };
}

const editTargets = (kind: ItemCommand['kind']): Wrap =>
  editCommands((command) =>
    command.kind === kind
      ? { ...command, items: command.items.map((item) => ({ ...item, target: { uri: `own-${item.target?.uri}` } })) }
      : command,
  );

export const MAP_FAULTS: readonly Fault[] = [
  {
    name: 'answers Maps and forgets them',
    // Whatever comes after a Map goes wrong with it.
    // prettier-ignore
    red: [
      'MAP-001a', 'MAP-001b', 'MAP-004a', 'MAP-004b', 'MAP-006a', 'MAP-006b', 'MAP-007', 'MAP-008a', 'MAP-008b', 'MAP-009', 'MAP-010',
      'SYN-016b', 'SYN-018a', 'SYN-018b', 'SYN-018c', 'SYN-020', 'FLT-013',
    ],
    wrap: () => both(answersMaps(Status.Ok), editMaps(nowhere)),
  },
  {
    name: 'gives Maps no Status',
    red: ['MAP-002', 'MAP-003', 'MAP-004a', 'MAP-007', 'MAP-008a', 'MAP-010'],
    alsoRed: ['STA-002a', 'STA-002i', 'WBX-013a'],
    wrap: () => editStatuses((status) => (status.cmd === 'Map' ? undefined : status)),
  },
  {
    name: 'refuses Maps while it sends its changes',
    red: ['MAP-003'],
    wrap: () => answersMaps(Status.CommandFailed, (request) => !request.final),
  },
  {
    name: 'loses Maps that come with the changes of the next session',
    red: ['MAP-004a', 'MAP-004b', 'MAP-009'],
    wrap: () => {
      const isEarly = (request: Message): boolean => request.body.some(({ kind }) => kind === 'Sync');
      return both(
        answersMaps(Status.Ok, isEarly),
        editMaps((map, request) => (isEarly(request) ? nowhere(map) : map)),
      );
    },
  },
  {
    name: 'sends long ids to devices that take short ones only',
    red: ['MAP-005'],
    // The messages become larger than they may.
    alsoRed: ['SIZ-001a', 'SIZ-001b', 'SIZ-001d'],
    wrap: () =>
      both(
        editCommands((command) =>
          command.kind === 'Add'
            ? {
                ...command,
                items: command.items.map((item) => {
                  const source = longer(item.source);
                  return { ...item, ...(source ? { source } : {}) };
                }),
              }
            : command,
        ),
        editRequest((request) => ({
          ...request,
          body: request.body.map((c): Command => {
            if (c.kind === 'Map') return { ...c, items: c.items.map((item) => ({ ...item, target: { uri: shorter(item.target.uri) } })) };
            return c.kind === 'Status' && c.cmd === 'Add' ? { ...c, sourceRefs: c.sourceRefs.map(shorter) } : c;
          }),
        })),
      ),
  },
  {
    name: 'names its own id for the LUID in a Replace',
    red: ['MAP-006a', 'SYN-018b'],
    // A merged item goes back as a Replace.
    alsoRed: ['DEV-020a', 'SYN-021'],
    wrap: () => editTargets('Replace'),
  },
  {
    name: 'names its own id for the LUID in a Delete',
    red: ['MAP-006b', 'SYN-018c'],
    wrap: () => editTargets('Delete'),
  },
  {
    name: 'wants no Map in a slow sync',
    red: ['MAP-003', 'MAP-007'],
    wrap: () => {
      const { keep, isSlow } = slowSessions();
      return both(keep, answersMaps(Status.Forbidden, isSlow));
    },
  },
  {
    name: 'takes any id in a Map for one of its own',
    red: ['MAP-008a'],
    wrap: () => answersMaps(Status.Ok),
  },
  {
    name: 'drops a whole Map for one unknown id',
    red: ['MAP-008b'],
    alsoRed: ['STA-006a'],
    wrap: () => {
      const given = new Set<string>();
      return both(
        editCommands((command, { header }) => {
          if (command.kind === 'Add') given.add(`${header.source.uri} ${command.items[0]?.source?.uri}`);
          return command;
        }),
        editMaps((map, { header }) =>
          map.items.every((item) => given.has(`${header.source.uri} ${item.target.uri}`)) ? map : nowhere(map),
        ),
      );
    },
  },
  {
    name: 'takes no Map once package 5 has ended',
    red: ['MAP-010'],
    alsoRed: ['PKG-018e'],
    wrap: () => {
      const { keep, isOver } = ended();
      return both(
        keep,
        both(
          answersMaps(Status.Forbidden, isOver),
          editMaps((map, request) => (isOver(request) ? nowhere(map) : map)),
        ),
      );
    },
  },
];
