/**
 * What a failed call to an S3 service means. Nothing of the answer but its status and its code is passed on: error texts of services
 * repeat access keys and signatures.
 */
import { S3NetworkError, S3ServiceError } from 's3mini';

/** The service itself says another try may go well. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const PASSING_CODES: ReadonlySet<string> = new Set([
  'BadDigest',
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
]);

/** Undefined status: no answer came, or not all of it. */
export interface S3Fault {
  readonly status?: number;
  /** `NoSuchKey`, `AccessDenied`, `ECONNREFUSED`, … */
  readonly code: string;
  /** The same call may go well a moment later. */
  readonly passing: boolean;
}

/** An answer that no S3 service gives: from something in between. */
export class NotS3Error extends Error {
  override readonly name = 'NotS3Error';
}

export function faultOf(error: unknown): S3Fault {
  if (error instanceof S3ServiceError) {
    const { status } = error;
    const code = /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(error.body ?? '')?.[1] ?? `status ${status}`;
    return { status, code, passing: PASSING_STATUSES.has(status) || PASSING_CODES.has(code) };
  }
  if (error instanceof NotS3Error) return { code: error.message, passing: false };
  if (error instanceof S3NetworkError) return { code: error.code ?? 'no connection', passing: true };
  const { name, cause } = error as Error;
  if (name === 'TimeoutError' || name === 'AbortError') return { code: 'no answer in time', passing: true };
  // What the platform's fetch says of connections that break.
  if (error instanceof TypeError) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code;
    return { code: code ?? 'the connection broke', passing: !isCertificateFault(code) };
  }
  throw error;
}

/** Another try would meet the same certificate. */
const isCertificateFault = (code: string | undefined): boolean => code !== undefined && /CERT|SIGNATURE|ALTNAME/.test(code);
