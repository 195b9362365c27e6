import type { Command } from 'commander';
import { AccountApi } from '../../accounts/account-api.js';
import { createJsonApp } from '../../http/json-app.js';
import { startListening } from '../../http/server.js';
import { UserError } from '../../model/errors.js';
import { leaf } from '../command.js';
import type { Rooms } from '../rooms.js';
import { stopAsked } from '../serve.js';

export function accountServiceCommand(rooms: Rooms, program: Command): void {
  const command = program
    .command('account-service')
    .description('tell other servers who may use them: an account service on the users of this data folder')
    .option('--host <address>', 'the address to listen on')
    .option('--port <port>', 'the port to listen on');
  leaf(rooms, command, async (run) => {
    const { config, logger } = run;
    if (config.accountApi.serverToken === undefined)
      throw new UserError('Set accountApi.serverToken, 16 characters or more: servers that ask have to show it.');
    if (config.accountApi.serverToken === config.accountApi.signUpToken)
      throw new UserError('accountApi.signUpToken has to be another than accountApi.serverToken: servers must not sign users up.');
    await run.withStore('create', async (store) => {
      const log = (event: string, fields: object): void => logger.info(event, fields);
      const api = new AccountApi({ store, config, clock: rooms.clock, log });
      const app = createJsonApp({ handle: (request) => api.handle(request), logger });
      const listener = await startListening({ app, config, logger });
      const url = `http://${listener.host}:${listener.port}`;
      rooms.streams.out(`The account service is listening on ${url}/\n`);
      logger.info('listening', { url, data: config.data });
      await stopAsked(rooms.stop);
      await listener.close();
    });
    return undefined;
  });
}
