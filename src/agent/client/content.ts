/** What an item carries: read piece by piece, so that a large file is never in memory. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface Content {
  /** Bytes as they are sent: those of Size and of positions. */
  readonly size: number;
  /** Set when the bytes are Base64 of the object. */
  readonly format?: 'b64';
  /** Parts of an object, but for the last, are a multiple of this long. */
  readonly unit: number;
  read(offset: number, length: number): Uint8Array;
}

export const bytesContent = (bytes: Uint8Array): Content => ({
  size: bytes.byteLength,
  unit: 1,
  read: (offset, length) => bytes.subarray(offset, offset + length),
});

/** The file must not change while it is used. */
export function fileContent(path: string): Content & { close(): void } {
  const file = openSync(path, 'r');
  return {
    size: fstatSync(file).size,
    unit: 1,
    read: (offset, length) => {
      const bytes = Buffer.allocUnsafe(length);
      const got = readSync(file, bytes, 0, length, offset);
      return bytes.subarray(0, got);
    },
    close: () => closeSync(file),
  };
}

/** XML holds text only: the object goes as its Base64. Positions count characters of that. */
export const base64Content = (raw: Content): Content => ({
  size: Math.ceil(raw.size / 3) * 4,
  format: 'b64',
  unit: 4,
  read: (offset, length) => Buffer.from(Buffer.from(raw.read((offset / 4) * 3, (length / 4) * 3)).toString('base64'), 'latin1'),
});
