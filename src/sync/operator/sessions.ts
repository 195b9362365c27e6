/** Sessions as an operator sees them: what was said, message by message, and what is being waited for. */
import { UserError } from '../../model/errors.js';
import type { AccountRecord } from '../../storage/ports/accounts.js';
import type { NumberedMessage } from '../../storage/ports/messages.js';
import type { SessionRecord } from '../../storage/ports/sessions.js';
import type { ReadTx, Store } from '../../storage/ports/store.js';
import { findUser } from './context.js';

export interface SessionSummary {
  /** The first letters of the session's token: enough to name it, not enough to join it. */
  readonly id: string;
  readonly user: string;
  readonly device: string;
  /** As the client sent it. */
  readonly sessionId: string;
  /** Messages answered so far: the client's last MsgID. */
  readonly lastMsgId: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly ended: boolean;
}

/** One message of the trace: codes and counts, as the exchange wrote them. */
export type TraceLine = Readonly<Record<string, unknown>>;

export interface SessionDetails extends SessionSummary {
  readonly trace: readonly TraceLine[];
}

const ID_LETTERS = 8;
const SEARCHED = 1000;

const summary = (user: string, session: SessionRecord): SessionSummary => ({
  id: session.token.slice(0, ID_LETTERS),
  user,
  device: session.deviceUri,
  sessionId: session.sessionId,
  lastMsgId: session.lastMsgId,
  startedAt: session.startedAt,
  updatedAt: session.updatedAt,
  ended: session.ended,
});

/** Newest first; of one user, or of all. @throws {UserError} when there is no such user. */
export async function listSessions(store: Store, user: string | undefined, limit: number): Promise<readonly SessionSummary[]> {
  return store.read(async (tx) => {
    const accounts = user === undefined ? await tx.accounts.list() : [await findUser(tx, user)];
    const all: SessionSummary[] = [];
    for (const account of accounts)
      all.push(...(await tx.sessions.ofAccount(account.id, limit)).map((session) => summary(account.name, session)));
    return all.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, limit);
  });
}

function readTrace(text: string): readonly TraceLine[] {
  if (text === '') return [];
  const lines: unknown = JSON.parse(text);
  return Array.isArray(lines) ? (lines as TraceLine[]) : [];
}

/** @param id the letters of {@link SessionSummary}, or more of the token. @throws {UserError} when there is none, or several. */
export async function showSession(store: Store, user: string, id: string): Promise<SessionDetails> {
  return store.read(async (tx) => {
    const { account, session } = await findSession(tx, user, id);
    return { ...summary(account.name, session), trace: readTrace(session.trace) };
  });
}

/** The messages that were kept of a session, which may be none. @throws {UserError} like {@link showSession}. */
export async function keptMessages(store: Store, user: string, id: string): Promise<readonly NumberedMessage[]> {
  return store.read(async (tx) => {
    const { account, session } = await findSession(tx, user, id);
    return tx.account(account.id).messages.of(session.token);
  });
}

async function findSession(tx: ReadTx, user: string, id: string): Promise<{ account: AccountRecord; session: SessionRecord }> {
  const account = await findUser(tx, user);
  const found = (await tx.sessions.ofAccount(account.id, SEARCHED)).filter((session) => session.token.startsWith(id));
  const [session] = found;
  if (session === undefined || id === '') throw new UserError(`There is no session ${id}; "moorage session list" shows all.`);
  if (found.length > 1) throw new UserError(`Several sessions begin with ${id}: write more of it.`);
  return { account, session };
}
