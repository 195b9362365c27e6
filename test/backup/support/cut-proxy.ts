/** A TCP proxy whose connections break off after a number of bytes, in the direction that was asked for. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Cut {
  /** `up`: on the way to the server. */
  readonly direction: 'up' | 'down';
  /** Bytes that still get through, of all connections together. */
  readonly after: number;
}

export class CutProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut: (Cut & { passed: number }) | undefined;
  /** Links that were cut. */
  cuts = 0;

  /** @param target asked for with each connection: the server may have another port by then. */
  constructor(target: () => number) {
    this.#server = createServer({ allowHalfOpen: false }, (client) => {
      const server = connect(target(), '127.0.0.1');
      this.#pipe(client, server, 'up');
      this.#pipe(server, client, 'down');
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/sync`;
  }

  /** The next cut; undefined: none. */
  plan(cut: Cut | undefined): void {
    this.#cut = cut && { ...cut, passed: 0 };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #pipe(from: Socket, to: Socket, direction: Cut['direction']): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => {
      const cut = this.#cut;
      if (cut?.direction !== direction || cut.passed + bytes.length <= cut.after) {
        if (cut?.direction === direction) cut.passed += bytes.length;
        if (!to.write(bytes)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
        return;
      }
      this.#cut = undefined;
      this.cuts += 1;
      to.write(bytes.subarray(0, cut.after - cut.passed), () => {
        from.resetAndDestroy();
        to.resetAndDestroy();
      });
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
