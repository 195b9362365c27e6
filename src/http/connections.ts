/** Keeps connections below a number: for one too many, that which has waited longest for its next request, or for the rest of one's headers, is closed. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** @param most connections at a time; where each of them has a request in hand, a new one is closed. */
export function boundConnections(server: Server, most: number): void {
  /** Without a request in hand, in the order in which they began to wait. */
  const waiting = new Set<Socket>();
  let open = 0;
  server.on('connection', (socket: Socket) => {
    if (open >= most) {
      const [oldest = socket] = waiting;
      waiting.delete(oldest);
      oldest.destroy();
      if (oldest === socket) return;
    }
    open += 1;
    waiting.add(socket);
    socket.once('close', () => {
      open -= 1;
      waiting.delete(socket);
    });
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    waiting.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) waiting.add(socket);
    });
  });
}
