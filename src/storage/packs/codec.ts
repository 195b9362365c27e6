/**
 * How a chunk is compressed before it is sealed. Brotli at quality 1 beats gzip several times in speed, and in size; what does not become smaller
 * stays as it is. The work is done on the threads of Node's pool.
 */
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants, gunzip } from 'node:zlib';
import { CHUNK_BYTES } from '../ports/copies.js';

/** The byte in front of a chunk. Numbers that stand in packs are never given another meaning. */
export const Codec = { None: 0, Brotli: 1, Gzip: 2 } as const;
export type Codec = (typeof Codec)[keyof typeof Codec];

export interface Squeezed {
  readonly codec: Codec;
  readonly body: Uint8Array;
}

const compress = promisify<Uint8Array, object, Buffer>(brotliCompress);
const decompress = promisify<Uint8Array, object, Buffer>(brotliDecompress);
const inflate = promisify<Uint8Array, object, Buffer>(gunzip);

/** Window of 16 kB: a chunk has nothing farther away. */
const WINDOW_BITS = 14;
const SETTINGS = {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 1,
    [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: CHUNK_BYTES,
  },
};
/** A chunk that saves less than a 16th is not worth taking apart again. */
const WORTH = 15 / 16;

export async function squeeze(bytes: Uint8Array): Promise<Squeezed> {
  const body = await compress(bytes, SETTINGS);
  return body.byteLength < bytes.byteLength * WORTH ? { codec: Codec.Brotli, body } : { codec: Codec.None, body: bytes };
}

/** @throws {Error} when the bytes are not of this codec, or would be more than a chunk. */
export async function unsqueeze(codec: number, body: Uint8Array): Promise<Uint8Array> {
  switch (codec) {
    case Codec.None:
      return body;
    case Codec.Brotli:
      return decompress(body, { maxOutputLength: CHUNK_BYTES });
    case Codec.Gzip:
      return inflate(body, { maxOutputLength: CHUNK_BYTES });
    default:
      throw new Error(`there is no codec ${codec}`);
  }
}
