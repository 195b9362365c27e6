/**
 * One message, one transaction: decode, find the session, authenticate, prepare, then one short transaction that holds the session, the
 * data, the anchors and the finished answer. A message that comes again gets the stored answer. No state is kept in the process.
 */
import type { Accepted, Authenticator, AuthOutcome, AuthRequest } from '../accounts/authenticate.js';
import { serverCredentials } from '../accounts/answer-challenge.js';
import { versionRefusal, refuse, busy, type Refusal } from '../engine/refuse.js';
import { run } from '../engine/run.js';
import { newSession, type Session } from '../engine/session.js';
import type { Facts } from '../engine/facts.js';
import type { DatastoreSpec } from '../model/datastore.js';
import type { DevInf } from '../model/devinf.js';
import { StoreError, WireError } from '../model/errors.js';
import type { AccountId, SessionToken } from '../model/ids.js';
import type { Message, Meta } from '../model/message.js';
import { Status } from '../model/status.js';
import type { Credential, DeviceRecord, SessionRecord, Store, WriteTx } from '../storage/ports.js';
import { prepare, type OpenObject, type Prepared } from '../sync/prepare.js';
import { metaOf } from '../sync/incoming.js';
import { drive, SyncWork } from '../sync/work.js';
import { decodeMessage } from '../wire/decode.js';
import type { Dialect, Encoding } from '../wire/dialect.js';
import { MessageEncoder } from '../wire/encode.js';
import { answerEncoding, encodingOf, MEDIA_TYPES } from '../wire/media-type.js';
import { bodyDigestOf, digestOf } from './digest.js';
import { locate, msgIdOf, type Located, type Request } from './locate.js';
import { ourDevInf } from './our-devinf.js';
import { specsOf, type DatastoreSetting } from './specs.js';
import { appendTrace, statusesOf, summary } from './trace.js';

export interface ExchangeRequest {
  readonly body: Uint8Array;
  readonly contentType?: string;
  readonly accept?: string;
  /** Absolute URL of the endpoint as the client reached it, without query. */
  readonly url: string;
  readonly token?: string;
  readonly address: string;
  readonly userAgent?: string;
  readonly hmac?: string;
}

export interface ExchangeAnswer {
  readonly httpStatus: number;
  readonly contentType?: string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields for the message's log line. */
  readonly log: Readonly<Record<string, unknown>>;
}

export interface ExchangeConfig {
  readonly publicUrl?: string | undefined;
  readonly serverId: string;
  readonly datastores: readonly DatastoreSetting[];
  readonly limits: {
    readonly maxBodyBytes: number;
    readonly maxDepth: number;
    readonly maxElements: number;
    readonly itemsPerMessage: number;
    readonly sessionsPerAccount: number;
    readonly maxMsgSize: number;
    readonly maxObjSize: number;
    readonly quotaBytes: number;
    readonly inFlight: number;
  };
  readonly retention: { readonly openSyncAge: number };
}

export interface ExchangeOptions {
  readonly store: Store;
  readonly authenticator: Authenticator;
  readonly config: ExchangeConfig;
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: (event: string, fields: object) => void;
  readonly version?: string;
}

/** For clients that name no MaxMsgSize: safe for phones. Bytes. */
const DEFAULT_MSG_SIZE = 16_000;
/** No answer grows beyond this, however much a client allows. Bytes. */
const LARGEST_ANSWER = 1_000_000;

/** What is stored with a session beside the engine's part. */
interface SessionState {
  readonly engine: Session;
  readonly perMessage: boolean;
  /** Known while a client that logged in with basic is served: answers a basic challenge. */
  readonly password?: string;
}

interface Incoming extends Request {
  readonly request: ExchangeRequest;
  readonly dialect: Dialect;
}

type Reply = { readonly bytes: Uint8Array; readonly contentType: string; readonly log: Record<string, unknown> };

export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #specs: readonly DatastoreSpec[];
  #inHand = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#specs = specsOf(options.config.datastores);
  }

  async handle(request: ExchangeRequest, _signal?: AbortSignal): Promise<ExchangeAnswer> {
    const encoding = encodingOf(request.contentType, request.body);
    if (!encoding) return plain(415, 'Send application/vnd.syncml+xml or application/vnd.syncml+wbxml.', { refused: 'media type' });
    let decoded;
    try {
      decoded = this.#decode(request.body, encoding);
    } catch (error) {
      if (error instanceof WireError) return this.#unreadable(error, encoding, request);
      throw error;
    }
    const { message, dialect } = decoded;
    const answered: Dialect = { ...dialect, encoding: answerEncoding(encoding, request.accept) };
    const incoming: Incoming = {
      request,
      message,
      dialect: answered,
      body: request.body,
      token: request.token,
      origin: `${request.address} ${request.userAgent ?? ''}`,
      now: this.#options.clock(),
    };
    const facts = { device: message.header.source.uri, sessionId: message.header.sessionId, msgId: message.header.msgId };
    if (this.#inHand >= this.#options.config.limits.inFlight) return this.#encoded(answered, busy(message), { ...facts, refused: 'busy' });
    const wrongVersion = versionRefusal(message);
    if (wrongVersion) return this.#encoded(answered, refuse(message, wrongVersion), { ...facts, refused: 'version' });
    if (countItems(message) > this.#options.config.limits.itemsPerMessage) {
      return this.#encoded(answered, refuse(message, { status: Status.EntityTooLarge }), { ...facts, refused: 'too many items' });
    }
    this.#inHand += 1;
    try {
      const reply = await this.#exchange(incoming);
      return { httpStatus: 200, contentType: reply.contentType, body: reply.bytes, log: { ...facts, ...reply.log } };
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      this.#options.log('store', { ...facts, error: String(error) });
      return this.#encoded(answered, refuse(message, refusal), { ...facts, refused: 'store' });
    } finally {
      this.#inHand -= 1;
    }
  }

  #decode(body: Uint8Array, encoding: Encoding): ReturnType<typeof decodeMessage> {
    const { maxBodyBytes, maxDepth, maxElements } = this.#options.config.limits;
    return decodeMessage(body, encoding, { maxBytes: maxBodyBytes, maxDepth, maxElements, maxDocTypeBytes: 1024 });
  }

  /** A readable header always gets a SyncML answer: many clients ignore HTTP codes. */
  #unreadable(error: WireError, encoding: Encoding, request: ExchangeRequest): ExchangeAnswer {
    const log = { refused: error.fault, offset: error.offset };
    if (!error.header) return plain(error.fault === 'too-large' ? 413 : 400, error.message, log);
    const message: Message = { header: error.header, body: [], final: true };
    const dialect: Dialect = { encoding: answerEncoding(encoding, request.accept), version: '1.2' };
    const status = error.fault === 'too-large' ? Status.EntityTooLarge : Status.BadRequest;
    return this.#encoded(dialect, refuse(message, { status }), { ...log, device: error.header.source.uri });
  }

  #encoded(dialect: Dialect, message: Message, log: Record<string, unknown>): ExchangeAnswer {
    const bytes = new MessageEncoder(dialect).encode(message);
    return { httpStatus: 200, contentType: MEDIA_TYPES[dialect.encoding], body: bytes, log: { ...log, answered: summary(message) } };
  }

  async #exchange(incoming: Incoming): Promise<Reply> {
    const { store } = this.#options;
    const located = await store.read((tx) => locate(tx, incoming));
    if (located.kind === 'resend' && located.exact) return replay(located);
    if (located.kind === 'unknown-token' && !incoming.message.header.cred && !incoming.request.hmac) {
      return this.#refused(incoming, await this.#challengeOnly(incoming));
    }
    const live = located.kind === 'new' || located.kind === 'unknown-token' ? undefined : located.session;
    const state = live ? (JSON.parse(live.state) as SessionState) : undefined;
    const authenticated = await this.#authenticate(incoming, live, state);
    if (authenticated?.kind === 'refused') return this.#refused(incoming, authenticated);
    if (located.kind === 'resend') return replay(located);
    if (located.kind === 'out-of-order') return this.#plainReply(incoming, refuse(incoming.message, { status: Status.BadRequest }), { refused: 'MsgID' });
    const account = live?.account ?? authenticated?.account.id;
    if (account === undefined) throw new Error('a session without an account');
    const prepared = await prepare(store, account, incoming.message, state ? await this.#openObject(account, state) : undefined);
    const credential = needsCredential(incoming.message) ? await store.read((tx) => tx.accounts.credential(account)) : undefined;
    const fresh = Buffer.from(this.#options.random(16)).toString('base64url') as SessionToken;
    const notes: { event: string; fields: object }[] = [];
    const reply = await store.transact(async (tx) => {
      notes.length = 0;
      return this.#transaction(tx, incoming, { live, account, authenticated, prepared, credential, fresh, notes });
    });
    for (const { event, fields } of notes) this.#options.log(event, fields);
    return reply;
  }

  /** @returns undefined when the session is authenticated already and asks for nothing more. */
  async #authenticate(incoming: Incoming, live: SessionRecord | undefined, state: SessionState | undefined): Promise<AuthOutcome | undefined> {
    if (live && state && !state.perMessage) return undefined;
    const { authenticator } = this.#options;
    const request = this.#authRequest(incoming, live, state);
    const outcome = await authenticator.authenticate(request);
    if (outcome.kind === 'refused') await this.#options.store.transact((tx) => authenticator.recordRefusal(tx, outcome, request));
    return outcome;
  }

  #authRequest(incoming: Incoming, live: SessionRecord | undefined, state: SessionState | undefined): AuthRequest {
    const { header } = incoming.message;
    const named = header.source.name ?? state?.engine.userName;
    return {
      header: named === undefined ? header : { ...header, source: { ...header.source, name: named } },
      version: incoming.dialect.version,
      address: incoming.request.address,
      body: incoming.body,
      now: incoming.now,
      ...(incoming.request.hmac === undefined ? {} : { hmac: incoming.request.hmac }),
      ...(live ? { known: { account: live.account } } : {}),
    };
  }

  async #challengeOnly(incoming: Incoming): Promise<Extract<AuthOutcome, { kind: 'refused' }>> {
    const outcome = await this.#options.authenticator.authenticate(this.#authRequest(incoming, undefined, undefined));
    if (outcome.kind === 'accepted') throw new Error('accepted without credentials');
    return outcome;
  }

  #refused(incoming: Incoming, outcome: Extract<AuthOutcome, { kind: 'refused' }>): Reply {
    const refusal: Refusal = { status: outcome.status, ...(outcome.challenge ? { chal: outcome.challenge } : {}) };
    return this.#plainReply(incoming, refuse(incoming.message, refusal), { refused: outcome.reason });
  }

  #plainReply(incoming: Incoming, message: Message, log: Record<string, unknown>): Reply {
    const bytes = new MessageEncoder(incoming.dialect).encode(message);
    return { bytes, contentType: MEDIA_TYPES[incoming.dialect.encoding], log: { ...log, answered: summary(message) } };
  }

  async #openObject(account: AccountId, state: SessionState): Promise<OpenObject | undefined> {
    const open = state.engine.incoming;
    if (!open) return undefined;
    const pair = await this.#options.store.read((tx) => tx.account(account).pairs.get(open.pair));
    const object = pair?.open?.incoming;
    return object ? { pair: open.pair, luid: object.luid, meta: metaOf(object) } : undefined;
  }

  /** Everything that is stored, and the answer with it. May run again: leaves no trace outside. */
  async #transaction(tx: WriteTx, incoming: Incoming, work: Work): Promise<Reply> {
    const { options } = { options: this.#options };
    // Another copy of the message may have been answered since we looked.
    const located = await locate(tx, incoming);
    if (located.kind === 'resend') return replay(located);
    if (located.kind === 'out-of-order') return this.#plainReply(incoming, refuse(incoming.message, { status: Status.BadRequest }), { refused: 'MsgID' });
    const stored = located.kind === 'known' ? located.session : undefined;
    if (work.live && !stored) return this.#plainReply(incoming, refuse(incoming.message, { status: Status.SynchronizationFailed }), { refused: 'session is gone' });
    const account = tx.account(work.account);
    const device = await this.#device(tx, incoming, work, located);
    const before = stored ? (JSON.parse(stored.state) as SessionState) : undefined;
    const engine = before?.engine ?? startSession(incoming, device);
    const token = stored?.token ?? work.fresh;
    const sync = new SyncWork({
      tx,
      account,
      device,
      token,
      now: incoming.now,
      specs: this.#specs,
      prepared: work.prepared,
      limits: { maxObjSize: options.config.limits.maxObjSize, quotaBytes: await this.#quota(tx, work.account), resumeAge: options.config.retention.openSyncAge },
      note: (event, fields) => work.notes.push({ event, fields }),
    });
    if (!stored) await this.#makeRoom(tx, work.account);
    const encoder = new MessageEncoder(incoming.dialect);
    const accepted = work.authenticated?.kind === 'accepted' ? work.authenticated : undefined;
    const password = accepted?.password ?? before?.password;
    const facts = this.#facts(incoming, { encoder, token, device, accepted, password, credential: work.credential });
    const ran = await drive(run(engine, incoming.message, facts), (effect) => sync.perform(effect));
    await sync.flush();
    const bytes = encoder.encode(ran.answer);
    const contentType = MEDIA_TYPES[incoming.dialect.encoding];
    const state: SessionState = {
      engine: ran.session,
      perMessage: accepted?.perMessage ?? before?.perMessage ?? false,
      ...(password === undefined ? {} : { password }),
    };
    const told = { received: summary(incoming.message), answered: summary(ran.answer) };
    const record: SessionRecord = {
      token,
      account: work.account,
      device: device.id,
      deviceUri: device.uri,
      sessionId: incoming.message.header.sessionId,
      origin: incoming.origin,
      lastMsgId: msgIdOf(incoming.message),
      startedAt: stored?.startedAt ?? incoming.now,
      updatedAt: incoming.now,
      ended: ran.session.phase === 'ended',
      state: JSON.stringify(state),
      trace: appendTrace(stored?.trace ?? '[]', {
        msgId: incoming.message.header.msgId,
        at: incoming.now,
        bytesIn: incoming.body.length,
        bytesOut: bytes.length,
        ...told,
      }),
    };
    await tx.sessions.save(record, {
      msgId: record.lastMsgId,
      digest: digestOf(incoming.body),
      bodyDigest: bodyDigestOf(incoming.message),
      contentType,
      bytes,
      at: incoming.now,
    });
    return { bytes, contentType, log: { phase: ran.session.phase, statuses: statusesOf(ran.answer), ...told } };
  }

  async #device(tx: WriteTx, incoming: Incoming, work: Work, located: Located): Promise<DeviceRecord> {
    const { devices } = tx.account(work.account);
    const uri = incoming.message.header.source.uri;
    let device = (await devices.byUri(uri)) ?? (await devices.create(uri, incoming.now));
    if (work.authenticated?.kind === 'accepted') device = await this.#options.authenticator.recordSuccess(tx, work.authenticated, device, incoming.now);
    const userAgent = incoming.request.userAgent;
    const ignores = located.kind === 'known' && !located.byToken;
    if ((userAgent !== undefined && device.userAgent !== userAgent) || (ignores && !device.ignoresRespUri)) {
      device = { ...device, ...(userAgent === undefined ? {} : { userAgent }), ...(ignores ? { ignoresRespUri: true } : {}) };
      await devices.save(device);
    }
    return device;
  }

  async #quota(tx: WriteTx, account: AccountId): Promise<number> {
    return (await tx.accounts.byId(account))?.quotaBytes ?? this.#options.config.limits.quotaBytes;
  }

  /** Phones that break off leave sessions open: the oldest makes room, nobody is locked out. */
  async #makeRoom(tx: WriteTx, account: AccountId): Promise<void> {
    const limit = this.#options.config.limits.sessionsPerAccount;
    if ((await tx.sessions.countOpen(account)) < limit) return;
    const open = (await tx.sessions.ofAccount(account, 10 * limit)).filter((s) => !s.ended).sort((a, b) => a.updatedAt - b.updatedAt);
    for (const session of open.slice(0, Math.max(1, open.length - limit + 1))) await tx.sessions.remove(session.token);
  }

  #facts(
    incoming: Incoming,
    parts: {
      encoder: MessageEncoder;
      token: SessionToken;
      device: DeviceRecord;
      accepted: Accepted | undefined;
      password: string | undefined;
      credential: Credential | undefined;
    },
  ): Facts {
    const { config, version } = this.#options;
    const { encoder, accepted, credential } = parts;
    const { dialect } = incoming;
    const base = config.publicUrl ?? incoming.request.url;
    const identity = { serverId: config.serverId, softwareVersion: version ?? '0' };
    return {
      auth: accepted ? { kind: 'accepted', perMessage: accepted.perMessage, ...challengeFor(accepted) } : { kind: 'continued' },
      ...(incoming.token === parts.token ? {} : { respUri: `${base}${base.includes('?') ? '&' : '?'}s=${parts.token}` }),
      limits: {
        maxMsgSize: config.limits.maxMsgSize,
        maxObjSize: config.limits.maxObjSize,
        defaultMsgSize: DEFAULT_MSG_SIZE,
        largestMessage: LARGEST_ANSWER,
      },
      encoding: dialect.encoding,
      knowsDevice: parts.device.devInf !== undefined,
      devInf: (syncml, stores, brief) => ourDevInf(identity, this.#specs, syncml, stores, brief),
      measure: (command) => encoder.measure(command),
      envelope: (header) => encoder.envelopeSize(header),
      credentials: (chal) => (credential ? serverCredentials(chal, credential, parts.password, dialect.version) : undefined),
      ...(credential ? { serverName: credential.serverId } : {}),
      decodeDevInf: () => undefined,
    };
  }
}

interface Work {
  readonly live: SessionRecord | undefined;
  readonly account: AccountId;
  readonly authenticated: AuthOutcome | undefined;
  readonly prepared: Prepared;
  readonly credential: Credential | undefined;
  /** Token for a session that begins with this message. */
  readonly fresh: SessionToken;
  readonly notes: { event: string; fields: object }[];
}

function startSession(incoming: Incoming, device: DeviceRecord): Session {
  const { header } = incoming.message;
  const session = newSession(incoming.dialect.version, header.target.uri, header.source.uri);
  const known = device.devInf === undefined ? undefined : (JSON.parse(device.devInf) as DevInf);
  if (!known) return session;
  return { ...session, largeObjects: known.supportLargeObjs === true, numberOfChanges: known.supportNumberOfChanges === true };
}

/** md5: the nonce of the next message or session goes with the acceptance. Basic has none. [Sync Protocol 1.1, "MD5 Digest Access Authentication"] */
function challengeFor(accepted: Accepted): { chal?: Meta } {
  if (accepted.method === 'basic' && !accepted.perMessage) return {};
  if (accepted.method === 'basic') return { chal: { format: 'b64', type: 'syncml:auth-basic' } };
  return { chal: { format: 'b64', type: accepted.method === 'mac' ? 'syncml:auth-MAC' : 'syncml:auth-md5', nextNonce: accepted.nextNonce } };
}

const needsCredential = (message: Message): boolean => message.body.some((c) => c.kind === 'Status' && c.chal !== undefined);

const replay = (located: Extract<Located, { kind: 'resend' }>): Reply => ({
  bytes: located.bytes,
  contentType: located.contentType,
  log: { resend: true },
});

function countItems(message: Message): number {
  let count = 0;
  const walk = (commands: Message['body']): void => {
    for (const command of commands) {
      count += 1;
      if ('commands' in command) walk(command.commands);
      else if ('items' in command) count += command.items.length;
    }
  };
  walk(message.body);
  return count;
}

/** The store's fault as the device sees it; undefined: we are wrong, HTTP 500. */
function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof StoreError)) return undefined;
  return { status: error.fault === 'corrupt' ? Status.DataStoreFailure : Status.ServiceUnavailable };
}

const plain = (httpStatus: number, text: string, log: Record<string, unknown>): ExchangeAnswer => ({
  httpStatus,
  contentType: 'text/plain; charset=utf-8',
  body: Buffer.from(`${text}\n`, 'utf8'),
  log,
});
