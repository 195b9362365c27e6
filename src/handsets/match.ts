/** Which profile a phone has: patterns against what it says of itself. */
import type { Identity, Match } from './profile.js';

const compiled = new Map<string, RegExp>();

/** `*`: any text, `?`: one character, `#`: one digit; letters in any case. White space at both ends does not count. */
function fits(pattern: string, text: string): boolean {
  let regex = compiled.get(pattern);
  if (!regex) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[^]*')
      .replaceAll('?', '[^]')
      .replaceAll('#', '\\d');
    compiled.set(pattern, (regex = new RegExp(`^${source}$`, 'i')));
  }
  return regex.test(text.trim());
}

/** Characters a pattern insists on; a digit counts half. */
const weight = (pattern: string): number => pattern.replace(/[*?#]/g, '').length + (pattern.match(/#/g)?.length ?? 0) / 2;

/** A second key says more than any length of a first one. */
const KEY = 1000;

/** How well it fits: the number of keys first, then what their patterns insist on. Undefined: it does not. */
export function specificity(match: Match, identity: Identity): number | undefined {
  let score = 0;
  for (const [key, patterns] of Object.entries(match) as [keyof Identity, string | string[]][]) {
    const said = identity[key];
    if (said === undefined) return undefined;
    const fitting = [patterns].flat().filter((pattern) => fits(pattern, said));
    if (fitting.length === 0) return undefined;
    score += KEY + Math.max(...fitting.map(weight));
  }
  return score;
}
