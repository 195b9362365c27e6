/** Compression said by a media type: `application/json+gzip`. What comes out is limited before it is there. */
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from 'node:zlib';
import { malformed, RecordError } from './error.js';
import { readZip, writeZip } from './zip.js';

export type Coding = 'gzip' | 'br' | 'zip';

export interface CodedType {
  /** Media type without the coding and without parameters, lower case. */
  readonly media: string;
  readonly coding: Coding | undefined;
}

/** Types registered with these endings, or that look so: they are formats of their own, not something compressed. [IANA, "Media Types"] */
const WHOLE = /^application\/(?:tlsrpt\+gzip|(?:epub|lottie|p21|bacnet-xdd|prs\.[\w.-]+|vnd\.(?!moorage\.|sqlite3\+)[\w.-]+)\+zip)$/;
const CODED = /^(.+\/.+)\+(gzip|br|zip)$/;

/** Takes a coding from behind a media type. */
export function splitCoding(mediaType: string): CodedType {
  const whole = (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
  const found = WHOLE.test(whole) ? undefined : CODED.exec(whole);
  return found ? { media: found[1] ?? '', coding: found[2] as Coding } : { media: whole, coding: undefined };
}

/**
 * @param maxBytes what may come out.
 * @throws {RecordError} `malformed` when the bytes are not of that coding, `too-large` when more than `maxBytes` would come out.
 */
export function decodeContent(bytes: Uint8Array, coding: Coding | undefined, maxBytes: number): Uint8Array {
  switch (coding) {
    case undefined:
      if (bytes.length > maxBytes) throw tooLarge(maxBytes);
      return bytes;
    case 'gzip':
      return inflate('gzip', maxBytes, () => gunzipSync(bytes, { maxOutputLength: Math.max(1, maxBytes) }));
    case 'br':
      return inflate('Brotli', maxBytes, () => brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, maxBytes) }));
    case 'zip':
      return readZip(bytes, maxBytes);
  }
}

/** @param level of the coding, as zlib counts it (gzip, zip 1–9; br 0–11); its usual one when left out. */
export function encodeContent(bytes: Uint8Array, coding: Coding | undefined, level?: number): Uint8Array {
  switch (coding) {
    case undefined:
      return bytes;
    case 'gzip':
      return new Uint8Array(gzipSync(bytes, level === undefined ? {} : { level }));
    case 'br':
      return new Uint8Array(
        brotliCompressSync(bytes, {
          params: { [constants.BROTLI_PARAM_QUALITY]: level ?? 4, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
        }),
      );
    case 'zip':
      return writeZip('content', bytes, level);
  }
}

const tooLarge = (maxBytes: number): RecordError => new RecordError('too-large', `more than ${maxBytes} bytes of content`);

function inflate(name: string, maxBytes: number, run: () => Buffer): Uint8Array {
  try {
    const out = run();
    if (out.length > maxBytes) throw tooLarge(maxBytes);
    return new Uint8Array(out.buffer, out.byteOffset, out.length);
  } catch (cause) {
    if (cause instanceof RecordError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw malformed(`not ${name}: ${(cause as Error).message}`, { cause });
  }
}
