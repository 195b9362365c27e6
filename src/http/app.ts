/**
 * The HTTP side of the sync endpoint. Any path takes messages: phones are set up with the paths of other servers.
 * [SyncML HTTP Binding 1.2]
 */
import { performance } from 'node:perf_hooks';
import Koa, { type Context } from 'koa';
import type { ExchangeAnswer, ExchangeRequest } from '../exchange/exchange.js';
import { deviationsOf } from '../exchange/trace.js';
import { Tolerance } from '../model/leniency.js';
import type { Config } from '../runtime/config.js';
import { errorFields, type Logger } from '../runtime/logger.js';
import { Arrivals, type Arrival } from './arrivals.js';
import { BodyError, readBody } from './body.js';
import { helpPage } from './help-page.js';

/** What the endpoint needs of an exchange. */
export interface MessageHandler {
  handle(request: ExchangeRequest, signal?: AbortSignal): Promise<ExchangeAnswer>;
}

export interface AppOptions {
  readonly exchange: MessageHandler;
  readonly config: Pick<Config, 'limits' | 'http' | 'publicUrl' | 'datastores' | 'strict'>;
  readonly logger: Logger;
  /** Resolves with facts for /healthz; rejects when the server cannot work. */
  readonly health: () => Promise<Readonly<Record<string, unknown>>>;
  /** Aborted when the server no longer waits for messages in hand. */
  readonly signal?: AbortSignal;
}

const HEALTH_PATH = '/healthz';
/** Requests taken at a time, as a multiple of the messages worked on: the rest are still arriving. Beyond, HTTP 503. */
const ARRIVING_FACTOR = 4;
/** Bodies of the largest size that there is memory for at a time. */
const LARGEST_BODIES = 4;
const NEVER_CACHE = 'no-store, private';

/** A Host header as it may stand in a URL; anything else is not repeated. */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** The address the client reached us by, without its query. */
function urlOf(context: Context): string {
  const local = `${context.req.socket.localAddress ?? 'localhost'}:${context.req.socket.localPort ?? 80}`;
  // koa takes what stands behind an @ for the host.
  const told = `${context.get('Host')}${context.get('X-Forwarded-Host')}`;
  const host =
    HOST.test(context.host) && !told.includes('@')
      ? context.host
      : local.includes('::')
        ? `localhost:${context.req.socket.localPort ?? 80}`
        : local;
  return `${context.protocol}://${host}${context.path}`;
}

const UTF8: readonly string[] = ['utf-8', 'utf8', '*'];
/** Phones that name only these still read what matters of UTF-8. */
const PARTS_OF_UTF8: readonly string[] = ['us-ascii', 'iso-8859-1'];

/** Answers are UTF-8: a client that takes nothing else than another charset gets HTTP 406 and no message. [HTTP Binding 1.2.1, "Accept-Charset"] */
function takesUtf8(context: Context, tolerance: Tolerance): boolean {
  const accepted = context.get('Accept-Charset');
  if (accepted === '') return true;
  const names = accepted.split(',').flatMap((one) => {
    const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
    return parameters.some((p) => /^q\s*=\s*0(\.0*)?$/.test(p)) ? [] : [name];
  });
  if (names.some((name) => UTF8.includes(name))) return true;
  return names.some((name) => PARTS_OF_UTF8.includes(name)) && tolerance.allows('accept-charset-latin1');
}

/** The session token of RespURI, also from behind another query. */
function tokenOf(context: Context): string | undefined {
  const token = context.query['s'];
  return Array.isArray(token) ? token[token.length - 1] : token;
}

function requestOf(context: Context, body: Uint8Array, tolerance: Tolerance): ExchangeRequest {
  const header = (name: string): string | undefined => {
    const value = context.get(name);
    return value === '' ? undefined : value;
  };
  const contentType = header('Content-Type');
  const accept = header('Accept');
  const token = tokenOf(context);
  const userAgent = header('User-Agent');
  const wapProfile = header('x-wap-profile') ?? header('profile');
  const hmac = header('x-syncml-hmac');
  return {
    body,
    url: urlOf(context),
    address: context.ip,
    ...(tolerance.met.length === 0 ? {} : { deviations: tolerance.met }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(accept === undefined ? {} : { accept }),
    ...(token === undefined || token === '' ? {} : { token }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(wapProfile === undefined ? {} : { wapProfile }),
    ...(hmac === undefined ? {} : { hmac }),
  };
}

/** Headers first: a body that is bytes then keeps them, and koa adds Content-Length, never chunks. */
function answer(context: Context, status: number, contentType: string | undefined, body: Uint8Array | string): void {
  context.status = status;
  context.set('Cache-Control', NEVER_CACHE);
  if (contentType !== undefined) context.set('Content-Type', contentType);
  context.body = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (contentType === undefined) context.remove('Content-Type');
}

const plain = (context: Context, status: number, text: string): void => answer(context, status, 'text/plain; charset=utf-8', `${text}\n`);

export function createApp(options: AppOptions): Koa {
  const { exchange, config, logger, health, signal } = options;
  const app = new Koa({ proxy: config.http.trustProxy, maxIpsCount: 1 });
  // Faults are logged below, once; what is left is a connection that broke while the answer went out.
  app.on('error', (error: unknown) => logger.debug('connection', errorFields(error)));

  const arrivals = new Arrivals({
    places: ARRIVING_FACTOR * config.limits.inFlight,
    spareBytes: LARGEST_BODIES * config.limits.maxBodyBytes,
    patienceMs: config.http.headersTimeoutMs,
  });

  const overloaded = (context: Context): void => {
    logger.warn('overload', { inHand: arrivals.present });
    context.set('Retry-After', '30');
    context.set('Connection', 'close');
    plain(context, 503, 'The server is busy.');
  };

  const message = async (context: Context): Promise<void> => {
    const arrival = arrivals.enter();
    if (arrival === undefined) {
      overloaded(context);
      return;
    }
    try {
      await takeMessage(context, arrival);
    } finally {
      arrival.leave();
    }
  };

  const takeMessage = async (context: Context, arrival: Arrival): Promise<void> => {
    const startedAt = performance.now();
    const fields = { bytesIn: 0, bytesOut: 0, httpStatus: 0 };
    let told: Readonly<Record<string, unknown>> = {};
    try {
      const tolerance = new Tolerance(config.strict);
      if (takesUtf8(context, tolerance)) {
        const body = await readBody(context.req, config.limits.maxBodyBytes, arrival);
        fields.bytesIn = body.length;
        const { httpStatus, contentType, body: bytes, headers, log } = await exchange.handle(requestOf(context, body, tolerance), signal);
        told = log;
        answer(context, httpStatus, contentType, bytes);
        for (const [name, value] of Object.entries<string>(headers ?? {})) context.set(name, value);
        fields.bytesOut = bytes.length;
      } else {
        told = { refused: 'Accept-Charset', ...deviationsOf(tolerance) };
        plain(context, 406, 'Answers are written in UTF-8.');
      }
    } catch (error) {
      if (error instanceof BodyError) {
        told = { refused: error.fault };
        if (error.fault === 'crowded') overloaded(context);
        else plain(context, error.status, error.message);
        // The rest of the body will not be read, so the connection cannot carry another request.
        context.set('Connection', 'close');
      } else {
        logger.error('fault', errorFields(error));
        plain(context, 500, 'The server has a fault. Its log says more.');
      }
    }
    fields.httpStatus = context.status;
    logger.info('message', { ...told, ...fields, address: context.ip, ms: Math.round((performance.now() - startedAt) * 10) / 10 });
  };

  const page = (context: Context): void => {
    const url = config.publicUrl ?? (context.path === '/' ? `${urlOf(context)}sync` : urlOf(context));
    const datastores = config.datastores.map((store) => ({ uri: store.uri, displayName: store.displayName ?? store.uri }));
    context.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    context.set('X-Content-Type-Options', 'nosniff');
    answer(context, 200, 'text/html; charset=utf-8', helpPage({ url, datastores }));
  };

  const healthz = async (context: Context): Promise<void> => {
    const report = (status: number, facts: object): void => answer(context, status, 'application/json', `${JSON.stringify(facts)}\n`);
    try {
      report(200, { status: 'ok', ...(await health()) });
    } catch (error) {
      logger.error('unhealthy', errorFields(error));
      report(503, { status: 'unavailable' });
    }
  };

  app.use(async (context) => {
    const reads = context.method === 'GET' || context.method === 'HEAD';
    if (reads && context.path === HEALTH_PATH) await healthz(context);
    else if (reads) page(context);
    else if (context.method === 'POST') await message(context);
    else {
      context.set('Allow', 'POST, GET, HEAD');
      plain(context, 405, 'SyncML messages are sent with POST.');
    }
  });
  return app;
}
