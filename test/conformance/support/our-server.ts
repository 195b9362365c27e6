/** Our own server in this process, on real HTTP: what the suite is run against in tests, as it is and with faults put in. */
import type { Middleware } from 'koa';
import { Authenticator } from '../../../src/accounts/authenticate.js';
import { createUser } from '../../../src/accounts/users.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { createApp, type MessageHandler } from '../../../src/http/app.js';
import { startListening } from '../../../src/http/server.js';
import { loadConfig, type Config } from '../../../src/runtime/config.js';
import { createLogger } from '../../../src/runtime/logger.js';
import { systemRandom } from '../../../src/runtime/random.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';

export const USER = 'lab';
export const PASSWORD = 'lab words';

export interface OurServer {
  readonly url: string;
  readonly config: Config;
  readonly temp: TempStore;
  close(): Promise<void>;
}

export interface OurServerOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Stands between HTTP and the exchange. */
  readonly wrap?: (inner: MessageHandler) => MessageHandler;
  /** Stands in front of the application. */
  readonly front?: Middleware;
}

export async function startOurServer(options: OurServerOptions = {}): Promise<OurServer> {
  const temp = await tempStore();
  // Busy with few messages already: those of the suite come one by one, but where it wants to see just that.
  const settings = { 'limits.inFlight': 12, 'log.level': 'silent', 'limits.sessionsPerAccount': 10_000, port: 0, ...options.settings };
  const { config } = loadConfig({ flags: { ...settings, data: temp.folder, 'key.file': 'unused' }, environment: {} });
  const { store } = temp;
  await createUser(store, {
    name: USER,
    password: PASSWORD,
    serverId: config.serverId,
    datastores: config.datastores,
    now: Date.now(),
  });
  const authenticator = new Authenticator({ config: config.auth, random: systemRandom });
  const exchange = new Exchange({
    store,
    authenticator,
    config,
    clock: Date.now,
    random: systemRandom,
    log: () => undefined,
    version: 'test',
  });
  const logger = createLogger(config.log.level);
  const app = createApp({ exchange: options.wrap?.(exchange) ?? exchange, config, logger, health: async () => ({}) });
  if (options.front) app.middleware.unshift(options.front);
  const listener = await startListening({ app, config, logger });
  return {
    url: listener.url,
    config,
    temp,
    close: async () => {
      await listener.close();
      await temp.close();
    },
  };
}
