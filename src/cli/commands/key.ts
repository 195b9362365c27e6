import type { Command } from 'commander';
import { UserError } from '../../model/errors.js';
import { createKeyFile, exportMasterKey, loadMasterKey } from '../../sealing/master-key.js';
import { flagOption, leaf, type Run } from '../command.js';
import type { Rooms } from '../rooms.js';

/** @throws {UserError} when the key stands in the environment, where no command can change it. */
function requireKeyFile(run: Run): string {
  if (run.config.key.text !== undefined)
    throw new UserError('The master key is given as text (MOORAGE_KEY), so there is no file to change.');
  return run.config.key.file;
}

export function keyCommands(rooms: Rooms, program: Command): void {
  const key = program.command('key').description('the master key everything is sealed with');

  leaf(rooms, key.command('init').description('make the key file before the first start'), async (run) => {
    const file = requireKeyFile(run);
    const made = createKeyFile(file);
    return {
      text: `Master key ${made.keys[0].id} is in ${file}.\nKeep a copy elsewhere: without it the data cannot be read.\n`,
      json: { file, id: made.keys[0].id },
    };
  });

  leaf(rooms, key.command('rotate').description('put a new master key in place of the old one'), async (run) => {
    const file = requireKeyFile(run);
    const id = await rooms.rotateKey(run.config, run.logger);
    return {
      text: `Master key ${id} is in force and in ${file}; the old one is dropped.\nRestart running servers, and replace the copy you keep elsewhere.\n`,
      json: { file, id },
    };
  });

  const exporting = key
    .command('export')
    .option('--yes', 'really print the key')
    .description('print the master key, for a copy kept elsewhere');
  leaf(rooms, exporting, async (run) => {
    const ring = loadMasterKey(run.config.key);
    if (!flagOption(run, 'yes'))
      throw new UserError('This prints the key that opens all data. Add --yes if nobody looks over your shoulder.');
    const text = exportMasterKey(ring);
    return { text, json: { keys: text.trim().split('\n') } };
  });
}
