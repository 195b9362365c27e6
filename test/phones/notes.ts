/** Notes, as plain text and as vNotes. Each begins with `Before`, and a letter that tells it from others. */
import fc from 'fast-check';
import { words } from './calendar-items.js';

export interface DrawnNotes {
  readonly form: 'plain' | 'vnote';
  readonly count: number;
  readonly item: (at: number, title: string) => Buffer;
}

const text = fc.array(words, { maxLength: 3 });

function written(form: DrawnNotes['form'], lines: readonly string[], at: number, title: string): Buffer {
  const body = [`${title} ${'abcd'.charAt(at)}`, ...lines];
  if (form === 'plain') return Buffer.from(body.join('\r\n'));
  const encoded = [...Buffer.from(body.join('\r\n')).toString('latin1')]
    .map((char) => (/[\x20-\x3c\x3e-\x7e]/.test(char) ? char : `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`))
    .join('');
  return Buffer.from(
    `BEGIN:VNOTE\r\nVERSION:1.1\r\nBODY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:${encoded}\r\nX-DESK-COLOUR:red\r\nEND:VNOTE\r\n`,
    'latin1',
  );
}

export const notes: fc.Arbitrary<DrawnNotes> = fc
  .tuple(fc.constantFrom<DrawnNotes['form']>('plain', 'vnote'), fc.array(text, { minLength: 1, maxLength: 4 }))
  .map(([form, list]) => ({
    form,
    count: list.length,
    item: (at, title) => written(form, list[at] ?? [], at, title),
    [fc.toStringMethod]: () => list.map((one, at) => written(form, one, at, 'Before').toString()).join('\n'),
  }));
