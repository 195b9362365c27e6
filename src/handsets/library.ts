/** All profiles that are known, and the one a phone gets. */
import { resolve, type Resolved } from './inheritance.js';
import { specificity } from './match.js';
import { ProfileFault, type Identity, type Profile, type ProfileFile } from './profile.js';

/** The profile of phones nobody has described. */
export const UNKNOWN = 'unknown';

export interface Family extends Omit<ProfileFile, 'profiles'> {
  /** The name of its file, without its end. */
  readonly name: string;
  readonly profiles: readonly Resolved[];
}

export class Library {
  readonly families: readonly Family[];
  readonly #byId = new Map<string, Resolved>();
  readonly #candidates: readonly Resolved[];

  /**
   * @param files by name. A profile of a later file takes the place of an earlier one of the same id.
   * @throws {ProfileFault}
   */
  constructor(files: readonly { readonly name: string; readonly file: ProfileFile }[]) {
    const profiles = new Map<string, Profile>();
    const faults: string[] = [];
    for (const { name, file } of files) {
      const seen = new Set<string>();
      for (const profile of file.profiles) {
        if (seen.has(profile.id)) faults.push(`${name}: has two profiles ${profile.id}`);
        seen.add(profile.id);
        profiles.set(profile.id, profile);
      }
    }
    if (!profiles.has(UNKNOWN)) faults.push(`there is no profile ${UNKNOWN}, for phones nobody has described`);
    for (const profile of profiles.values()) {
      try {
        this.#byId.set(profile.id, resolve(profile, profiles));
      } catch (error) {
        if (!(error instanceof ProfileFault)) throw error;
        faults.push(...error.faults);
      }
    }
    if (faults.length > 0) throw new ProfileFault(faults);
    this.#candidates = [...this.#byId.values()].filter(({ profile }) => profile.match !== undefined);
    this.families = files.map(({ name, file }) => ({
      name,
      family: file.family,
      ...(file.about === undefined ? {} : { about: file.about }),
      profiles: file.profiles.flatMap(({ id }) => this.#byId.get(id) ?? []),
    }));
  }

  byId(id: string): Resolved | undefined {
    return this.#byId.get(id);
  }

  get ids(): readonly string[] {
    return [...this.#byId.keys()].sort();
  }

  /** The most specific profile that fits: a model before its family, then the one whose patterns say more. {@link UNKNOWN} where none does. */
  match(identity: Identity): Resolved {
    let best: { readonly one: Resolved; readonly score: number } | undefined;
    for (const one of this.#candidates) {
      const scores = [one.profile.match ?? []].flat().flatMap((match) => specificity(match, identity) ?? []);
      if (scores.length === 0) continue;
      const score = Math.max(...scores);
      if (!best || isBetter({ one, score }, best)) best = { one, score };
    }
    return best?.one ?? (this.#byId.get(UNKNOWN) as Resolved);
  }
}

type Scored = { readonly one: Resolved; readonly score: number };

function isBetter(a: Scored, b: Scored): boolean {
  if (a.one.chain.includes(b.one.id)) return true;
  if (b.one.chain.includes(a.one.id)) return false;
  return a.score > b.score;
}
