/** SyncML messages as a person would tell them. */
import { describe } from '../src/content/describe.js';
import { Alert } from '../src/model/alert.js';
import { unreachable } from '../src/model/errors.js';
import type { AlertCommand, Command, Item, ItemCommand, Message, StatusCommand, SyncCommand } from '../src/model/message.js';
import { Status } from '../src/model/status.js';

const ALERTS: Readonly<Record<number, string>> = {
  [Alert.TwoWay]: 'a two-way sync',
  [Alert.SlowSync]: 'a slow sync (everything is compared)',
  [Alert.OneWayFromClient]: 'a one-way sync from the device',
  [Alert.RefreshFromClient]: 'a refresh from the device',
  [Alert.OneWayFromServer]: 'a one-way sync from the server',
  [Alert.RefreshFromServer]: 'a refresh from the server',
};

const STATUSES: Readonly<Record<number, string>> = {
  [Status.Ok]: 'done',
  [Status.ItemAdded]: 'added',
  [Status.AuthAccepted]: 'log-in accepted for this session',
  [Status.InvalidCredentials]: 'log-in refused',
  [Status.MissingCredentials]: 'log-in wanted',
  [Status.RefreshRequired]: 'the last sync is not remembered: everything has to be compared',
  [Status.ConflictMerged]: 'merged',
  [Status.ConflictClientWins]: 'the device wins',
  [Status.AlreadyExists]: 'is there already',
  [Status.NotFound]: 'not found',
};

const statusWords = (code: number): string => `${STATUSES[code] ?? 'status'} (${code})`;

/** The item's own words, where its type can be read. */
function itemName(item: Item, command: ItemCommand): string {
  const { data } = item;
  const type = item.meta?.type ?? command.meta?.type ?? '';
  const label = data?.kind === 'content' ? describe(data.bytes, type).label : '';
  const id = item.source?.uri ?? item.target?.uri ?? '?';
  return label === '' ? `item ${id}` : `"${label}" (item ${id})`;
}

const VERBS: Readonly<Record<ItemCommand['kind'], string>> = {
  Add: 'adds',
  Replace: 'changes',
  Delete: 'deletes',
  Copy: 'copies',
  Move: 'moves',
};

function syncWords(sync: SyncCommand): string[] {
  const head = `sends its changes of ${sync.source?.uri ?? '?'} for ${sync.target?.uri ?? '?'}`;
  const items = sync.commands.flatMap((command) => commandWords(command).map((line) => `  ${line}`));
  return items.length === 0 ? [`${head}: none`] : [`${head}:`, ...items];
}

function alertWords(alert: AlertCommand): string[] {
  if (alert.code === Alert.NextMessage) return ['asks for the next part'];
  return alert.items.map((item) => {
    const anchor = item.meta?.anchor;
    const since = anchor?.last === undefined ? 'for the first time' : `since the sync it calls ${anchor.last}`;
    return `${ALERTS[alert.code ?? 0] ?? `alert ${alert.code ?? '?'}`} of ${item.source?.uri ?? '?'} with ${item.target?.uri ?? '?'}, ${since}`;
  });
}

function commandWords(command: Command): string[] {
  switch (command.kind) {
    case 'Add':
    case 'Replace':
    case 'Delete':
    case 'Copy':
    case 'Move':
      return command.items.map((item) => `${VERBS[command.kind]} ${itemName(item, command)}`);
    case 'Alert':
      return alertWords(command);
    case 'Sync':
      return syncWords(command);
    case 'Map':
      return [`names what it was sent: ${command.items.map((pair) => `${pair.target.uri} is its ${pair.source.uri}`).join(', ')}`];
    case 'Put':
    case 'Results': {
      const [item] = command.items;
      if (item?.data?.kind !== 'devinf') return ['sends information'];
      const { man, mod, dataStores } = item.data.devinf;
      return [
        `tells what it is: ${[man, mod].filter(Boolean).join(' ') || 'no name'}, with ${dataStores.map((store) => store.sourceRef).join(', ')}`,
      ];
    }
    case 'Get':
      return ['asks what the other side can do'];
    case 'Atomic':
    case 'Sequence':
      return command.commands.flatMap(commandWords);
    case 'Status':
    case 'Exec':
    case 'Search':
    case 'Unknown':
      return [];
    default:
      return unreachable(command);
  }
}

/** What a command is about, for the line that says how it went. */
const COMMANDS: Readonly<Record<string, string>> = {
  Put: 'what it told of itself',
  Get: 'the question',
  Results: 'the answer to it',
  Alert: 'the kind of sync',
  Sync: 'the changes as a whole',
  Add: 'each new item',
  Replace: 'each changed item',
  Delete: 'each deleted item',
  Map: 'the names',
};

/** One line for all Statuses that say the same about the same command. */
function statusLines(statuses: readonly StatusCommand[]): string[] {
  const groups = new Map<string, number>();
  for (const { cmd, code } of statuses) {
    if (cmd === 'SyncHdr' && code === Status.Ok) continue;
    const key = cmd === 'SyncHdr' ? statusWords(code) : `${COMMANDS[cmd] ?? cmd}: ${statusWords(code)}`;
    groups.set(key, (groups.get(key) ?? 0) + 1);
  }
  return [...groups].map(([line, times]) => (times === 1 ? line : `${line}, ${times} times`));
}

/** What the message says, line by line. */
export function messageWords(message: Message): string[] {
  const { cred, source } = message.header;
  const login =
    cred === undefined ? [] : [`logs in as "${source.name ?? '?'}" (${cred.meta?.type?.replace('syncml:auth-', '') ?? 'basic'})`];
  const statuses = statusLines(message.body.filter((command): command is StatusCommand => command.kind === 'Status'));
  const rest = message.body.flatMap(commandWords);
  const lines = [...login, ...statuses, ...rest];
  return lines.length === 0 ? ['all is well'] : lines;
}
