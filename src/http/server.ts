/** Listening, and the orderly end: no new connections, messages in hand are finished, then everything is closed. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import type { Config } from '../runtime/config.js';
import type { Logger } from '../runtime/logger.js';
import { boundConnections } from './connections.js';

export interface ListenOptions {
  readonly app: Koa;
  readonly config: Pick<Config, 'host' | 'port' | 'http'>;
  readonly logger: Logger;
  /** Aborted when the time for messages in hand is over. */
  readonly patience?: AbortController;
}

export interface Listener {
  readonly host: string;
  /** The port that was picked when 0 was asked for. */
  readonly port: number;
  /** Of the sync endpoint, by the address listened on. */
  readonly url: string;
  /** Stops accepting and resolves when messages in hand are answered, or the time for that is over. */
  close(): Promise<void>;
}

/** How often node looks for requests that take too long. Milliseconds. */
const CHECK_INTERVAL_MS = 5000;
/** A header section bigger than this is refused with 431. Bytes. */
const MAX_HEADER_BYTES = 16 * 1024;

const listen = (server: HttpServer, host: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });

/** @throws the system's error (`EADDRINUSE`, `EACCES`, …) when the address cannot be listened on. */
export async function startListening(options: ListenOptions): Promise<Listener> {
  const { http, host, port } = options.config;
  const handle = options.app.callback();
  let stopping = false;
  const server = createServer(
    {
      headersTimeout: http.headersTimeoutMs,
      requestTimeout: http.requestTimeoutMs,
      keepAliveTimeout: http.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, http.headersTimeoutMs),
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => {
      if (stopping) response.setHeader('Connection', 'close');
      void handle(request, response).then(() => {
        // The answer is written. A client that does not fetch it keeps neither memory nor connection.
        if (!response.writableFinished) response.setTimeout(http.requestTimeoutMs, () => response.destroy());
      });
    },
  );
  boundConnections(server, http.maxConnections);
  const address = await listen(server, host, port);
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;

  const close = async (): Promise<void> => {
    stopping = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        options.logger.warn('shutdown-forced', { waitedMs: http.shutdownTimeoutMs });
        options.patience?.abort();
        server.closeAllConnections();
      }, http.shutdownTimeoutMs);
      server.close(() => {
        clearTimeout(timer);
        resolve();
      });
      server.closeIdleConnections();
    });
  };
  return { host: address.address, port: address.port, url: `http://${shownHost}:${address.port}/sync`, close };
}
