/** A handset profile as it stands in a file, checked. */
import { z } from 'zod';
import { traitsSchema } from './traits.js';

const pattern = z.string().min(1).max(200);
const patterns = z.union([pattern, z.array(pattern).min(1)]);

/** All keys that are given have to fit; of several patterns of a key, one. */
const matchSchema = z
  .strictObject({
    man: patterns.optional(),
    mod: patterns.optional(),
    oem: patterns.optional(),
    fwV: patterns.optional(),
    swV: patterns.optional(),
    hwV: patterns.optional(),
    devTyp: patterns.optional(),
    userAgent: patterns.optional(),
    wapProfile: patterns.optional(),
    deviceId: patterns.optional(),
  })
  .refine((match) => Object.keys(match).length > 0, { error: 'names nothing to match' });

/** What a phone says of itself: for tests, and to show how it is known. */
const sampleSchema = z.strictObject({
  man: z.string().optional(),
  mod: z.string().optional(),
  oem: z.string().optional(),
  fwV: z.string().optional(),
  swV: z.string().optional(),
  hwV: z.string().optional(),
  devTyp: z.string().optional(),
  userAgent: z.string().optional(),
  wapProfile: z.string().optional(),
  deviceId: z.string().optional(),
});

const ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const id = z.string().regex(ID, { error: 'small letters, digits and - only' });
const sentence = z.string().min(1);

const settingsSchema = z.strictObject({
  where: sentence.optional().describe('the menu'),
  /** The phone's name of a field, and what goes into it: {server}, {port}, {url}, {user}, {password}, {contacts}, {calendar}, {tasks}, {notes}. */
  fields: z.record(z.string().min(1), sentence).optional(),
  remarks: z.array(sentence).optional(),
});

export const profileSchema = z.strictObject({
  id,
  name: sentence,
  /** Profiles it takes over, the later ones over the earlier. */
  inherits: z.union([id, z.array(id).min(1)]).optional(),
  match: z.union([matchSchema, z.array(matchSchema).min(1)]).optional(),
  traits: traitsSchema.optional(),
  /** Inherited fields that do not hold: `calendar.priorities`. */
  without: z.array(z.string().regex(/^[a-z]+\.[A-Za-z]+$/)).optional(),
  settings: settingsSchema.optional(),
  /** What is worth knowing besides: what it does, and what is done about it. */
  notes: z.array(sentence).optional(),
  /** What such a phone cannot keep, whoever serves it. */
  losses: z.array(sentence).optional(),
  samples: z.array(sampleSchema).optional(),
});

export const profileFileSchema = z.strictObject({
  /** A family: one page of the documentation. */
  family: sentence,
  about: sentence.optional(),
  profiles: z.array(profileSchema).min(1),
});

export type Match = z.output<typeof matchSchema>;
export type Identity = z.output<typeof sampleSchema>;
export type Settings = z.output<typeof settingsSchema>;
export type Profile = z.output<typeof profileSchema>;
export type ProfileFile = z.output<typeof profileFileSchema>;

/** Reads one file. @throws {ProfileFault} with every fault on a line of its own. */
export function parseProfiles(text: string, name: string): ProfileFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ProfileFault([`${name}: is no JSON (${error instanceof Error ? error.message : String(error)})`]);
  }
  const parsed = profileFileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new ProfileFault(parsed.error.issues.map(({ path, message }) => `${name}: ${placeIn(json, path)}${message}`));
}

/** `nokia-s60 traits.calendar.days: `: the profile by its name, not by its number. */
function placeIn(json: unknown, path: readonly PropertyKey[]): string {
  const [first, index, ...rest] = path;
  if (first === 'profiles' && typeof index === 'number') {
    const named = (json as { profiles?: { id?: unknown }[] }).profiles?.[index]?.id;
    return `${typeof named === 'string' ? named : `profile ${index + 1}`}${rest.length > 0 ? ` ${rest.map(String).join('.')}` : ''}: `;
  }
  return path.length > 0 ? `${path.map(String).join('.')}: ` : '';
}

/** Profiles that cannot be used. `faults`: one line each. */
export class ProfileFault extends Error {
  override readonly name = 'ProfileFault';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}
