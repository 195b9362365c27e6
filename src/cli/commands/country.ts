/** `moorage user country` and `moorage device country`: which telephone numbers are one. */
import type { Command } from 'commander';
import { getCountries, isSupportedCountry } from 'libphonenumber-js/min';
import { countryOf, setCountry } from '../../accounts/users.js';
import { UserError } from '../../model/errors.js';
import { setDeviceCountry, showDevice, type DeviceCountry } from '../../sync/operator/devices.js';
import { argument, leaf, textOption, type Run } from '../command.js';
import { printable } from '../output.js';
import type { Rooms } from '../rooms.js';

/** What stands for "nothing is said". */
const AUTO = 'auto';
const ARGUMENT = 'two letters such as DE, or a name such as Germany; "auto" forgets what was said';

const nameOf = new Intl.DisplayNames('en', { type: 'region' });
const words = (code: string): string => `${nameOf.of(code) ?? code} (${code})`;

/** @returns the two letters of ISO 3166. @throws {UserError} with countries that look alike. */
function countryNamed(text: string): string {
  const wanted = text.trim();
  const code = wanted.toUpperCase();
  if (/^[A-Z]{2}$/.test(code) && isSupportedCountry(code)) return code;
  const named = getCountries().map((each) => ({ code: each, name: (nameOf.of(each) ?? '').toLowerCase() }));
  const exact = named.find(({ name }) => name === wanted.toLowerCase());
  if (exact) return exact.code;
  const alike = wanted.length < 3 ? [] : named.filter(({ name }) => name.includes(wanted.toLowerCase())).slice(0, 5);
  const hint = alike.length > 0 ? `Is it ${alike.map((each) => words(each.code)).join(', ')}?` : 'Say it as two letters, such as DE or US.';
  throw new UserError(`There is no country "${printable(text)}". ${hint}`);
}

const wantedCountry = (run: Run, at: number): string | undefined => {
  const text = run.args[at];
  return text === undefined || text === AUTO ? undefined : countryNamed(text);
};

function configured({ config }: Run): string {
  return config.country === undefined
    ? 'no country: numbers are compared as they are written'
    : `${words(config.country)}, as the configuration says`;
}

export function countryWords({ code, by }: DeviceCountry, run: Run): string {
  if (code === undefined) return configured(run);
  return by === 'operator' ? `${words(code)}, as you said` : `${words(code)}, as for all devices of the user`;
}

/** Nothing that is stored depends on it. */
const NEXT = 'It counts from the next sync on; what was matched stays matched.\n';

export function userCountryCommand(rooms: Rooms, user: Command): void {
  const command = user
    .command('country')
    .argument('<name>')
    .argument('[country]', ARGUMENT)
    .description(
      "where telephone numbers of a user's contacts are that have no prefix of a country, so that +49 30 1234 and 030/1234 are one",
    );
  leaf(rooms, command, async (run) => {
    const name = argument(run, 0);
    const given = run.args[1];
    const country = wantedCountry(run, 1);
    return run.withStore('existing', async (store) => {
      if (given !== undefined) await setCountry(store, name, country);
      const own = await countryOf(store, name);
      return {
        text: `Numbers of ${name} are of ${own === undefined ? configured(run) : words(own)}.\n${given === undefined ? '' : NEXT}`,
        json: { name, country: own ?? run.config.country ?? null, own: own !== undefined },
      };
    });
  });
}

export function deviceCountryCommand(rooms: Rooms, device: Command): void {
  const command = device
    .command('country')
    .argument('<device>', 'as "device list" names it')
    .argument('[country]', ARGUMENT)
    .requiredOption('--user <name>', 'whose')
    .description('where numbers are that a device sends without the prefix of a country, when that is not where its user is');
  leaf(rooms, command, async (run) => {
    const [user, uri, given] = [textOption(run, 'user') ?? '', argument(run, 0), run.args[1]];
    const country = wantedCountry(run, 1);
    return run.withStore('existing', async (store) => {
      const now = given === undefined ? (await showDevice(store, user, uri)).country : await setDeviceCountry(store, user, uri, country);
      return {
        text: `Numbers of ${printable(uri)} are of ${countryWords(now, run)}.\n${given === undefined ? '' : NEXT}`,
        json: { device: uri, country: now.code ?? run.config.country ?? null, by: now.by },
      };
    });
  });
}
