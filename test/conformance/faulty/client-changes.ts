/** Servers that do something else with what comes from the client than they say. */
import { Alert } from '../../../src/model/alert.js';
import type { Item, Message, SyncCommand } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { openingsOf } from './anchors.js';
import { both, editAnswer, editStatuses, type Fault, type Wrap } from './faulty.js';
import { changesOf, editChanges, editItem, editSent, running, sessionOf, type Change } from './sync.js';

/** Answers changes as if they had been carried out, and leaves them. */
const pretends = (code: number, when: (change: Change, request: Message) => boolean): Wrap =>
  both(
    editStatuses((status, request) => {
      const change = changesOf(request).find(({ cmdId }) => cmdId === status.cmdRef && status.msgRef === request.header.msgId);
      if (!change || !when(change, request)) return status;
      const source = change.items[0]?.source;
      return { ...status, cmd: change.kind, code, targetRefs: [], sourceRefs: source ? [source.uri] : [] };
    }),
    editChanges((change, request) =>
      when(change, request) ? { kind: 'Delete', cmdId: change.cmdId, items: [{ source: { uri: 'nothing' } }] } : change,
    ),
  );

/** Content as text, changed. */
export const editText = (item: Item, edit: (text: string) => string): Item =>
  item.data?.kind === 'content'
    ? { ...item, data: { kind: 'content', bytes: Buffer.from(edit(Buffer.from(item.data.bytes).toString('utf8'))) } }
    : item;

/** What the server sends in Sync is changed, or left out, by what came in the request. */
const editSync = (edit: (sync: SyncCommand, request: Message) => SyncCommand): Wrap =>
  editAnswer((answer, request) => {
    if (!answer.body.some(({ kind }) => kind === 'Sync')) return answer;
    return { ...answer, body: answer.body.map((command) => (command.kind === 'Sync' ? edit(command, request) : command)) };
  });

/** The client's Adds and Replaces, as the server would send them to it. */
const echoOf = (changes: readonly Change[]): readonly Change[] =>
  changes.map((change, at) => ({
    ...change,
    kind: 'Replace',
    cmdId: String(80 + at),
    items: change.items.map(({ source, ...item }) => ({ ...item, target: source ?? { uri: '' } })),
  }));
const itemsOf = (request: Message): readonly Change[] => changesOf(request).filter(({ kind }) => kind !== 'Delete');

/** Changes of a two-way sync come back in the same session. */
function sendsBack(): Wrap {
  const { keep, type } = running();
  return both(
    keep,
    editSync((sync, request) =>
      type(request) === Alert.TwoWay ? { ...sync, commands: [...sync.commands, ...echoOf(itemsOf(request))] } : sync,
    ),
  );
}

/** Changes of a two-way sync come back in the device's next one. */
function sendsBackLater(): Wrap {
  const { keep, type } = running();
  const kept = new Map<string, { readonly session: string; readonly changes: readonly Change[] }>();
  return both(
    keep,
    editSync((sync, request) => {
      if (type(request) !== Alert.TwoWay) return sync;
      const device = request.header.source.uri;
      const before = kept.get(device);
      const changes = itemsOf(request);
      if (changes.length > 0) kept.set(device, { session: sessionOf(request), changes });
      if (!before || before.session === sessionOf(request)) return sync;
      return { ...sync, commands: [...sync.commands, ...echoOf(before.changes)] };
    }),
  );
}

/** What comes in the slow sync of a device that was here before is taken for something new. */
function doublesInSlowSync(): Wrap {
  const again = new Set<string>();
  const keep = editAnswer((answer, request) => {
    if (openingsOf(request).some(({ code, last }) => code === Alert.SlowSync && last !== undefined)) again.add(sessionOf(request));
    return answer;
  });
  return both(
    both(
      keep,
      editStatuses((status) => ({ ...status, sourceRefs: status.sourceRefs.map((ref) => ref.replace(/^again-/, '')) })),
    ),
    editChanges((change, request) =>
      again.has(sessionOf(request)) && change.kind !== 'Delete'
        ? editItem(change, (item) => ({
            ...editText(item, (text) => text.replace(/^N:(.*);Lab/m, 'N:$1 again;Lab')),
            source: { uri: `again-${item.source?.uri}` },
          }))
        : change,
    ),
  );
}

export const CLIENT_CHANGE_FAULTS: readonly Fault[] = [
  {
    name: 'says it has added in a two-way sync, and has not',
    red: ['SYN-001a', 'SYN-018a'],
    wrap: () => {
      const { keep, type } = running();
      return both(
        keep,
        pretends(Status.ItemAdded, ({ kind }, request) => kind === 'Add' && type(request) === Alert.TwoWay),
      );
    },
  },
  {
    name: 'says it has replaced, and has not',
    red: ['SYN-001b', 'SYN-009a', 'SYN-009b', 'SYN-018b'],
    // These need a Replace, the last one of parts.
    alsoRed: ['ANC-012', 'LOB-014a', 'LOB-014b', 'MAP-001a', 'MAP-004a', 'MAP-006a', 'MAP-007', 'MAP-008b', 'MAP-010', 'PKG-008b'],
    wrap: () => pretends(Status.Ok, ({ kind, items }) => kind === 'Replace' && !items.some(({ moreData }) => moreData)),
  },
  {
    name: 'sends nothing in a slow sync to a client that has items itself',
    red: ['SYN-002'],
    alsoRed: ['DEV-023'],
    wrap: () => {
      const { keep, type } = running();
      return both(
        keep,
        editSync((sync, request) => (type(request) === Alert.SlowSync && changesOf(request).length > 0 ? { ...sync, commands: [] } : sync)),
      );
    },
  },
  { name: "sends the client's own changes back", red: ['SYN-017a'], alsoRed: ['SYN-021'], wrap: sendsBack },
  { name: "sends the client's own changes back in its next session", red: ['SYN-017b'], wrap: sendsBackLater },
  { name: 'doubles the items of a device that syncs slowly once more', red: ['SYN-019a', 'SYN-027'], wrap: doublesInSlowSync },
  {
    name: 'sends in a Replace what has changed only',
    red: ['DEV-020a'],
    alsoRed: ['LOB-007b', 'SYN-018b'],
    wrap: () =>
      editSent((change) =>
        change.kind === 'Replace' ? editItem(change, (item) => editText(item, (text) => text.replace(/^F?N[;:].*\r\n/gm, ''))) : change,
      ),
  },
];
