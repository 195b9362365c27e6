/** Profiles in words, for the pages about handsets and for the command line. */
import type { Resolved } from './inheritance.js';
import { UNKNOWN, type Library } from './library.js';
import type { Settings } from './profile.js';
import type { Traits } from './traits.js';

export const traitAt = (traits: Traits, path: string): unknown => {
  const [group = '', name = ''] = path.split('.');
  return (traits as Record<string, Record<string, unknown> | undefined>)[group]?.[name];
};

/** @param path the field: limits have words of their own. */
export function valueWords(value: unknown, path = ''): string {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (Array.isArray(value)) return value.map((one) => valueWords(one)).join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, inner]) =>
        path === 'fields.limits'
          ? `${key}: ${limitWords(inner as Limit)}`
          : `${key} → ${typeof inner === 'object' ? `(${valueWords(inner)})` : valueWords(inner)}`,
      )
      .join(', ');
  return String(value);
}

interface Limit {
  readonly size?: number | undefined;
  readonly count?: number | undefined;
  readonly parts?: number | undefined;
}

const limitWords = ({ size, count, parts }: Limit): string =>
  [
    ...(count === undefined ? [] : [`at most ${count}`]),
    ...(size === undefined ? [] : [`${count === undefined ? '' : 'of '}at most ${size} characters`]),
    ...(parts === undefined ? [] : [parts === 1 ? 'the first part' : `the first ${parts} parts`]),
  ].join(', ');

/** What people call properties. */
const THINGS: Readonly<Record<string, string>> = {
  N: 'names',
  ADR: 'postal addresses',
  TEL: 'telephone numbers',
  EMAIL: 'e-mail addresses',
  ORG: 'companies',
  TITLE: 'titles',
  NOTE: 'notes of contacts',
  URL: 'web addresses',
};

/** What fits into the phone, a line for each limit its profile knows. What does not fit stays whole on the server. */
export function limitsOf({ traits }: Resolved): readonly string[] {
  const { fields = {}, calendar = {}, messages = {} } = traits;
  const { photo } = fields;
  const photoWords = [
    ...(photo?.maxBytes === undefined ? [] : [`${photo.maxBytes} bytes`]),
    ...(photo?.maxWidth === undefined && photo?.maxHeight === undefined
      ? []
      : [`${photo.maxWidth ?? 'any'} × ${photo.maxHeight ?? 'any'} pixels`]),
    ...(photo?.formats === undefined ? [] : [photo.formats.join(' or ')]),
  ];
  return [
    ...Object.entries(fields.limits ?? {}).map(([name, limit]) => `${THINGS[name] ?? name}: ${limitWords(limit)}`),
    ...(photo?.none ? ['photos: none'] : photoWords.length > 0 ? [`photos: ${photoWords.join(', ')}; larger ones are made smaller`] : []),
    ...(calendar.earliest === undefined ? [] : [`dates: from ${calendar.earliest}`]),
    ...(calendar.alarm === 'none' ? ['alarms: none'] : []),
    ...(calendar.ruleEnd === 'never' ? ['repeated events: the phone shows them without an end'] : []),
    ...(messages.largeObjects === false ? ['items that do not fit one message: none'] : []),
    ...(messages.maxSize === undefined ? [] : [`messages: ${messages.maxSize} bytes (kept to by the server)`]),
    ...(fields.short && fields.limits === undefined ? ['texts: as short as the phone says itself'] : []),
  ];
}

/** The nearest settings that are known, of the phone, its family, or of phones in general. */
export function settingsFor(library: Library, { chain }: Resolved): { readonly settings: Settings; readonly known: boolean } | undefined {
  const [own] = [...chain].reverse().flatMap((id) => library.byId(id)?.profile.settings ?? []);
  const settings = own ?? library.byId(UNKNOWN)?.profile.settings;
  return settings && { settings, known: own !== undefined };
}

/** Where the words of the settings are nobody's menu. */
export const UNKNOWN_MENU = 'Its menu is not known to us: look for Sync, Synchronise or Remote sync, and for fields that mean these';

/** Lines of the phone's own profile, then of those it inherits, each once. */
export function inheritedLines(library: Library, { chain }: Resolved, of: 'notes' | 'losses'): readonly string[] {
  return [...new Set([...chain].reverse().flatMap((id) => library.byId(id)?.profile[of] ?? []))];
}

/** Is the profile about what somebody types: a name, a model, a program? */
export function isAbout({ id, name, profile }: Resolved, family: string, text: string): boolean {
  const wanted = text.toLowerCase();
  const said = (profile.samples ?? []).flatMap((sample) => Object.values(sample).filter((one) => one !== undefined));
  const patterns = [profile.match ?? []].flat().flatMap((match) => Object.values(match).flatMap((one) => one ?? []));
  return [id, name, family, ...said, ...patterns.map((pattern) => pattern.replaceAll('*', ''))].some((one) =>
    one.toLowerCase().includes(wanted),
  );
}
