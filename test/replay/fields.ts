import { mainEntry, piecesOf } from '../../src/content/conversion/pieces.js';
import { readable } from '../../src/content/conversion/convert.js';

/** What an item says, field by field, however it is written: empty fields say nothing, and neither do those about the writing. */
export function fieldsOf(bytes: Uint8Array, type: string): ReadonlySet<string> {
  const item = readable(bytes, type);
  const entry = item?.document && mainEntry(item.document);
  if (item?.document && entry) {
    const pieces = piecesOf(item.document, entry, item.format);
    return new Set(pieces.filter(({ meaning }) => meaning !== '').map(({ meaning }) => meaning));
  }
  const text = Buffer.from(bytes).toString('utf8');
  const fields = [...text.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name = '', value = '']) => [name, value.replace(/\s+/g, ' ').trim()]);
  return new Set(fields.filter(([, value]) => value !== '').map((field) => field.join('=')));
}
