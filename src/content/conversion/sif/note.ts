/** SIF notes, whose Subject is the first line of their Body. [Funambol, "SIF-N"] */
import { firstLine } from '../../identity.js';
import { textIn, type Fields } from './fields.js';

export function noteTextOf(fields: Fields): string {
  const [subject, body] = [textIn(fields, 'Subject'), textIn(fields, 'Body')];
  if (body === '' || subject === '' || firstLine(body) === subject || body.startsWith(subject)) return body || subject;
  return `${subject}\n${body}`;
}

export const noteFields = (text: string): Fields =>
  new Map([
    ['Subject', { text: firstLine(text) }],
    ['Body', { text: text.trimEnd() }],
  ]);
