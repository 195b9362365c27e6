/** The client's Statuses for what we sent. [Status codes, "What a server does on codes from the client"] */
import { Alert } from '../../model/alert.js';
import type { ItemAnswer } from '../../model/effects.js';
import type { PairId } from '../../model/ids.js';
import type { Cred, Meta, StatusCommand } from '../../model/message.js';
import { isSuccess, Status } from '../../model/status.js';
import type { OpenStore, Session } from '../session.js';
import { isOpen, perform, type Run, type Turn } from '../turn.js';
import { storeOfRefs } from './alert.js';

/** Runs all Statuses of a message before its other commands: a 508 for our Alert changes what the Sync beside it means. */
export function* runStatuses(turn: Turn, statuses: readonly StatusCommand[]): Run<void> {
  // @NOTE Funambol C++ writes MsgRef 0: it means our last message.
  const msgIdOf = (status: StatusCommand): number => {
    const named = Number(status.msgRef);
    if (named) return named;
    return turn.tolerance.allows('msgref-zero') ? turn.session.lastOwn.msgId : 0;
  };
  // Items first: a Status for Sync or Alert may end the store they belong to.
  for (const [pair, answers] of itemAnswers(turn.session, statuses, msgIdOf)) yield* perform('answered', { pair, answers });
  for (const status of statuses) {
    if (status.cmdRef === '0' || status.cmd === 'SyncHdr') yield* headerAnswered(turn, status, msgIdOf(status));
    else if (status.cmd === 'Alert') yield* alertAnswered(turn, status, msgIdOf(status));
    else if (status.cmd === 'Sync') yield* syncAnswered(turn, status, msgIdOf(status));
  }
}

/** Statuses for our Adds, Replaces and Deletes by pair. A pair that has ended may be another session's by now: nothing is said of it. */
function itemAnswers(
  session: Session,
  statuses: readonly StatusCommand[],
  msgIdOf: (status: StatusCommand) => number,
): ReadonlyMap<PairId, readonly ItemAnswer[]> {
  const answers = new Map<PairId, ItemAnswer[]>();
  for (const status of statuses) {
    if (status.cmd !== 'Add' && status.cmd !== 'Replace' && status.cmd !== 'Delete') continue;
    // Refused with the message it stood in: it goes out again with our credentials.
    if (wantsCredentials(status)) continue;
    const msgId = msgIdOf(status);
    const cmdId = Number(status.cmdRef);
    const sent = session.sentSyncs.find((s) => s.msgId === msgId && cmdId > s.sync && cmdId <= s.lastChild);
    if (!sent || !session.stores.some((s) => s.pair === sent.pair && isOpen(s))) continue;
    const list = answers.get(sent.pair) ?? [];
    list.push({ msgId, cmdId, status: status.code });
    answers.set(sent.pair, list);
  }
  return answers;
}

/** The client's word on our credentials, or its refusal of the whole message. [Sync Protocol 1.1, "Authentication"] */
function* headerAnswered(turn: Turn, status: StatusCommand, msgId: number): Run<void> {
  const { session, facts } = turn;
  if (wantsCredentials(status)) {
    const cred = status.chal && session.challenges < 2 ? facts.credentials(status.chal) : undefined;
    if (status.chal?.nextNonce !== undefined) yield* perform('clientNonce', { nonce: status.chal.nextNonce });
    const mac = session.challenges < 2 && takeMac(turn, status.chal);
    if (!cred && !mac) {
      delete session.cred;
      delete session.credName;
      turn.stopped = true;
      return;
    }
    session.challenges += 1;
    if (cred) setCred(turn, cred);
    session.mutual = 'challenged';
    turn.challenged = true;
    // What stood in the refused message was not executed: it goes out again with the credentials.
    if (session.lastOwn.msgId === msgId) session.waiting.unshift(...session.lastOwn.commands.map((c) => c.waiting));
    yield* sendSyncsAgain(turn);
    return;
  }
  if (status.code === Status.AuthAccepted) {
    delete session.cred;
    delete session.credName;
    session.mutual = 'accepted';
    if (status.chal?.nextNonce !== undefined) yield* perform('clientNonce', { nonce: status.chal.nextNonce });
  } else if (status.code === Status.Ok && status.chal) {
    const cred = facts.credentials(status.chal);
    if (cred) setCred(turn, cred);
    else takeMac(turn, status.chal);
    if (status.chal.nextNonce !== undefined) yield* perform('clientNonce', { nonce: status.chal.nextNonce });
  } else if (status.code >= 400) {
    turn.stopped = true;
  }
}

/** `syncml:auth-MAC`: no Cred, but an HTTP header over every message, each with the nonce the client gave last. [DM Security 1.2, "HMAC"] */
function takeMac(turn: Turn, chal: Meta | undefined): boolean {
  if (!turn.facts.canMac || chal?.nextNonce === undefined || chal.type?.trim().toLowerCase() !== 'syncml:auth-mac') return false;
  turn.session.macNonce = chal.nextNonce;
  return true;
}

function* alertAnswered(turn: Turn, status: StatusCommand, msgId: number): Run<void> {
  const { session } = turn;
  const cmdId = Number(status.cmdRef);
  const sent = session.sentAlerts.find((a) => a.msgId === msgId && a.cmdId === cmdId);
  const store: OpenStore | undefined = sent
    ? session.stores.find((s) => s.pair === sent.pair)
    : isOurOther(turn, msgId, cmdId)
      ? undefined
      : storeOfRefs(turn, status.targetRefs, status.sourceRefs);
  if (!store || store.state !== 'open') return;
  if (status.code === Status.RefreshRequired) {
    // The client does not know our anchor: it sends all its items without another Alert. [Sync Protocol 1.1, "Slow Sync"]
    store.type = yield* perform('widen', { pair: store.pair });
    store.resumed = false;
    store.received = false;
  } else if (
    status.code >= 400 &&
    !turn.challenged &&
    status.code !== Status.InvalidCredentials &&
    status.code !== Status.MissingCredentials
  ) {
    store.state = 'refused';
    yield* perform('abandon', { pair: store.pair, reason: `the device answered our Alert with ${status.code}` });
  }
}

/** A 222 or 223 of ours: its Status tells nothing. */
const isOurOther = (turn: Turn, msgId: number, cmdId: number): boolean =>
  turn.session.lastOwn.msgId === msgId &&
  turn.session.lastOwn.commands.some(
    (c) =>
      c.cmdId === cmdId &&
      c.waiting.kind === 'command' &&
      c.waiting.command.kind === 'Alert' &&
      c.waiting.command.code === Alert.NoEndOfData,
  );

function* syncAnswered(turn: Turn, status: StatusCommand, msgId: number): Run<void> {
  const cmdId = Number(status.cmdRef);
  const sent = turn.session.sentSyncs.find((s) => s.msgId === msgId && s.sync === cmdId);
  const store = sent && turn.session.stores.find((s) => s.pair === sent.pair);
  if (!store || store.state !== 'open' || isSuccess(status.code) || (turn.challenged && wantsCredentials(status))) return;
  store.state = 'failed';
  yield* perform('abandon', { pair: store.pair, reason: `the device answered our Sync with ${status.code}` });
}

const wantsCredentials = ({ code }: StatusCommand): boolean => code === Status.InvalidCredentials || code === Status.MissingCredentials;

/** A client that initializes and syncs in one package refuses our changes together with our Alerts: package 4 is sent again. */
function* sendSyncsAgain({ session }: Turn): Run<void> {
  for (const store of session.stores) {
    if (!isOpen(store) || !store.received || !store.syncSent) continue;
    yield* perform('rewind', { pair: store.pair });
    store.syncSent = false;
    store.allSent = false;
    session.phase = 'modifications';
    session.closing = true;
  }
}

function setCred({ session, facts }: Turn, cred: Cred): void {
  session.cred = cred;
  if (facts.serverName !== undefined) session.credName = facts.serverName;
}
