/**
 * The protocol engine: one message in, one answer out, everything else as effects. It keeps no state but the session it is handed.
 * Inside a message: the SyncHdr, then Statuses, then Maps, then the rest as sent; answers keep the order of the commands.
 */
import { Alert } from '../model/alert.js';
import { Tolerance, type LeniencyName } from '../model/leniency.js';
import { msgIdNumber, type Command, type Message } from '../model/message.js';
import { Status } from '../model/status.js';
import { unreachable } from '../model/errors.js';
import { dropIncoming, runAlert } from './commands/alert.js';
import { runGet, runPut, runResults } from './commands/devinf.js';
import { runMap } from './commands/map.js';
import { runStatuses } from './commands/status.js';
import { runSync } from './commands/sync.js';
import type { Facts } from './facts.js';
import { fill } from './fill.js';
import { misnumbered } from './numbering.js';
import type { OpenStore, Session } from './session.js';
import { headerStatus, isOpen, perform, queue, refuseAll, reply, textItem, type Run, type StatusReply, type Turn } from './turn.js';

/** Answers in a row that bring nothing new before the session is given up. */
const MAX_IDLE = 10;
/** Messages with nothing in them after which a package without Final counts as complete. */
const IDLE_ENDS_INITIALIZATION = 2;
const IDLE_ENDS_RESUMED = 4;

export interface Ran {
  readonly session: Session;
  readonly answer: Message;
  /** Deviations of the client that showed, let pass or not. */
  readonly deviations: readonly LeniencyName[];
}

/**
 * @param earlier messages of the session that were taken before and not carried out yet (we were busy, or they were slow work): they run
 *   first, and their Statuses, with their own MsgRef, stand before this message's.
 */
export function* run(stored: Session, message: Message, facts: Facts, earlier: readonly Message[] = []): Run<Ran> {
  const session = structuredClone(stored);
  const tolerance = new Tolerance(facts.strict);
  const turn: Turn = {
    session,
    message,
    facts,
    challenged: false,
    opening: stored.phase === 'initialization',
    stopped: false,
    tolerance,
    misnumbered: misnumbered(message, tolerance),
  };
  const answer = yield* answerTo(turn, earlier);
  return { session, answer, deviations: tolerance.met };
}

function* answerTo(turn: Turn, earlier: readonly Message[]): Run<Message> {
  const { session, message } = turn;
  // Both sides count in step; a client that begins with a higher number (after a refused log-in) finds us there.
  session.msgId = session.msgId === 0 ? (msgIdNumber(message.header.msgId) ?? 1) : session.msgId + 1;
  noteHeader(turn);

  const owned = yield* perform('owns', { pairs: session.stores.filter(isOpen).map((s) => s.pair) });
  if (!owned) return yield* giveUp(turn, Status.SynchronizationFailed);
  if (comesTooEarly(turn) && !turn.tolerance.allows('early-final')) return yield* giveUp(turn, Status.BadRequest);

  const late = yield* runEarlier(turn, earlier);
  const replies = [...late, ...(yield* runCommands(turn))];
  countIdle(turn);
  if (late.length > 0) session.idle = 0;
  if (session.idle > MAX_IDLE) return yield* giveUp(turn, Status.SynchronizationFailed);
  if (turn.stopped) yield* stop(turn);
  else if (isFinal(turn)) yield* receiveFinal(turn);
  askForDevInf(turn);
  const answer = yield* fill(turn, headerReply(turn), replies);
  // What we send is progress, also to a client that answers nothing but "next".
  if (answer.body.some((c) => c.kind === 'Sync' || c.kind === 'Results')) session.idle = 0;
  return answer;
}

function* runEarlier(turn: Turn, earlier: readonly Message[]): Run<StatusReply[]> {
  const replies: StatusReply[] = [];
  for (const message of earlier) {
    const before: Turn = { ...turn, message, misnumbered: misnumbered(message, turn.tolerance) };
    noteHeader(before);
    replies.push(...(yield* runCommands(before)));
    turn.challenged ||= before.challenged;
    turn.stopped ||= before.stopped;
    if (!turn.stopped && isFinal(before)) yield* receiveFinal(before);
  }
  return replies;
}

function noteHeader(turn: Turn): void {
  const { session, message } = turn;
  const { meta, source } = message.header;
  if (meta?.maxMsgSize !== undefined) session.clientMaxMsgSize = meta.maxMsgSize;
  if (meta?.maxObjSize !== undefined) {
    session.clientMaxObjSize = meta.maxObjSize;
    session.largeObjects = true;
  }
  if (source.name !== undefined) session.userName = source.name;
}

/** 212 for credentials that hold for the session, 200 with a new challenge where each message needs its own. [Sync Protocol 1.1, "Authentication"] */
function headerReply(turn: Turn): StatusReply | undefined {
  const { auth } = turn.facts;
  if (turn.message.header.noResp) return undefined;
  if (auth.kind === 'continued') return headerStatus(turn.message, Status.Ok);
  return headerStatus(turn.message, auth.perMessage ? Status.Ok : Status.AuthAccepted, auth.chal);
}

/**
 * A Final although our own package is not complete. A suspend may come at any time. [Sync Protocol 1.1, "Multiple Messages in Package"]
 */
function comesTooEarly({ session, message }: Turn): boolean {
  const suspends = message.body.some((c) => c.kind === 'Alert' && c.code === Alert.Suspend);
  return message.final && session.closing && session.phase !== 'ended' && !suspends;
}

/** The session is another's now, does not end, or has lost its order: nothing is executed, and it is over. */
function* giveUp(turn: Turn, code: number): Run<Message> {
  const { session, message } = turn;
  session.phase = 'ended';
  session.closing = true;
  session.statuses = [];
  session.waiting = [];
  session.stores = session.stores.map((s) => ({ ...s, state: s.state === 'open' ? 'failed' : s.state }));
  const refused = message.body.flatMap((command) => refuseAll(turn, command, code));
  return yield* fill(turn, message.header.noResp ? undefined : headerStatus(message, code), refused);
}

function* runCommands(turn: Turn): Run<StatusReply[]> {
  const { body } = turn.message;
  yield* runStatuses(
    turn,
    body.flatMap((c) => (c.kind === 'Status' ? [c] : [])),
  );
  const replies = new Map<Command, StatusReply[]>();
  for (const command of body) {
    if (command.kind !== 'Map' || turn.stopped || turn.misnumbered.has(command)) continue;
    replies.set(command, yield* runCommand(turn, command));
  }
  for (const command of body) {
    if (command.kind === 'Status' || replies.has(command)) continue;
    replies.set(command, turn.stopped ? refuseAll(turn, command, Status.OperationCancelledEarly) : yield* runCommand(turn, command));
  }
  return body.flatMap((command) => replies.get(command) ?? []);
}

function* runCommand(turn: Turn, command: Exclude<Command, { kind: 'Status' }>): Run<StatusReply[]> {
  if (turn.misnumbered.has(command)) return refuseAll(turn, command, Status.BadRequest);
  const denied = turn.facts.refusal?.(command);
  if (denied) {
    const [own, ...children] = refuseAll(turn, command, denied.status);
    return own ? [{ ...own, ...(denied.chal ? { chal: denied.chal } : {}) }, ...children] : [];
  }
  switch (command.kind) {
    case 'Alert':
      return yield* runAlert(turn, command);
    case 'Sync':
      return yield* runSync(turn, command);
    case 'Map':
      return yield* runMap(turn, command);
    case 'Put':
      return yield* runPut(turn, command);
    case 'Get':
      return runGet(turn, command);
    case 'Results':
      return yield* runResults(turn, command);
    case 'Add':
    case 'Replace':
    case 'Delete':
      // Changes belong into a Sync.
      return refuseAll(turn, command, Status.Forbidden);
    case 'Copy':
    case 'Move':
    case 'Exec':
    case 'Search':
      return refuseAll(turn, command, Status.CommandNotImplemented);
    case 'Atomic':
      return refuseAll(turn, command, Status.FeatureNotSupported);
    case 'Sequence': {
      const replies = reply(turn, command, Status.Ok);
      for (const child of command.commands) if (child.kind !== 'Status') replies.push(...(yield* runCommand(turn, child)));
      return replies;
    }
    case 'Unknown':
      return reply(turn, command, Status.CommandNotImplemented, { items: [textItem(command.name)] });
    default:
      return unreachable(command);
  }
}

/** A message that holds nothing but SyncHdr Statuses and requests for more. */
function countIdle(turn: Turn): void {
  const { session, message } = turn;
  const empty = message.body.every(
    (c) => (c.kind === 'Status' && (c.cmd === 'SyncHdr' || c.cmd === 'Alert')) || (c.kind === 'Alert' && c.code === Alert.NextMessage),
  );
  const sending = session.closing && (session.statuses.length > 0 || session.waiting.length > 0);
  session.idle = empty && !message.final && !sending ? session.idle + 1 : 0;
}

/** Does this message end the client's package? Some clients forget Final. */
function isFinal(turn: Turn): boolean {
  const { session, message } = turn;
  if (session.closing) return false;
  if (message.final) return true;
  if (session.phase === 'initialization') return session.idle >= IDLE_ENDS_INITIALIZATION && turn.tolerance.allows('no-final');
  // @NOTE Symbian resumes without an empty Sync when it has nothing left and only asks for more.
  return session.phase === 'modifications' && session.idle >= IDLE_ENDS_RESUMED && session.stores.some((s) => isOpen(s) && s.resumed);
}

/** Alert 224, or the client gave up: what is open stays as it is for a resume. */
function* stop(turn: Turn): Run<void> {
  const { session } = turn;
  for (const store of session.stores.filter(isOpen)) {
    yield* perform('abandon', { pair: store.pair, reason: 'suspended by the device' });
    store.state = 'failed';
  }
  session.phase = 'ended';
  session.closing = true;
  session.waiting = [];
}

function* receiveFinal(turn: Turn): Run<void> {
  const { session } = turn;
  session.closing = true;
  const changesCame = session.stores.some((s) => isOpen(s) && s.syncSeen && !s.received);
  if (session.phase === 'initialization' && changesCame) session.phase = 'modifications';
  if (session.phase === 'modifications') yield* receivePackage3(turn);
  // Only changes that came along with a mismatching anchor have to come again.
  else for (const store of session.stores) store.restart = false;
  session.alertSeen = false;
}

/**
 * The client's changes are complete — unless this package only brought Alerts (a first package that held nothing but DevInf went
 * before), was refused for want of our credentials, or came with anchors that do not match.
 */
function* receivePackage3(turn: Turn): Run<void> {
  const { session } = turn;
  if (session.incoming) yield* dropIncoming(turn);
  const candidates = session.stores.filter((s) => isOpen(s) && (!s.received || s.resumed));
  const restart = candidates.some((s) => s.restart && s.syncSeen);
  const onlyAlerts = session.alertSeen && !candidates.some((s) => s.syncSeen);
  session.stay = turn.challenged || restart || onlyAlerts;
  const restarted = new Set(candidates.filter((s) => s.restart));
  for (const store of candidates) store.restart = false;
  if (session.stay) {
    // A slow sync beside the restarted store has sent all it has: it need not come again.
    if (restart) for (const store of candidates) if (restarted.has(store) || !isWholeSet(store)) store.syncSeen = false;
    return;
  }
  for (const store of candidates) yield* receiveStore(turn, store);
}

const isWholeSet = (store: OpenStore): boolean => store.type === Alert.SlowSync || store.type === Alert.RefreshFromClient;

function* receiveStore(turn: Turn, store: OpenStore): Run<void> {
  const { session } = turn;
  if (!store.syncSeen && !store.resumed && (isWholeSet(store) || !turn.tolerance.allows('no-sync'))) {
    // Without a Sync nothing is known of the client's items: an empty set would wipe or double what is there.
    store.state = 'failed';
    yield* perform('abandon', { pair: store.pair, reason: 'the device ended its package without a Sync' });
    return;
  }
  store.count = yield* perform('received', {
    pair: store.pair,
    ...(maxItemBytes(session) === undefined ? {} : { maxItemBytes: maxItemBytes(session) as number }),
    ...(store.freeIds === undefined ? {} : { freeIds: store.freeIds }),
    ...(store.freeBytes === undefined ? {} : { freeBytes: store.freeBytes }),
  });
  store.received = true;
  store.resumed = false;
}

/** Objects bigger than this never reach the client. Without large-object support an item has to fit one message, which `place` decides. */
const maxItemBytes = (session: Session): number | undefined => session.clientMaxObjSize;

/** Asks once a session for the DevInf of a device that never told what it is. */
function askForDevInf(turn: Turn): void {
  const { session, facts } = turn;
  if (facts.knowsDevice || session.devInfAsked || session.phase === 'ended' || session.phase === 'map' || !session.closing) return;
  session.devInfAsked = true;
  queue(turn, {
    kind: 'command',
    command: {
      kind: 'Get',
      meta: { type: `application/vnd.syncml-devinf+${facts.encoding}` },
      items: [{ target: { uri: `./devinf${session.version.replace('.', '')}` } }],
    },
  });
}
