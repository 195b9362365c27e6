/** Long texts of which a device is shown the beginning: an edit there is an edit of the beginning, and what follows it stays. */
import { formatOf } from './conversion/format.js';
import { plainText, readProperty } from './conversion/property.js';
import { write } from './conversion/writing.js';
import type { ContentLine } from './lines.js';
import { sourceOf } from './rendering.js';
import { sideOf, type Side } from './side.js';
import type { Comparison } from './taken-times.js';
import { normalizeNewlines } from './value.js';

const LONG: ReadonlySet<string> = new Set(['NOTE', 'DESCRIPTION']);

const wordsOf = ({ document }: Side, line: ContentLine, mediaType: string): string =>
  normalizeNewlines(plainText(readProperty(sourceOf(document, mediaType), line)));

/**
 * The line as it is to stand where a device has edited the beginning it was shown of our text.
 * @returns undefined where the text was not cut, where there is more than one, or where it was emptied.
 */
export function wholeText(name: string, { ours, theirs, whole, mediaType }: Comparison): string | undefined {
  if (!LONG.has(name) || !whole) return undefined;
  const [mine, shown, sent] = [ours, whole, theirs].map((side) => {
    const [line, ...more] = side.lines.get(name) ?? [];
    return line && more.length === 0 ? { side, line, text: wordsOf(side, line, mediaType) } : undefined;
  });
  if (!mine || !shown || !sent || sent.text.trim() === '' || shown.text === '') return undefined;
  if (shown.text.length >= mine.text.length || !mine.text.startsWith(shown.text)) return undefined;
  const format = formatOf(theirs.document, mediaType);
  if (!format) return undefined;
  const text = squeezed(sent.text) === squeezed(shown.text) ? mine.text : sent.text + mine.text.slice(shown.text.length);
  return write({ ...readProperty(sourceOf(theirs.document, mediaType), sent.line), value: { kind: 'text', text } }, format);
}

/** The long texts of an item that is one entry. */
function longTexts(bytes: Uint8Array, mediaType: string): ReadonlyMap<string, string> {
  const side = sideOf(bytes, mediaType);
  const texts = new Map<string, string>();
  for (const name of side ? LONG : []) {
    const [line, ...more] = side?.lines.get(name) ?? [];
    if (side && line && more.length === 0) texts.set(name, wordsOf(side, line, mediaType));
  }
  return texts;
}

/** Some phones double spaces, or drop those at the end. */
const squeezed = (text: string): string => text.replace(/\s+/g, '');

interface Written {
  readonly bytes: Uint8Array;
  readonly type: string;
}

/**
 * Is a device that sent `sent` to be shown more, or other words, of a long text of the item that came of it? `shown`: what it would get.
 * It is asked only where the text goes on behind what was sent.
 */
export function showsOtherWords(item: Written, sent: Written, shown: () => Written): boolean {
  const theirs = longTexts(sent.bytes, sent.type);
  if (theirs.size === 0) return false;
  const all = longTexts(item.bytes, item.type);
  const longer = [...theirs].filter(([name, text]) => text.trim() !== '' && (all.get(name) ?? '').length > text.length);
  if (longer.length === 0) return false;
  const { bytes, type } = shown();
  const now = longTexts(bytes, type);
  return longer.some(([name, text]) => {
    const part = now.get(name) ?? '';
    const whole = all.get(name) ?? '';
    return part.length < whole.length && whole.startsWith(part) && squeezed(part) !== squeezed(text);
  });
}
