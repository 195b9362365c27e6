/** Profiles as pages for people: one a family, an index, and what the fields of a profile mean. */
import { DEEDS } from './deeds.js';
import { traitPaths, type Resolved } from './inheritance.js';
import type { Family, Library } from './library.js';
import type { Identity, Match, Settings } from './profile.js';
import { TRAIT_WORDS, type Traits } from './traits.js';

const NOTE = '<!-- Made of handsets/*.json by "npm run handsets:pages": change those. -->';

/** What goes into the fields of a phone's settings. */
const FILLED: Readonly<Record<string, string>> = {
  url: 'the address of the server, such as `http://sync.example.org:8080/sync`',
  port: 'the port in that address; 80 where it has none',
  user: 'the user name',
  password: 'the password',
  contacts: '`contacts`',
  calendar: '`calendar`',
  tasks: '`tasks`',
  notes: '`notes`',
};
const filled = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, name: string) => FILLED[name] ?? whole);
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('_', '\\_').replaceAll('<', '&lt;');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0 ? '' : `${[head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')}\n\n`;
const list = (lines: readonly string[]): string => (lines.length === 0 ? '' : `${lines.map((line) => `- ${cell(line)}`).join('\n')}\n\n`);

export const valueText = (value: unknown): string => {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, inner]) => `${key} → ${typeof inner === 'object' ? `(${valueText(inner)})` : valueText(inner)}`)
      .join(', ');
  return String(value);
};

const valueAt = (traits: Traits, path: string): unknown => {
  const [group = '', name = ''] = path.split('.');
  return (traits as Record<string, Record<string, unknown> | undefined>)[group]?.[name];
};

const NAMES: Readonly<Record<keyof Identity, string>> = {
  man: 'maker',
  mod: 'model',
  oem: 'OEM',
  fwV: 'firmware',
  swV: 'software',
  hwV: 'hardware',
  devTyp: 'kind',
  userAgent: 'User-Agent',
  wapProfile: 'x-wap-profile',
  deviceId: 'device id',
};

const matchWords = (match: Match): string =>
  (Object.entries(match) as [keyof Identity, string | string[]][])
    .map(
      ([key, patterns]) =>
        `${NAMES[key]} ${[patterns]
          .flat()
          .map((pattern) => `\`${pattern}\``)
          .join(' or ')}`,
    )
    .join(', and ');

/** Every profile of the library but itself, from the family to the model. */
const inherited = (library: Library, { chain }: Resolved): readonly Resolved[] => chain.flatMap((id) => library.byId(id) ?? []);

function settingsText(settings: Settings): string {
  const { where, fields = {}, remarks = [] } = settings;
  return [
    where === undefined ? '' : `${cell(where)}:\n\n`,
    table(
      ['field', 'what to type'],
      Object.entries(fields).map(([name, value]) => [cell(name), filled(value)]),
    ),
    list(remarks),
  ].join('');
}

function profileText(library: Library, one: Resolved): string {
  const { profile, traits, saidBy, id, chain } = one;
  const own = traitPaths(traits).filter(
    (path) => saidBy.get(path) === id || (profile.traits && valueAt(profile.traits, path) !== undefined),
  );
  const parents = inherited(library, one).slice(0, -1);
  const rows = own.map((path) => [`\`${path}\``, cell(valueText(valueAt(traits, path))), cell(DEEDS[path]?.does ?? '')]);
  return [
    `## ${one.name}\n\n`,
    `Profile \`${id}\`${
      chain.length > 1
        ? `, with all of ${chain
            .slice(0, -1)
            .map((parent) => `\`${parent}\``)
            .join(', ')}`
        : ''
    }. `,
    profile.match === undefined ? '\n\n' : `Known by ${[profile.match].flat().map(matchWords).join('; or ')}.\n\n`,
    profile.settings ? `Settings to type in:\n\n${settingsText(profile.settings)}` : '',
    rows.length === 0
      ? `${parents.length > 0 ? 'Nothing beside that.' : 'It is taken at its word.'}\n\n`
      : table(['field', 'value', 'what Moorage does'], rows),
    list(profile.notes ?? []),
    profile.losses && profile.losses.length > 0 ? `What it cannot keep; the server does:\n\n${list(profile.losses)}` : '',
  ].join('');
}

const pageOf = (library: Library, { family, about, profiles }: Family): string =>
  [
    `${NOTE}\n\n# ${family}\n\n`,
    about === undefined ? '' : `${about}\n\n`,
    settingsElsewhere(library, profiles),
    ...profiles.map((one) => profileText(library, one)),
  ].join('');

/** The settings of a family that stand on another page. */
function settingsElsewhere(library: Library, profiles: readonly Resolved[]): string {
  if (profiles.some(({ profile }) => profile.settings)) return '';
  const [first] = profiles;
  const from = first && [...inherited(library, first)].reverse().find(({ profile }) => profile.settings);
  return from?.profile.settings ? `Settings to type in:\n\n${settingsText(from.profile.settings)}` : '';
}

function indexOf(library: Library): string {
  const rows = library.families.flatMap(({ name, family, profiles }) =>
    profiles.map((one) => [`[${family}](${name}.md)`, cell(one.name), `\`${one.id}\``]),
  );
  return [
    `${NOTE}\n\n# Handsets\n\n`,
    'What is known of phones and programs: what to type into them, what they can keep, and what Moorage does about the rest. ',
    'A phone that is not here works by what it says of itself ([profile `unknown`](general.md)). ',
    'How profiles are matched, and how to write one: [handset profiles](../handset-profiles.md). What each field means: [fields](fields.md).\n\n',
    table(['family', 'phones', 'profile'], rows),
  ].join('');
}

const BY = { profile: 'where a profile says so', everyone: 'for every phone' } as const;

const fieldsPage = (): string =>
  [
    `${NOTE}\n\n# Fields of a profile\n\n`,
    'Each says one thing of a phone. A field that is absent says nothing: the phone is taken at its word.\n\n',
    table(
      ['field', 'meaning', 'what Moorage does', 'when', 'where'],
      [...TRAIT_WORDS].map(([path, words]) => {
        const deed = DEEDS[path];
        return [
          `\`${path}\``,
          cell(words),
          cell(deed?.does ?? ''),
          deed ? BY[deed.by] : '',
          (deed?.where ?? []).map((file) => `\`${file}\``).join(', '),
        ];
      }),
    ),
  ].join('');

/** File name → text, as Markdown whose tables are not lined up. */
export const pagesOf = (library: Library): ReadonlyMap<string, string> =>
  new Map([
    ['README.md', indexOf(library)],
    ['fields.md', fieldsPage()],
    ...library.families.map((family) => [`${family.name}.md`, pageOf(library, family)] as const),
  ]);
