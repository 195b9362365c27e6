/**
 * POSTs over connections that are kept, with a fraction of the work of node's own client: the generator shares the machine with what it
 * measures. It reads the answers our server gives (Content-Length, never chunks) and fails loudly on any other.
 */
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** No answer came: the connection broke or could not be made. The request may have been carried out. */
export class Lost extends Error {
  override readonly name = 'Lost';
}

const HEADER_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Lost) => void;
}

export class Connection {
  readonly #socket: Socket;
  #received: Buffer = NOTHING;
  #waiting: Waiting | undefined;
  #open = true;

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('data', (part: Buffer) => {
      this.#read(part);
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#open = false;
      this.#waiting?.reject(new Lost('the connection was closed'));
      this.#waiting = undefined;
    });
  }

  get open(): boolean {
    return this.#open;
  }

  /** One request at a time. @throws {Lost} */
  post(path: string, body: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.#open) {
        reject(new Lost('the connection is closed'));
        return;
      }
      this.#waiting = { resolve, reject };
      const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: load\r\nContent-Type: application/vnd.syncml+wbxml\r\nContent-Length: ${body.length}\r\n\r\n`;
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#open = false;
    this.#socket.destroy();
  }

  #read(part: Buffer): void {
    const all = this.#received.length === 0 ? part : Buffer.concat([this.#received, part]);
    const end = all.indexOf(HEADER_END);
    const head = end < 0 ? '' : all.toString('latin1', 0, end);
    const length = end < 0 ? NaN : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
    const bodyAt = end + HEADER_END.length;
    if (end < 0 || all.length < bodyAt + length) {
      this.#received = all;
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#received = NOTHING;
    if (waiting === undefined || Number.isNaN(length) || all.length > bodyAt + length) {
      waiting?.reject(new Lost(`an answer that cannot be read: ${head.slice(0, 200)}`));
      this.close();
      return;
    }
    if (/\r\nconnection: *close/i.test(head)) this.close();
    waiting.resolve({ status: Number(head.slice(9, 12)), body: all.subarray(bodyAt) });
  }
}

/** Connections to one port: as many as there are requests at a time, kept for the next ones. */
export class Pool {
  readonly #port: number;
  readonly #idle: Connection[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** @throws {Lost} */
  async post(path: string, body: Uint8Array): Promise<Answer> {
    let connection = this.#idle.pop();
    while (connection && !connection.open) connection = this.#idle.pop();
    connection ??= new Connection(this.#port);
    const answer = await connection.post(path, body);
    this.#idle.push(connection);
    return answer;
  }

  close(): void {
    for (const connection of this.#idle.splice(0)) connection.close();
  }
}
