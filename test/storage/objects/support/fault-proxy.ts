/** A proxy before an HTTP server that can be told what goes wrong with which request. */
import { createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to a request. Bytes are of bodies. */
export type Fault =
  /** The server gets the first bytes only, then both connections are gone. */
  | { readonly kind: 'cut-request'; readonly after: number }
  /** The client gets the first bytes of the answer only. */
  | { readonly kind: 'cut-response'; readonly after: number }
  /** The server does all of it; the client hears nothing. */
  | { readonly kind: 'lose-response' }
  /** Nothing happens. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** The proxy answers itself. */
  | { readonly kind: 'answer'; readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** A byte of the request's body is another. */
  | { readonly kind: 'damage' };

export interface Seen {
  readonly method: string;
  readonly url: string;
}

export class FaultProxy {
  readonly #server: Server;
  readonly #target: () => number;
  /** Asked for each request, counted from 1 since it was set. */
  #fault: (n: number, seen: Seen) => Fault | undefined = () => undefined;
  #count = 0;

  /** @param target port of the server. */
  constructor(target: () => number) {
    this.#target = target;
    this.#server = createServer((request, response) => void this.#handle(request, response).catch(() => response.destroy()));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Requests since `fail` was called. */
  get count(): number {
    return this.#count;
  }

  fail(fault: (n: number, seen: Seen) => Fault | undefined): void {
    this.#fault = fault;
    this.#count = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#count += 1;
    const { socket } = request;
    const { method = '', url = '', headers } = request;
    const fault = this.#fault(this.#count, { method, url });
    if (fault?.kind === 'stall') return;
    if (fault?.kind === 'slow') await sleep(fault.ms);
    if (fault?.kind === 'answer') {
      request.resume();
      response.writeHead(fault.status, { 'content-type': 'application/xml', ...fault.headers }).end(fault.body ?? '');
      return;
    }
    const forward = send({ host: '127.0.0.1', port: this.#target(), method, path: url, headers, agent: false });
    forward.on('error', () => socket.destroy());
    const answered = new Promise<IncomingMessage>((resolve) => forward.once('response', resolve));
    let passed = 0;
    for await (const part of request as AsyncIterable<Buffer>) {
      if (fault?.kind === 'damage' && passed === 0) part.writeUInt8(part.readUInt8(0) ^ 1, 0);
      if (fault?.kind === 'cut-request' && passed + part.length > fault.after) {
        forward.write(part.subarray(0, fault.after - passed));
        await sleep(20);
        forward.destroy();
        socket.destroy();
        return;
      }
      passed += part.length;
      forward.write(part);
    }
    forward.end();
    const answer = await answered;
    if (fault?.kind === 'lose-response') {
      answer.resume();
      socket.destroy();
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    let back = 0;
    for await (const part of answer as AsyncIterable<Buffer>) {
      if (fault?.kind === 'cut-response' && back + part.length > fault.after) {
        response.write(part.subarray(0, fault.after - back));
        await sleep(20);
        socket.destroy();
        return;
      }
      back += part.length;
      response.write(part);
    }
    response.end();
  }
}
