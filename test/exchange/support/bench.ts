/** A whole server in this process but for HTTP, and a client that writes its own messages. Every answer is checked against the Status and package rules. */
import assert from 'node:assert/strict';
import { Authenticator } from '../../../src/accounts/authenticate.js';
import { FirstTime } from '../../../src/accounts/first-time.js';
import type { AccountService } from '../../../src/accounts/service.js';
import { createUser } from '../../../src/accounts/users.js';
import type { DatabaseJobs } from '../../../src/devicedb/jobs.js';
import { Exchange, type ExchangeAnswer, type ExchangeRequest } from '../../../src/exchange/exchange.js';
import type { HandsetFinder } from '../../../src/handsets/handset.js';
import type { AccountId } from '../../../src/model/ids.js';
import type { Cred, Message, StatusCommand, SyncmlVersion } from '../../../src/model/message.js';
import { loadConfig, type Config } from '../../../src/runtime/config.js';
import { openLocations, type LocationSettings } from '../../../src/storage/objects/locations.js';
import type { AccountReader } from '../../../src/storage/ports/store.js';
import { SharpPictures } from '../../../src/pictures/pictures.js';
import { decodeMessage } from '../../../src/wire/decode.js';
import type { Encoding } from '../../../src/wire/dialect.js';
import { MessageEncoder } from '../../../src/wire/encode.js';
import { MEDIA_TYPES } from '../../../src/wire/media-type.js';
import { messageOf, type Draft, type MessageOptions } from '../../engine/support/messages.js';
import { Findings } from '../../model-client/rules/findings.js';
import type { Transport } from '../../model-client/transport.js';
import { MessageRules } from '../../model-client/rules/message-rules.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';

export const ENDPOINT = 'http://sync.example/sync';
export const USER = 'anna';
export const PASSWORD = 'secret words';

export class Bench {
  readonly temp: TempStore;
  readonly config: Config;
  readonly account: AccountId;
  /** Workers for devices' database files; none: files are not backed up. */
  readonly databases: DatabaseJobs | undefined;
  readonly logged: { event: string; fields: object }[] = [];
  /** Log fields of the messages that came through {@link handle}. */
  readonly told: ExchangeAnswer['log'][] = [];
  exchange: Exchange;
  /** Slow work is answered in between after so long; undefined: as servers do. */
  interimAfterMs: number | undefined;
  /** What is known of phones, of servers made from here on; undefined: nothing. */
  handsets: HandsetFinder | undefined;
  now = Date.UTC(2024, 0, 1);
  #random = 0;

  private constructor(temp: TempStore, config: Config, account: AccountId, databases?: DatabaseJobs) {
    this.databases = databases;
    this.temp = temp;
    this.config = config;
    this.account = account;
    this.exchange = this.another();
  }

  static async open(
    settings: Readonly<Record<string, unknown>> = {},
    user = USER,
    password = PASSWORD,
    databases?: DatabaseJobs,
  ): Promise<Bench> {
    const listed = (settings['locations'] ?? []) as readonly LocationSettings[];
    const temp = await tempStore({ locations: openLocations(listed, () => undefined) });
    const config = configOf(temp, settings);
    const { id } = await createUser(temp.store, { name: user, password, serverId: config.serverId, datastores: config.datastores, now: 0 });
    return new Bench(temp, config, id, databases);
  }

  /** On a store that has the user already. */
  static on(temp: TempStore, account: AccountId, settings: Readonly<Record<string, unknown>> = {}, databases?: DatabaseJobs): Bench {
    return new Bench(temp, configOf(temp, settings), account, databases);
  }

  /** Another server on the same store. @param limits in place of the configuration's. @param service asked about users and devices met for the first time. */
  another(limits: Partial<Config['limits']> = {}, service?: AccountService): Exchange {
    const random = (n: number): Uint8Array => {
      this.#random += 1;
      return Buffer.alloc(n, this.#random);
    };
    const { store } = this.temp;
    const log = (event: string, fields: object): void => void this.logged.push({ event, fields });
    const clock = (): number => this.now;
    return new Exchange({
      store,
      databases: this.databases,
      handsets: this.handsets,
      pictures: new SharpPictures(),
      ...(this.interimAfterMs === undefined ? {} : { interimAfterMs: this.interimAfterMs }),
      authenticator: new Authenticator({
        config: this.config.auth,
        random,
        asksService: service !== undefined,
        lacksNonce: (device) => this.handsets?.lacksNonce(device) === true,
      }),
      ...(service === undefined ? {} : { firstTime: new FirstTime({ service, store, config: this.config, clock, log }) }),
      config: { ...this.config, limits: { ...this.config.limits, ...limits } },
      clock,
      random,
      log,
    });
  }

  close(): Promise<void> {
    return this.temp.close();
  }

  /** Bodies of answers as Buffers, so that they can be compared. */
  async handle(request: Partial<ExchangeRequest> & { readonly body: Uint8Array }): Promise<ExchangeAnswer & { readonly body: Buffer }> {
    const answer = await this.exchange.handle({
      url: ENDPOINT,
      address: '192.0.2.1',
      userAgent: 'phone',
      contentType: MEDIA_TYPES.xml,
      ...request,
    });
    this.told.push(answer.log);
    return { ...answer, body: Buffer.from(answer.body) };
  }

  read<T>(work: (reader: AccountReader) => Promise<T>): Promise<T> {
    return this.temp.store.read((tx) => work(tx.account(this.account)));
  }

  async texts(uri = 'notes'): Promise<string[]> {
    return this.read(async (reader) => {
      const datastore = await reader.datastores.byUri(uri);
      if (!datastore) return [];
      const texts: string[] = [];
      for (const item of await reader.items.list(datastore.id)) {
        texts.push(Buffer.from((await reader.items.content(datastore.id, item.guid)) ?? []).toString());
      }
      return texts.sort();
    });
  }

  /** A link for a model device. The clock moves on with each message. */
  readonly transport: Transport = async (url, contentType, body) => {
    this.now += 1000;
    const token = new URL(url).searchParams.get('s');
    const answer = await this.handle({ body, contentType, url: ENDPOINT, ...(token === null ? {} : { token }) });
    return { status: answer.httpStatus, contentType: answer.contentType ?? '', body: answer.body };
  };

  client(options: ClientOptions = {}): Client {
    return new Client(this, options);
  }
}

const configOf = (temp: TempStore, settings: Readonly<Record<string, unknown>>): Config =>
  loadConfig({ flags: { ...settings, data: temp.folder, 'key.file': 'unused' }, environment: {} }).config;

export interface ClientOptions {
  readonly encoding?: Encoding;
  readonly version?: SyncmlVersion;
  readonly device?: string;
  readonly sessionId?: string;
  /** False: it ignores RespURI. */
  readonly keepsToken?: boolean;
  readonly userAgent?: string;
  readonly address?: string;
  readonly maxMsgSize?: number;
}

export const basic = (user = USER, password = PASSWORD): Cred => ({
  meta: { format: 'b64', type: 'syncml:auth-basic' },
  data: Buffer.from(`${user}:${password}`).toString('base64'),
});

/** One session of a device. */
export class Client {
  readonly bench: Bench;
  readonly encoding: Encoding;
  readonly version: SyncmlVersion;
  readonly #options: ClientOptions;
  readonly #findings = new Findings();
  readonly #rules = new MessageRules(this.#findings);
  token: string | undefined;
  msgId = 0;
  /** What went out last. */
  body: Uint8Array = new Uint8Array(0);
  #target = ENDPOINT;

  constructor(bench: Bench, options: ClientOptions) {
    this.bench = bench;
    this.#options = options;
    this.encoding = options.encoding ?? 'xml';
    this.version = options.version ?? '1.2';
  }

  message(body: readonly Draft[], o: MessageOptions = {}): Message {
    this.msgId += 1;
    const first = this.msgId === 1;
    return messageOf(body, {
      ...o,
      header: {
        verDtd: this.version,
        verProto: `SyncML/${this.version}`,
        sessionId: this.#options.sessionId ?? '1',
        msgId: String(this.msgId),
        target: { uri: this.#target },
        source: { uri: this.#options.device ?? 'IMEI:1' },
        ...(first ? { cred: basic() } : {}),
        ...(first && this.#options.maxMsgSize !== undefined ? { meta: { maxMsgSize: this.#options.maxMsgSize } } : {}),
        ...o.header,
      },
    });
  }

  encode(message: Message, encoding = this.encoding): Uint8Array {
    const dialect =
      encoding === 'xml'
        ? { encoding, version: this.version }
        : { encoding, version: this.version, wbxml: { version: 2, publicId: 'number' as const } };
    return new MessageEncoder(dialect).encode(message);
  }

  /** Posts bytes as this client would. */
  async post(body: Uint8Array, more: Partial<ExchangeRequest> = {}): Promise<ExchangeAnswer> {
    const { userAgent, address } = this.#options;
    return this.bench.handle({
      body,
      contentType: MEDIA_TYPES[this.encoding],
      ...(userAgent === undefined ? {} : { userAgent }),
      ...(address === undefined ? {} : { address }),
      ...(this.token === undefined ? {} : { token: this.token }),
      ...more,
    });
  }

  /** Sends one message, follows RespURI, and holds the answer to the rules. */
  async send(body: readonly Draft[], o: MessageOptions = {}): Promise<Message> {
    return this.exchange(this.message(body, o));
  }

  async exchange(message: Message): Promise<Message> {
    this.body = this.encode(message);
    const answer = await this.post(this.body);
    assert.equal(answer.httpStatus, 200);
    const response = this.decode(answer);
    this.#rules.received({ request: message, response, bytes: answer.body.length });
    assert.deepEqual([...this.#findings.broken, ...this.#findings.ignored], []);
    this.follow(response);
    return response;
  }

  follow(response: Message): void {
    const { respUri } = response.header;
    if (respUri === undefined || this.#options.keepsToken === false) return;
    this.token = new URL(respUri).searchParams.get('s') ?? undefined;
    this.#target = respUri;
  }

  decode(answer: ExchangeAnswer): Message {
    const encoding = answer.contentType === MEDIA_TYPES.wbxml ? 'wbxml' : 'xml';
    return decodeMessage(answer.body, encoding).message;
  }
}

export const statuses = (message: Message): string =>
  message.body
    .filter((c): c is StatusCommand => c.kind === 'Status')
    .map((s) => `${s.cmd} ${s.code}`)
    .join(', ');
export const statusOf = (message: Message, cmd = 'SyncHdr'): StatusCommand => {
  const found = message.body.find((c): c is StatusCommand => c.kind === 'Status' && c.cmd === cmd);
  assert.ok(found, `no Status for ${cmd}`);
  return found;
};
export const kinds = (message: Message): string =>
  message.body
    .map((c) => (c.kind === 'Status' ? `${c.cmd} ${c.code}` : c.kind === 'Alert' ? `Alert ${c.code}` : c.kind))
    .concat(message.final ? ['Final'] : [])
    .join(', ');
