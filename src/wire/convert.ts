/**
 * WBXML ⇄ XML on tokens, without a `Message` between them: what no table knows is kept. For people and tools, not for the request path.
 */
import { isUtf8 } from 'node:buffer';
import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { WireError } from '../model/errors.js';
import { DEFAULT_LIMITS, versionOf, type WireLimits } from './dialect.js';
import { nameOf, vocabularyOf } from './tags.js';
import { escapeText, markupOf } from './markup.js';
import { Token, type TokenReader } from './tokens.js';
import { TokenWriter } from './wbxml/token-writer.js';
import { WbxmlReader } from './wbxml/reader.js';
import { DEVINF, SYNCML, UNKNOWN } from './wbxml/tables.js';
import { isXmlText } from './xml/characters.js';
import { readXml } from './xml/reader.js';
import { escapeForBuilder } from './xml/writer.js';

/** Marks an element whose text is Base64 of bytes XML cannot hold. `xmlToWbxml` undoes it. */
const BYTES_ATTRIBUTE = 'encoding';

/**
 * XML text of a WBXML SyncML or DevInf document. Device information nested in an OPAQUE of Data becomes a nested DevInf element;
 * other bytes that are no XML text become Base64 in an element marked `encoding="base64"`.
 *
 * @throws {WireError} when it is no readable WBXML.
 */
export function wbxmlToXml(bytes: Uint8Array, options: { readonly pretty?: boolean } = {}): string {
  return wbxmlDocument(bytes).end({ prettyPrint: options.pretty ?? false });
}

/** The same as a document. @throws {WireError} */
export function wbxmlDocument(bytes: Uint8Array): XMLBuilder {
  const reader = new WbxmlReader(bytes, DEFAULT_LIMITS, 'auto');
  const document = create({ version: '1.0', encoding: 'UTF-8' });
  copyToXml(reader, document, `SYNCML:SYNCML${syncmlVersion(bytes)}`, DEFAULT_LIMITS);
  return document;
}

/** Version of a document by its VerDTD, which stands near its beginning; of a DevInf document it does not matter here. */
function syncmlVersion(bytes: Uint8Array): string {
  const reader = new WbxmlReader(bytes, DEFAULT_LIMITS, 'auto');
  for (let token = reader.next(); token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start || reader.tag !== SYNCML.VerDTD) continue;
    token = reader.next();
    return (token === Token.Text || token === Token.Opaque ? versionOf(reader.text()) : undefined) ?? '1.2';
  }
  return '1.2';
}

function copyToXml(reader: WbxmlReader, parent: XMLBuilder, namespace: string, limits: WireLimits): void {
  const namespaces = [namespace, 'syncml:metinf', 'syncml:devinf'] as const;
  const open: { node: XMLBuilder; tag: number; pieces: Uint8Array[] }[] = [];
  let devInfBefore12 = false;
  for (let token = reader.next(); token !== Token.Eof; token = reader.next()) {
    const top = open.at(-1);
    if (token === Token.Start) {
      if (top) flush(top, reader, limits);
      // One token, two names: VerDTD, the first element, tells which.
      const name = reader.tag === DEVINF.MaxSize && devInfBefore12 ? 'Size' : (nameOf(reader.tag) ?? reader.name());
      const into = top?.node ?? parent;
      const node =
        reader.tag === UNKNOWN ? into.ele(isName(name) ? name : 'Unknown') : into.ele(namespaces[vocabularyOf(reader.tag)], name);
      open.push({ node, tag: reader.tag, pieces: [] });
    } else if (token === Token.End) {
      if (top?.tag === DEVINF.VerDTD) {
        const version = versionOf(Buffer.concat(top.pieces).toString('utf8'));
        devInfBefore12 = version === '1.0' || version === '1.1';
      }
      if (top) flush(top, reader, limits);
      open.pop();
    } else top?.pieces.push(reader.bytes());
  }
}

/** Names that begin with xml are not for documents to use. [XML 1.0, "Common Syntactic Constructs"] */
function isName(name: string): boolean {
  return /^(?!xml)[A-Za-z_][\w.-]*$/i.test(name);
}

function flush(element: { node: XMLBuilder; tag: number; pieces: Uint8Array[] }, reader: WbxmlReader, limits: WireLimits): void {
  if (element.pieces.length === 0) return;
  const bytes = Buffer.concat(element.pieces);
  element.pieces = [];
  if (element.tag === SYNCML.Data && nestedDevInf(bytes, element.node, reader, limits)) return;
  const text = bytes.toString('utf8');
  if (isUtf8(bytes) && isXmlText(text)) element.node.txt(escapeForBuilder(text));
  else element.node.att(BYTES_ATTRIBUTE, 'base64').txt(bytes.toString('base64'));
}

function nestedDevInf(bytes: Uint8Array, into: XMLBuilder, outer: WbxmlReader, limits: WireLimits): boolean {
  if ((bytes[0] ?? 4) > 3) return false;
  const place = { depth: outer.depth, elements: outer.elements };
  try {
    // Once to see whether it is one from end to end, once to write it.
    const probe = new WbxmlReader(bytes, limits, 'DevInf', place);
    if (probe.next() !== Token.Start || probe.tag !== DEVINF.DevInf) return false;
    while (probe.next() !== Token.Eof);
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
  copyToXml(new WbxmlReader(bytes, limits, 'DevInf', place), into, '', limits);
  return true;
}

/**
 * WBXML 1.2 of an XML SyncML or DevInf document, with a numeric public identifier by VerDTD. DevInf in Data becomes a nested document,
 * Data of an Item an OPAQUE (foreign markup in it as XML text), names without a token LITERAL tags.
 *
 * @throws {WireError} when it is no well-formed XML, or its root is neither SyncML nor DevInf.
 */
export function xmlToWbxml(xml: Uint8Array): Uint8Array {
  const reader = readXml(xml, DEFAULT_LIMITS);
  if (reader.next() !== Token.Start || (reader.tag !== SYNCML.SyncML && reader.tag !== DEVINF.DevInf)) {
    throw new WireError('not-syncml', 0, `root element ${reader.name()}`);
  }
  return copyToWbxml(reader, reader.tag === DEVINF.DevInf ? 'DevInf' : 'SyncML');
}

interface OpenElement {
  readonly tag: number;
  readonly base64: boolean;
  pieces: Uint8Array[];
  /** Holds a DevInf, which is written already. */
  nested: boolean;
  hasElements: boolean;
  /** Holds somebody else's markup, which goes as XML text. */
  foreign: boolean;
}

/** Copies the element whose Start was last as a document. */
function copyToWbxml(reader: TokenReader, root: 'SyncML' | 'DevInf'): Uint8Array {
  const writer = new TokenWriter(root);
  const open: OpenElement[] = [];
  let token: Token = Token.Start;
  for (;;) {
    const top = open.at(-1);
    const inItemData = top?.tag === SYNCML.Data && open.at(-2)?.tag === SYNCML.Item;
    if (token === Token.Start) {
      if (top && reader.tag === DEVINF.DevInf && root === 'SyncML') {
        top.pieces = [];
        top.nested = true;
        writer.opaque(copyToWbxml(reader, 'DevInf'));
      } else if (top && inItemData && vocabularyOf(reader.tag) !== 1) {
        if (!top.foreign) top.pieces = [utf8(escapeText(Buffer.concat(top.pieces).toString('utf8')))];
        top.foreign = true;
        top.pieces.push(utf8(markupOf(reader)));
      } else {
        if (top) {
          top.hasElements = true;
          writePieces(writer, top, inItemData);
        }
        writer.start(reader.tag, reader.name());
        const base64 = reader.attributes()[BYTES_ATTRIBUTE] === 'base64';
        open.push({ tag: reader.tag, base64, pieces: [], nested: false, hasElements: false, foreign: false });
      }
    } else if (token === Token.End) {
      if (top && !top.nested) writePieces(writer, top, inItemData);
      writer.end();
      open.pop();
      if (open.length === 0) return writer.finish();
    } else if (token === Token.Eof) {
      return writer.finish();
    } else {
      top?.pieces.push(top.foreign ? utf8(escapeText(reader.text())) : reader.bytes());
    }
    token = reader.next();
  }
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

function writePieces(writer: TokenWriter, element: OpenElement, inItemData: boolean): void {
  const bytes = Buffer.concat(element.pieces);
  element.pieces = [];
  const text = bytes.toString('utf8');
  // White space between elements is layout.
  if (bytes.length === 0 || (element.hasElements && text.trim() === '')) return;
  if (element.base64) writer.opaque(Buffer.from(text, 'base64'));
  else if (element.tag === SYNCML.VerDTD || element.tag === DEVINF.VerDTD) writer.version(text);
  else if (inItemData) writer.opaque(bytes);
  else writer.text(bytes);
}
