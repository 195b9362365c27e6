/** Alerts: opening datastores, asking for more, suspending. [DS Protocol, "Sync Alert"; Status and Alert codes §2] */
import { Alert, isSyncType, plainSyncType } from '../../model/alert.js';
import type { OpenRequest } from '../../model/effects.js';
import type { AlertCommand, Item } from '../../model/message.js';
import { storeName } from '../../model/datastore.js';
import { Status } from '../../model/status.js';
import type { OpenStore } from '../session.js';
import { isOpen, perform, queue, reply, sameStoreName, textItem, type Run, type StatusReply, type Turn } from '../turn.js';

/** What a device calls its store and ours, and its two anchors together, are kept with the pair. */
const MAX_STORE_URI_BYTES = 1024;
const MAX_ANCHOR_LENGTH = 2048;

export function* runAlert(turn: Turn, alert: AlertCommand): Run<StatusReply[]> {
  const code = alert.code;
  if (code === undefined) return reply(turn, alert, Status.BadRequest);
  const type = code === Alert.Resume ? 'resume' : plainSyncType(code);
  const plain = type === 'resume' || isSyncType(code);
  if (type !== undefined && (plain || turn.tolerance.allows('notified-type'))) return yield* openStores(turn, alert, type);
  switch (code) {
    case Alert.NextMessage:
    case Alert.Display:
    case Alert.Result:
      return reply(turn, alert, Status.Ok, addressOf(alert));
    case Alert.NoEndOfData:
      for (const store of turn.session.stores) {
        if (isOpen(store) && store.received && !store.allSent) yield* perform('resend', { pair: store.pair });
      }
      return reply(turn, alert, Status.Ok, addressOf(alert));
    case Alert.Suspend:
      if (turn.session.version !== '1.2' && !turn.tolerance.allows('suspend-before-12')) return notSupported(turn, alert, code);
      turn.stopped = true;
      return reply(turn, alert, Status.Ok, addressOf(alert));
    default:
      return notSupported(turn, alert, code);
  }
}

const notSupported = (turn: Turn, alert: AlertCommand, code: number): StatusReply[] =>
  reply(turn, alert, Status.FeatureNotSupported, { ...addressOf(alert), items: [textItem(`Alert ${code}`)] });

function addressOf(alert: AlertCommand): { target?: string | undefined; source?: string | undefined } {
  const item = alert.items[0];
  return { target: item?.target?.uri, source: item?.source?.uri };
}

function* openStores(turn: Turn, alert: AlertCommand, type: OpenRequest['type']): Run<StatusReply[]> {
  if (alert.items.length === 0) return reply(turn, alert, Status.IncompleteCommand);
  const replies: StatusReply[] = [];
  for (const item of alert.items) replies.push(...(yield* openStore(turn, alert, item, type)));
  return replies;
}

function* openStore(turn: Turn, alert: AlertCommand, item: Item, type: OpenRequest['type']): Run<StatusReply[]> {
  const { session } = turn;
  const source = item.source?.uri ?? '';
  // @NOTE Sony Ericsson C510: empty Target; its own name for the store says which one it means.
  const target = item.target?.uri || source;
  const refs = { target: item.target?.uri, source: item.source?.uri };
  const anchor = item.meta?.anchor;
  noteSizes(turn, item);
  if (!target || !source) return reply(turn, alert, Status.BadRequest, refs);
  if (Buffer.byteLength(source, 'utf8') > MAX_STORE_URI_BYTES || Buffer.byteLength(target, 'utf8') > MAX_STORE_URI_BYTES)
    return reply(turn, alert, Status.UriTooLong, refs);
  if (item.target?.filter && filterAsks(item)) return refuseFilter(turn, alert, item, refs);
  if (anchor?.next === undefined) return reply(turn, alert, Status.IncompleteCommand, { ...refs, items: [textItem('Meta/Anchor/Next')] });
  if (anchor.next.length + (anchor.last ?? '').length > MAX_ANCHOR_LENGTH)
    return reply(turn, alert, Status.BadRequest, { ...refs, items: [textItem('Meta/Anchor')] });
  if (type === 'resume' && session.version !== '1.2')
    return reply(turn, alert, Status.FeatureNotSupported, { ...refs, items: [textItem('Alert 225')] });
  const known = session.stores.find((s) => s.clientUri === source && sameStoreName(s.serverUri, target));
  // Once package 4 goes out, or the store's changes have come, it is too late.
  const answering = session.phase === 'modifications' && session.closing && !session.stay;
  if (answering || session.phase === 'map' || session.phase === 'ended' || known?.syncSeen || known?.received) {
    return reply(turn, alert, Status.Forbidden, refs);
  }
  const answer = yield* perform('open', {
    clientUri: source,
    serverUri: target,
    type,
    next: anchor.next,
    ...(anchor.last === undefined ? {} : { last: anchor.last }),
  });
  if (answer.kind === 'refused') return reply(turn, alert, answer.status, refs);
  session.alertSeen = true;
  const store: OpenStore = {
    pair: answer.pair,
    clientUri: source,
    serverUri: target,
    datastore: answer.datastore,
    type: answer.type,
    syncSeen: false,
    received: answer.resumed?.received ?? false,
    restart: answer.status === Status.RefreshRequired,
    syncSent: false,
    count: 0,
    allSent: false,
    state: 'open',
    resumed: answer.resumed !== undefined,
  };
  session.stores = [...session.stores.filter((s) => s.pair !== answer.pair), store];
  if (answer.resumed?.incoming) session.incoming = { pair: answer.pair, luid: answer.resumed.incoming.luid };
  session.waiting = session.waiting.filter((w) => !(w.kind === 'command' && w.pair === answer.pair));
  queue(turn, {
    kind: 'command',
    pair: answer.pair,
    command: {
      kind: 'Alert',
      code: answer.type,
      items: [
        {
          target: { uri: source },
          source: { uri: target },
          meta: {
            anchor: { ...(answer.last === undefined ? {} : { last: answer.last }), next: answer.next },
            ...(session.version === '1.0' ? {} : { maxObjSize: answer.maxObjSize ?? turn.facts.limits.maxObjSize }),
          },
        },
      ],
    },
  });
  return reply(turn, alert, answer.status, { ...refs, items: [{ data: { kind: 'anchor', anchor: { next: anchor.next } } }] });
}

function noteSizes(turn: Turn, item: Item): void {
  const size = item.meta?.maxObjSize;
  if (size === undefined) return;
  turn.session.clientMaxObjSize = size;
  turn.session.largeObjects = true;
}

/** A Filter without Field and Record is ignored. [Representation Protocol, "Filter"] */
function filterAsks(item: Item): boolean {
  const filter = item.target?.filter;
  return filter?.field !== undefined || filter?.record !== undefined;
}

function refuseFilter(
  turn: Turn,
  alert: AlertCommand,
  item: Item,
  refs: { target?: string | undefined; source?: string | undefined },
): StatusReply[] {
  const type = item.target?.filter?.type;
  return reply(turn, alert, Status.FeatureNotSupported, {
    ...refs,
    items: [textItem(type === undefined ? 'Filter' : `FilterType ${type}`)],
  });
}

/** Alert 223: the large object we were receiving was interrupted; the sender may send it again. [Sync Protocol 1.1, "Large Objects"] */
export function* dropIncoming(turn: Turn): Run<void> {
  const { session } = turn;
  const incoming = session.incoming;
  if (!incoming) return;
  delete session.incoming;
  yield* perform('dropIncoming', { pair: incoming.pair });
  queue(turn, {
    kind: 'command',
    command: {
      kind: 'Alert',
      code: Alert.NoEndOfData,
      items: [
        {
          ...(incoming.target === undefined ? {} : { target: { uri: incoming.target } }),
          source: { uri: incoming.source ?? incoming.luid },
        },
      ],
    },
  });
}

/** For Statuses that name no command we know: the store whose names they repeat. */
export function storeOfRefs(turn: Turn, targets: readonly string[], sources: readonly string[]): OpenStore | undefined {
  const found = turn.session.stores.find(
    (s) => isOpen(s) && (targets.some((t) => t === s.clientUri) || sources.some((u) => storeName(u) === storeName(s.serverUri))),
  );
  return found && turn.tolerance.allows('status-by-name') ? found : undefined;
}
