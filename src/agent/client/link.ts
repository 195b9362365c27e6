/** One message to the server and its answer back: encoded, sent, sent again when the link breaks. A message that comes twice is answered twice alike. */
import { setTimeout as delay } from 'node:timers/promises';
import { Status } from '../../model/status.js';
import type { Message } from '../../model/message.js';
import { decodeMessage } from '../../wire/decode.js';
import type { Encoding } from '../../wire/dialect.js';
import { MessageEncoder } from '../../wire/encode.js';
import { MEDIA_TYPES } from '../../wire/media-type.js';
import { LinkLost, ProtocolFault, ServerBusy, SessionRefused } from '../errors.js';
import type { HttpReply, Post } from './transport.js';

export interface Patience {
  /** How often a message is sent again before the session is given up for now. */
  readonly resends: number;
  /** Milliseconds before the first resend; doubles with each. */
  readonly firstDelay: number;
  readonly maxDelay: number;
}

export const PATIENT: Patience = { resends: 5, firstDelay: 500, maxDelay: 15_000 };

export class Link {
  readonly encoder: MessageEncoder;
  readonly encoding: Encoding;
  readonly #post: Post;
  readonly #patience: Patience;
  /** Ends waiting; what was sent stays sent. */
  readonly #stop: AbortSignal | undefined;
  /** Bytes of bodies, both ways, resends included. */
  sent = 0;
  received = 0;

  constructor(post: Post, encoding: Encoding, patience: Patience = PATIENT, stop?: AbortSignal) {
    this.#post = post;
    this.encoding = encoding;
    this.#patience = patience;
    this.#stop = stop;
    this.encoder = new MessageEncoder(
      encoding === 'xml' ? { encoding, version: '1.2' } : { encoding, version: '1.2', wbxml: { version: 2, publicId: 'number' } },
    );
  }

  /** @throws {LinkLost} {ServerBusy} {SessionRefused} {ProtocolFault} */
  async exchange(url: string, message: Message): Promise<Message> {
    const body = this.encoder.encode(message);
    for (let attempt = 0; ; attempt += 1) {
      try {
        this.sent += body.byteLength;
        const reply = await this.#post(url, MEDIA_TYPES[this.encoding], body);
        this.received += reply.body.byteLength;
        return this.#read(reply);
      } catch (error) {
        if (isRefused(error)) this.sent -= body.byteLength;
        const passing = error instanceof LinkLost || error instanceof ServerBusy;
        if (!passing || attempt >= this.#patience.resends || this.#stop?.aborted === true) throw error;
        await this.pause(attempt, error instanceof ServerBusy ? error.retryAfter : undefined);
      }
    }
  }

  /** Waits, longer from time to time. @param least milliseconds the server asked for. */
  async pause(attempt: number, least = 0): Promise<void> {
    const { firstDelay, maxDelay } = this.#patience;
    const wait = Math.max(Math.min(firstDelay * 2 ** attempt, maxDelay), Math.min(least, maxDelay));
    // Half of it by chance: many devices that lost one server do not come back at one time.
    await delay(wait / 2 + Math.random() * (wait / 2), undefined, { signal: this.#stop }).catch(() => undefined);
  }

  #read(reply: HttpReply): Message {
    const { status, contentType, body } = reply;
    if (status === 503 || status === 429) throw new ServerBusy(`the server is busy (HTTP ${status})`, reply.retryAfter);
    if (status >= 500) throw new ServerBusy(`the server has a fault (HTTP ${status})`, reply.retryAfter);
    if (status !== 200) {
      const words = Buffer.from(body).toString('utf8').slice(0, 200).replace(/\s+/g, ' ');
      throw new SessionRefused(`the server answered HTTP ${status}${words === '' ? '' : `: ${words}`}`, status);
    }
    const type = contentType.split(';')[0]?.trim().toLowerCase();
    if (type !== MEDIA_TYPES[this.encoding])
      throw new ProtocolFault(
        `the answer is ${type === '' ? 'of no type' : type}, not ${MEDIA_TYPES[this.encoding]}: is this address a sync endpoint?`,
      );
    try {
      return decodeMessage(body, this.encoding).message;
    } catch (cause) {
      throw new ProtocolFault(`the answer cannot be read: ${(cause as Error).message}`, { cause });
    }
  }
}

/** There was nobody to send anything to. */
const isRefused = (error: unknown): boolean =>
  error instanceof LinkLost && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';

/** Statuses of a SyncHdr that mean "later". */
export const isBusy = (code: number): boolean =>
  code === Status.InProgress || code === Status.RetryLater || code === Status.ServiceUnavailable || code === Status.ProcessingError;
