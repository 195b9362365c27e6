/** Which session does a message belong to? [Representation Protocol, "RespURI", "SessionID"] */
import { isForeign } from '../engine/echo.js';
import { Alert, isSyncType } from '../model/alert.js';
import type { SessionToken } from '../model/ids.js';
import type { Tolerance } from '../model/leniency.js';
import { msgIdNumber, type Message } from '../model/message.js';
import type { SessionRecord } from '../storage/ports/sessions.js';
import type { ReadTx } from '../storage/ports/store.js';
import { parseState } from './session-state.js';

/** SessionIDs repeat and some clients always say 1: a first message is taken for a resend for this long only. */
const FIRST_MESSAGE_REPLAY_MS = 10 * 60 * 1000;

/** How long the last answer of an ended session is given again to a client without a token. */
const ENDED_REPLAY_MS = 10 * 60 * 1000;

/** Messages in a row that may have been refused for their credentials. */
const MAX_REFUSED = 3;

export interface Request {
  readonly message: Message;
  /** Of the request's body, and of its commands whatever they are written in. */
  readonly digest: string;
  readonly bodyDigest: string;
  readonly token: string | undefined;
  /** Client address and User-Agent. */
  readonly origin: string;
  readonly now: number;
  readonly tolerance: Tolerance;
}

export type Located =
  | { readonly kind: 'new' }
  /** The next message of a live session. */
  | { readonly kind: 'known'; readonly session: SessionRecord; readonly byToken: boolean }
  /** The last message again; `exact` to the byte, else with other credentials or in another encoding. */
  | {
      readonly kind: 'resend';
      readonly session: SessionRecord;
      readonly exact: boolean;
      readonly bytes: Uint8Array;
      readonly contentType: string;
    }
  /** A MsgID that was answered with something else, or that lies behind. */
  | { readonly kind: 'out-of-order'; readonly session: SessionRecord }
  /** Without a token and from the middle of a session, but of none that it could go on with: it comes late. */
  | { readonly kind: 'stray' }
  /** A token we never gave out, or have forgotten. */
  | { readonly kind: 'unknown-token' };

export async function locate(tx: ReadTx, request: Request): Promise<Located> {
  const { message, token } = request;
  if (token !== undefined) {
    const session = await tx.sessions.byToken(token as SessionToken);
    if (!session) return { kind: 'unknown-token' };
    // @NOTE some clients keep the RespURI of the session before: another SessionID begins anew.
    if (session.sessionId !== message.header.sessionId || session.deviceUri !== message.header.source.uri) return { kind: 'new' };
    return place(tx, request, session, true);
  }
  const located = await withoutToken(tx, request);
  // A client that has not got its first answer knows no token.
  const knowsNone = located?.kind === 'resend' && isFirst(located.session);
  if (located && (knowsNone || request.tolerance.allows('no-resp-uri'))) return located;
  return goesOn(message) && !request.tolerance.strict ? { kind: 'stray' } : { kind: 'new' };
}

/** The session of a client that ignores RespURI. A device has one at a time: where several would do, it is the newest. */
async function withoutToken(tx: ReadTx, request: Request): Promise<Located | undefined> {
  const { message } = request;
  let next: Located | undefined;
  let again: Located | undefined;
  for (const session of await tx.sessions.find(message.header.source.uri, message.header.sessionId, request.origin)) {
    const one = await place(tx, request, session, false);
    if (one.kind === 'resend') again ??= one;
    // SessionIDs repeat, and begin from 1 in a device that was set back: what answers another session's commands is not of this one.
    else if (one.kind === 'known' && follows(session, message) && !isForeign(parseState(session.state).engine, message)) next ??= one;
  }
  return again ?? next ?? (await endedResend(tx, request));
}

/** It stands in the middle of a session: it answers commands of ours or brings changes, and opens no sync. */
function goesOn(message: Message): boolean {
  const opens = message.body.some((c) => c.kind === 'Alert' && c.code !== undefined && (isSyncType(c.code) || c.code === Alert.Resume));
  const middle = message.body.some((c) => c.kind === 'Sync' || c.kind === 'Map' || (c.kind === 'Status' && c.cmd !== 'SyncHdr'));
  return middle && !opens && msgIdOf(message) > 1;
}

/** Nothing but its first message has come. */
export const isFirst = (session: SessionRecord): boolean => session.startedAt === session.updatedAt;

/** The last message of a session that has ended with it, again. A first message is left out: SessionIDs repeat. */
async function endedResend(tx: ReadTx, request: Request): Promise<Located | undefined> {
  const { header } = request.message;
  if (msgIdOf(request.message) === 1) return undefined;
  const session = await tx.sessions.findEnded(header.source.uri, header.sessionId, request.origin, request.now - ENDED_REPLAY_MS);
  if (!session) return undefined;
  const one = await place(tx, request, session, false);
  return one.kind === 'resend' ? one : undefined;
}

/** A message that does not say its number counts as a first one. */
export const msgIdOf = (message: Message): number => msgIdNumber(message.header.msgId) ?? 1;

/**
 * Without a token the MsgID has to be the next one. Where each message brings credentials some may have been refused in between, and
 * the repeat counts on.
 */
function follows(session: SessionRecord, message: Message): boolean {
  const ahead = msgIdOf(message) - session.lastMsgId;
  if (ahead === 1) return true;
  return ahead > 1 && ahead <= MAX_REFUSED + 1 && message.header.cred !== undefined && parseState(session.state).perMessage;
}

const isParked = (session: SessionRecord, msgId: number): boolean =>
  parseState(session.state).parked?.some((p) => p.msgId === msgId) ?? false;

async function place(tx: ReadTx, request: Request, session: SessionRecord, byToken: boolean): Promise<Located> {
  const msgId = msgIdOf(request.message);
  if (msgId > session.lastMsgId) return { kind: 'known', session, byToken };
  // Taken but not carried out: its coming again asks for its result.
  if (session.lastMsgId === msgId && isParked(session, msgId)) return { kind: 'known', session, byToken };
  const stored = await tx.sessions.response(session.token);
  const stale = stored !== undefined && msgId === 1 && request.now - stored.at > FIRST_MESSAGE_REPLAY_MS;
  if (stored && stored.msgId === msgId && !stale) {
    const exact = stored.digest === request.digest;
    if (exact || stored.bodyDigest === request.bodyDigest) {
      return { kind: 'resend', session, exact, bytes: stored.bytes, contentType: stored.contentType };
    }
  }
  // A first message that is none of ours begins a session of its own.
  if (!byToken || msgId === 1) return { kind: 'new' };
  return { kind: 'out-of-order', session };
}
