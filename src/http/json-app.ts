/** A koa application of small JSON requests and answers: what they mean is somebody else's. */
import Koa from 'koa';
import { errorFields, type Logger } from '../runtime/logger.js';

export interface JsonRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface JsonAppOptions {
  readonly handle: (request: JsonRequest) => Promise<{ readonly status: number; readonly json: object }>;
  readonly logger: Logger;
}

const MAX_BODY_BYTES = 64 * 1024;

export function createJsonApp({ handle, logger }: JsonAppOptions): Koa {
  const app = new Koa();
  app.use(async (ctx) => {
    const { method, path } = ctx;
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of ctx.req as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > MAX_BODY_BYTES) break;
      parts.push(part);
    }
    const authorization = ctx.headers.authorization;
    const answer =
      size > MAX_BODY_BYTES
        ? { status: 413, json: { error: 'too large' } }
        : await handle({ method, path, authorization, body: Buffer.concat(parts).toString('utf8') });
    if (answer.status === 401) ctx.set('WWW-Authenticate', 'Bearer');
    ctx.set('Cache-Control', 'no-store');
    ctx.status = answer.status;
    ctx.body = answer.json;
  });
  app.on('error', (error: unknown) => logger.error('request-failed', errorFields(error)));
  return app;
}
