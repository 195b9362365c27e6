/**
 * Fills an answer up to the client's MaxMsgSize: Statuses first, then our other commands, then the datastores' changes.
 * What does not fit waits in the session for the next message. [Sync Protocol 1.1, "Multiple Messages in Package"; MetInf, "MaxMsgSize"]
 */
import { Alert, serverSends } from '../model/alert.js';
import type { AlertCommand, Anchor, Command, Message, SyncHdr } from '../model/message.js';
import { isSuccess, Status } from '../model/status.js';
import { devInfResults } from './fill-devinf.js';
import { fillSyncs } from './fill-sync.js';
import type { Session, Waiting, WaitingStatus } from './session.js';
import { isOpen, perform, textItem, type Run, type StatusReply, type Turn } from './turn.js';

/** The answer being built. `room` is what is left of the budget, in encoded bytes. */
export interface Page {
  readonly msgId: number;
  readonly body: Command[];
  room: number;
  /** Room of a message that holds nothing but its SyncHdr Status: what fits there must not be chunked. */
  emptyRoom: number;
  /** Nothing stands in it but Statuses of SyncHdr and Alerts: the next message will not have more room. */
  bare: boolean;
  nextCmd: number;
}

/** `first` is the Status of the client's SyncHdr; `statuses` answer its commands, in order. */
export function* fill(turn: Turn, first: StatusReply | undefined, statuses: readonly StatusReply[]): Run<Message> {
  const { session, facts } = turn;
  const header = headerOf(turn);
  const budget = budgetOf(turn);
  const before = session.cmdIdsAfter ?? 0;
  const room = budget - facts.envelope(header);
  const page: Page = { msgId: session.msgId, body: [], room, emptyRoom: 0, bare: true, nextCmd: before + 1 };
  const more = nextMessage(turn, header);
  if (!session.closing) page.room -= facts.measure({ ...more, cmdId: String(before + 9999) });
  if (first) put(turn, page, { ...first, cmdId: String(page.nextCmd) });
  page.emptyRoom = page.room;

  fillStatuses(turn, page, statuses);
  const own: Session['lastOwn'] = { msgId: session.msgId, commands: [] };
  if (session.statuses.length === 0) fillWaiting(turn, page, own);
  page.bare = isBare(page);
  session.lastOwn = own;
  const outboxEmpty = session.statuses.length === 0 && session.waiting.length === 0;
  if (outboxEmpty && session.closing && session.phase === 'modifications' && !session.stay) yield* fillSyncs(turn, page);

  const final = session.closing && outboxEmpty && packageComplete(session);
  if (final) yield* closePackage(turn);
  else if (!session.closing) page.body.push({ ...more, cmdId: String(page.nextCmd) });
  session.lastIds = { msgId: session.msgId, first: before + 1, last: page.nextCmd };
  return { header, body: page.body, final };
}

/** Bytes of the message that is being written. */
function budgetOf({ session, facts }: Turn): number {
  const { usePercent = 100, maxMessage = Number.POSITIVE_INFINITY } = facts.habits ?? {};
  const named = session.clientMaxMsgSize ?? facts.limits.defaultMsgSize;
  return Math.min(Math.floor((named * usePercent) / 100), maxMessage, facts.limits.largestMessage);
}

function headerOf(turn: Turn): SyncHdr {
  const { session, facts, message } = turn;
  const request = message.header;
  return {
    verDtd: session.version,
    verProto: `SyncML/${session.version}`,
    sessionId: request.sessionId,
    msgId: String(session.msgId),
    target: { uri: request.source.uri, ...(request.source.name === undefined ? {} : { name: request.source.name }) },
    // The user name of the credentials, which md5 hides. [Representation Protocol, "Cred"]
    source: { uri: request.target.uri, ...(session.cred && session.credName !== undefined ? { name: session.credName } : {}) },
    ...(facts.respUri === undefined ? {} : { respUri: facts.respUri }),
    ...(session.cred ? { cred: session.cred } : {}),
    // With our first message, and while the client initializes: also when its changes came along at once.
    ...(turn.opening
      ? {
          meta: {
            maxMsgSize: facts.limits.maxMsgSize,
            ...(session.version === '1.0' ? {} : { maxObjSize: facts.limits.maxObjSize }),
          },
        }
      : {}),
  };
}

/** Alert 222 asks for the next message while the client's package is incomplete. [Sync Protocol 1.1, "Multiple Messages in Package"] */
function nextMessage(turn: Turn, header: SyncHdr): Omit<AlertCommand, 'cmdId'> {
  return {
    kind: 'Alert',
    code: Alert.NextMessage,
    items: [{ target: { uri: header.target.uri }, source: { uri: turn.session.serverUri } }],
  };
}

/** Puts a command when it fits; the first beside the SyncHdr Status always goes, since nothing would ever go otherwise. */
export function put(turn: Turn, page: Page, command: Command): boolean {
  const size = turn.facts.measure(command);
  const first = page.body.every((c) => c.kind === 'Status' && c.cmd === 'SyncHdr');
  if (size > page.room && !first) return false;
  page.body.push(command);
  page.room -= size;
  page.nextCmd += 1;
  return true;
}

/** Those left from earlier messages go first. */
function fillStatuses(turn: Turn, page: Page, statuses: readonly StatusReply[]): void {
  const { session } = turn;
  const all = [...session.statuses.map(rendered), ...statuses.flatMap((one) => bearable(turn, one))];
  let sent = 0;
  while (sent < all.length && put(turn, page, { ...(all[sent] as StatusReply), cmdId: String(page.nextCmd) })) sent += 1;
  session.statuses = all.slice(sent).map(kept);
}

/** What the client bears of a Status. @NOTE Sony Ericsson P800: many of them confuse it; Nokia S40: an Item beside an error makes it break off. */
function bearable({ facts: { habits } }: Turn, status: StatusReply): StatusReply[] {
  if (habits?.itemStatuses === false && CHANGES.has(status.cmd) && isSuccess(status.code) && status.code !== Status.ChunkAccepted)
    return [];
  return habits?.errorItems === false && status.code >= 400 ? [{ ...status, items: [] }] : [status];
}
const CHANGES: ReadonlySet<string> = new Set(['Add', 'Replace', 'Delete']);

function kept({ items, ...status }: StatusReply): WaitingStatus {
  const details = items.flatMap(({ data }): (string | Anchor)[] => {
    if (data?.kind === 'anchor') return [data.anchor];
    return data?.kind === 'content' ? [Buffer.from(data.bytes).toString('utf8')] : [];
  });
  return { ...status, details };
}

const rendered = ({ details, ...status }: WaitingStatus): StatusReply => ({
  ...status,
  items: details.map((detail) => (typeof detail === 'string' ? textItem(detail) : { data: { kind: 'anchor', anchor: detail } })),
});

const isBare = (page: Page): boolean => page.body.every((c) => c.kind === 'Status' && (c.cmd === 'SyncHdr' || c.cmd === 'Alert'));

type Part = { readonly command: Command; readonly rest?: Waiting };

function fillWaiting(turn: Turn, page: Page, own: Session['lastOwn']): void {
  const { session } = turn;
  while (session.waiting.length > 0) {
    const waiting = session.waiting[0] as Waiting;
    const cmdId = page.nextCmd;
    page.bare = isBare(page);
    const rendered: Part =
      waiting.kind === 'devinf' ? devInfResults(turn, page, waiting) : { command: { ...waiting.command, cmdId: String(cmdId) } };
    if (!put(turn, page, rendered.command)) break;
    own.commands.push({ cmdId, waiting });
    if (rendered.rest) {
      // Nothing may stand between the parts of an object.
      session.waiting[0] = rendered.rest;
      break;
    }
    session.waiting.shift();
    if (waiting.kind === 'command' && waiting.pair !== undefined) {
      session.sentAlerts = [...session.sentAlerts.slice(-40), { msgId: page.msgId, cmdId, pair: waiting.pair }];
    }
  }
}

function packageComplete(session: Session): boolean {
  if (session.phase !== 'modifications' || session.stay) return true;
  return session.stores.every((s) => s.state !== 'open' || s.allSent || !s.received);
}

/** Our Final goes out: the next phase begins. */
function* closePackage(turn: Turn): Run<void> {
  const { session } = turn;
  session.closing = false;
  if (session.phase === 'initialization' || session.stay) {
    session.phase = 'modifications';
    session.stay = false;
    return;
  }
  const open = session.stores.filter((s) => isOpen(s) && s.received);
  if (session.phase === 'modifications') {
    session.phase = 'map';
    for (const store of open) {
      yield* perform('offer', { pair: store.pair });
      // Nothing of ours is left to be acknowledged: one-way syncs from the client end here. [Sync Protocol 1.1, "One-Way Sync from Client Only"]
      if (serverSends(store.type)) continue;
      yield* perform('finish', { pair: store.pair });
      store.state = 'finished';
    }
    return;
  }
  session.phase = 'ended';
  for (const store of open) {
    yield* perform('finish', { pair: store.pair });
    store.state = 'finished';
  }
}
