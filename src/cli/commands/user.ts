import type { Command } from 'commander';
import { createUser, listUsers, lockUser, removeUser, setEntitled, setLocation, setPassword, unlockUser } from '../../accounts/users.js';
import { UserError } from '../../model/errors.js';
import { argument, flagOption, leaf, textOption, type Run } from '../command.js';
import { requireLocation } from './location.js';
import { count, size, table, when } from '../output.js';
import type { Rooms } from '../rooms.js';
import { userCountryCommand } from './country.js';
import { userZoneCommand } from './zone.js';
import { readablePassword } from '../readable-password.js';

interface ChosenPassword {
  readonly password: string;
  /** It was made up here and has to be shown. */
  readonly made: boolean;
}

/** From --password-stdin (one line), --password, or made up. */
async function choosePassword(run: Run): Promise<ChosenPassword> {
  const given = textOption(run, 'password');
  if (flagOption(run, 'passwordStdin')) {
    if (given !== undefined) throw new UserError('Give either --password or --password-stdin.');
    const text = Buffer.from(await run.rooms.streams.readInput()).toString('utf8');
    return { password: text.replace(/\r?\n$/, ''), made: false };
  }
  return given === undefined ? { password: readablePassword(run.rooms.random), made: true } : { password: given, made: false };
}

const shown = ({ password, made }: ChosenPassword): string => (made ? `Password: ${password}\nIt is not shown again.\n` : '');

const withPassword = (command: Command): Command =>
  command
    .option('--password-stdin', 'read the password from standard input')
    .option('--password <text>', 'the password; other users of this machine may see it, --password-stdin hides it');

export function userCommands(rooms: Rooms, program: Command): void {
  const user = program.command('user').description('who may sync');

  leaf(
    rooms,
    withPassword(user.command('add').argument('<name>').description('make a user; without a password one is made up and shown')),
    async (run) => {
      const chosen = await choosePassword(run);
      const account = await run.withStore('create', (store) =>
        createUser(store, {
          name: argument(run, 0),
          password: chosen.password,
          serverId: run.config.serverId,
          keepPassword: run.config.auth.keepPasswords,
          datastores: run.config.datastores,
          now: rooms.clock(),
        }),
      );
      const datastores = run.config.datastores.map((datastore) => datastore.uri);
      return {
        text: `User ${account.name} is there, with the datastores ${datastores.join(', ')}.\n${shown(chosen)}Next: "moorage serve" prints what to type into the phone.\n`,
        json: { name: account.name, datastores, ...(chosen.made ? { password: chosen.password } : {}) },
      };
    },
  );

  leaf(rooms, user.command('list').description('all users'), async (run) => {
    const users = await run.withStore('existing', listUsers);
    const rows = users.map(({ account, devices, items, usedBytes, lastAccessAt }) => [
      account.name,
      String(devices),
      String(items),
      size(usedBytes),
      when(lastAccessAt),
      account.location ?? `(${run.config.location})`,
      [
        account.lockedAt === undefined ? '' : 'locked',
        account.notEntitled ? 'not entitled' : '',
        account.fromService ? 'of the account service' : '',
      ]
        .filter(Boolean)
        .join(', '),
    ]);
    return {
      text: table(
        ['user', 'devices', 'items', 'content', 'last sync', 'backups in', 'state'],
        rows,
        'There are no users. "moorage user add NAME" makes one.',
      ),
      json: users.map(({ account, ...rest }) => ({
        name: account.name,
        locked: account.lockedAt !== undefined,
        location: account.location ?? run.config.location,
        entitled: account.notEntitled !== true,
        fromService: account.fromService === true,
        createdAt: account.createdAt,
        ...rest,
      })),
    };
  });

  leaf(
    rooms,
    withPassword(user.command('passwd').argument('<name>').description('change the password; without one it is made up and shown')),
    async (run) => {
      const name = argument(run, 0);
      const chosen = await choosePassword(run);
      await run.withStore('existing', (store) =>
        setPassword(store, name, chosen.password, run.config.serverId, run.config.auth.keepPasswords),
      );
      return {
        text: `The password of ${name} is changed.\n${shown(chosen)}Type it into every phone of this user.\n`,
        json: { name, ...(chosen.made ? { password: chosen.password } : {}) },
      };
    },
  );

  leaf(
    rooms,
    user
      .command('remove')
      .argument('<name>')
      .option('--yes', 'really')
      .description('remove a user with all items; the key to them is destroyed'),
    async (run) => {
      const name = argument(run, 0);
      return run.withStore('existing', async (store) => {
        const found = (await listUsers(store)).find(({ account }) => account.name === name);
        if (found !== undefined && !flagOption(run, 'yes'))
          throw new UserError(`This removes ${name} with ${count(found.items, 'item')} for good. Add --yes if you mean it.`);
        await removeUser(store, name);
        return { text: `User ${name} is removed.\n`, json: { name, removed: true } };
      });
    },
  );

  leaf(
    rooms,
    user
      .command('location')
      .argument('<name>')
      .argument('[id]', 'one of "moorage location list"; left out: the default of the configuration')
      .description('where the copies of this user go from now on; what is stored stays where it is'),
    async (run) => {
      const name = argument(run, 0);
      const id = run.args[1];
      if (id !== undefined) requireLocation(run.config, id);
      await run.withStore('existing', (store) => setLocation(store, name, id));
      const text =
        id === undefined
          ? `New copies of ${name} go to the default location, ${run.config.location}.\n`
          : `New copies of ${name} go to ${id}.\n`;
      return { text, json: { name, location: id ?? run.config.location, own: id !== undefined } };
    },
  );

  leaf(
    rooms,
    user
      .command('entitle')
      .argument('<name>')
      .option('--withdraw', 'may not use it any more')
      .description('say that a registered user may use the service, or may not; nothing is removed'),
    async (run) => {
      const name = argument(run, 0);
      const entitled = !flagOption(run, 'withdraw');
      await run.withStore('existing', (store) => setEntitled(store, name, entitled));
      return { text: `User ${name} ${entitled ? 'may' : 'may not'} use the service.\n`, json: { name, entitled } };
    },
  );

  userZoneCommand(rooms, user);
  userCountryCommand(rooms, user);

  leaf(rooms, user.command('lock').argument('<name>').description('refuse log-ins; nothing is removed'), async (run) => {
    const name = argument(run, 0);
    await run.withStore('existing', (store) => lockUser(store, name, rooms.clock()));
    return { text: `User ${name} is locked: log-ins are refused.\n`, json: { name, locked: true } };
  });

  leaf(rooms, user.command('unlock').argument('<name>').description('take log-ins again'), async (run) => {
    const name = argument(run, 0);
    await run.withStore('existing', (store) => unlockUser(store, name));
    return { text: `User ${name} can log in again.\n`, json: { name, locked: false } };
  });
}
