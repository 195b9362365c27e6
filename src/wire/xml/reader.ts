import { XMLParser } from 'fast-xml-parser';
import { WireError } from '../../model/errors.js';
import type { LeniencyName } from '../../model/leniency.js';
import { ContentModelWatch } from '../content-model.js';
import type { WireLimits } from '../dialect.js';
import { tagOf } from '../tags.js';
import { Token, type TokenReader } from '../tokens.js';
import { DEVINF, UNKNOWN } from '../wbxml/tables.js';
import { guardXml } from './guard.js';
import { readXmlSource, type XmlSource } from './source.js';

/** A node as fast-xml-parser gives it with `preserveOrder`: one key for the element or text, `:@` for attributes. */
type ParsedNode = Readonly<Record<string, unknown>>;

const ATTRIBUTES = ':@';
const TEXT = '#text';
const CDATA = '#cdata';
const NO_ATTRIBUTES = Object.freeze({});
/** Stands for CR on the way through the parser. The guard has let no such character in: XML does not have it. */
const RETURN = '\ufffe';
const CDATA_TAG_OR_RETURN = /<!\[CDATA\[[\s\S]*?\]\]>|<(?:[^<>"']|"[^"]*"|'[^']*')*>|\r/g;

const PARSER = new XMLParser({
  preserveOrder: true,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  // Numbers stay text: 007 and +49171 are not numbers to us.
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // The parser would leave numeric references alone, or take all of HTML's names with them: `decodeReferences` does exactly XML's.
  processEntities: false,
  htmlEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // Depth is the guard's business; this one counts otherwise.
  maxNestedTags: 100_000,
  jPath: false,
});

/**
 * Tokens of one XML document: guarded first, then parsed by fast-xml-parser.
 * @throws {WireError} when it is not well-formed or over a limit; see `guardXml`.
 */
export function readXml(bytes: Uint8Array, limits: WireLimits): XmlReader {
  return readXmlText(readXmlSource(bytes), limits);
}

export function readXmlText(source: XmlSource, limits: WireLimits): XmlReader {
  const guarded = guardXml(source, limits);
  try {
    return new XmlReader(PARSER.parse(hideReturns(guarded)) as readonly ParsedNode[]);
  } catch (cause) {
    // Names the parser refuses to make properties of (__proto__).
    throw new WireError('malformed', 0, cause instanceof Error ? cause.message : undefined, { cause });
  }
}

/**
 * Puts the stand-in where content has CR. The parser reads CR LF as LF, as XML has it, but clients count the CR: in Size, and in the
 * position of a part. [XML 1.0, "End-of-Line Handling"] @NOTE SyncEvolution and all that are built on the Synthesis engine.
 */
function hideReturns(text: string): string {
  if (!text.includes('\r')) return text;
  return text.replace(CDATA_TAG_OR_RETURN, (part) => (part === '\r' || part.startsWith('<![') ? part.replaceAll('\r', RETURN) : part));
}

const showReturns = (text: string): string => (text.includes(RETURN) ? text.replaceAll(RETURN, '\r') : text);

interface Frame {
  readonly children: readonly ParsedNode[];
  index: number;
  readonly insideDevInf: boolean;
}

export class XmlReader implements TokenReader {
  readonly encoding = 'xml';
  tag: number = UNKNOWN;
  /** The parser keeps no positions; faults that need one are the guard's. */
  readonly offset = 0;
  skipped = 0;
  readonly deviations = new Set<LeniencyName>();
  readonly #watch = new ContentModelWatch(this.deviations);
  readonly #frames: Frame[];
  #name = '';
  #node: ParsedNode = NO_ATTRIBUTES;
  #raw = '';
  #rawIsCdata = false;

  constructor(nodes: readonly ParsedNode[]) {
    this.#frames = [{ children: nodes, index: 0, insideDevInf: false }];
  }

  next(): Token {
    const frame = this.#frames[this.#frames.length - 1];
    if (frame === undefined) return Token.Eof;
    const node = frame.children[frame.index];
    if (node === undefined) {
      this.#frames.pop();
      if (this.#frames.length === 0) return Token.Eof;
      this.#watch.end();
      return Token.End;
    }
    frame.index += 1;
    const key = keyOf(node);
    const value = node[key];
    if (key === TEXT || key === CDATA) {
      this.#rawIsCdata = key === CDATA;
      this.#raw = showReturns(this.#rawIsCdata ? cdataText(value) : String(value));
      return Token.Text;
    }
    this.#node = node;
    this.#name = key;
    const local = key.slice(key.indexOf(':') + 1);
    this.tag = tagOf(local, frame.insideDevInf);
    this.#watch.start(this.tag, local);
    const insideDevInf = frame.insideDevInf || this.tag === DEVINF.DevInf;
    this.#frames.push({ children: value as readonly ParsedNode[], index: 0, insideDevInf });
    return Token.Start;
  }

  name(): string {
    return this.#name;
  }

  attributes(): Readonly<Record<string, string>> {
    const raw = this.#node[ATTRIBUTES] as Readonly<Record<string, string>> | undefined;
    if (raw === undefined) return NO_ATTRIBUTES;
    return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, decodeReferences(value)]));
  }

  text(): string {
    return this.#rawIsCdata ? this.#raw : decodeReferences(this.#raw);
  }

  bytes(): Uint8Array {
    return Buffer.from(this.text(), 'utf8');
  }
}

function keyOf(node: ParsedNode): string {
  for (const key in node) if (key !== ATTRIBUTES) return key;
  return TEXT;
}

function cdataText(value: unknown): string {
  const text = (value as readonly ParsedNode[])[0]?.[TEXT];
  return typeof text === 'string' ? text : '';
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' };

/** Undoes the five entities and numeric references; the guard has seen to it that there are no others. */
function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (_, decimal?: string, hex?: string, name?: string) =>
    name !== undefined
      ? (NAMED[name] ?? '')
      : String.fromCodePoint(decimal !== undefined ? parseInt(decimal, 10) : parseInt(hex ?? '0', 16)),
  );
}
