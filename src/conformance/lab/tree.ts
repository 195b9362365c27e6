/** A message as elements in their order, for what the decoded message no longer shows: order, namespaces, where a token stood. */
import { WireError } from '../../model/errors.js';
import { DEFAULT_LIMITS, type Encoding } from '../../wire/dialect.js';
import { nameOf } from '../../wire/tags.js';
import { Token, type TokenReader } from '../../wire/tokens.js';
import { WbxmlReader } from '../../wire/wbxml/reader.js';
import { readXml } from '../../wire/xml/reader.js';

export interface Element {
  readonly name: string;
  /** XML only. */
  readonly attributes: Readonly<Record<string, string>>;
  /** XML only: declared here or by the nearest element around it. */
  readonly namespace: string | undefined;
  readonly children: readonly Element[];
  readonly text: string;
}

/** @throws {WireError} */
export function treeOf(bytes: Uint8Array, encoding: Encoding): Element {
  const reader = encoding === 'xml' ? readXml(bytes, DEFAULT_LIMITS) : new WbxmlReader(bytes, DEFAULT_LIMITS, 'SyncML');
  if (reader.next() !== Token.Start) throw new WireError('malformed', 0, 'no root element');
  return element(reader, {});
}

/** @param around namespaces by their prefix, '' for the default one. */
function element(reader: TokenReader, around: Readonly<Record<string, string>>): Element {
  const raw = reader.name();
  const name = nameOf(reader.tag) ?? raw;
  const attributes = { ...reader.attributes() };
  const namespaces = { ...around, ...declaredIn(attributes) };
  const children: Element[] = [];
  let text = '';
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token === Token.Start) children.push(element(reader, namespaces));
    else text += reader.text();
  }
  return { name, attributes, namespace: namespaces[raw.includes(':') ? raw.slice(0, raw.indexOf(':')) : ''], children, text };
}

const declaredIn = (attributes: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) =>
      key === 'xmlns' ? [['', value]] : key.startsWith('xmlns:') ? [[key.slice('xmlns:'.length), value]] : [],
    ),
  );

export const child = (parent: Element | undefined, name: string): Element | undefined => parent?.children.find((one) => one.name === name);

/** All elements of this name at any depth, in document order. */
export function descendants(parent: Element, name: string): readonly Element[] {
  return parent.children.flatMap((one) => [...(one.name === name ? [one] : []), ...descendants(one, name)]);
}
