/** One HTTP request, with all its headers in the caller's hand. */
import { request as httpRequest, Agent, type RequestOptions } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';
import type { HttpResponse } from './trace.js';

export interface HttpRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Body in chunks without Content-Length. */
  readonly chunked?: boolean;
  /** A connection of its own, closed afterwards. */
  readonly ownConnection?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** No answer came: connection refused or broken, or too late. */
export class NoResponse extends Error {
  override readonly name = 'NoResponse';
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** Keeps connections of one run, and closes them at its end. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });
  readonly #secureAgent = new SecureAgent({ keepAlive: true, maxSockets: 256 });

  /** @throws {NoResponse} */
  async send(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#send(request);
    } catch (error) {
      // A server may close an idle connection just when it is used again: that is no answer of the server.
      if (
        !request.ownConnection &&
        error instanceof NoResponse &&
        (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET'
      )
        return await this.#send({ ...request, ownConnection: true });
      throw error;
    }
  }

  close(): void {
    this.#agent.destroy();
    this.#secureAgent.destroy();
  }

  #send(request: HttpRequest): Promise<HttpResponse> {
    const secure = request.url.startsWith('https:');
    const options: RequestOptions = {
      method: request.method ?? 'POST',
      headers: request.chunked ? request.headers : { ...request.headers, 'Content-Length': String(request.body.byteLength) },
      agent: request.ownConnection ? false : secure ? this.#secureAgent : this.#agent,
      timeout: request.timeout ?? DEFAULT_TIMEOUT_MS,
    };
    return new Promise((resolve, reject) => {
      const fail = (why: string, cause?: unknown): void => reject(new NoResponse(why, { cause }));
      const outgoing = (secure ? httpsRequest : httpRequest)(request.url, options, (incoming) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.on('error', (error) => fail(`the response broke off: ${error.message}`, error));
        incoming.on('end', () => {
          const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
          resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(parts) });
        });
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${options.timeout} ms`)));
      outgoing.on('error', (error) => fail(error.message, error));
      if (request.chunked) {
        // Two chunks at least, so that a server which reads only the first one is found out.
        const half = Math.ceil(request.body.byteLength / 2);
        outgoing.write(request.body.subarray(0, half));
        outgoing.write(request.body.subarray(half));
      } else outgoing.write(request.body);
      outgoing.end();
    });
  }
}
