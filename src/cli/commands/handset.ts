import type { Command } from 'commander';
import { UserError } from '../../model/errors.js';
import { argument, leaf } from '../command.js';
import { traitRows } from '../handset-words.js';
import { openHandsets } from '../handsets.js';
import { facts, table } from '../output.js';
import type { Rooms } from '../rooms.js';

const listed = (title: string, lines: readonly string[] | undefined): string =>
  lines === undefined || lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;

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
    const found = openHandsets(run).library.byId(id);
    if (!found) throw new UserError(`There is no handset profile "${id}"; "moorage handset list" shows all.`);
    const { profile, chain, traits } = found;
    const rows = traitRows(found).map(([path, value, meaning, by]) => [path, value, by, meaning]);
    const text = [
      facts([
        ['Profile', `${found.id}: ${found.name}`],
        ['Inherits', chain.slice(0, -1).join(', ') || undefined],
      ]),
      rows.length === 0 ? '' : `\n${table(['field', 'value', 'in profile', 'meaning'], rows, '')}`,
      listed('Good to know', profile.notes),
      listed('What such a phone cannot keep', profile.losses),
    ].join('');
    return Promise.resolve({ text, json: { ...profile, traits, inherits: chain.slice(0, -1) } });
  });
}
