import type { Command } from 'commander';
import { argument, leaf } from '../command.js';
import { count } from '../output.js';
import type { Rooms, SnapshotFacts } from '../rooms.js';

const inMB = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const whole = ({ at, files, bytes }: SnapshotFacts): string =>
  `${count(files, 'file')}, ${inMB(bytes)}, as of ${new Date(at).toISOString()}`;

const elsewhere = ({ outside }: SnapshotFacts): string =>
  outside.length === 0
    ? ''
    : `Packs of copies in ${outside.join(', ')} are not in it: these storage locations have to be there, with what they hold now, when it is restored.\n`;

export function snapshotCommands(rooms: Rooms, program: Command): void {
  const snapshot = program.command('snapshot').description('copies of the whole store, sealed as it is; the master key is never in one');

  leaf(
    rooms,
    snapshot.command('create').argument('<folder>', 'a folder that is not there yet').description('copy the store, also while servers run'),
    async (run) => {
      const facts = await rooms.snapshots.create(run.config.data, argument(run, 0), rooms.stop);
      return {
        text: `The snapshot is complete: ${whole(facts)}.\n${elsewhere(facts)}Keep the master key elsewhere ("moorage key export"): without it nobody can read the snapshot.\n`,
        json: facts,
      };
    },
  );

  leaf(
    rooms,
    snapshot.command('verify').argument('<folder>').description('hold every file of a snapshot against its hash; needs no key'),
    async (run) => {
      const { faults, ...facts } = await rooms.snapshots.verify(argument(run, 0), rooms.stop);
      const text =
        faults.length === 0 ? `The snapshot is whole: ${whole(facts)}.\n${elsewhere(facts)}` : faults.map((fault) => `${fault}\n`).join('');
      return { text, json: { ...facts, faults }, exitCode: faults.length === 0 ? 0 : 1 };
    },
  );

  leaf(
    rooms,
    snapshot
      .command('restore')
      .argument('<folder>')
      .description('make the data folder (--data) of a snapshot; it must not hold a store yet'),
    async (run) => {
      const facts = await rooms.snapshots.restore(argument(run, 0), run.config.data, rooms.stop);
      return {
        text: `The data folder ${run.config.data} is restored: ${whole(facts)}.\n${elsewhere(facts)}Put the master key of that time in its place (or name it with --key-file), then run "moorage doctor".\n`,
        json: facts,
      };
    },
  );
}
