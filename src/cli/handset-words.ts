/** Handset profiles in words: what a phone claimed, what is believed, and which profile says so. */
import type { Handset } from '../handsets/handset.js';
import { traitPaths, type Resolved } from '../handsets/inheritance.js';
import { UNKNOWN, type Library } from '../handsets/library.js';
import { TRAIT_WORDS, type Traits } from '../handsets/traits.js';
import { UserError } from '../model/errors.js';
import { facts, printable, table } from './output.js';

const valueAt = (traits: Traits, path: string): unknown => {
  const [group = '', name = ''] = path.split('.');
  return (traits as Record<string, Record<string, unknown> | undefined>)[group]?.[name];
};

export const valueWords = (value: unknown): string => {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (Array.isArray(value)) return value.map(valueWords).join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, inner]) => `${key} → ${typeof inner === 'object' ? `(${valueWords(inner)})` : valueWords(inner)}`)
      .join(', ');
  return String(value);
};

export function traitRows({ traits, saidBy }: Resolved): readonly (readonly [string, string, string, string])[] {
  return traitPaths(traits).map((path) => [path, valueWords(valueAt(traits, path)), TRAIT_WORDS.get(path) ?? '', saidBy.get(path) ?? '']);
}

/** @param asked the profile an operator chose, whether or not there is one of that name. */
export function handsetWords({ profile, chosen, corrections }: Handset, asked: string | undefined): string {
  const why = chosen ? 'an operator chose it' : profile.id === UNKNOWN ? 'none fits better' : 'it fits best';
  const gone = asked !== undefined && !chosen ? `; there is no profile ${printable(asked)} any more, which was chosen` : '';
  const head = facts([
    ['Profile', `${profile.id}: ${profile.name} (${why}${gone})`],
    ['  inherits', profile.chain.slice(0, -1).join(', ') || undefined],
  ]);
  const believed =
    corrections.length === 0
      ? 'What it told of itself is believed.\n'
      : `\nNot believed as it told\n${table(
          ['of', 'it claims', 'believed', 'because of', 'in profile'],
          corrections.map(({ what, claimed, believed: after, field, by }) => [printable(what), claimed, after, field, by]),
          '',
        )}`;
  const rows = traitRows(profile);
  const known =
    rows.length === 0
      ? ''
      : `\nKnown of such phones\n${table(
          ['field', 'value', 'in profile'],
          rows.map(([path, value, , by]) => [path, value, by]),
          '',
        )}`;
  return `${head}${believed}${known}`;
}

/** The same for programs. */
export const whatHolds = ({ profile, chosen, believed, corrections }: Handset) => ({
  profile: profile.id,
  chosen,
  inherits: profile.chain.slice(0, -1),
  traits: profile.traits,
  corrections,
  ...(believed ? { believed } : {}),
});

/** @returns undefined for the one that fits. @throws {UserError} when there is no such profile. */
export function chosenProfile(library: Library, wanted: string): string | undefined {
  if (wanted === 'auto') return undefined;
  if (!library.byId(wanted)) throw new UserError(`There is no handset profile "${wanted}"; "moorage handset list" shows all.`);
  return wanted;
}
