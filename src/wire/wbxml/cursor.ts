import { WireError } from '../../model/errors.js';

/** Forward reader over one body. Hands out views into `bytes`, never copies, and cannot run past the end. */
export class Cursor {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  u8(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new WireError('truncated', this.at);
    this.at += 1;
    return byte;
  }

  /** mb_u_int32: 7 bits a byte, high bit says "more", at most 5 bytes. [WBXML 1.3, "Multi-byte Integers"] */
  mbUint32(): number {
    const start = this.at;
    let value = 0;
    for (let count = 1; count <= 5; count += 1) {
      const byte = this.u8();
      value = value * 128 + (byte & 0x7f);
      if (value > 0xffff_ffff) throw new WireError('overflow', start, 'integer above 32 bits');
      if (byte < 0x80) return value;
    }
    throw new WireError('overflow', start, 'integer of more than 5 bytes');
  }

  /** Moves over `length` bytes. The length is the peer's claim: it is checked, and nothing is allocated for it. */
  skip(length: number): void {
    if (length > this.bytes.length - this.at) throw new WireError('truncated', this.at, `${length} bytes claimed`);
    this.at += length;
  }

  /** Moves behind the next NUL and gives the NUL's position. */
  skipString(): number {
    const { bytes } = this;
    // Most strings are short: a look at the next bytes is cheaper than a native search.
    const near = Math.min(this.at + 24, bytes.length);
    let nul = this.at;
    while (nul < near && bytes[nul] !== 0) nul += 1;
    if (nul === near) nul = bytes.indexOf(0, near);
    if (nul < 0) throw new WireError('truncated', this.at, 'string without end');
    this.at = nul + 1;
    return nul;
  }
}

/** The mb_u_int32 of a number up to 32 bits. */
export function encodeMbUint32(value: number): number[] {
  const groups = [value & 0x7f];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}
