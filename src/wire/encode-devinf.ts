import type { DevInf } from '../model/devinf.js';
import { versionOf, type Dialect } from './dialect.js';
import { devInfDocument } from './wbxml/writer.js';
import { writeDevInf } from './write/devinf.js';
import { XmlWriter } from './xml/writer.js';

/** Device information as a document on its own, for sending it in parts. */
export function encodeDevInf(devinf: DevInf, dialect: Dialect): Uint8Array {
  if (dialect.encoding === 'wbxml') return devInfDocument(devinf, dialect);
  const writer = new XmlWriter(dialect);
  writeDevInf(writer, devinf, versionOf(devinf.verDtd) ?? dialect.version);
  return Buffer.from(writer.finish(), 'utf8');
}
