import type { Command } from 'commander';
import { CONFIG_KEYS } from '../../runtime/config-schema.js';
import { printConfig } from '../../runtime/config.js';
import { flagOption, leaf } from '../command.js';
import type { Rooms } from '../rooms.js';

export function configCommand(rooms: Rooms, program: Command): void {
  const command = program
    .command('config')
    .description('the settings in force, secrets hidden')
    .option('--keys', 'all keys, with their environment variables');
  leaf(rooms, command, async (run) => {
    if (flagOption(run, 'keys')) {
      const text = CONFIG_KEYS.map((key) => `${key.path}  (${key.variable})\n    ${key.hint}\n`).join('');
      return { text, json: CONFIG_KEYS };
    }
    const shown = printConfig(run.config);
    return { text: `${shown}\n`, json: JSON.parse(shown) as unknown };
  });
}
