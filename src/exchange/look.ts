/** The first look at a message: what is known of its session and its sender. */
import type { AuthOutcome, AuthRequest } from '../accounts/outcome.js';
import type { SessionRecord } from '../storage/ports/sessions.js';
import type { ReadTx } from '../storage/ports/store.js';
import type { Incoming } from './incoming.js';
import { introduced } from './introduced.js';
import { isFirst, locate, type Located } from './locate.js';
import type { ExchangeOptions } from './options.js';
import { parseState, type SessionState } from './session-state.js';

export interface Seen {
  readonly located: Located;
  readonly live: SessionRecord | undefined;
  readonly state: SessionState | undefined;
  /** Undefined when the session is authenticated already and asks for nothing more. */
  readonly authenticated: AuthOutcome | undefined;
}

/** Which session the message belongs to, and who sent it where that is to be shown. A refusal is remembered. */
export async function look(options: ExchangeOptions, incoming: Incoming): Promise<Seen> {
  const { store, authenticator } = options;
  const lookOnce = async (tx: ReadTx, vouched: boolean): Promise<{ seen: Seen; request?: AuthRequest }> => {
    const located = await locate(tx, incoming);
    const live = 'session' in located ? located.session : undefined;
    const state = live ? parseState(live.state) : undefined;
    // What comes late is refused whoever sent it: its outdated nonce is no failed log-in.
    const asks = located.kind !== 'stray' && (!live || state?.perMessage === true || isBareRepeat(located, incoming));
    if (!asks || (located.kind === 'resend' && located.exact)) return { seen: { located, live, state, authenticated: undefined } };
    const request = { ...authRequest(incoming, live, state), vouched };
    return { seen: { located, live, state, authenticated: await authenticator.authenticate(tx, request) }, request };
  };
  const first = await store.read((tx) => lookOnce(tx, false));
  const { seen, request } = await introduced(options.firstTime, first, () => store.read((tx) => lookOnce(tx, true)));
  const { authenticated } = seen;
  if (authenticated?.kind === 'refused' && request) await store.transact((tx) => authenticator.recordRefusal(tx, authenticated, request));
  return seen;
}

/**
 * What began a session, again, with other bytes and without the session's token: only its credentials show that it is the same client's.
 * The stored answer holds the token.
 */
const isBareRepeat = (located: Located, incoming: Incoming): boolean =>
  located.kind === 'resend' && incoming.token === undefined && isFirst(located.session);

export function authRequest(incoming: Incoming, live: SessionRecord | undefined, state: SessionState | undefined): AuthRequest {
  const { header } = incoming.message;
  const named = header.source.name ?? state?.engine.userName;
  return {
    header: named === undefined ? header : { ...header, source: { ...header.source, name: named } },
    version: incoming.dialect.version,
    address: incoming.request.address,
    body: incoming.body,
    now: incoming.now,
    tolerance: incoming.tolerance,
    ...(incoming.request.hmac === undefined ? {} : { hmac: incoming.request.hmac }),
    ...(live ? { known: { account: live.account } } : {}),
  };
}
