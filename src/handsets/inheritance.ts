/** Family and model in one: what a profile takes over, and what it says itself. */
import { ProfileFault, type Profile } from './profile.js';
import { GROUPS, type Group, type Traits } from './traits.js';

/** A profile with all it inherits. */
export interface Resolved {
  readonly id: string;
  readonly name: string;
  /** From the family to the model, itself included. */
  readonly chain: readonly string[];
  readonly traits: Traits;
  /** `calendar.days` → the profile that says so. */
  readonly saidBy: ReadonlyMap<string, string>;
  readonly profile: Profile;
}

type Fields = Record<string, unknown>;

/** Lists are joined, tables merged; any other value takes the place of the inherited one. */
function joined(before: unknown, after: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(after)) return [...new Set([...(before as unknown[]), ...(after as unknown[])])];
  if (isTable(before) && isTable(after)) return { ...before, ...after };
  return after;
}
const isTable = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws {ProfileFault} for parents that do not exist, and for circles. */
export function resolve(profile: Profile, all: ReadonlyMap<string, Profile>): Resolved {
  const chain: string[] = [];
  const traits: Record<string, Fields> = {};
  const saidBy = new Map<string, string>();
  const visit = (one: Profile, open: readonly string[]): void => {
    if (open.includes(one.id)) throw new ProfileFault([`${profile.id}: inherits itself by ${[...open, one.id].join(' → ')}`]);
    if (chain.includes(one.id)) return;
    for (const parent of [one.inherits ?? []].flat()) {
      const found = all.get(parent);
      if (!found) throw new ProfileFault([`${one.id}: inherits ${parent}, which there is not`]);
      visit(found, [...open, one.id]);
    }
    chain.push(one.id);
    for (const path of one.without ?? []) {
      const [group = '', name = ''] = path.split('.');
      const { [name]: _, ...rest } = traits[group] ?? {};
      traits[group] = rest;
      saidBy.delete(path);
    }
    for (const group of GROUPS) {
      for (const [name, value] of Object.entries((one.traits?.[group] ?? {}) as Fields)) {
        if (value === undefined) continue;
        traits[group] = { ...traits[group], [name]: joined(traits[group]?.[name], value) };
        saidBy.set(`${group}.${name}`, one.id);
      }
    }
  };
  visit(profile, []);
  return { id: profile.id, name: profile.name, chain, traits: traits, saidBy, profile };
}

/** `calendar.days` and the like, of all fields that say something. */
export function traitPaths(traits: Traits): string[] {
  return GROUPS.flatMap((group: Group) =>
    Object.entries((traits[group] ?? {}) as Fields)
      .filter(([, value]) => value !== undefined)
      .map(([name]) => `${group}.${name}`),
  );
}
