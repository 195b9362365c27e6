/** Carries messages to the server over HTTP or HTTPS, with time-outs. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { LinkLost } from '../errors.js';

/** What came back for one POST. */
export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Milliseconds, from Retry-After. */
  readonly retryAfter?: number;
}

/** @throws {LinkLost} when request or answer did not arrive whole. */
export type Post = (url: string, contentType: string, body: Uint8Array) => Promise<HttpReply>;

export interface TransportOptions {
  /** Milliseconds without a byte in either direction after which the link counts as lost. */
  readonly idleTimeout?: number;
  /** Certificates (PEM) of authorities that are trusted beside the platform's. */
  readonly ca?: string;
}

/** A large server needs time for a large file, and says so with an interim answer after about ten seconds. */
const IDLE_TIMEOUT_MS = 60_000;
/** No answer is bigger than our MaxMsgSize by much. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export interface HttpTransport {
  readonly post: Post;
  close(): void;
}

export function httpTransport(options: TransportOptions = {}): HttpTransport {
  const plain = new HttpAgent({ keepAlive: true, maxSockets: 8 });
  const tls = new HttpsAgent({ keepAlive: true, maxSockets: 8, ...(options.ca === undefined ? {} : { ca: options.ca }) });
  const post: Post = (url, contentType, body) =>
    new Promise((resolve, reject) => {
      const secure = url.startsWith('https:');
      const lost = (cause: unknown): void => {
        reject(new LinkLost(`${new URL(url).host} did not answer: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }));
      };
      const headers = {
        'content-type': contentType,
        'content-length': body.byteLength,
        'user-agent': 'moorage-agent',
        accept: contentType,
      };
      const sent = secure
        ? httpsRequest(url, { method: 'POST', agent: tls, headers })
        : httpRequest(url, { method: 'POST', agent: plain, headers });
      sent.setTimeout(options.idleTimeout ?? IDLE_TIMEOUT_MS, () => sent.destroy(new Error('no answer in time')));
      sent.on('error', lost);
      sent.on('response', (answer) => {
        read(answer).then(resolve, lost);
      });
      sent.end(body);
    });
  return {
    post,
    close: () => {
      plain.destroy();
      tls.destroy();
    },
  };
}

async function read(answer: IncomingMessage): Promise<HttpReply> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    length += part.byteLength;
    if (length > MAX_ANSWER_BYTES) throw new Error('an answer without end');
    parts.push(part);
  }
  if (!answer.complete) throw new Error('the answer was cut off');
  const after = Number(answer.headers['retry-after']);
  return {
    status: answer.statusCode ?? 0,
    contentType: answer.headers['content-type'] ?? '',
    body: Buffer.concat(parts),
    ...(Number.isFinite(after) ? { retryAfter: after * 1000 } : {}),
  };
}
