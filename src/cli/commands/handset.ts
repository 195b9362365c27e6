import type { Command } from 'commander';
import type { Resolved } from '../../handsets/inheritance.js';
import type { Library } from '../../handsets/library.js';
import { argument, leaf, type Run } from '../command.js';
import { inheritedLines, isAbout, limitsOf, settingsFor, UNKNOWN_MENU } from '../../handsets/words.js';
import { noSuchProfile, traitRows } from '../handset-words.js';
import { openHandsets } from '../handsets.js';
import { facts, table } from '../output.js';
import type { Rooms } from '../rooms.js';

const listed = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;

/** What to type into such a phone: the nearest profile that knows its menus. */
function settingsWords({ config }: Run, library: Library, profile: Resolved): string {
  const found = settingsFor(library, profile);
  if (!found) return '';
  const nameOf = (kind: string): string =>
    config.datastores.find((store) => store.kind === kind)?.uri ?? `(there is no datastore for ${kind})`;
  const filled: Readonly<Record<string, string>> = {
    url: config.publicUrl ?? `http://ADDRESS-OF-THIS-MACHINE:${config.port}/sync`,
    port: String(
      config.publicUrl === undefined ? config.port : new URL(config.publicUrl).port || (config.publicUrl.startsWith('https:') ? 443 : 80),
    ),
    user: 'as made with "moorage user add NAME"',
    password: 'the password of that user',
    contacts: nameOf('contacts'),
    calendar: nameOf('calendar'),
    tasks: nameOf('tasks'),
    notes: nameOf('notes'),
  };
  const { settings, known } = found;
  const { where = known ? undefined : UNKNOWN_MENU, fields = {}, remarks = [] } = settings;
  const rows = Object.entries(fields).map(([name, value]) => [
    name,
    value.replace(/\{(\w+)\}/g, (whole, key: string) => filled[key] ?? whole),
  ]);
  return `\nSettings to type in${where === undefined ? '' : `: ${where}`}\n${table(['field', 'what to type'], rows, '')}${remarks.map((line) => `  ${line}\n`).join('')}`;
}

export function handsetCommands(rooms: Rooms, program: Command): void {
  const handset = program.command('handset').description('profiles of phones: what is known of them, and what is done about it');

  const list = handset
    .command('list')
    .argument('[text]', 'a model, a maker or a program: the profiles that are about it')
    .option('--handsets <dir>', 'with the profiles of this folder')
    .description('all profiles, or those for a phone; checks those of the folder');
  leaf(rooms, list, (run) => {
    const { library } = openHandsets(run);
    const wanted = run.args[0];
    const families = library.families.flatMap(({ family, profiles }) => {
      const found = profiles.filter((one) => wanted === undefined || isAbout(one, family, wanted));
      return found.length === 0 ? [] : [{ family, profiles: found.map(({ id, name }) => ({ id, name })) }];
    });
    const rows = families.flatMap(({ family, profiles }) => profiles.map(({ id, name }) => [id, name, family]));
    const none = `No profile speaks of "${wanted ?? ''}". Such a phone works by what it says of itself; its settings are those of "moorage handset show unknown".`;
    return Promise.resolve({ text: table(['profile', 'phones', 'family'], rows, none), json: families });
  });

  const show = handset
    .command('show')
    .argument('<profile>', 'as "handset list" names it')
    .option('--handsets <dir>', 'with the profiles of this folder');
  leaf(rooms, show.description('a profile with all it inherits'), (run) => {
    const id = argument(run, 0);
    const { library } = openHandsets(run);
    const found = library.byId(id);
    if (!found) throw noSuchProfile(library, id);
    const { profile, chain, traits } = found;
    const rows = traitRows(found).map(([path, value, meaning, by]) => [path, value, by, meaning]);
    const text = [
      facts([
        ['Profile', `${found.id}: ${found.name}`],
        ['Inherits', chain.slice(0, -1).join(', ') || undefined],
      ]),
      settingsWords(run, library, found),
      listed('What fits into it', limitsOf(found)),
      listed('What such a phone cannot keep; the server does', inheritedLines(library, found, 'losses')),
      listed('Good to know', inheritedLines(library, found, 'notes')),
      rows.length === 0 ? '' : `\nWhat is known of it\n${table(['field', 'value', 'in profile', 'meaning'], rows, '')}`,
    ].join('');
    return Promise.resolve({ text, json: { ...profile, traits, inherits: chain.slice(0, -1) } });
  });
}
