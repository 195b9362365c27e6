/** Reads a request body with the limits of the configuration: as it arrives, and once more for what it unpacks to. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Arrival } from './arrivals.js';

export type BodyFault = 'too-large' | 'unknown-encoding' | 'damaged' | 'aborted' | 'crowded' | 'too-slow';

const HTTP_STATUS: Readonly<Record<BodyFault, number>> = {
  'too-large': 413,
  'unknown-encoding': 415,
  damaged: 400,
  aborted: 400,
  crowded: 503,
  'too-slow': 408,
};

/** No body came of it. `status` is the HTTP status to answer with; `aborted` has nobody to answer to. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly fault: BodyFault;
  readonly status: number;
  constructor(fault: BodyFault, options?: ErrorOptions) {
    super(`request body: ${fault}`, options);
    this.fault = fault;
    this.status = HTTP_STATUS[fault];
  }
}

/**
 * @param maxBytes for the body as sent, and for what it unpacks to.
 * @param arrival is asked for memory before it is taken, and may end it all.
 * @throws {BodyError}
 */
export async function readBody(request: IncomingMessage, maxBytes: number, arrival: Arrival): Promise<Uint8Array> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  // One layer: a list of encodings is not unpacked.
  const packed = encoding === 'gzip' || encoding === 'x-gzip';
  if (!packed && encoding !== '' && encoding !== 'identity') throw new BodyError('unknown-encoding');
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new BodyError('too-large');
  const sent = await collect(request, maxBytes, arrival);
  arrival.complete();
  if (!packed) return sent;
  const unpacking = createGunzip();
  unpacking.end(sent);
  try {
    return await collect(unpacking, maxBytes, arrival);
  } finally {
    unpacking.destroy();
  }
}

/** The stream is left as it is when it is not read to its end: a request can still be answered. */
function collect(stream: Readable, maxBytes: number, arrival: Arrival): Promise<Uint8Array> {
  const { crowdedOut } = arrival;
  const parts: Uint8Array[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const off = (): void => {
      stream.off('data', data).off('end', end).off('error', error).off('close', close);
      crowdedOut.removeEventListener('abort', crowd);
      stream.pause();
      // What a connection has to complain about from here on is of no interest.
      stream.on('error', () => undefined);
    };
    const fail = (fault: BodyFault, cause?: unknown): void => {
      off();
      reject(new BodyError(fault, cause === undefined ? {} : { cause }));
    };
    const data = (part: Uint8Array): void => {
      size += part.length;
      if (size > maxBytes) fail('too-large');
      else if (!arrival.take(part.length)) fail('crowded');
      else parts.push(part);
    };
    const end = (): void => {
      off();
      resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, size));
    };
    const error = (cause: Error & { code?: unknown }): void => fail(cause.code === 'ECONNRESET' ? 'aborted' : 'damaged', cause);
    const close = (): void => fail('aborted');
    const crowd = (): void => fail('too-slow');
    stream.on('data', data).on('end', end).on('error', error).on('close', close);
    crowdedOut.addEventListener('abort', crowd);
    if (crowdedOut.aborted) crowd();
  });
}
