import type { Command } from 'commander';
import { CONFLICT_POLICIES } from '../../model/datastore.js';
import { listDatastores } from '../../sync/operator/datastores.js';
import { setPolicy } from '../../sync/operator/policies.js';
import { argument, leaf, textOption } from '../command.js';
import { table, when } from '../output.js';
import type { Rooms } from '../rooms.js';
import { policyNamed } from './policy.js';

export function datastoreCommands(rooms: Rooms, program: Command): void {
  const datastore = program.command('datastore').description('what can be synced');

  leaf(rooms, datastore.command('list').requiredOption('--user <name>', 'whose').description("a user's datastores"), async (run) => {
    const all = await run.withStore('existing', (store) => listDatastores(store, textOption(run, 'user') ?? '', run.config.datastores));
    const names = new Map(run.config.datastores.map((store) => [store.uri, store.aliases]));
    const rows = all.map((each) => [
      each.uri,
      each.kind,
      String(each.items),
      String(each.devices),
      when(each.lastSyncAt),
      each.policy,
      (names.get(each.uri) ?? []).join(' '),
    ]);
    return {
      text: table(['name', 'kind', 'items', 'devices', 'last sync', 'conflicts', 'also known as'], rows, 'This user has no datastores.'),
      json: all.map((each) => ({ ...each, aliases: names.get(each.uri) ?? [] })),
    };
  });

  const policy = datastore
    .command('policy')
    .argument('<name>')
    .argument('<policy>', CONFLICT_POLICIES.join(', '))
    .requiredOption('--user <name>', 'whose');
  leaf(
    rooms,
    policy.description('what stands when two sides changed the same; "moorage policy" sets it for devices and kinds of sync too'),
    async (run) => {
      const [uri, chosen] = [argument(run, 0), policyNamed(argument(run, 1))];
      await run.withStore('existing', (store) => setPolicy(store, textOption(run, 'user') ?? '', { datastore: uri }, chosen));
      return { text: `Conflicts in ${uri}: ${chosen}, from the next message on.\n`, json: { datastore: uri, policy: chosen } };
    },
  );
}
