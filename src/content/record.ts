/*
 * The alphabet of canonical forms. A record is `NAME param* value`; a form is its kind and its records, sorted, each once. The four
 * ASCII separators divide the parts, and are escaped inside of them, so two forms are equal only when all parts are.
 */

/** Between components of a value, and before each parameter. */
export const UNIT = '\x1f';
/** Between a record's head (name and parameters) and its value. */
export const HEAD = '\x1e';
/** Between records. */
const RECORD = '\x1d';

// eslint-disable-next-line no-control-regex -- these are the separators
const SEPARATORS = /[\x1c-\x1f]/;
// eslint-disable-next-line no-control-regex -- these are the separators
const ALL_SEPARATORS = /[\x1c-\x1f]/g;

/** `text` with separators escaped. */
export function atom(text: string): string {
  return SEPARATORS.test(text) ? text.replace(ALL_SEPARATORS, (char) => `\x1c${String.fromCharCode(char.charCodeAt(0) + 0x24)}`) : text;
}

/** One record. `head` and the parts are raw text; parameters are in `params`, already in order. */
export function record(name: string, params: readonly string[], parts: readonly string[]): string {
  let text = atom(name);
  for (const param of params) text += UNIT + atom(param);
  text += HEAD;
  let first = true;
  for (const part of parts) {
    text += first ? atom(part) : UNIT + atom(part);
    first = false;
  }
  return text;
}

/** A record whose value is bytes. */
export function binaryRecord(name: string, params: readonly string[], bytes: Buffer): string {
  return `${record(name, [...params, '!bytes'], [])}${bytes.toString('base64')}`;
}

/** Records as one text: sorted, repetitions dropped. */
export function recordSet(records: readonly string[]): string {
  const sorted = [...records].sort();
  let text = '';
  let previous: string | undefined;
  for (const entry of sorted) {
    if (entry === previous) continue;
    text += entry + RECORD;
    previous = entry;
  }
  return text;
}
