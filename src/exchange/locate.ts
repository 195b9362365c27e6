/** Which session does a message belong to? [Representation Protocol, "RespURI", "SessionID"] */
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
  const found = await tx.sessions.find(message.header.source.uri, message.header.sessionId, request.origin);
  const placed: Located[] = [];
  for (const session of found) {
    const one = await place(tx, request, session, false);
    // A client that has not got its first answer knows no token.
    if (one.kind === 'resend' && isFirst(session)) return one;
    if (one.kind === 'resend' || (one.kind === 'known' && follows(session, message))) placed.push(one);
  }
  const meant = placed.find((one) => one.kind === 'resend') ?? (placed.length === 1 ? placed[0] : undefined);
  const withoutToken = meant ?? (placed.length === 0 ? await endedResend(tx, request) : undefined);
  return withoutToken && request.tolerance.allows('no-resp-uri') ? withoutToken : { kind: 'new' };
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
