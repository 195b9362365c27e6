/** Reads a request body with the limits of the configuration: as it arrives, and once more for what it unpacks to. */
import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import getRawBody from 'raw-body';

export type BodyFault = 'too-large' | 'unknown-encoding' | 'damaged' | 'aborted';

/** No body came of it. `status` is the HTTP status to answer with; `aborted` has nobody to answer to. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly fault: BodyFault;
  readonly status: number;
  constructor(fault: BodyFault, options?: ErrorOptions) {
    super(`request body: ${fault}`, options);
    this.fault = fault;
    this.status = { 'too-large': 413, 'unknown-encoding': 415, damaged: 400, aborted: 400 }[fault];
  }
}

function faultOf(error: unknown): BodyFault {
  const { type } = error as { type?: unknown };
  if (type === 'entity.too.large') return 'too-large';
  return type === 'request.aborted' ? 'aborted' : 'damaged';
}

/** @param maxBytes for the body as sent, and for what it unpacks to. @throws {BodyError} */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  try {
    if (encoding === '' || encoding === 'identity')
      return await getRawBody(request, { limit: maxBytes, length: request.headers['content-length'] ?? null });
    if (encoding !== 'gzip' && encoding !== 'x-gzip') throw new BodyError('unknown-encoding');
    const packed = await getRawBody(request, { limit: maxBytes, length: request.headers['content-length'] ?? null });
    const unpack = createGunzip();
    unpack.end(packed);
    return await getRawBody(unpack, { limit: maxBytes });
  } catch (error) {
    if (error instanceof BodyError) throw error;
    throw new BodyError(faultOf(error), { cause: error });
  }
}
