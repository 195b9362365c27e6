/** A message for a person's eyes: indented XML of either encoding, without what would let the reader in. */
import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { wbxmlDocument } from './convert.js';
import { DEFAULT_LIMITS, type Encoding } from './dialect.js';
import { guardXml } from './xml/guard.js';
import { readXmlSource } from './xml/source.js';

const HIDDEN = '(hidden)';

/** Hides the session token of an address, which may be escaped for XML. */
export const withoutToken = (address: string): string => address.replace(/((?:[?&]|&amp;)s=)[^&#]*/g, `$1${HIDDEN}`);

/**
 * XML with indentation; credentials, nonces and session tokens are hidden. What an XML message has of namespaces and attributes stays. Not
 * to be read back: content has its carriage returns no more.
 * @throws {WireError} when it is no readable document.
 */
export function readableXml(bytes: Uint8Array, encoding: Encoding): string {
  const document = encoding === 'wbxml' ? wbxmlDocument(bytes) : create(guardXml(readXmlSource(bytes), DEFAULT_LIMITS));
  const all: XMLBuilder[] = [];
  // What is walked through must not change meanwhile.
  document.each((one) => void all.push(one), false, true);
  all.forEach(hideSecrets);
  // Carriage returns at the ends of lines say nothing to a person.
  return document.end({ prettyPrint: true }).replace(/(?:&#13;|&#xD;|\r)+(\n?)/g, (all, end: string) => (end === '' ? all : end));
}

const nameOf = (node: unknown): string => {
  const name = (node as { readonly localName?: unknown } | null)?.localName;
  return typeof name === 'string' ? name.toLowerCase() : '';
};

/** Where addresses stand: a RespURI is repeated as LocURI and TargetRef. */
const ADDRESSES: ReadonlySet<string> = new Set(['respuri', 'locuri', 'targetref', 'sourceref']);

function hideSecrets({ node }: XMLBuilder): void {
  const name = nameOf(node);
  const secret = name === 'nextnonce' || (name === 'data' && nameOf(node.parentNode) === 'cred');
  if (secret && node.textContent !== '') node.textContent = HIDDEN;
  else if (ADDRESSES.has(name)) {
    const text = node.textContent ?? '';
    if (withoutToken(text) !== text) node.textContent = withoutToken(text);
  }
}
