/** `moorage user zone` and `moorage device zone`: where phones are. */
import type { Command } from 'commander';
import { setTimeZone, timeZoneOf } from '../../accounts/users.js';
import { UserError } from '../../model/errors.js';
import { setDeviceZone, showDevice, type DeviceZone } from '../../sync/operator/devices.js';
import { argument, leaf, textOption, type Run } from '../command.js';
import { printable } from '../output.js';
import type { Rooms } from '../rooms.js';

/** What stands for "nothing is said". */
const AUTO = 'auto';
const ARGUMENT = 'a name such as Europe/Berlin; "auto" forgets what was said';

/** The name as the database spells it. @throws {UserError} with names that look alike. */
function zoneNamed(text: string): string {
  const wanted = text.trim().replaceAll(' ', '_').toLowerCase();
  const names = Intl.supportedValuesOf('timeZone');
  const exact = names.find((name) => name.toLowerCase() === wanted);
  if (exact !== undefined) return exact;
  try {
    // Names that have newer ones are none of the list, and good.
    new Intl.DateTimeFormat('en-US', { timeZone: text.trim() });
    if (text.includes('/')) return text.trim();
  } catch {
    // Said below.
  }
  const alike = names.filter((name) => name.toLowerCase().includes(wanted)).slice(0, 5);
  throw new UserError(
    `There is no time zone "${printable(text)}".${alike.length > 0 ? ` Is it ${alike.join(', ')}?` : ' Names are those of the IANA database, such as Europe/Berlin.'}`,
  );
}

const wantedZone = (run: Run, at: number): string | undefined => {
  const text = run.args[at];
  return text === undefined || text === AUTO ? undefined : zoneNamed(text);
};

export function zoneWords({ name, by }: DeviceZone, { timeZone }: { readonly timeZone: string }): string {
  switch (by) {
    case 'operator':
      return `${name ?? ''}, as you said`;
    case 'device':
      return `${name ?? ''}, as its items tell`;
    case 'user':
      return `${name ?? ''}, as for all devices of the user`;
    case 'configuration':
      return `${timeZone}, as the configuration says`;
  }
}

export function userZoneCommand(rooms: Rooms, user: Command): void {
  const command = user
    .command('zone')
    .argument('<name>')
    .argument('[zone]', ARGUMENT)
    .description('where the phones of a user are: their local times are read and written by that clock');
  leaf(rooms, command, async (run) => {
    const name = argument(run, 0);
    const given = run.args[1];
    const zone = wantedZone(run, 1);
    return run.withStore('existing', async (store) => {
      if (given !== undefined) await setTimeZone(store, name, zone);
      const own = await timeZoneOf(store, name);
      const words = own === undefined ? `${run.config.timeZone}, as the configuration says` : own;
      const next =
        given === undefined
          ? ''
          : 'What phones hold stays as it is until it changes; "moorage device reset" has a phone compare everything.\n';
      return {
        text: `Phones of ${name} are in ${words}.\n${next}`,
        json: { name, timeZone: own ?? run.config.timeZone, own: own !== undefined },
      };
    });
  });
}

export function deviceZoneCommand(rooms: Rooms, device: Command): void {
  const command = device
    .command('zone')
    .argument('<device>', 'as "device list" names it')
    .argument('[zone]', ARGUMENT)
    .requiredOption('--user <name>', 'whose')
    .description('where a device is, when that is not where its user is, or not what its items tell');
  leaf(rooms, command, async (run) => {
    const [user, uri, given] = [textOption(run, 'user') ?? '', argument(run, 0), run.args[1]];
    const zone = wantedZone(run, 1);
    return run.withStore('existing', async (store) => {
      const now = given === undefined ? (await showDevice(store, user, uri)).zone : await setDeviceZone(store, user, uri, zone);
      const next =
        given === undefined ? '' : 'What it holds stays as it is until it changes; "moorage device reset" has it compare everything.\n';
      return {
        text: `${printable(uri)} is in ${zoneWords(now, run.config)}.\n${next}`,
        json: { device: uri, timeZone: now.name ?? run.config.timeZone, by: now.by },
      };
    });
  });
}
