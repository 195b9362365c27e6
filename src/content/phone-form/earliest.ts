/** Days a phone does not know yet: a yearly event begins on a later one of its days. */
import type { Piece } from './pieces.js';

const DAY = /^(\s*)(\d{4})-?(\d\d)-?(\d\d)/;
const DATES: ReadonlySet<string> = new Set(['DTSTART', 'DTEND', 'DUE', 'AALARM', 'DALARM']);

const valueOf = ({ text }: Piece): string => text.slice(text.indexOf(':') + 1);

/** The years to move it by; 0: none. A leap day moves to another one. */
function yearsUntil(day: string, earliest: string): number {
  const match = DAY.exec(day);
  if (!match) return 0;
  const [, , year = '', month = '', date = ''] = match;
  let later = 0;
  for (const step = month === '02' && date === '29' ? 4 : 1; `${Number(year) + later}${month}${date}` < earliest; later += step);
  return later;
}

/** @param earliest `1980-01-01`. Other events than yearly ones stay as they are: the phone refuses them, and they stay here. */
export function notBefore(pieces: readonly Piece[], earliest: string): readonly Piece[] {
  const rule = pieces.find(({ name }) => name === 'RRULE');
  const start = pieces.find(({ name }) => name === 'DTSTART');
  if (!rule || !start || !/^\s*(?:Y[DM]1\b|MD12\b|.*FREQ=YEARLY)/i.test(valueOf(rule))) return pieces;
  const years = yearsUntil(valueOf(start), earliest.replaceAll('-', ''));
  if (years === 0) return pieces;
  return pieces.map((piece) => {
    if (!DATES.has(piece.name)) return piece;
    const at = piece.text.indexOf(':') + 1;
    const moved = piece.text.slice(at).replace(/^(\s*)(\d{4})/, (_, space: string, year: string) => `${space}${Number(year) + years}`);
    return { ...piece, text: piece.text.slice(0, at) + moved };
  });
}
