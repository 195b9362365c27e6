/**
 * `npm run demo`: a server in a throw-away folder, and a device whose recorded sessions are played against it over HTTP, told message by
 * message. The recording is of SyncEvolution with another server; the first session compares everything, the second exchanges changes.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Authenticator } from '../src/accounts/authenticate.js';
import { createUser } from '../src/accounts/users.js';
import { table, when } from '../src/cli/output.js';
import { Exchange } from '../src/exchange/exchange.js';
import { createApp } from '../src/http/app.js';
import { startListening } from '../src/http/server.js';
import type { Message } from '../src/model/message.js';
import { systemClock } from '../src/runtime/clock.js';
import { loadConfig } from '../src/runtime/config.js';
import { createLogger } from '../src/runtime/logger.js';
import { systemRandom } from '../src/runtime/random.js';
import { Keyring } from '../src/sealing/keyring.js';
import { createKeyFile } from '../src/sealing/master-key.js';
import type { Store } from '../src/storage/ports/store.js';
import { openSqliteStore } from '../src/storage/sqlite/sqlite-store.js';
import { importFiles } from '../src/sync/operator/import.js';
import { listItems, removeItem } from '../src/sync/operator/items.js';
import { decodeMessage } from '../src/wire/decode.js';
import { MessageEncoder } from '../src/wire/encode.js';
import { adapt, beginSession, newMemory, remember, type Memory } from './player.js';
import { messageWords } from './words.js';

const CAPTURES = fileURLToPath(new URL('../fixtures/captures/syncevolution/', import.meta.url));
const MESSAGES = ['01', '02', '03'] as const;
/** As in the recording. */
const USER = 'peer';
const PASSWORD = 'secret';
const DATASTORE = 'contacts';
const WBXML = 'application/vnd.syncml+wbxml';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const read = (session: string, name: string): Uint8Array => readFileSync(join(CAPTURES, session, `${name}.wbxml`));

/** The items the recording's own server sent, in order: what our server is given to hold before the session. */
function serverItems(session: string): { kind: string; bytes: Uint8Array | undefined }[] {
  const { message } = decodeMessage(read(session, '02-response'), 'wbxml');
  return message.body.flatMap((command) =>
    command.kind !== 'Sync'
      ? []
      : command.commands.flatMap((child) =>
          child.kind === 'Add' || child.kind === 'Replace' || child.kind === 'Delete'
            ? child.items.map((item) => ({ kind: child.kind, bytes: item.data?.kind === 'content' ? item.data.bytes : undefined }))
            : [],
        ),
  );
}

async function post(url: string, body: Uint8Array): Promise<Uint8Array> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': WBXML, 'User-Agent': 'SyncEvolution' },
    body: Buffer.from(body),
  });
  if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

function tell(who: string, message: Message, size: number): void {
  say(`\n  ${who}, message ${message.header.msgId} (${size} bytes of WBXML)`);
  for (const line of messageWords(message)) say(`      ${line}`);
}

async function play(session: string, memory: Memory): Promise<void> {
  beginSession(memory);
  for (const name of MESSAGES) {
    const { message, dialect } = decodeMessage(read(session, `${name}-request`), 'wbxml');
    const adapted = adapt(message, memory, PASSWORD);
    const bytes = new MessageEncoder(dialect).encode(adapted);
    tell('Device', adapted, bytes.length);
    const reply = await post(memory.respUri ?? memory.url, bytes);
    const answer = decodeMessage(reply, 'wbxml').message;
    tell('Server', answer, reply.length);
    remember(memory, answer);
  }
}

async function showItems(store: Store): Promise<void> {
  const items = await listItems(store, USER, DATASTORE);
  const rows = items.map((item) => [item.guid, item.label, String(item.revision), item.changedBy ?? 'the operator', when(item.changedAt)]);
  say(`\n${table(['guid', 'what', 'revision', 'changed by', 'when'], rows, 'nothing')}`);
}

const card = (bytes: Uint8Array | undefined, name: string) => ({ name, bytes: bytes ?? new Uint8Array(0) });

async function tellStory(store: Store, url: string): Promise<void> {
  const memory = newMemory(url);
  const bring = (files: readonly ReturnType<typeof card>[]) => importFiles(store, USER, DATASTORE, files, { now: systemClock() });

  await bring(serverItems('slow-5-wbxml').map((item, at) => card(item.bytes, `from-another-device-${at}.vcf`)));
  say('Before: the server holds two contacts, the device five others.');
  await showItems(store);

  say('1. The first sync of the device.');
  await play('slow-5-wbxml', memory);
  say('\nNow both sides hold all seven:');
  await showItems(store);

  const [changed, removed] = ['1', '2'] as const;
  for (const { kind, bytes } of serverItems('two-way-changes-wbxml')) {
    if (kind === 'Replace') await bring([card(bytes, `${changed}.vcf`)]);
    if (kind === 'Add') await bring([card(bytes, 'new.vcf')]);
    if (kind === 'Delete') await removeItem(store, USER, DATASTORE, removed, systemClock());
  }
  say(
    '2. Meanwhile one contact was added, one changed and one removed on each side. The device syncs again: only changes go over the line.',
  );
  await play('two-way-changes-wbxml', memory);
  say('\nAfter: what the server now holds. The device holds the same.');
  await showItems(store);
}

async function main(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'moorage-demo-'));
  const { config } = loadConfig({ environment: { HOME: root }, flags: { data: join(root, 'data'), port: 0, 'log.level': 'warn' } });
  const logger = createLogger(config.log.level);
  const store = await openSqliteStore({ folder: config.data, keyring: new Keyring(createKeyFile(config.key.file)), clock: systemClock });
  try {
    await createUser(store, {
      name: USER,
      password: PASSWORD,
      serverId: config.serverId,
      datastores: config.datastores,
      now: systemClock(),
    });
    const authenticator = new Authenticator({ config: config.auth, random: systemRandom });
    const exchange = new Exchange({
      store,
      authenticator,
      config,
      clock: systemClock,
      random: systemRandom,
      log: (event, fields) => logger.info(event, fields),
    });
    const app = createApp({ exchange, config, logger, health: async () => ({}) });
    const listener = await startListening({ app, config, logger });
    try {
      say(`A server listens on ${listener.url}, on a folder that is thrown away afterwards.`);
      await tellStory(store, listener.url);
    } finally {
      await listener.close();
    }
  } finally {
    await store.close();
    rmSync(root, { recursive: true, force: true });
  }
}

await main();
