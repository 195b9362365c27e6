/** Profiles as pages for people: one a family, an index, and what the fields of a profile mean. */
import { DEEDS } from './deeds.js';
import { traitPaths, type Resolved } from './inheritance.js';
import type { Family, Library } from './library.js';
import type { Identity, Match, Settings } from './profile.js';
import { TRAIT_WORDS } from './traits.js';
import { limitsOf, settingsFor, traitAt, UNKNOWN_MENU, valueWords } from './words.js';

const NOTE = '<!-- Made of handsets/*.json by "npm run handsets:pages": change those. -->';

/** What goes into the fields of a phone's settings. */
const FILLED: Readonly<Record<string, string>> = {
  url: 'the address of the server with its path, such as `http://sync.example.org:8080/sync`',
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

function settingsText({ where, fields = {}, remarks = [] }: Settings): string {
  return [
    where === undefined ? '' : `${cell(where)}:\n\n`,
    table(
      ['field', 'what to type'],
      Object.entries(fields).map(([name, value]) => [cell(name), filled(value)]),
    ),
    list(remarks),
  ].join('');
}

/** A section of the profile's, where it has something to say. */
const section = (title: string, text: string): string => (text === '' ? '' : `**${title}**\n\n${text}`);

/** Parents, each with a link to where it is told of. */
function parentWords(library: Library, { chain, id }: Resolved): string {
  const pageOfProfile = (one: string): string =>
    library.families.find(({ profiles }) => profiles.some((each) => each.id === one))?.name ?? '';
  const links = chain
    .slice(0, -1)
    .map((parent) => (pageOfProfile(parent) === pageOfProfile(id) ? `\`${parent}\`` : `[\`${parent}\`](${pageOfProfile(parent)}.md)`));
  return links.length > 0 ? `, with all of ${links.join(', ')}` : '';
}

function profileText(library: Library, one: Resolved): string {
  const { profile, traits, saidBy, id, chain } = one;
  const own = traitPaths(traits).filter(
    (path) => saidBy.get(path) === id || (profile.traits && traitAt(profile.traits, path) !== undefined),
  );
  const rows = own.map((path) => [`\`${path}\``, cell(valueWords(traitAt(traits, path), path)), cell(DEEDS[path]?.does ?? '')]);
  const nothing = chain.length > 1 ? 'Nothing beside that.\n\n' : 'It is taken at its word.\n\n';
  return [
    `## ${one.name}\n\n`,
    `Profile \`${id}\`${parentWords(library, one)}.\n\n`,
    profile.settings ? section('Settings to type in', settingsText(profile.settings)) : '',
    section('What fits into it', list(limitsOf(one))),
    section('What it cannot keep; the server does', list(profile.losses ?? [])),
    section('Good to know', list(profile.notes ?? [])),
    section('What Moorage does for it', rows.length === 0 ? nothing : table(['field', 'value', 'what Moorage does'], rows)),
    profile.match === undefined ? '' : `It is known by ${[profile.match].flat().map(matchWords).join('; or ')}.\n\n`,
  ].join('');
}

const pageOf = (library: Library, { family, about, profiles }: Family): string =>
  [
    `${NOTE}\n\n# ${family}\n\n`,
    about === undefined ? '' : `${about}\n\n`,
    settingsElsewhere(library, profiles),
    ...profiles.map((one) => profileText(library, one)),
  ].join('');

/** The settings of those of a family that have none of their own on its page. */
function settingsElsewhere(library: Library, profiles: readonly Resolved[]): string {
  const isHere = (id: string): boolean => profiles.some((one) => one.id === id);
  const without = profiles.filter(({ chain }) => !chain.some((id) => isHere(id) && library.byId(id)?.profile.settings));
  const kinds = new Map<Settings, { readonly known: boolean; readonly names: string[] }>();
  for (const one of without) {
    const found = settingsFor(library, one);
    if (!found) continue;
    const kind = kinds.get(found.settings) ?? { known: found.known, names: [] };
    kind.names.push(one.name);
    kinds.set(found.settings, kind);
  }
  return [...kinds]
    .map(([settings, { known, names }]) => {
      const whose = without.length === profiles.length && kinds.size === 1 ? '' : ` (${names.map(cell).join('; ')})`;
      return `**Settings to type in${whose}**\n\n${known ? '' : `${UNKNOWN_MENU}:\n\n`}${settingsText(settings)}`;
    })
    .join('');
}

function indexOf(library: Library): string {
  const rows = library.families.flatMap(({ name, family, profiles }) =>
    profiles.map((one) => [`[${family}](${name}.md)`, cell(one.name), `\`${one.id}\``]),
  );
  return [
    `${NOTE}\n\n# Handsets\n\n`,
    'What is known of phones and programs: what to type into them, what they can keep, and what Moorage does about the rest. ',
    'A phone that is not here works by what it says of itself ([profile `unknown`](general.md)). ',
    'The address of your server, and the names of its databases, are what `moorage serve` prints when it starts; `moorage handset show PROFILE` fills them in for a phone, and ',
    '`moorage handset list 6230` finds the profile of a model.\n\n',
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
