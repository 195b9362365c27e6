import type { Command } from 'commander';
import { UserError } from '../../model/errors.js';
import type { Resolved } from '../../handsets/inheritance.js';
import type { Library } from '../../handsets/library.js';
import { argument, leaf, type Run } from '../command.js';
import { traitRows } from '../handset-words.js';
import { openHandsets } from '../handsets.js';
import { facts, table } from '../output.js';
import type { Rooms } from '../rooms.js';

const listed = (title: string, lines: readonly string[] | undefined): string =>
  lines === undefined || lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;

/** What to type into such a phone: the nearest profile that knows its menus. */
function settingsWords({ config }: Run, library: Library, { chain }: Resolved): string {
  const settings = [...chain].reverse().flatMap((id) => library.byId(id)?.profile.settings ?? [])[0];
  if (!settings) return '';
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
  const { where, fields = {}, remarks = [] } = settings;
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
    .option('--handsets <dir>', 'with the profiles of this folder')
    .description('all profiles; checks those of the folder');
  leaf(rooms, list, (run) => {
    const { library } = openHandsets(run);
    const rows = library.families.flatMap(({ family, profiles }) => profiles.map(({ id, name }) => [id, name, family]));
    return Promise.resolve({
      text: table(['profile', 'phones', 'family'], rows, ''),
      json: library.families.map(({ family, profiles }) => ({ family, profiles: profiles.map(({ id, name }) => ({ id, name })) })),
    });
  });

  const show = handset
    .command('show')
    .argument('<profile>', 'as "handset list" names it')
    .option('--handsets <dir>', 'with the profiles of this folder');
  leaf(rooms, show.description('a profile with all it inherits'), (run) => {
    const id = argument(run, 0);
    const { library } = openHandsets(run);
    const found = library.byId(id);
    if (!found) throw new UserError(`There is no handset profile "${id}"; "moorage handset list" shows all.`);
    const { profile, chain, traits } = found;
    const rows = traitRows(found).map(([path, value, meaning, by]) => [path, value, by, meaning]);
    const text = [
      facts([
        ['Profile', `${found.id}: ${found.name}`],
        ['Inherits', chain.slice(0, -1).join(', ') || undefined],
      ]),
      rows.length === 0 ? '' : `\n${table(['field', 'value', 'in profile', 'meaning'], rows, '')}`,
      settingsWords(run, library, found),
      listed('Good to know', profile.notes),
      listed('What such a phone cannot keep', profile.losses),
    ].join('');
    return Promise.resolve({ text, json: { ...profile, traits, inherits: chain.slice(0, -1) } });
  });
}
