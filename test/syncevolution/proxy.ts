/** A proxy between device and server on loopback that keeps every body and lets a proof act in the middle of a session. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Exchange {
  readonly request: Buffer;
  /** Undefined when the server did not answer or the answer was not handed on. */
  response?: Buffer;
}

/**
 * What happens at one request. `before` runs when the request has been read and not yet been sent on, `during` when it has been sent
 * on but not been answered, `after` when the answer has been read and not yet been handed on.
 */
export interface Interference {
  readonly at: number;
  readonly when: 'before' | 'during' | 'after';
  /** Answers whether the exchange goes on; `false` cuts the client's connection. */
  readonly act: () => Promise<boolean> | boolean;
}

export class Proxy {
  readonly #server: http.Server;
  readonly #target: () => URL;
  #exchanges: Exchange[] = [];
  #interference: Interference | undefined;

  /** `target` is asked for at every request: the server may come back at another address. */
  constructor(target: () => URL) {
    this.#target = target;
    this.#server = http.createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Forgets what was seen and starts counting requests from 1. */
  reset(interference?: Interference): void {
    this.#exchanges = [];
    this.#interference = interference;
  }

  get exchanges(): readonly Exchange[] {
    return this.#exchanges;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const body = await read(incoming);
    const exchange: Exchange = { request: body };
    const count = this.#exchanges.push(exchange);
    const act = async (when: Interference['when']): Promise<boolean> => {
      const planned = this.#interference;
      if (planned === undefined || planned.at !== count || planned.when !== when) return true;
      this.#interference = undefined;
      return planned.act();
    };
    if (!(await act('before'))) return void outgoing.destroy();
    const answered = this.#forward(incoming, body, () => act('during'));
    const { response, body: answer } = await answered;
    if (!(await act('after'))) return void outgoing.destroy();
    exchange.response = answer;
    const headers = { ...response.headers, 'content-length': String(answer.length) };
    delete headers['transfer-encoding'];
    outgoing.writeHead(response.statusCode ?? 502, headers).end(answer);
  }

  #forward(
    incoming: http.IncomingMessage,
    body: Buffer,
    sent: () => Promise<boolean>,
  ): Promise<{ response: http.IncomingMessage; body: Buffer }> {
    const target = this.#target();
    return new Promise((resolve, reject) => {
      const request = http.request(
        { host: target.hostname, port: target.port, method: incoming.method, path: incoming.url, agent: false, headers: incoming.headers },
        (response) => void read(response).then((answer) => resolve({ response, body: answer }), reject),
      );
      request.on('error', reject);
      request.end(body, () => {
        sent().catch(reject);
      });
    });
  }
}

async function read(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
