/**
 * The pages of a table, read from the file itself: what is the same in them needs no reading row by row. [SQLite, "Database File Format", "B-tree
 * Pages", "Cell Payload Overflow Pages"]
 */
import { createHash, hash, type Hash } from 'node:crypto';
import { LeafList } from './leaf-list.js';

/** The database's file as it is at one moment. */
export interface PageFile {
  readonly size: number;
  readonly pageSize: number | undefined;
  /** @returns bytes that were read. */
  readInto(bytes: Uint8Array, offset: number): number;
}

/** It is not laid out as we know it; then rows are read one by one. */
export class NoTree extends Error {
  override readonly name = 'NoTree';
}

const TABLE_LEAF = 13;
const TABLE_INTERIOR = 5;
const INDEX_LEAF = 10;
const INDEX_INTERIOR = 2;
/** Trees of 2^32 pages are not as deep. */
const MAX_DEPTH = 40;
const RESERVED_AT = 20;
const WINDOW_BYTES = 64 * 1024;

/** Leaves of a table with rowids, in their order. @param root its first page. @throws {NoTree} */
export function leavesOf(file: PageFile, root: number): LeafList {
  const pages = new Pages(file);
  const leaves = new LeafList();
  const visit = (number: number, depth: number): void => {
    const page = pages.read(number, depth);
    const cells = page.readUInt16BE(3);
    if (page[0] === TABLE_INTERIOR) {
      // The buffer is the next page's, too.
      const children = Array.from({ length: cells }, (_, i) => page.readUInt32BE(cellAt(page, 12, i)));
      children.push(page.readUInt32BE(8));
      for (const child of children) visit(child, depth + 1);
      return;
    }
    if (page[0] !== TABLE_LEAF) throw new NoTree(`page ${number} is no page of a table`);
    // Only a table's only page is empty.
    if (cells === 0) return;
    let long: { readonly payload: number; readonly at: number }[] | undefined;
    for (let i = 0; i < cells; i += 1) {
      const at = cellAt(page, 8, i);
      const [payload, next] = varint(page, at);
      if (payload > pages.usable - 35) (long ??= []).push({ payload, at: varintEnd(page, next) });
    }
    const first = rowidAt(page, cellAt(page, 8, 0));
    const last = rowidAt(page, cellAt(page, 8, cells - 1));
    if (!long) {
      leaves.add(first, last, cells, hash('sha256', page, 'buffer'));
      return;
    }
    const sum = createHash('sha256').update(page);
    const chains = long.map(({ payload, at }) => pages.chain(page, at, payload, pages.usable - 35));
    for (const { page: begin, bytes } of chains) pages.addChain(sum, begin, bytes);
    leaves.add(first, last, cells, sum.digest());
  };
  try {
    visit(root, 0);
  } catch (error) {
    throw inWords(error);
  }
  return leaves;
}

/** SHA-256 over all pages of a table without rowids, hexadecimal. @throws {NoTree} */
export function hashOfTree(file: PageFile, root: number): string {
  const pages = new Pages(file);
  const sum = createHash('sha256');
  const longest = Math.floor(((pages.usable - 12) * 64) / 255) - 23;
  const visit = (number: number, depth: number): void => {
    const page = pages.read(number, depth);
    const interior = page[0] === INDEX_INTERIOR;
    if (!interior && page[0] !== INDEX_LEAF) throw new NoTree(`page ${number} is no page of an index`);
    sum.update(page);
    const children: number[] = [];
    const chains: { readonly page: number; readonly bytes: number }[] = [];
    const cells = page.readUInt16BE(3);
    for (let i = 0; i < cells; i += 1) {
      const at = cellAt(page, interior ? 12 : 8, i);
      if (interior) children.push(page.readUInt32BE(at));
      const [payload, next] = varint(page, interior ? at + 4 : at);
      if (payload > longest) chains.push(pages.chain(page, next, payload, longest));
    }
    if (interior) children.push(page.readUInt32BE(8));
    for (const { page: begin, bytes } of chains) pages.addChain(sum, begin, bytes);
    for (const child of children) visit(child, depth + 1);
  };
  try {
    visit(root, 0);
  } catch (error) {
    throw inWords(error);
  }
  return sum.digest('hex');
}

/** Numbers in a damaged page lead beyond its end. */
const inWords = (error: unknown): unknown => (error instanceof RangeError ? new NoTree('a page is damaged', { cause: error }) : error);

class Pages {
  readonly usable: number;
  readonly #pages: Window;
  readonly #overflow: Window;
  /** A damaged file might lead in circles. */
  #left: number;

  constructor(file: PageFile) {
    if (file.pageSize === undefined) throw new NoTree('it is no database');
    this.#pages = new Window(file, file.pageSize);
    this.#overflow = new Window(file, file.pageSize);
    this.#left = Math.ceil(file.size / file.pageSize);
    const header = Buffer.alloc(100);
    file.readInto(header, 0);
    this.usable = file.pageSize - (header[RESERVED_AT] ?? 0);
  }

  /** The bytes are overwritten by the next read. */
  read(number: number, depth: number): Buffer {
    if (depth > MAX_DEPTH) throw new NoTree('it is too deep');
    return this.#read(number, this.#pages);
  }

  /** Where the rest of a cell's payload is, beyond what its page has. */
  chain(page: Buffer, at: number, payload: number, longest: number): { readonly page: number; readonly bytes: number } {
    const least = Math.floor(((this.usable - 12) * 32) / 255) - 23;
    const some = least + ((payload - least) % (this.usable - 4));
    const local = some <= longest ? some : least;
    return { page: page.readUInt32BE(at + local), bytes: payload - local };
  }

  addChain(sum: Hash, begin: number, bytes: number): void {
    let number = begin;
    for (let left = bytes; left > 0; left -= this.usable - 4) {
      const page = this.#read(number, this.#overflow);
      sum.update(page);
      number = page.readUInt32BE(0);
    }
  }

  #read(number: number, window: Window): Buffer {
    this.#left -= 1;
    if (this.#left < 0) throw new NoTree('it has more pages than the file');
    const page = window.page(number);
    if (!page) throw new NoTree(`page ${number} is not there`);
    return page;
  }
}

/** Pages that follow each other come with one read. */
class Window {
  readonly #file: PageFile;
  readonly #pageSize: number;
  readonly #bytes: Buffer;
  #first = 0;
  #pages = 0;
  #last = 0;

  constructor(file: PageFile, pageSize: number) {
    this.#file = file;
    this.#pageSize = pageSize;
    this.#bytes = Buffer.alloc(Math.max(pageSize, WINDOW_BYTES));
  }

  /** The bytes are overwritten by the next call. */
  page(number: number): Buffer | undefined {
    if (number < 1) return undefined;
    if (number < this.#first || number >= this.#first + this.#pages) {
      const wanted = number === this.#last + 1 ? this.#bytes : this.#bytes.subarray(0, this.#pageSize);
      this.#pages = Math.floor(this.#file.readInto(wanted, (number - 1) * this.#pageSize) / this.#pageSize);
      this.#first = number;
    }
    this.#last = number;
    const at = (number - this.#first) * this.#pageSize;
    return this.#pages === 0 ? undefined : this.#bytes.subarray(at, at + this.#pageSize);
  }
}

const cellAt = (page: Buffer, pointers: number, i: number): number => page.readUInt16BE(pointers + 2 * i);

/** A payload's length, and where it ends. */
function varint(page: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let i = at; i < at + 9; i += 1) {
    const byte = page.readUInt8(i);
    value = value * 128 + (byte & 127);
    if (byte < 128) return [value, i + 1];
  }
  throw new NoTree('a payload is longer than any');
}

function varintEnd(page: Buffer, at: number): number {
  for (let i = at; i < at + 8; i += 1) if (page.readUInt8(i) < 128) return i + 1;
  return at + 9;
}

/** It stands behind the payload's length. */
function rowidAt(page: Buffer, cell: number): bigint {
  const at = varintEnd(page, cell);
  let value = 0n;
  for (let i = at; i < at + 8; i += 1) {
    const byte = page.readUInt8(i);
    value = (value << 7n) | BigInt(byte & 127);
    if (byte < 128) return value;
  }
  return BigInt.asIntN(64, (value << 8n) | BigInt(page.readUInt8(at + 8)));
}
