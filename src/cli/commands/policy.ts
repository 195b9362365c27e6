import { Option, type Command } from 'commander';
import { CONFLICT_POLICIES, SYNC_MOMENTS, type ConflictPolicy, type SyncMoment } from '../../model/datastore.js';
import { UserError } from '../../model/errors.js';
import { listPolicies, setPolicy, unsetPolicy, type NamedScope, type RulingSummary } from '../../sync/operator/policies.js';
import { argument, leaf, textOption, type Run } from '../command.js';
import { table } from '../output.js';
import type { Rooms } from '../rooms.js';

const MEANINGS: Readonly<Record<ConflictPolicy, string>> = {
  'client-wins': "of a field both sides changed, the device's value stands (the default)",
  'client-wins-item': "the device's version stands as a whole, whatever fields were changed",
  'server-wins': "of a field both sides changed, the server's value stands",
  'newest-wins': 'of such a field, the value of the version that says of itself that it is newer',
  'keep-both': 'both versions stand, as two items',
  merge: 'all values are kept that can stand beside each other; of two texts the longer, else the newer',
};

const EXPLAINED = `
Policies
${CONFLICT_POLICIES.map((policy) => `  ${policy.padEnd(18)}${MEANINGS[policy]}`).join('\n')}

Edits of different fields are no conflict: both stand, but under client-wins-item. What loses is in "moorage conflict list".

Of several rules the one for a device goes before the one for a datastore, that before the one for the user, and that before the configuration;
of the same scope, the one for just this kind of sync goes first: the first sync of a device, later slow ones, or normal ones.`;

/** @throws {UserError} for a word that is no policy. */
export function policyNamed(word: string): ConflictPolicy {
  const found = CONFLICT_POLICIES.find((each) => each === word);
  if (found === undefined) throw new UserError(`There is no policy "${word}"; write one of ${CONFLICT_POLICIES.join(', ')}.`);
  return found;
}

function scopeOf(run: Run): NamedScope {
  const sync = textOption(run, 'sync') as SyncMoment | undefined;
  return { datastore: textOption(run, 'datastore'), device: textOption(run, 'device'), sync };
}

const scopeWords = ({ datastore, device, sync }: NamedScope): string =>
  [
    `in ${datastore ?? 'all datastores'}`,
    device === undefined ? '' : ` with ${device}`,
    sync === undefined ? '' : `, ${SYNC_WORDS[sync]}`,
  ].join('');
const SYNC_WORDS: Readonly<Record<SyncMoment, string>> = {
  first: 'in the first sync of a device',
  slow: 'in later slow syncs',
  normal: 'in normal syncs',
};

const cell = ({ policy, from, onlyFor }: RulingSummary): string =>
  `${policy} (${from === 'config' ? 'configuration' : `of the ${from}`}${onlyFor === undefined ? '' : ', for this sync'})`;

export function policyCommands(rooms: Rooms, program: Command): void {
  const policy = program.command('policy').description('what stands when two sides changed the same').addHelpText('after', EXPLAINED);
  const scoped = (command: Command): Command =>
    command
      .requiredOption('--user <name>', 'whose')
      .option('--datastore <name>', 'for one datastore only')
      .option('--device <device>', 'for one device only, as "device list" names it')
      .addOption(new Option('--sync <kind>', 'for one kind of sync only').choices(SYNC_MOMENTS));

  const list = policy
    .command('list')
    .requiredOption('--user <name>', 'whose')
    .option('--datastore <name>', 'of one datastore only')
    .option('--device <device>', 'as it is for one device')
    .description('what holds for each datastore, and where that is from');
  leaf(rooms, list, async (run) => {
    const all = await run.withStore('existing', (store) =>
      listPolicies(store, textOption(run, 'user') ?? '', run.config.datastores, scopeOf(run)),
    );
    const rows = all.map(({ datastore, device, rulings }) => [
      datastore,
      device ?? 'any',
      ...SYNC_MOMENTS.map((sync) => cell(rulings[sync])),
    ]);
    return {
      text: table(['datastore', 'device', 'first sync', 'slow sync', 'normal sync'], rows, 'This user has no datastores.'),
      json: all,
    };
  });

  const set = scoped(policy.command('set').argument('<policy>', CONFLICT_POLICIES.join(', ')));
  leaf(rooms, set.description('make a rule, or change the one of the same scope').addHelpText('after', EXPLAINED), async (run) => {
    const chosen = policyNamed(argument(run, 0));
    const scope = scopeOf(run);
    await run.withStore('existing', (store) => setPolicy(store, textOption(run, 'user') ?? '', scope, chosen));
    return { text: `Conflicts ${scopeWords(scope)}: ${chosen}, from the next message on.\n`, json: { ...scope, policy: chosen } };
  });

  const unset = scoped(policy.command('unset'));
  leaf(rooms, unset.description('remove a rule: what holds then is the next wider one'), async (run) => {
    const scope = scopeOf(run);
    await run.withStore('existing', (store) => unsetPolicy(store, textOption(run, 'user') ?? '', scope));
    return { text: `The rule for conflicts ${scopeWords(scope)} is gone.\n`, json: scope };
  });
}
