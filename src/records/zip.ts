/** ZIP archives of one file, stored or deflated. [PKWARE APPNOTE] */
import { Buffer } from 'node:buffer';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { malformed, RecordError } from './error.js';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
const ZIP64 = 0xffff_ffff;

/** The one file's bytes. @throws {RecordError} `malformed`; `too-large` when it holds more than `maxBytes`. */
export function readZip(content: Uint8Array, maxBytes: number): Uint8Array {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const end = findEnd(bytes);
  const entries = bytes.readUInt16LE(end + 10);
  if (entries !== 1) throw malformed(`a ZIP of ${entries} files: only one is taken`);
  const central = bytes.readUInt32LE(end + 16);
  if (central + CENTRAL_BYTES > end || bytes.readUInt32LE(central) !== CENTRAL) throw malformed('not ZIP: no central directory');
  const flags = bytes.readUInt16LE(central + 8);
  const method = bytes.readUInt16LE(central + 10);
  const crc = bytes.readUInt32LE(central + 16);
  const packed = bytes.readUInt32LE(central + 20);
  const size = bytes.readUInt32LE(central + 24);
  const local = bytes.readUInt32LE(central + 42);
  if ((flags & ENCRYPTED) !== 0) throw malformed('an encrypted ZIP is not taken');
  if (packed === ZIP64 || size === ZIP64 || local === ZIP64) throw malformed('ZIP64 is not taken');
  if (size > maxBytes) throw new RecordError('too-large', `more than ${maxBytes} bytes of content`);
  if (local + LOCAL_BYTES > central || bytes.readUInt32LE(local) !== LOCAL) throw malformed('not ZIP: no local header');
  const data = local + LOCAL_BYTES + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  if (data + packed > central) throw malformed('not ZIP: cut short');
  const out = unpack(bytes.subarray(data, data + packed), method, size);
  if (out.length !== size || crc32(out) !== crc) throw malformed('the ZIP is damaged: its check sum does not fit');
  return new Uint8Array(out.buffer, out.byteOffset, out.length);
}

function unpack(packed: Buffer, method: number, size: number): Buffer {
  if (method === STORED) return packed;
  if (method !== DEFLATED) throw malformed(`ZIP method ${method}: only stored and deflated are taken`);
  try {
    // What comes out beyond the promised size is a lie; the limit stands behind that promise.
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    throw malformed(`the ZIP is damaged: ${(cause as Error).message}`, { cause });
  }
}

/** The end record is at the end, behind it at most a comment. */
function findEnd(bytes: Buffer): number {
  const lowest = Math.max(0, bytes.length - END_BYTES - 0xffff);
  for (let at = bytes.length - END_BYTES; at >= lowest; at -= 1) {
    if (bytes.readUInt32LE(at) === END && bytes.readUInt16LE(at + 20) === bytes.length - at - END_BYTES) return at;
  }
  throw malformed('not ZIP: no end record');
}

/** @param level as zlib counts it. @throws {RangeError} beyond 4 GB, which would need ZIP64. */
export function writeZip(name: string, content: Uint8Array, level?: number): Uint8Array {
  const packed = deflateRawSync(content, level === undefined ? {} : { level });
  if (content.length >= ZIP64 || packed.length >= ZIP64) throw new RangeError('too large for ZIP');
  const file = Buffer.from(name, 'utf8');
  const about = Buffer.alloc(26);
  about.writeUInt16LE(20, 0); // Version needed.
  about.writeUInt16LE(0x0800, 2); // The name is UTF-8.
  about.writeUInt16LE(DEFLATED, 4);
  about.writeUInt16LE(0x21, 8); // 1 January 1980: there is no clock here.
  about.writeUInt32LE(crc32(content), 10);
  about.writeUInt32LE(packed.length, 14);
  about.writeUInt32LE(content.length, 18);
  about.writeUInt16LE(file.length, 22);
  const local = Buffer.concat([u32(LOCAL), about, file, packed]);
  const central = Buffer.concat([u32(CENTRAL), u16(20), about, Buffer.alloc(CENTRAL_BYTES - 6 - 26), file]);
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return new Uint8Array(Buffer.concat([local, central, end]));
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
