import type { Command } from 'commander';
import { UserError } from '../../model/errors.js';
import type { Config } from '../../runtime/config.js';
import { argument, leaf } from '../command.js';
import { table } from '../output.js';
import type { Rooms } from '../rooms.js';

/** @throws {UserError} when the configuration has no location of this id. */
export function requireLocation(config: Config, id: string): void {
  const ids = ['local', ...config.locations.map((location) => location.id)];
  if (!ids.includes(id)) throw new UserError(`There is no storage location "${id}" in the configuration; there is ${ids.join(', ')}.`);
}

export function locationCommands(rooms: Rooms, program: Command): void {
  const location = program.command('location').description('where the copies of device backups are kept');

  leaf(rooms, location.command('list').description('all storage locations, and whether they answer'), async (run) => {
    const { config } = run;
    const found = await Promise.all(
      config.locations.map(async (one) => ({
        id: one.id,
        kind: one.kind,
        place: rooms.locations.place(one),
        fault: await rooms.locations.fault(one),
      })),
    );
    const all = [{ id: 'local', kind: 'disk', place: config.data, fault: undefined }, ...found];
    const rows = all.map(({ id, kind, place, fault }) => [id, kind, place, id === config.location ? 'default' : '', fault ?? 'ready']);
    return {
      text: table(['location', 'kind', 'where', '', 'state'], rows, ''),
      json: all.map((one) => ({ ...one, default: one.id === config.location })),
    };
  });

  leaf(
    rooms,
    location
      .command('prepare')
      .argument('<id>')
      .description('make a location ready: its folder is marked as such, and an object is written, read and removed'),
    async (run) => {
      const id = argument(run, 0);
      requireLocation(run.config, id);
      const settings = run.config.locations.find((one) => one.id === id);
      // The one in the data folder is made with the first copy.
      if (settings !== undefined) await rooms.locations.prepare(settings);
      return { text: `Location ${id} is ready.\n`, json: { id, ready: true } };
    },
  );
}
