/** A phone that syncs: stores, memory, and the habit of trying again. Written from the protocol reference alone. */
import { Alert, type SyncType } from '../../src/model/alert.js';
import type { Message } from '../../src/model/message.js';
import { Status } from '../../src/model/status.js';
import { codecFor, type Codec } from './codec.js';
import { DeviceStore } from './device-store.js';
import { deviceProfile, type DeviceOptions, type DeviceProfile } from './profile.js';
import { ClientSession } from './session.js';
import { ResumeRefused, SessionDead, SessionRefused, type DeviceMemory, type Post, type SessionResult } from './session-types.js';
import { LinkLost, type Reply, type Transport } from './transport.js';

/** What the device does when no answer comes. */
export interface LossPolicy {
  /** How often a message is sent again before the session is given up. */
  readonly resends: number;
  /** The repeated message carries credentials (again). */
  readonly reauthenticates: boolean;
  /** The next session asks Alert 225 instead of starting over. */
  readonly resumes: boolean;
}

export const PATIENT: LossPolicy = { resends: 3, reauthenticates: false, resumes: false };

export interface SyncOptions {
  /** Names of the server's datastores; all of the device's when left out. */
  readonly stores?: readonly string[];
  readonly combined?: boolean;
  readonly suspendAt?: number;
  readonly refuses?: boolean;
  /** Ask Alert 225 where a sync broke off. */
  readonly resume?: boolean;
}

export interface SyncReport extends SessionResult {
  /** Sessions it took. */
  readonly sessions: number;
}

/** The server did not answer however often the device asked. */
export class SyncGivenUp extends Error {
  override readonly name = 'SyncGivenUp';
}

// A resumed session that is refused counts as one, too.
const MAX_SESSIONS = 10;
/** Refusals after which starting over makes sense. */
const WORTH_ANOTHER_SESSION: readonly number[] = [
  Status.BadRequest,
  Status.MissingCredentials,
  Status.RequestTimeout,
  Status.RetryLater,
  Status.InProgress,
  Status.ServiceUnavailable,
  Status.ProcessingError,
  Status.SynchronizationFailed,
];

export class ModelDevice {
  readonly profile: DeviceProfile;
  readonly memory: DeviceMemory = { sessions: 0, anchors: 0, devInfSent: false, nonce: undefined, serverNonce: undefined };
  loss: LossPolicy = PATIENT;
  /** Where its messages go; a test puts a faulty link in between. */
  transport: Transport;
  readonly #stores: readonly DeviceStore[];
  readonly #serverUri: string;
  readonly #codec: Codec;

  constructor(options: DeviceOptions, transport: Transport, serverUri: string) {
    this.profile = deviceProfile(options);
    this.transport = transport;
    this.#serverUri = serverUri;
    this.#stores = this.profile.stores.map((store) => new DeviceStore(store));
    this.#codec = codecFor(this.profile.encoding, this.profile.version);
  }

  get stores(): readonly DeviceStore[] {
    return this.#stores;
  }

  /** @param target the server's name of the datastore. @throws {Error} when the device has no such store. */
  store(target: string): DeviceStore {
    const store = this.#stores.find(({ profile }) => profile.target === target);
    if (!store) throw new Error(`the device has no store for ${target}`);
    return store;
  }

  /**
   * Syncs; where the link dies or the server refuses for the moment, in further sessions with the old anchors.
   * @throws {ServerBrokeRules} when an answer breaks the reference, {SessionRefused}, {SyncGivenUp}.
   */
  async sync(type: SyncType, options: SyncOptions = {}): Promise<SyncReport> {
    const names = options.stores ?? this.#stores.map(({ profile }) => profile.target);
    let last: unknown;
    for (let sessions = 1; sessions <= MAX_SESSIONS; sessions += 1) {
      const resumes = sessions === 1 ? options.resume : this.loss.resumes;
      const stores = names.map((name) => {
        const store = this.store(name);
        return { store, type: resumes && store.broken && this.profile.version === '1.2' ? Alert.Resume : type };
      });
      const plan = {
        stores,
        // What is left to send follows from the server's answer to Alert 225.
        combined: options.combined === true && stores.every((store) => store.type !== Alert.Resume),
        ...(options.suspendAt === undefined || sessions > 1 ? {} : { suspendAt: options.suspendAt }),
        ...(options.refuses === undefined ? {} : { refuses: options.refuses }),
      };
      const session = new ClientSession(
        this.profile,
        this.memory,
        plan,
        this.#codec,
        (...message) => this.#post(...message),
        this.#serverUri,
      );
      try {
        return { ...(await session.run()), sessions };
      } catch (error) {
        if (error instanceof ResumeRefused) for (const { store } of plan.stores) store.broken = undefined;
        const again =
          error instanceof SessionDead ||
          error instanceof ResumeRefused ||
          (error instanceof SessionRefused && WORTH_ANOTHER_SESSION.includes(error.code));
        if (!again) throw error;
        last = error;
      }
    }
    throw new SyncGivenUp(`no session of ${MAX_SESSIONS} came to its end`, { cause: last });
  }

  async #post(url: string, message: Message, withCred: () => Message): ReturnType<Post> {
    let sent = message;
    for (let attempt = 0; attempt <= this.loss.resends; attempt += 1) {
      if (attempt > 0 && this.loss.reauthenticates) sent = withCred();
      try {
        const body = this.#codec.encode(sent);
        // Credentials added to a repeated message may take it past the device's own bound.
        if (attempt === 0 && body.byteLength > this.profile.sendLimit)
          throw new Error(`the device made a message of ${body.byteLength} bytes`);
        const reply = await this.transport(url, this.#codec.contentType, body);
        return { sent, response: this.#decode(reply), bytes: reply.body.byteLength };
      } catch (error) {
        if (!(error instanceof LinkLost)) throw error;
      }
    }
    throw new SessionDead(`message ${message.header.msgId} was never answered`);
  }

  #decode(reply: Reply): Message {
    // Overload is the one HTTP failure that asks for another try.
    if (reply.status === 503) throw new LinkLost('HTTP 503');
    if (reply.status !== 200) throw new Error(`HTTP ${reply.status}: ${Buffer.from(reply.body).toString('utf8').slice(0, 300)}`);
    if (!reply.contentType.toLowerCase().startsWith(this.#codec.contentType)) throw new Error(`Content-Type ${reply.contentType}`);
    return this.#codec.decode(reply.body);
  }
}
