/** The whole server in this process, reached over real sockets: what is written to them need not be HTTP. */
import { connect, type Socket } from 'node:net';
import { createApp, type MessageHandler } from '../../../src/http/app.js';
import { startListening, type Listener } from '../../../src/http/server.js';
import type { Message } from '../../../src/model/message.js';
import { createLogger } from '../../../src/runtime/logger.js';
import { MEDIA_TYPES } from '../../../src/wire/media-type.js';
import type { Draft, MessageOptions } from '../../engine/support/messages.js';
import { Bench, type Client, type ClientOptions } from '../../exchange/support/bench.js';

export class LiveServer {
  readonly bench: Bench;
  readonly logged: Record<string, unknown>[];
  readonly #listener: Listener;
  readonly #sockets: Raw[] = [];

  private constructor(bench: Bench, listener: Listener, logged: Record<string, unknown>[]) {
    this.bench = bench;
    this.#listener = listener;
    this.logged = logged;
  }

  /** @param handler in place of the bench's exchange. */
  static async open(settings: Readonly<Record<string, unknown>> = {}, handler?: MessageHandler): Promise<LiveServer> {
    const bench = await Bench.open({ port: 0, 'http.shutdownTimeoutMs': 100, ...settings });
    const logged: Record<string, unknown>[] = [];
    const logger = createLogger('info', { write: (line) => void logged.push(JSON.parse(line) as Record<string, unknown>) });
    const { config } = bench;
    const app = createApp({ exchange: handler ?? bench.exchange, config, logger, health: async () => ({}) });
    return new LiveServer(bench, await startListening({ app, config, logger }), logged);
  }

  get port(): number {
    return this.#listener.port;
  }

  async close(): Promise<void> {
    for (const { socket } of this.#sockets) socket.destroy();
    await this.#listener.close();
    await this.bench.close();
  }

  raw(): Raw {
    const one = new Raw(connect(this.port, '127.0.0.1'));
    this.#sockets.push(one);
    return one;
  }

  /** A whole request, and all that comes back until the server hangs up, or `ms` are over. */
  async ask(head: string, body: Uint8Array | string = '', ms = 30_000): Promise<string> {
    const one = this.raw();
    one.write(head);
    one.write(body);
    await one.closed(ms);
    return one.text;
  }

  /** A message of a device as it sends them. @returns the HTTP status, and the answer where it is a message. */
  async post(
    client: Client,
    body: readonly Draft[],
    o: MessageOptions = {},
  ): Promise<{ readonly status: number; readonly message?: Message }> {
    const bytes = client.encode(client.message(body, o));
    const query = client.token === undefined ? '' : `?s=${client.token}`;
    const response = await fetch(`http://127.0.0.1:${this.port}/sync${query}`, {
      method: 'POST',
      headers: { 'Content-Type': MEDIA_TYPES[client.encoding], Connection: 'close' },
      body: bytes,
    });
    const answered = new Uint8Array(await response.arrayBuffer());
    const contentType = response.headers.get('Content-Type') ?? '';
    if (response.status !== 200) return { status: response.status };
    const message = client.decode({ httpStatus: 200, contentType, body: answered, log: {} });
    client.follow(message);
    return { status: 200, message };
  }

  /** A device of the user's logs in. @returns the HTTP status. */
  async logIn(options: ClientOptions = {}): Promise<number> {
    return (await this.post(this.bench.client(options), [])).status;
  }
}

/** A connection, and what came back on it. */
export class Raw {
  readonly socket: Socket;
  text = '';
  ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (part: Buffer) => (this.text += part.toString('latin1')));
    socket.on('close', () => (this.ended = true));
    // The server may hang up at any time.
    socket.on('error', () => undefined);
  }

  /** HTTP status of the first answer; undefined while there is none. */
  get status(): number | undefined {
    const found = /^HTTP\/1\.1 (\d{3})/.exec(this.text)?.[1];
    return found === undefined ? undefined : Number(found);
  }

  write(data: Uint8Array | string): void {
    if (!this.socket.destroyed) this.socket.write(data);
  }

  /** Resolves when the connection is closed. @throws {Error} when it is not after `ms`. */
  closed(ms = 60_000): Promise<void> {
    return until(() => this.ended, 'the server to hang up', ms);
  }
}

/** Looks again and again: what is waited for comes by itself, the bound is there for a server that hangs. */
export async function until(holds: () => boolean, what: string, ms = 60_000): Promise<void> {
  for (const end = Date.now() + ms; !holds(); await new Promise((resolve) => setTimeout(resolve, 20)))
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
}
