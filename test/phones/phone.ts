/** A phone as it is drawn for a property: what it takes, what it announces, and what it makes of an item that nobody touches there. */
import fc from 'fast-check';
import { openLibrary } from '../../src/handsets/folder.js';
import { HandsetFinder, type Handset, type Known } from '../../src/handsets/handset.js';
import type { Resolved } from '../../src/handsets/inheritance.js';
import type { Library } from '../../src/handsets/library.js';
import type { CtProperty } from '../../src/model/devinf.js';
import { variations } from '../content/variations.js';
import { mangleAsPhone } from '../support/mangle-as-phone.js';

export interface Phone {
  readonly version: '2.1' | '3.0' | 'sif';
  /** What it says it can hold; undefined: it names no properties. */
  readonly properties: readonly CtProperty[] | undefined;
  /** The same of tasks. */
  readonly ofTasks: readonly CtProperty[] | undefined;
  readonly profile: Resolved | undefined;
  /** It says that it reads times in UTC. */
  readonly utc: boolean;
  /** What it does to an item of a media type on the way back. */
  readonly mangled: (bytes: Buffer, type: string) => Buffer;
}

export const library: Library = openLibrary();
const profiles = library.families.flatMap((family) => family.profiles);

/** Written in another way, with the same meaning. */
const REWRITING = [
  'LF line ends',
  'other order of properties',
  'lower-case names',
  'other order of parameters',
  'folded',
  'quoted-printable',
] as const;

function rewritten(names: readonly (typeof REWRITING)[number][], version: Phone['version']): Phone['mangled'] {
  if (version === 'sif') return (bytes) => (names.includes('other order of properties') ? turnedElements(bytes) : bytes);
  return (bytes, type) =>
    type === 'text/plain'
      ? bytes
      : names.reduce((result, name) => Buffer.from(variations[name]?.(result, version === '2.1' ? 'legacy' : 'modern') ?? result), bytes);
}

/** The elements of a SIF item, the first of them last. */
function turnedElements(bytes: Buffer): Buffer {
  const match = /^([^]*?<(contact|appointment|task|note)>)([^]*)(<\/\2>[^]*)$/.exec(bytes.toString('latin1'));
  const [, head = '', , inner = '', tail = ''] = match ?? [];
  const elements = inner.match(/<(\w+)(?:\s[^>]*)?(?:\/>|>[^]*?<\/\1>)\s*/g) ?? [];
  if (!match || elements.join('').length !== inner.trimStart().length) return bytes;
  return Buffer.from([head, ...elements.slice(1), ...elements.slice(0, 1), tail].join(''), 'latin1');
}

const size = fc.option(fc.record({ maxSize: fc.integer({ min: 12, max: 60 }), noTruncate: fc.boolean() }), { nil: undefined });
const property = (name: string): fc.Arbitrary<CtProperty> => size.map((limit) => ({ name, ...limit }));
const several = (name: string): fc.Arbitrary<CtProperty> =>
  fc
    .option(fc.integer({ min: 1, max: 2 }), { nil: undefined })
    .map((most) => ({ name, ...(most === undefined ? {} : { maxOccur: most }) }));
const announced: fc.Arbitrary<readonly CtProperty[]> = fc
  .tuple(
    fc.subarray(['ORG', 'URL', 'NICKNAME', 'PHOTO', 'BDAY', 'ADR', 'EMAIL', 'NOTE']),
    fc.tuple(property('NOTE'), property('ORG'), property('NICKNAME'), several('TEL'), several('EMAIL'), several('ADR')),
  )
  .map(([has, limits]) => [
    { name: 'N' },
    { name: 'FN' },
    { name: 'TITLE' },
    ...limits.filter(({ name }) => name === 'TEL' || has.includes(name)),
    ...has.filter((name) => !limits.some((one) => one.name === name)).map((name) => ({ name })),
  ]);

const ofTasks: fc.Arbitrary<readonly CtProperty[]> = fc
  .tuple(fc.subarray(['DUE', 'PRIORITY', 'STATUS', 'COMPLETED', 'CATEGORIES', 'AALARM']), property('DESCRIPTION'), fc.boolean())
  .map(([has, text, hasText]) => [{ name: 'SUMMARY' }, ...has.map((name) => ({ name })), ...(hasText ? [text] : [])]);

const byItsWords: fc.Arbitrary<Phone> = fc
  .record({
    version: fc.constantFrom<Phone['version']>('2.1', '3.0', 'sif'),
    ofTasks: fc.option(ofTasks, { nil: undefined }),
    properties: fc.option(announced, { nil: undefined }),
    rewriting: fc.subarray([...REWRITING]),
    utc: fc.boolean(),
  })
  .map(({ version, properties, ofTasks: tasks, rewriting, utc }) => ({
    version,
    properties,
    ofTasks: tasks,
    utc,
    profile: undefined,
    mangled: rewritten(rewriting, version),
  }));

const byItsProfile: fc.Arbitrary<Phone> = fc
  .record({ profile: fc.constantFrom(...profiles), turn: fc.nat({ max: 12 }), sloppy: fc.boolean(), utc: fc.boolean() })
  .map(({ profile, turn, sloppy, utc }) => ({
    version: '2.1',
    properties: undefined,
    ofTasks: undefined,
    utc,
    profile,
    mangled: (bytes, type) => Buffer.from(mangleAsPhone(bytes, type, profile.traits, { turn, sloppy })),
  }));

export const phones: fc.Arbitrary<Phone> = fc.oneof(byItsWords, byItsProfile);

export const nameOf = ({ version, properties, ofTasks: tasks, profile, utc }: Phone): string =>
  `${utc ? '' : 'local times, '}` +
  (profile
    ? `profile ${profile.id}`
    : `vCard ${version}, ${properties ? JSON.stringify(properties) : 'no properties named'}, of tasks ${JSON.stringify(tasks)}`);

/**
 * Every device has the profile that was drawn for it, whatever it says of itself. What a profile says of messages is left out: the model device
 * insists on the letter of the protocol there.
 */
export class DrawnHandsets extends HandsetFinder {
  readonly chosen = new Map<string, string>();

  constructor() {
    super({ library });
  }

  override of(known: Known): Handset {
    const handset = super.of({ ...known, profile: this.chosen.get(known.uri) ?? 'unknown' });
    const { messages: _, ...traits } = handset.profile.traits;
    return { ...handset, profile: { ...handset.profile, traits } };
  }
}
