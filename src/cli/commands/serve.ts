import type { Command } from 'commander';
import { leaf } from '../command.js';
import { openHandsets } from '../handsets.js';
import { repeatable } from '../repeatable.js';
import type { Rooms } from '../rooms.js';

export function serveCommand(rooms: Rooms, program: Command): void {
  const command = program
    .command('serve')
    .option('--host <address>', 'the address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'the port to listen on, 0 picks one (default: 8080)')
    .option('--processes <n>', 'server processes that share the port and the data folder (default: 1)')
    .option('--public-url <url>', 'the URL phones reach it by, when a proxy stands in front')
    .option('--handsets <dir>', 'a folder with handset profiles of your own; they are read again when they change')
    .option('--strict', 'for laboratories: let no deviation from the specification pass')
    .option('--keep-messages', 'for laboratories: keep the messages of each session, for "session show --messages"')
    .option('--clock <time>', 'for laboratories: the time is this, such as 2026-01-01T00:00:00Z, and a second later with each message')
    .option('--seed <n>', 'for laboratories: session tokens and nonces that are the same for the same number')
    .option('--first-user', 'make a user when there is none, and print what to type into the phone')
    .description('run the server');
  leaf(rooms, command, async (run) => {
    // Before a data folder is made for a server that will not start.
    const lab = repeatable(run);
    openHandsets(run);
    if (run.rooms.worker === undefined && run.config.processes > 1) {
      const { serveTogether } = await import('../serve-together.js');
      await serveTogether(run);
      return undefined;
    }
    // Only this command needs the protocol and HTTP: the others start faster without.
    const { serve } = await import('../serve.js');
    await run.withStore('create', (store) => serve(run, store, lab));
    return undefined;
  });
}
