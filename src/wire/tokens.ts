/**
 * What WBXML and XML have in common: a stream of elements and texts. Everything above reads this stream and does not know the encoding.
 */
import type { LeniencyName } from '../model/leniency.js';
import type { Encoding } from './dialect.js';

/** `Opaque` is a text that came as bytes (WBXML OPAQUE): kept byte for byte where it is content. */
export const Token = { Eof: 0, Start: 1, End: 2, Text: 3, Opaque: 4 } as const;
export type Token = (typeof Token)[keyof typeof Token];

/** Pull reader: `next` moves on, the other members describe the token it stopped at. */
export interface TokenReader {
  readonly encoding: Encoding;
  /** Moves to the next token. @throws {WireError} when the bytes break the grammar or a limit. */
  next(): Token;
  /** Tag of the last Start; 0 where no table knows it. */
  readonly tag: number;
  /** Where the last token began, in bytes from the start of the body. 0 where that is not known. */
  readonly offset: number;
  /** Elements skipped so far because nobody knows them. */
  skipped: number;
  /** Where the peer departs from the grammar and is understood all the same. */
  readonly deviations: Set<LeniencyName>;
  /** Name of the last Start, as the peer wrote it where it wrote one. */
  name(): string;
  /** Attributes of the last Start, namespaces included. WBXML has none worth keeping. */
  attributes(): Readonly<Record<string, string>>;
  /** Text and Opaque: the text. */
  text(): string;
  /** Text and Opaque: the bytes, in UTF-8 for Text. May be a view of the body. */
  bytes(): Uint8Array;
}

/** Skips to the End of the element whose Start was last, and counts it. */
export function skipElement(reader: TokenReader): void {
  reader.skipped += 1;
  passElement(reader);
}

/** Skips to the End of the element whose Start was last, without counting it. */
export function passElement(reader: TokenReader): void {
  let open = 1;
  while (open > 0) {
    const token = reader.next();
    if (token === Token.Start) open += 1;
    else if (token === Token.End) open -= 1;
    else if (token === Token.Eof) return;
  }
}
