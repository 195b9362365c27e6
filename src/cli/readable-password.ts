import type { Random } from '../runtime/random.js';

const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aeio';
const SYLLABLES = 6;
const DIGITS = 4;

/**
 * A password that can be read out and typed on a number pad: six syllables and four digits, no capitals, nothing that looks
 * like something else. 2^49 of them; log-ins are slowed down long before.
 */
export function readablePassword(random: Random): string {
  const bytes = random(SYLLABLES * 2 + DIGITS);
  const pick = (letters: string, at: number): string => letters[(bytes[at] ?? 0) % letters.length] ?? '';
  let text = '';
  for (let at = 0; at < SYLLABLES; at += 1) text += pick(CONSONANTS, 2 * at) + pick(VOWELS, 2 * at + 1);
  for (let at = 0; at < DIGITS; at += 1) text += pick('23456789', SYLLABLES * 2 + at);
  return text;
}
