/**
 * One message, one transaction: decode, find the session, authenticate, prepare, then one short transaction that holds the session, the
 * data, the anchors and the finished answer. A message that comes again gets the stored answer. No state is kept in the process.
 */
import { hmacHeaderFor } from '../accounts/answer-challenge.js';
import type { AuthOutcome } from '../accounts/outcome.js';
import { busy, headerOnly, headerRefusal, refuse, versionRefusal, type Refusal } from '../engine/refuse.js';
import { Alert } from '../model/alert.js';
import type { DatastoreSpec } from '../model/datastore.js';
import { WireError } from '../model/errors.js';
import type { SessionToken } from '../model/ids.js';
import { Tolerance } from '../model/leniency.js';
import type { Message } from '../model/message.js';
import { Status } from '../model/status.js';
import type { WriteTx } from '../storage/ports/store.js';
import type { Pictures } from '../pictures/pictures.js';
import type { DatabaseJobs } from '../devicedb/jobs.js';
import type { WorkDone } from '../sync/slow-work.js';
import { bringsNoContent, type Prepared } from '../sync/prepare.js';
import { decodeMessage, type Decoded } from '../wire/decode.js';
import { versionOf, type Dialect, type Encoding, type WireLimits } from '../wire/dialect.js';
import { MessageEncoder } from '../wire/encode.js';
import { answerEncoding, encodingOf, MEDIA_TYPES } from '../wire/media-type.js';
import { bodyDigestOf, digestOf } from './digest.js';
import { bringCredentials, refusedCommands } from './command-credentials.js';
import { countItems, plain, refusalOf } from './failure.js';
import type { ExchangeAnswer, ExchangeRequest, Incoming, Reply } from './incoming.js';
import { locate, type Located } from './locate.js';
import { authRequest, look } from './look.js';
import { INTERIM_AFTER_MS, type ExchangeOptions } from './options.js';
import { interim, park, parkedMessages } from './parking.js';
import { Preparations } from './preparations.js';
import { Recorder } from './recorder.js';
import { messageLimit } from './message-size.js';
import { parseState, type SessionState } from './session-state.js';
import { SlowWork } from './slow-work.js';
import { specsOf } from './specs.js';
import { deviationsOf, short, summary } from './trace.js';
import { asIfNew, carryOut, replay, transaction, type Work } from './transaction.js';

export type { ExchangeAnswer, ExchangeRequest } from './incoming.js';
export type { ExchangeConfig, ExchangeOptions } from './options.js';

/** Names of devices in the log. Characters. */
const LONGEST_LOGGED = 200;

export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #specs: readonly DatastoreSpec[];
  readonly #limits: WireLimits;
  readonly #preparations: Preparations;
  readonly #recorder: Recorder;
  readonly #slow: SlowWork;
  #inHand = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#preparations = new Preparations(options);
    this.#specs = specsOf(options.config.datastores);
    this.#recorder = new Recorder(options.config.trace);
    this.#slow = new SlowWork(
      { store: options.store, databases: options.databases ?? NO_DATABASES, pictures: options.pictures ?? NO_PICTURES },
      () => performance.now(),
    );
    const { maxBodyBytes, maxDepth, maxElements } = options.config.limits;
    this.#limits = { maxBytes: maxBodyBytes, maxDepth, maxElements, maxDocTypeBytes: 1024 };
  }

  async handle(request: ExchangeRequest, _signal?: AbortSignal): Promise<ExchangeAnswer> {
    const tolerance = new Tolerance(this.#options.config.strict);
    tolerance.allowsAll(request.deviations ?? []);
    const answer = await this.#handle(request, tolerance);
    return { ...answer, log: { ...deviationsOf(tolerance), ...answer.log } };
  }

  async #handle(request: ExchangeRequest, tolerance: Tolerance): Promise<ExchangeAnswer> {
    const encoding = encodingOf(request.contentType, request.body, tolerance);
    if (!encoding) return plain(415, 'Send application/vnd.syncml+xml or application/vnd.syncml+wbxml.', { refused: 'media type' });
    const now = this.#options.clock();
    try {
      const { message, dialect, deviations } = decodeMessage(request.body, encoding, this.#limits);
      const answer = await this.#answer(deviations, {
        request,
        encoding,
        message,
        dialect: { ...dialect, encoding: answerEncoding(encoding, request.accept) },
        body: request.body,
        digest: digestOf(request.body),
        bodyDigest: bodyDigestOf(message),
        token: request.token,
        origin: `${request.address} ${request.userAgent ?? ''}`,
        now,
        tolerance,
        keep: this.#recorder.keeping(message.header, request, now),
      });
      this.#recorder.answered(message.header, request, answer, now);
      return answer;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const answer = this.#unreadable(error, encoding, request);
      if (error.header) this.#recorder.answered(error.header, request, answer, now);
      return answer;
    }
  }

  async #answer(deviations: Decoded['deviations'], incoming: Incoming): Promise<ExchangeAnswer> {
    const { message, dialect, tolerance } = incoming;
    const { source, sessionId, msgId } = message.header;
    const facts = { device: short(source.uri, LONGEST_LOGGED), sessionId: short(sessionId), msgId: short(msgId) };
    const refused = (refusal: Refusal, why: string): ExchangeAnswer =>
      this.#encoded(dialect, refuse(message, refusal), { ...facts, refused: why });
    const wrongVersion = versionRefusal(message, tolerance);
    if (wrongVersion) return refused(wrongVersion, 'version');
    const wrongHeader = headerRefusal(message, tolerance);
    if (wrongHeader) return refused(wrongHeader, 'header');
    if (!tolerance.allowsAll(deviations)) return refused({ status: Status.BadRequest }, 'grammar');
    if (countItems(message) > this.#options.config.limits.itemsPerMessage)
      return refused({ status: Status.EntityTooLarge }, 'too many items');
    if (this.#inHand >= this.#options.config.limits.inFlight) return this.#busy(incoming, facts);
    this.#inHand += 1;
    try {
      const reply = await this.#exchange(incoming);
      return {
        httpStatus: 200,
        contentType: reply.contentType,
        body: reply.bytes,
        ...(await this.#signature(reply)),
        log: { ...facts, ...reply.log },
      };
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      this.#options.log('store', { ...facts, error: String(error) });
      return refused(refusal, 'store');
    } finally {
      this.#inHand -= 1;
    }
  }

  /** What another process answered may not be durable yet: a transaction, also an empty one, makes all before it so. */
  async #replayed(located: Extract<Located, { kind: 'resend' }>): Promise<Reply> {
    await this.#options.store.transact(async () => undefined);
    return replay(located);
  }

  async #signature({ mac, bytes }: Reply): Promise<Pick<ExchangeAnswer, 'headers'>> {
    const credential = mac && (await this.#options.store.read((tx) => tx.accounts.credential(mac.account)));
    const header = credential && hmacHeaderFor(credential, mac.nonce, bytes);
    return header === undefined ? {} : { headers: { 'x-syncml-hmac': header } };
  }

  /** 101. The message of a running session is kept, so that an Alert 221 can ask for its result. */
  async #busy(incoming: Incoming, facts: object): Promise<ExchangeAnswer> {
    const asksAgain = incoming.message.body.some((c) => c.kind === 'Alert' && c.code === Alert.Result);
    const answer = busy(incoming.message);
    if (asksAgain || incoming.token === undefined) return this.#encoded(incoming.dialect, answer, { ...facts, refused: 'busy' });
    const kept = await this.#options.store.transact((tx) => park(tx, incoming, (msgId) => withMsgId(answer, msgId)));
    if (kept) return { httpStatus: 200, contentType: kept.contentType, body: kept.bytes, log: { ...facts, ...kept.log, refused: 'busy' } };
    return this.#encoded(incoming.dialect, answer, { ...facts, refused: 'busy' });
  }

  /** A readable header always gets a SyncML answer: many clients ignore HTTP codes. */
  #unreadable(error: WireError, encoding: Encoding, request: ExchangeRequest): ExchangeAnswer {
    const log = { refused: error.fault, offset: error.offset };
    if (!error.header) return plain(error.fault === 'too-large' ? 413 : 400, error.message, log);
    const message: Message = { header: error.header, body: [], final: true };
    const dialect: Dialect = { encoding: answerEncoding(encoding, request.accept), version: versionOf(error.header.verDtd) ?? '1.2' };
    const status = error.fault === 'too-large' ? Status.EntityTooLarge : Status.BadRequest;
    return this.#encoded(dialect, refuse(message, { status }), { ...log, device: short(error.header.source.uri, LONGEST_LOGGED) });
  }

  #encoded(dialect: Dialect, message: Message, log: Record<string, unknown>): ExchangeAnswer {
    const bytes = new MessageEncoder(dialect).encode(message);
    return { httpStatus: 200, contentType: MEDIA_TYPES[dialect.encoding], body: bytes, log: { ...log, answered: summary(message) } };
  }

  async #exchange(incoming: Incoming): Promise<Reply> {
    const { store } = this.#options;
    const direct = this.#standsAlone(incoming) ? await this.#direct(incoming) : undefined;
    if (direct === 'slow') return this.#putOff(incoming);
    if (direct) return direct;
    const { located, live, state, authenticated } = await look(this.#options, incoming);
    if (located.kind === 'resend' && located.exact) return this.#replayed(located);
    if (authenticated?.kind === 'refused') return this.#refused(incoming, authenticated);
    if (located.kind === 'resend') return this.#replayed(located);
    if (located.kind === 'known' && this.#isTooLarge(incoming, state) && !incoming.tolerance.allows('message-too-large'))
      return this.#plainReply(incoming, refuse(incoming.message, { status: Status.EntityTooLarge }), 'larger than MaxMsgSize');
    if (located.kind === 'out-of-order' || located.kind === 'stray')
      return this.#plainReply(incoming, refuse(incoming.message, { status: Status.BadRequest }), 'MsgID');
    const account = live?.account ?? authenticated?.account.id;
    if (account === undefined) throw new Error('a session without an account');

    const earlier = parkedMessages(state, this.#limits).filter((m) => m.header.msgId !== incoming.message.header.msgId);
    const prepared = await this.#preparations.of(incoming, live, account, state, earlier);
    if (prepared === 'slow') return this.#putOff(incoming);
    const credential = needsCredential([...earlier, incoming.message])
      ? await store.read((tx) => tx.accounts.credential(account))
      : undefined;
    const refusals = bringCredentials(incoming.message)
      ? await refusedCommands(store, this.#options.authenticator, incoming.message, {
          ...authRequest(incoming, live, state),
          known: { account },
        })
      : undefined;
    const parts = { live, authenticated, prepared, earlier, credential, refusals };
    const reply = await this.#transact((tx, common) => transaction(tx, incoming, { ...common, ...parts, account }), live !== undefined);
    return reply === 'slow' ? this.#putOff(incoming) : reply;
  }

  /** The message is kept with its session; a later one brings its answers. */
  async #putOff(incoming: Incoming): Promise<Reply> {
    const answer = (msgId: number, closed: boolean): Message =>
      withMsgId(interim(headerOnly(incoming.message, Status.Ok, false), incoming.message, closed), msgId);
    const kept = await this.#options.store.transact((tx) => park(tx, incoming, answer));
    return kept ?? this.#plainReply(incoming, refuse(incoming.message, { status: Status.ProcessingError }), 'slow');
  }

  /** It goes on with a session and brings nothing that is looked at before the transaction: neither credentials nor content. */
  #standsAlone({ token, message, request }: Incoming): boolean {
    return (
      token !== undefined &&
      message.header.cred === undefined &&
      request.hmac === undefined &&
      bringsNoContent(message) &&
      !needsCredential([message]) &&
      !bringCredentials(message)
    );
  }

  /**
   * The short way of a message that stands alone, when its session agrees: the session is read once, inside the transaction. @returns
   * undefined when there is something to look at or to prepare before; nothing was changed then.
   */
  #direct(asked: Incoming): Promise<Reply | 'slow' | undefined> {
    return this.#transact(async (tx, common) => {
      const incoming = asIfNew(asked);
      const located = await locate(tx, incoming);
      if (located.kind !== 'known') return undefined;
      const { session } = located;
      const state = parseState(session.state);
      if (state.perMessage || state.parked !== undefined || this.#isTooLarge(incoming, state)) return undefined;
      const parts = {
        live: session,
        authenticated: undefined,
        prepared: NOTHING_PREPARED,
        earlier: [],
        credential: undefined,
        refusals: undefined,
      };
      return carryOut(tx, incoming, { ...common, ...parts, account: session.account }, located, state);
    }, true);
  }

  /**
   * One transaction and, when it is done, its notes in the log. Slow work that it needs is done before it, and the transaction begun anew. @returns
   * `slow` when a message that can be put off takes longer than a phone waits.
   */
  async #transact<T>(
    work: (tx: WriteTx, common: Pick<Work, 'options' | 'specs' | 'fresh' | 'notes' | 'done'>) => Promise<T>,
    canWait: boolean,
  ): Promise<T | 'slow'> {
    const fresh = (): SessionToken => Buffer.from(this.#options.random(16)).toString('base64url') as SessionToken;
    const notes: Work['notes'] = [];
    const patience = canWait ? (this.#options.interimAfterMs ?? INTERIM_AFTER_MS) : undefined;
    const attempt = (results: WorkDone): Promise<T> =>
      this.#options.store.transact((tx) => {
        notes.length = 0;
        return work(tx, { options: this.#options, specs: this.#specs, fresh, notes, done: results });
      });
    const done = await this.#slow.through(attempt, patience);
    if (done === 'slow') return done;
    for (const { event, fields } of notes) this.#options.log(event, fields);
    return done;
  }

  /** The first message of a session comes before its client was told the limit. */
  #isTooLarge({ body }: Incoming, state: SessionState | undefined): boolean {
    return body.length > messageLimit(this.#options.config.limits, state?.engine.clientMaxMsgSize);
  }

  #refused(incoming: Incoming, outcome: Extract<AuthOutcome, { kind: 'refused' }>): Reply {
    const refusal: Refusal = { status: outcome.status, ...(outcome.challenge ? { chal: outcome.challenge } : {}) };
    return this.#plainReply(incoming, refuse(incoming.message, refusal), outcome.reason);
  }

  #plainReply(incoming: Incoming, message: Message, refused: string): Reply {
    const bytes = new MessageEncoder(incoming.dialect).encode(message);
    return { bytes, contentType: MEDIA_TYPES[incoming.dialect.encoding], log: { refused, answered: summary(message) } };
  }
}

const NOTHING_PREPARED: Prepared = new Map();

const notHere = (): Promise<never> => Promise.reject(new Error('files are not backed up here'));
const NO_DATABASES: DatabaseJobs = { inspect: notHere, facts: notHere, apply: notHere, differences: notHere, close: async () => undefined };

/** Photos that are too large are left out, and those that differ are others. */
const NO_PICTURES: Pictures = { thin: async () => undefined, look: async () => undefined };

const needsCredential = (messages: readonly Message[]): boolean =>
  messages.some((m) => m.body.some((c) => c.kind === 'Status' && c.chal !== undefined));

const withMsgId = (message: Message, msgId: number): Message => ({ ...message, header: { ...message.header, msgId: String(msgId) } });
