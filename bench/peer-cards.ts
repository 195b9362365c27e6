/** Made-up vCard 3.0 phone books: the same number always gives the same card, about 330 bytes each, 3 in 100 with a small picture. */

const GIVEN = [
  'Ada',
  'Bela',
  'Cosmo',
  'Dörte',
  'Elwin',
  'Fjóla',
  'Hedda',
  'Inês',
  'Kaito',
  'Nadège',
  'Oddný',
  'Pavel',
  'Søren',
  'Ирина',
  'Ελένη',
  '明',
];
const FAMILY = ['Sample', 'Mustermann', 'Beispiel', 'Exemplo', 'Próbny', 'Prøvesen', 'Nobody', 'Esempio', 'Voorbeeld', '例文', 'Примерова'];
const WORDS = 'likes tea, coffee; and long walks on tuesdays met at the fair in spring prefers mail to phone naïve façade'.split(' ');
const PHOTO_SHARE = 0.03;
const PHOTO_BYTES = [4_000, 24_000] as const;

/** Numbers in [0, 1) that depend on `seed` alone. */
function numbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

const escape = (text: string): string => text.replace(/[\\,;]/g, '\\$&');

/** Card number `n`. */
export function card(n: number): string {
  const next = numbers(n);
  for (let skip = 0; skip < 4; skip += 1) next();
  const pick = <T>(all: readonly [T, ...T[]] | readonly T[]): T => all[Math.floor(next() * all.length)] as T;
  const given = pick(GIVEN);
  const family = `${pick(FAMILY)} ${n}`;
  const number = (): string => `+1 ${200 + Math.floor(next() * 700)} 555-01${String(Math.floor(next() * 100)).padStart(2, '0')}`;
  const lines = ['BEGIN:VCARD', 'VERSION:3.0', `N:${family};${given};;;`, `FN:${given} ${family}`, `TEL;TYPE=CELL:${number()}`];
  if (next() < 0.5) lines.push(`TEL;TYPE=HOME,VOICE:${number()}`);
  if (next() < 0.5) lines.push(`TEL;TYPE=WORK,VOICE:${number()}`);
  lines.push(`EMAIL;TYPE=INTERNET,HOME:card${n}@example.com`);
  if (next() < 0.7) lines.push(`ADR;TYPE=HOME:;;Beispielweg ${1 + Math.floor(next() * 200)};Musterstädt;;99999;Exampleland`);
  if (next() < 0.5) lines.push(`ORG:Sample & Söhne GmbH;Dept. ${1 + Math.floor(next() * 40)}`, 'TITLE:Test pilot');
  if (next() < 0.3) lines.push(`BDAY:19${40 + Math.floor(next() * 60)}-0${1 + Math.floor(next() * 9)}-1${Math.floor(next() * 10)}`);
  if (next() < 0.5) lines.push(`NOTE:${escape(Array.from({ length: 4 + Math.floor(next() * 50) }, () => pick(WORDS)).join(' '))}`);
  if (next() < PHOTO_SHARE) {
    const [least, most] = PHOTO_BYTES;
    const photo = Buffer.from(Array.from({ length: least + Math.floor(next() * (most - least)) }, () => next() * 256));
    photo.set([0xff, 0xd8, 0xff, 0xe0]);
    lines.push(`PHOTO;ENCODING=b;TYPE=JPEG:${photo.toString('base64')}`);
  }
  return [...lines, 'END:VCARD', ''].join('\r\n');
}
