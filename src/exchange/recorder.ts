/**
 * Messages as they go over the wire, kept with their sessions for laboratories. A message that is carried out is kept in its own transaction.
 * One that is refused writes nothing: it waits in this process, for a while, and is kept with the session that its client gets in the end.
 */
import type { SyncHdr } from '../model/message.js';
import type { KeepBounds, KeptMessage, WireSide } from '../storage/ports/messages.js';
import type { ExchangeAnswer, ExchangeRequest } from './incoming.js';

export interface TraceSettings {
  readonly messages: boolean;
  readonly maxMessages: number;
  /** Of one session's messages, bodies of both directions. */
  readonly maxBytes: number;
}

/** What a message's transaction keeps: those that were refused before it, and itself. */
export interface Keeping {
  readonly bounds: KeepBounds;
  readonly before: readonly KeptMessage[];
}

/** Bounds of what waits, for strangers fill it: clients, messages of each, bytes of a body, milliseconds. */
const MAX_CLIENTS = 64;
const MAX_WAITING = 6;
const MAX_WAITING_BYTES = 65_536;
const WAITING_AGE = 10 * 60 * 1000;

export class Recorder {
  readonly #bounds: KeepBounds | undefined;
  /** By client and SessionID, in the order they came last. */
  readonly #waiting = new Map<string, readonly KeptMessage[]>();

  constructor({ messages, maxMessages, maxBytes }: TraceSettings) {
    this.#bounds = messages ? { messages: maxMessages, bytes: maxBytes } : undefined;
  }

  /** Undefined where nothing is kept. */
  keeping(header: SyncHdr, request: ExchangeRequest, now: number): Keeping | undefined {
    if (!this.#bounds) return undefined;
    return { bounds: this.#bounds, before: (this.#waiting.get(keyOf(header, request)) ?? []).filter(({ at }) => now - at <= WAITING_AGE) };
  }

  /** The answer goes out: a refusal waits, anything else has taken what waited. */
  answered(header: SyncHdr, request: ExchangeRequest, answer: ExchangeAnswer, now: number): void {
    if (!this.#bounds) return;
    const key = keyOf(header, request);
    const { log } = answer;
    const waiting = this.#waiting.get(key) ?? [];
    if (log['resend'] === true) return;
    this.#waiting.delete(key);
    if (log['refused'] === undefined || log['parked'] === true) return;
    const message = keptMessage(request, answer, now);
    this.#waiting.set(
      key,
      [...waiting, { ...message, request: small(message.request), response: small(message.response) }].slice(-MAX_WAITING),
    );
    for (const [oldest] of this.#waiting) {
      if (this.#waiting.size <= MAX_CLIENTS) break;
      this.#waiting.delete(oldest);
    }
  }
}

const keyOf = ({ source, sessionId }: SyncHdr, { address, userAgent }: ExchangeRequest): string =>
  JSON.stringify([source.uri, sessionId, address, userAgent]);

const small = (side: WireSide): WireSide =>
  side.body.length <= MAX_WAITING_BYTES ? side : { ...side, body: new Uint8Array(0), leftOut: side.body.length };

export function keptMessage(
  request: ExchangeRequest,
  answer: Pick<ExchangeAnswer, 'httpStatus' | 'contentType' | 'body'>,
  at: number,
): KeptMessage {
  const { host, pathname } = new URL(request.url);
  return {
    at,
    path: `${pathname}${request.token === undefined ? '' : `?s=${request.token}`}`,
    request: {
      headers: headers({
        Host: host,
        'User-Agent': request.userAgent,
        Accept: request.accept,
        'Content-Type': request.contentType,
        'x-syncml-hmac': request.hmac,
      }),
      body: request.body,
    },
    httpStatus: answer.httpStatus,
    response: { headers: headers({ 'Content-Type': answer.contentType }), body: answer.body },
  };
}

const headers = (all: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
