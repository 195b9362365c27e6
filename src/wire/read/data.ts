import type { DevInf } from '../../model/devinf.js';
import { WireError } from '../../model/errors.js';
import type { Data } from '../../model/message.js';
import { DEFAULT_LIMITS } from '../dialect.js';
import { markupOf, escapeText } from '../markup.js';
import { Token, type TokenReader } from '../tokens.js';
import { WbxmlReader } from '../wbxml/reader.js';
import { DEVINF, METINF } from '../wbxml/tables.js';
import { readXml } from '../xml/reader.js';
import { readDevInf } from './devinf.js';
import { readAnchor } from './meta.js';

const EMPTY: Uint8Array = new Uint8Array(0);
const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/**
 * Reads from behind the Start of Data.
 *
 * @param maybeDevInf in Put and Results: content that looks like a device information document is read as one, whatever its Type says.
 */
export function readData(reader: TokenReader, maybeDevInf: boolean): Data {
  // Put together once: a client may send its content letter by letter.
  let pieces: Uint8Array[] = [];
  let isMarkup = false;
  let found: Data | undefined;
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token === Token.Start) {
      if (reader.tag === DEVINF.DevInf) found = { kind: 'devinf', devinf: readDevInf(reader) };
      else if (reader.tag === METINF.Anchor) found = { kind: 'anchor', anchor: readAnchor(reader) };
      else if (reader.tag === METINF.MetInf) found = readMetInf(reader) ?? found;
      else {
        // Text before markup becomes text of the XML we hand on.
        if (!isMarkup && pieces.length > 0) pieces = [utf8(escapeText(Buffer.concat(pieces).toString('utf8')))];
        isMarkup = true;
        pieces.push(utf8(markupOf(reader)));
      }
    } else {
      pieces.push(isMarkup ? utf8(escapeText(reader.text())) : reader.bytes());
    }
  }
  if (found) return found;
  const bytes = join(pieces);
  if (maybeDevInf && !isMarkup) {
    const nested = devInfIn(bytes);
    if (nested) {
      reader.skipped += nested.skipped;
      return { kind: 'devinf', devinf: nested.devinf };
    }
  }
  // Always a plain Uint8Array, whatever the body came as: a Buffer compares unequal to it.
  return { kind: 'content', bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** One piece stays the view of the body that it is. */
function join(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length > 1 ? Buffer.concat(pieces) : (pieces[0] ?? EMPTY);
}

function readMetInf(reader: TokenReader): Data | undefined {
  let found: Data | undefined;
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === METINF.Anchor) found = { kind: 'anchor', anchor: readAnchor(reader) };
    else markupOf(reader);
  }
  return found;
}

interface NestedDevInf {
  readonly devinf: DevInf;
  readonly skipped: number;
}

/** A device information document in bytes of either encoding; undefined where there is none, or a broken one. */
export function devInfIn(bytes: Uint8Array): NestedDevInf | undefined {
  const first = bytes.find((byte) => byte > 0x20) ?? 0;
  try {
    if (bytes.length > 0 && (bytes[0] ?? 4) <= 3) return readDocument(new WbxmlReader(bytes, DEFAULT_LIMITS, 'DevInf'));
    if (first === 0x3c || first === 0xef) return readDocument(readXml(bytes, DEFAULT_LIMITS));
  } catch (error) {
    // The message is still a message: what we cannot read stays content.
    if (!(error instanceof WireError)) throw error;
  }
  return undefined;
}

function readDocument(reader: TokenReader): NestedDevInf | undefined {
  for (let token = reader.next(); token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    return reader.tag === DEVINF.DevInf ? { devinf: readDevInf(reader), skipped: reader.skipped } : undefined;
  }
  return undefined;
}
