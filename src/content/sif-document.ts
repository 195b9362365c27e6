/** SIF items as elements with their places in the bytes. [Funambol, "SIF Reference"] */
import { isUtf8 } from 'node:buffer';
import { decodeText, toBinary, type Binary } from './charset.js';
import { normalizeNewlines } from './value.js';
import { rootName, scanXml, type XmlElement } from './xml-elements.js';

export type SifRoot = 'contact' | 'appointment' | 'task' | 'note';

export type SifElement = XmlElement;

export interface SifDocument {
  readonly source: Binary;
  readonly kind: SifRoot;
  readonly root: SifElement;
  /** Its text is in UTF-8: else what is not ASCII is written as references. */
  readonly isUtf8: boolean;
}

const ROOTS: ReadonlySet<string> = new Set<SifRoot>(['contact', 'appointment', 'task', 'note']);

/** The root element's name, when the bytes look like SIF at all. */
export function sifRoot(text: string): SifRoot | undefined {
  const name = rootName(text)?.toLowerCase();
  return name !== undefined && ROOTS.has(name) ? (name as SifRoot) : undefined;
}

/** @returns a reason (text) when the bytes are no SIF item. */
export function parseSif(bytes: Uint8Array): SifDocument | string {
  const source = toBinary(bytes);
  const kind = sifRoot(source.text);
  if (kind === undefined) return 'no SIF root element';
  const declared = source.transcoded ? undefined : /^\s*<\?xml[^>]*encoding\s*=\s*["']([^"']+)/.exec(source.text)?.[1];
  // The item decides for all of its parts: one of them alone may look like UTF-8 by chance.
  const isUtf = isUtf8(source.bytes);
  const document = scanXml(source.text, (raw) => decodeText(raw, isUtf ? undefined : declared));
  if (typeof document === 'string') return document;
  const root = document.children.find((child) => ROOTS.has(child.name.toLowerCase()));
  return root ? { source, kind, root, isUtf8: isUtf } : 'no SIF root element';
}

/** What an element says, without white space around it. */
export const plainTextOf = ({ text }: SifElement): string => normalizeNewlines(text).trim();
