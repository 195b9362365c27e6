/** Handset profiles in words: what a phone claimed, what is believed, and which profile says so. */
import type { Handset } from '../handsets/handset.js';
import { traitPaths, type Resolved } from '../handsets/inheritance.js';
import { UNKNOWN, type Library } from '../handsets/library.js';
import { TRAIT_WORDS } from '../handsets/traits.js';
import { isAbout, limitsOf, traitAt, valueWords } from '../handsets/words.js';
import { UserError } from '../model/errors.js';
import { facts, printable, table } from './output.js';

export function traitRows({ traits, saidBy }: Resolved): readonly (readonly [string, string, string, string])[] {
  return traitPaths(traits).map((path) => [
    path,
    valueWords(traitAt(traits, path), path),
    TRAIT_WORDS.get(path) ?? '',
    saidBy.get(path) ?? '',
  ]);
}

/** @param asked the profile an operator chose, whether or not there is one of that name. */
export function handsetWords({ profile, chosen, corrections }: Handset, asked: string | undefined): string {
  const why = chosen ? 'an operator chose it' : profile.id === UNKNOWN ? 'none fits better' : 'it fits best';
  const gone = asked !== undefined && !chosen ? `; there is no profile ${printable(asked)} any more, which was chosen` : '';
  const head = facts([
    ['Profile', `${profile.id}: ${profile.name} (${why}${gone})`],
    ['  inherits', profile.chain.slice(0, -1).join(', ') || undefined],
    ['  more', `"moorage handset show ${profile.id}": what to type into it, what it cannot keep`],
  ]);
  const believed =
    corrections.length === 0
      ? '\nWhat it told of itself is believed.\n'
      : `\nNot believed as it told\n${table(
          ['of', 'it claims', 'believed', 'because of', 'in profile'],
          corrections.map(({ what, claimed, believed: after, field, by }) => [printable(what), claimed, after, field, by]),
          '',
        )}`;
  const fits = limitsOf(profile);
  return `\n${head}${fits.length === 0 ? '' : `\nWhat fits into it\n${fits.map((line) => `  ${line}\n`).join('')}`}${believed}`;
}

/** All fields of its profile. */
export function knownWords({ profile }: Handset): string {
  const rows = traitRows(profile).map(([path, value, , by]) => [path, value, by]);
  return rows.length === 0 ? '' : `\nKnown of such phones\n${table(['field', 'value', 'in profile'], rows, '')}`;
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

/** What to look at, where there is no profile of that name. */
export function noSuchProfile(library: Library, wanted: string): UserError {
  const alike = library.families.flatMap(({ family, profiles }) =>
    profiles.filter((one) => isAbout(one, family, wanted)).map(({ id }) => id),
  );
  const hint = alike.length === 0 || alike.length > 8 ? '' : ` Perhaps you mean ${alike.join(', ')}.`;
  return new UserError(`There is no handset profile "${wanted}"; "moorage handset list" shows all.${hint}`);
}

/** @returns undefined for the one that fits. @throws {UserError} when there is no such profile. */
export function chosenProfile(library: Library, wanted: string): string | undefined {
  if (wanted === 'auto') return undefined;
  if (!library.byId(wanted)) throw noSuchProfile(library, wanted);
  return wanted;
}
