/**
 * Whole sessions: the input is a tape of choices from which messages are made, sent through a real exchange on a real store. Whatever was said,
 * nothing escapes as an HTTP 500, every readable header gets a SyncML answer, another user's data stay what they were, and afterwards a
 * phone of the same user that keeps the rules syncs.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authenticator } from '../../../src/accounts/authenticate.js';
import { createUser } from '../../../src/accounts/users.js';
import { Exchange, type ExchangeAnswer } from '../../../src/exchange/exchange.js';
import { Alert } from '../../../src/model/alert.js';
import { WireError } from '../../../src/model/errors.js';
import type { AccountId } from '../../../src/model/ids.js';
import type { Message } from '../../../src/model/message.js';
import { loadConfig, type Config } from '../../../src/runtime/config.js';
import { decodeMessage } from '../../../src/wire/decode.js';
import type { Dialect, Encoding } from '../../../src/wire/dialect.js';
import { MessageEncoder } from '../../../src/wire/encode.js';
import { MEDIA_TYPES } from '../../../src/wire/media-type.js';
import { basic, ENDPOINT } from '../../exchange/support/bench.js';
import { ModelDevice } from '../../model-client/device.js';
import { STORES } from '../../model-client/profile.js';
import type { Transport } from '../../model-client/transport.js';
import { newKeyring, tempStore, type TempStore } from '../../support/temp-store.js';
import { Tape, type Choices } from '../choices.js';
import { mutate } from '../mutate.js';
import { OracleFailure, type Target } from '../target.js';
import { hostileMessage } from './hostile-messages.js';

const PASSWORD = 'a password';
const MOST_MESSAGES = 10;
/** Runs after which the store is made anew: it is to stay small. */
const RUNS_A_STORE = 200;

class World {
  readonly exchange: Exchange;
  readonly #temp: TempStore;
  readonly #config: Config;
  readonly #folder: string;
  readonly #bystander: AccountId;
  now = Date.UTC(2024, 0, 1);
  runs = 0;

  private constructor(temp: TempStore, config: Config, folder: string, bystander: AccountId) {
    this.#temp = temp;
    this.#config = config;
    this.#folder = folder;
    this.#bystander = bystander;
    let drawn = 0;
    const random = (n: number): Uint8Array => Buffer.alloc(n).fill(`${(drawn += 1)}-`);
    const { store } = temp;
    const authenticator = new Authenticator({ config: config.auth, random });
    this.exchange = new Exchange({ store, authenticator, config, clock: () => this.now, random, log: () => undefined });
  }

  static async open(): Promise<World> {
    // Durable is not what is looked at here: memory is faster.
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'moorage-fuzz-'));
    const temp = await tempStore({ folder, keyring: newKeyring() });
    const { config } = loadConfig({ flags: { data: folder, 'key.file': 'unused' }, environment: {} });
    const bystander = await addUser(temp, config, 'bystander');
    const world = new World(temp, config, folder, bystander);
    const phone = world.phone('bystander', 'IMEI:bystander');
    phone.store('notes').add(Buffer.from('not yours'));
    await phone.sync(Alert.SlowSync);
    return world;
  }

  addUser(name: string): Promise<AccountId> {
    return addUser(this.#temp, this.#config, name);
  }

  readonly transport: Transport = async (url, contentType, body) => {
    const asked = new URL(url);
    const token = asked.searchParams.get('s') ?? undefined;
    const answer = await this.send(body, contentType, token);
    return { status: answer.httpStatus, contentType: answer.contentType ?? '', body: answer.body };
  };

  send(body: Uint8Array, contentType: string, token: string | undefined): Promise<ExchangeAnswer> {
    return this.exchange.handle({ body, contentType, url: ENDPOINT, address: '192.0.2.1', ...(token === undefined ? {} : { token }) });
  }

  phone(user: string, uri: string): ModelDevice {
    return new ModelDevice(
      { uri, user, password: PASSWORD, stores: [STORES.notes, STORES.contacts], maxObjSize: 50_000_000 },
      this.transport,
      ENDPOINT,
    );
  }

  /** Everything the bystander has, as text. */
  bystanders(): Promise<string> {
    return this.#temp.store.read(async (tx) => {
      const own = tx.account(this.#bystander);
      const all: unknown[] = [
        await tx.accounts.byId(own.id),
        await own.devices.list(),
        await own.usedBytes(),
        await tx.sessions.ofAccount(own.id, 99),
      ];
      for (const { id, position } of await own.datastores.list()) {
        all.push(position, await own.items.list(id), await own.pairs.ofDatastore(id), await own.conflicts.list());
        for (const { guid } of await own.items.list(id)) all.push(Buffer.from((await own.items.content(id, guid)) ?? []).toString());
      }
      return JSON.stringify(all);
    });
  }

  async close(): Promise<void> {
    await this.#temp.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const addUser = async ({ store }: TempStore, config: Config, name: string): Promise<AccountId> =>
  (await createUser(store, { name, password: PASSWORD, serverId: config.serverId, datastores: config.datastores, now: 0 })).id;

let world: World | undefined;

async function fresh(): Promise<World> {
  if (world && world.runs >= RUNS_A_STORE) {
    await world.close();
    world = undefined;
  }
  world ??= await World.open();
  world.runs += 1;
  return world;
}

async function run(input: Uint8Array): Promise<void> {
  const at = await fresh();
  const user = `user ${at.runs}`;
  await at.addUser(user);
  const before = await at.bystanders();
  await converse(at, user, new Tape(input));
  if ((await at.bystanders()) !== before) throw new OracleFailure('another account', 'the data of the bystander are not what they were');
  at.now += 60_000;
  try {
    const phone = at.phone(user, 'IMEI:well-behaved');
    phone.store('notes').add(Buffer.from('a note of the well-behaved phone'));
    await phone.sync(Alert.SlowSync);
    await phone.sync(Alert.TwoWay);
  } catch (error) {
    throw new OracleFailure('a well-behaved phone afterwards', String(error), { cause: error });
  }
}

async function converse(at: World, user: string, tape: Tape): Promise<void> {
  const encoding: Encoding = tape.chance(60) ? 'wbxml' : 'xml';
  const version = tape.pick(['1.2', '1.2', '1.1', '1.0'] as const);
  const dialect: Dialect = { encoding, version, ...(encoding === 'wbxml' ? { wbxml: { version: 2, publicId: 'number' as const } } : {}) };
  let last: Message | undefined;
  let token: string | undefined;
  let sessionId = 1;
  let msgId = 0;
  for (let n = 0; n < MOST_MESSAGES && !tape.spent; n += 1) {
    if (tape.chance(6)) {
      // It begins again, as if nothing had been.
      [last, token, msgId, sessionId] = [undefined, undefined, 0, sessionId + 1];
    }
    msgId += 1;
    at.now += 1000;
    const credentials = msgId === 1 || tape.chance(5);
    const header = {
      ...{
        verDtd: version,
        verProto: `SyncML/${version}`,
        sessionId: String(sessionId),
        msgId: String(msgId),
        target: { uri: ENDPOINT },
        source: { uri: 'IMEI:hostile' },
      },
      ...(credentials ? { cred: basic(user, tape.chance(95) ? PASSWORD : 'wrong') } : {}),
    };
    const body = encoded(tape, hostileMessage(tape, { header, last }), dialect);
    const copies = tape.chance(6) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) last = await ask(at, body, encoding, token);
    const uri = last?.header.respUri;
    if (uri !== undefined && tape.chance(90)) token = new URL(uri).searchParams.get('s') ?? undefined;
  }
}

function encoded(choices: Choices, message: Message, dialect: Dialect): Uint8Array {
  const bytes = new MessageEncoder(dialect).encode(message);
  return choices.chance(8) ? mutate(choices, bytes, bytes, { ...session, maxBytes: 1_000_000 }) : bytes;
}

/** The answer, where there is a SyncML one. @throws {OracleFailure} */
async function ask(at: World, body: Uint8Array, encoding: Encoding, token: string | undefined): Promise<Message | undefined> {
  let answer: ExchangeAnswer;
  try {
    answer = await at.send(body, MEDIA_TYPES[encoding], token);
  } catch (error) {
    throw new OracleFailure('HTTP 500', String(error), { cause: error });
  }
  const readable = hasHeader(body, encoding);
  if (answer.httpStatus !== 200) {
    if (readable) throw new OracleFailure('no SyncML answer', `HTTP ${answer.httpStatus}`);
    return undefined;
  }
  try {
    return decodeMessage(answer.body, answer.contentType === MEDIA_TYPES.xml ? 'xml' : 'wbxml').message;
  } catch (error) {
    throw new OracleFailure('unreadable answer', String(error), { cause: error });
  }
}

function hasHeader(body: Uint8Array, encoding: Encoding): boolean {
  try {
    decodeMessage(body, encoding);
    return true;
  } catch (error) {
    return error instanceof WireError && error.header !== undefined;
  }
}

export const session: Target = {
  name: 'session',
  maxBytes: 400,
  patience: { ms: 5000, msPerKib: 0 },
  seeds: () => [],
  generate: (choices) => choices.bytes(20 + choices.below(300)),
  run,
  async close() {
    await world?.close();
    world = undefined;
  },
};
