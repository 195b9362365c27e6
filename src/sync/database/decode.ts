/** From the form content was sent in to the file: Base64 and compression undone, piece by piece, so that no file is in memory whole. */
import { Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { decodeContent, splitCoding, type Coding } from '../../records/codings.js';
import { malformed, RecordError } from '../../records/error.js';

export interface Encoded {
  readonly format: string;
  readonly coding: Coding | undefined;
}

export interface DecodeLimits {
  /** Bytes that may come out. */
  readonly maxBytes: number;
  /** What is unpacked in memory (ZIP keeps its list at the end). Bytes. */
  readonly maxInMemory: number;
}

/** Media type and coding of an item. @throws {RecordError} `unsupported` for a Format there is none of. */
export function encodedAs(type: string | undefined, format: string | undefined, fallback: string): Encoded & { readonly media: string } {
  const form = format?.trim().toLowerCase() ?? '';
  if (!FORMATS.has(form)) throw new RecordError('unsupported', form);
  const { media, coding } = splitCoding(type?.trim() ? type : fallback);
  return { media, coding, format: form };
}

const FORMATS: ReadonlySet<string> = new Set(['', 'chr', 'bin', 'xml', 'b64']);

/** A whole item that is at hand. @throws {RecordError} */
export function decodeWhole(bytes: Uint8Array, { format, coding }: Encoded, maxBytes: number): Uint8Array {
  return decodeContent(format === 'b64' ? wholeBase64(bytes) : bytes, coding, maxBytes);
}

/** @throws {RecordError} while it is read. */
export async function* decodeStream(
  bytes: AsyncIterable<Uint8Array>,
  { format, coding }: Encoded,
  limits: DecodeLimits,
): AsyncGenerator<Uint8Array> {
  const plain = format === 'b64' ? base64Decoded(bytes) : bytes;
  if (coding === undefined) yield* limited(plain, limits.maxBytes);
  else if (coding === 'zip')
    yield decodeContent(await whole(plain, limits.maxInMemory), 'zip', Math.min(limits.maxBytes, limits.maxInMemory));
  else yield* limited(inflated(plain, coding), limits.maxBytes);
}

/** Bytes that go into a stream of zlib, and come out of it, at a time: each time is a way to the threads of Node's pool and back. */
const AT_ONCE = 131_072;

async function* inflated(bytes: AsyncIterable<Uint8Array>, coding: 'gzip' | 'br'): AsyncGenerator<Uint8Array> {
  const inflater: Transform = coding === 'gzip' ? createGunzip({ chunkSize: AT_ONCE }) : createBrotliDecompress({ chunkSize: AT_ONCE });
  const source = Readable.from(gathered(bytes), { objectMode: true });
  // A fault of the source has to reach the reader of what comes out.
  source.on('error', (error) => inflater.destroy(error));
  source.pipe(inflater);
  try {
    for await (const piece of inflater) yield piece as Uint8Array;
  } catch (cause) {
    if (cause instanceof RecordError || !isZlibFault(cause)) throw cause;
    throw malformed(`not ${coding === 'gzip' ? 'gzip' : 'Brotli'}: ${cause.message}`, { cause });
  } finally {
    source.destroy();
    inflater.destroy();
  }
}

async function* gathered(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    pieces.push(piece);
    size += piece.length;
    if (size < AT_ONCE) continue;
    yield Buffer.concat(pieces, size);
    pieces = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(pieces, size);
}

const isZlibFault = (error: unknown): error is Error =>
  error instanceof Error && /^(Z_|ERR_|ERR__)/.test((error as NodeJS.ErrnoException).code ?? '');

async function* limited(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let sum = 0;
  for await (const piece of bytes) {
    sum += piece.length;
    if (sum > maxBytes) throw new RecordError('too-large', `more than ${maxBytes} bytes`);
    yield piece;
  }
}

async function whole(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of limited(bytes, maxBytes)) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/;

function wholeBase64(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').replace(/\s+/g, '');
  if (!ALPHABET.test(text)) throw malformed('not Base64');
  return Buffer.from(text, 'base64');
}

async function* base64Decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = '';
  for await (const piece of bytes) {
    const text = rest + Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1').replace(/\s+/g, '');
    const take = text.length - (text.length % 4);
    rest = text.slice(take);
    const now = text.slice(0, take);
    if (!ALPHABET.test(now)) throw malformed('not Base64');
    if (now !== '') yield Buffer.from(now, 'base64');
  }
  if (rest !== '') yield wholeBase64(Buffer.from(rest, 'latin1'));
}
