/**
 * The log: one JSON line for each named event. Callers pass counts, codes, ids and times. Content and credentials have no
 * business here; the redaction below is the second line of defence, for a field that slips in by name.
 */
import { pino, type DestinationStream } from 'pino';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Logger {
  debug(event: string, fields?: object): void;
  info(event: string, fields?: object): void;
  warn(event: string, fields?: object): void;
  error(event: string, fields?: object): void;
}

const SECRET_FIELDS = ['password', 'cred', 'credential', 'verifier', 'nonce', 'content', 'body', 'hmac'] as const;

/** JSON escapes the first set of control characters; the second steers terminals too. */

const STEERING = /[\u007f-\u009f]/g;
const harmless = (lines: DestinationStream): DestinationStream => ({
  write: (line) => lines.write(line.replace(STEERING, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)),
});

/** Lines go to stderr, or to `destination`; standard output belongs to the commands' answers. `base`: fields of every line. */
export function createLogger(level: LogLevel, destination?: DestinationStream, base: object = {}): Logger {
  const lines = pino(
    {
      level,
      base: { ...base },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '(hidden)' },
    },
    harmless(destination ?? pino.destination({ dest: 2, sync: true })),
  );
  return {
    debug: (event, fields = {}) => lines.debug({ event, ...fields }),
    info: (event, fields = {}) => lines.info({ event, ...fields }),
    warn: (event, fields = {}) => lines.warn({ event, ...fields }),
    error: (event, fields = {}) => lines.error({ event, ...fields }),
  };
}

/**
 * An error as log fields: its name, code and where it happened. Its message only when the error is one of ours, because the
 * messages of parsers quote what they read.
 */
export function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const code = (error as { code?: unknown }).code;
  return {
    error: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.name === 'StoreError' || error.name === 'UserError' ? { message: error.message } : {}),
    at: frames.slice(0, 8).map((line) => line.trim()),
  };
}
