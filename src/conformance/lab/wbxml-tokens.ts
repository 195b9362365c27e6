/**
 * WBXML as single tokens, read and written without any table of tags: to say the same thing in every way the encoding has for it, and to
 * see in which way a server said it. [WBXML 1.3, "Binary XML Content Structure"]
 */
export type WbxmlToken =
  | { readonly kind: 'tag'; readonly page: number; readonly id: number; readonly content: boolean }
  /** A tag by its name, LITERAL. */
  | { readonly kind: 'literal'; readonly name: string; readonly content: boolean }
  | { readonly kind: 'end' }
  /** STR_I or STR_T. */
  | { readonly kind: 'text'; readonly bytes: Uint8Array }
  | { readonly kind: 'opaque'; readonly bytes: Uint8Array }
  | { readonly kind: 'entity'; readonly code: number };

export interface WbxmlDocument {
  readonly version: number;
  /** Undefined where the string table holds it. */
  readonly publicId: number | undefined;
  /** What the string table says it is. */
  readonly publicIdText: string | undefined;
  readonly charset: number;
  readonly tokens: readonly WbxmlToken[];
}

const SWITCH_PAGE = 0x00;
const END = 0x01;
const ENTITY = 0x02;
const STR_I = 0x03;
const LITERAL = 0x04;
const STR_T = 0x83;
const OPAQUE = 0xc3;
const CONTENT = 0x40;

const untilNul = (bytes: Uint8Array, from: number): Uint8Array => {
  const nul = bytes.indexOf(0, from);
  return bytes.subarray(from, nul < 0 ? bytes.length : nul);
};

/** Reads a document without attributes. @throws {RangeError} when it ends too early or has a token that SyncML does not use. */
export function readTokens(bytes: Uint8Array): WbxmlDocument {
  let at = 0;
  const u8 = (): number => {
    const byte = bytes[at];
    if (byte === undefined) throw new RangeError(`the document ends at byte ${at}`);
    at += 1;
    return byte;
  };
  const number = (): number => {
    for (let value = 0; ;) {
      const byte = u8();
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError(`the document ends within ${length} bytes at ${at}`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  const version = u8();
  const id = number();
  const index = id === 0 ? number() : undefined;
  const charset = number();
  const table = take(number());
  const string = (offset: number): Uint8Array => untilNul(table, offset);
  const tokens: WbxmlToken[] = [];
  let page = 0;
  while (at < bytes.length) {
    const byte = u8();
    if (byte === SWITCH_PAGE) page = u8();
    else if (byte === END) tokens.push({ kind: 'end' });
    else if (byte === ENTITY) tokens.push({ kind: 'entity', code: number() });
    else if (byte === STR_I) {
      const text = untilNul(bytes, at);
      at += text.length + 1;
      tokens.push({ kind: 'text', bytes: text });
    } else if (byte === STR_T) tokens.push({ kind: 'text', bytes: string(number()) });
    else if (byte === OPAQUE) tokens.push({ kind: 'opaque', bytes: take(number()) });
    else if (byte === LITERAL || byte === (LITERAL | CONTENT)) {
      const name = Buffer.from(string(number())).toString('latin1');
      tokens.push({ kind: 'literal', name, content: byte !== LITERAL });
    } else if ((byte & 0x80) !== 0 || (byte & 0x3f) < 5) throw new RangeError(`token ${byte.toString(16)} at byte ${at - 1}`);
    else tokens.push({ kind: 'tag', page, id: byte & 0x3f, content: (byte & CONTENT) !== 0 });
  }
  return {
    version,
    publicId: index === undefined ? id : undefined,
    publicIdText: index === undefined ? undefined : Buffer.from(string(index)).toString('latin1'),
    charset,
    tokens,
  };
}

export interface WritingStyle {
  /** Where the code page changes: in front of the next tag of another page (usual), as early as it may, or in front of every tag. */
  readonly pages?: 'late' | 'early' | 'always';
  /** Texts go into the string table. */
  readonly table?: boolean;
  /** Strings in front of all others in the string table. */
  readonly tableHead?: Uint8Array;
  /** The public identifier's place in the string table, instead of its number. */
  readonly publicIdAt?: number;
  /** Empty elements have content, and END behind it. */
  readonly longEmpty?: (token: WbxmlToken & { readonly kind: 'tag' }) => boolean;
  /** How a number is written; as short as it can be when left out. */
  readonly number?: (value: number) => readonly number[];
  /** How the length of an OPAQUE is written, where not as other numbers. */
  readonly length?: (value: number) => readonly number[];
}

/** mb_u_int32. @param width least number of bytes. */
export function mbUint32(value: number, width = 1): readonly number[] {
  const groups = [value & 0x7f];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) groups.unshift((rest & 0x7f) | 0x80);
  while (groups.length < width) groups.unshift(0x80);
  return groups;
}

/** A page in force in front of each token when it changes as early as it may: that of the next tag, whatever ENDs stand between. */
function pagesAhead(tokens: readonly WbxmlToken[]): readonly number[] {
  const pages: number[] = new Array<number>(tokens.length).fill(0);
  let next = 0;
  for (let at = tokens.length - 1; at >= 0; at -= 1) {
    const token = tokens[at];
    if (token?.kind === 'tag') next = token.page;
    pages[at] = next;
  }
  return pages;
}

export function writeTokens(document: WbxmlDocument, style: WritingStyle = {}): Uint8Array {
  const number = style.number ?? ((value: number) => mbUint32(value));
  const length = style.length ?? number;
  const table: number[] = [...(style.tableHead ?? [])];
  const inTable = (text: Uint8Array): number => {
    if (table.length > 0 && table.at(-1) !== 0) table.push(0);
    const offset = table.length;
    table.push(...text, 0);
    return offset;
  };
  const body: number[] = [];
  let page = 0;
  const switchTo = (wanted: number): void => {
    if (wanted === page && style.pages !== 'always') return;
    body.push(SWITCH_PAGE, wanted);
    page = wanted;
  };
  const ahead = pagesAhead(document.tokens);
  for (const [at, token] of document.tokens.entries()) {
    if (token.kind === 'end') {
      if (style.pages === 'early' && ahead[at] !== page) switchTo(ahead[at] ?? 0);
      body.push(END);
    } else if (token.kind === 'entity') body.push(ENTITY, ...number(token.code));
    else if (token.kind === 'opaque') body.push(OPAQUE, ...length(token.bytes.length), ...token.bytes);
    else if (token.kind === 'text' && style.table) body.push(STR_T, ...number(inTable(token.bytes)));
    else if (token.kind === 'text') body.push(STR_I, ...token.bytes, 0);
    else if (token.kind === 'literal') {
      body.push(token.content ? LITERAL | CONTENT : LITERAL, ...number(inTable(Buffer.from(token.name, 'latin1'))));
    } else {
      switchTo(token.page);
      const long = !token.content && style.longEmpty?.(token) === true;
      body.push(token.id | (token.content || long ? CONTENT : 0), ...(long ? [END] : []));
    }
  }
  const id = style.publicIdAt === undefined ? number(document.publicId ?? 1) : [0, ...number(style.publicIdAt)];
  return Uint8Array.from([document.version, ...id, ...number(document.charset), ...number(table.length), ...table, ...body]);
}

/** The same document, token by token in another way. */
export const mapTokens = (document: WbxmlDocument, map: (token: WbxmlToken) => readonly WbxmlToken[]): WbxmlDocument => ({
  ...document,
  tokens: document.tokens.flatMap(map),
});
