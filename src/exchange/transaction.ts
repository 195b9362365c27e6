/** The one transaction of a message: everything that is stored, and the answer with it. May run again: it leaves no trace outside. */
import type { AuthOutcome } from '../accounts/outcome.js';
import { refuse } from '../engine/refuse.js';
import { run } from '../engine/run.js';
import { newSession, type Session } from '../engine/session.js';
import type { Traits } from '../handsets/traits.js';
import type { DatastoreSpec } from '../model/datastore.js';
import type { DevInf } from '../model/devinf.js';
import type { AccountId, SessionToken } from '../model/ids.js';
import { Tolerance } from '../model/leniency.js';
import type { Message } from '../model/message.js';
import { Status } from '../model/status.js';
import type { Credential } from '../storage/ports/accounts.js';
import type { DeviceRecord } from '../storage/ports/devices.js';
import type { SessionRecord } from '../storage/ports/sessions.js';
import type { WriteTx } from '../storage/ports/store.js';
import type { Prepared } from '../sync/prepare.js';
import type { WorkDone } from '../sync/slow-work.js';
import type { DatabaseRules } from '../sync/database/rules.js';
import { drive, SyncWork } from '../sync/work.js';
import type { Dialect } from '../wire/dialect.js';
import { MessageEncoder } from '../wire/encode.js';
import { MEDIA_TYPES } from '../wire/media-type.js';
import type { CommandRefusals } from './command-credentials.js';
import type { ExchangeOptions } from './options.js';
import { factsOf } from './facts.js';
import type { Incoming, Reply } from './incoming.js';
import { locate, type Located } from './locate.js';
import { parseState, type SessionState } from './session-state.js';
import { saveAnswer } from './save-answer.js';
import { statusesOf, summary } from './trace.js';

export interface Work {
  readonly options: ExchangeOptions;
  readonly specs: readonly DatastoreSpec[];
  readonly live: SessionRecord | undefined;
  readonly account: AccountId;
  readonly authenticated: AuthOutcome | undefined;
  readonly prepared: Prepared;
  /** Results of slow work. */
  readonly done: WorkDone;
  /** Messages parked before this one. */
  readonly earlier: readonly Message[];
  readonly credential: Credential | undefined;
  /** Commands whose own credentials do not hold. */
  readonly refusals: CommandRefusals | undefined;
  /** Token for a session that begins with this message. */
  readonly fresh: () => SessionToken;
  /** For the log, after the commit. */
  readonly notes: { event: string; fields: object }[];
}

/** For one run of a transaction: what it lets pass leaves no trace when it runs again. */
export function asIfNew(asked: Incoming): Incoming {
  const tolerance = new Tolerance(asked.tolerance.strict);
  tolerance.allowsAll(asked.tolerance.met);
  return { ...asked, tolerance };
}

export async function transaction(tx: WriteTx, asked: Incoming, work: Work): Promise<Reply> {
  const incoming = asIfNew(asked);
  // Another copy of the message may have been answered since we looked.
  const located = await locate(tx, incoming);
  if (located.kind === 'resend') return replay(located);
  if (located.kind === 'out-of-order' || located.kind === 'stray') return refusal(incoming, Status.BadRequest, 'MsgID');
  const stored = located.kind === 'known' ? located.session : undefined;
  if (work.live && !stored) return refusal(incoming, Status.SynchronizationFailed, 'session is gone');
  return carryOut(tx, incoming, work, located, stored && parseState(stored.state));
}

/** Runs the message and saves its answer. `before`: the state of the session found; undefined where one begins. */
export async function carryOut(
  tx: WriteTx,
  incoming: Incoming,
  work: Work,
  located: Located,
  before: SessionState | undefined,
): Promise<Reply> {
  const { tolerance } = incoming;
  const stored = located.kind === 'known' ? located.session : undefined;
  const { config } = work.options;
  const account = tx.account(work.account);
  const device = await deviceOf(tx, incoming, work, located);
  const token = stored?.token ?? (await unusedToken(tx, work.fresh));
  const record = await tx.accounts.byId(work.account);
  const sync = new SyncWork({
    tx,
    account,
    device,
    token,
    now: incoming.now,
    specs: work.specs,
    prepared: work.prepared,
    done: work.done,
    databases: databaseRules(work.options, record?.location),
    tolerance,
    timeZone: config.timeZone,
    userZone: record?.timeZone,
    handsets: work.options.handsets,
    country: config.country,
    userCountry: record?.country,
    growth: config.growth,
    looseMatching: config.matching.loose,
    limits: {
      maxObjSize: config.limits.maxObjSize,
      quotaBytes: record?.quotaBytes ?? config.limits.quotaBytes,
      resumeAge: config.retention.openSyncAge,
    },
    note: (event, fields) => work.notes.push({ event, fields }),
  });
  if (!stored) await makeRoom(tx, work.account, config.limits.sessionsPerAccount);
  const encoder = new MessageEncoder(dialectFor(incoming.dialect, sync.traits));
  const accepted = work.authenticated?.kind === 'accepted' ? work.authenticated : undefined;
  const password = accepted?.password ?? before?.password;
  const facts = factsOf(incoming, {
    options: work.options,
    specs: work.specs,
    encoder,
    token,
    clientMaxMsgSize: before?.engine.clientMaxMsgSize,
    device,
    accepted,
    password,
    credential: work.credential,
    refusals: work.refusals,
    traits: sync.traits,
  });
  const engine = before?.engine ?? startSession(incoming, device, sync.devInf, work.options.random);
  const ran = await drive(run(engine, incoming.message, facts, work.earlier), (effect) => sync.perform(effect));
  await sync.flush();
  tolerance.allowsAll(ran.deviations);
  const state: SessionState = {
    engine: ran.session,
    perMessage: accepted?.perMessage ?? before?.perMessage ?? false,
    ...(password === undefined ? {} : { password }),
  };
  const session = {
    token,
    account: work.account,
    device: device.id,
    deviceUri: device.uri,
    sessionId: incoming.message.header.sessionId,
    origin: incoming.origin,
    startedAt: stored?.startedAt ?? incoming.now,
    ended: ran.session.phase === 'ended',
    ...(stored ? { trace: stored.trace } : {}),
  };
  const reply = await saveAnswer(tx, incoming, session, state, { message: ran.answer, encoder });
  return { ...reply, ...macOf(work.account, state), log: { phase: ran.session.phase, statuses: statusesOf(ran.answer), ...reply.log } };
}

/** As the peer writes, but for what it is known not to read. */
function dialectFor(dialect: Dialect, { messages }: Traits): Dialect {
  if (messages?.namespace === undefined && messages?.data !== 'cdata') return dialect;
  return {
    ...dialect,
    xml: { ...(messages.namespace === false ? { namespace: false } : {}), ...(messages.data === 'cdata' ? { data: 'cdata' } : {}) },
  };
}

/** Undefined: devices' files are not backed up here. */
function databaseRules({ config, databases }: ExchangeOptions, location = config.location): DatabaseRules | undefined {
  if (!databases || !config.databases.enabled) return undefined;
  const { maxFileBytes, maxUpdateBytes } = config.limits;
  return { ...config.backup, draftAge: config.retention.draftAge, maxFileBytes, maxUpdateBytes, location };
}

const macOf = (account: AccountId, state: SessionState): Pick<Reply, 'mac'> =>
  state.engine.macNonce === undefined ? {} : { mac: { account, nonce: state.engine.macNonce } };

/** The stored answer once more. */
export const replay = (located: Extract<Located, { kind: 'resend' }>): Reply => ({
  bytes: located.bytes,
  contentType: located.contentType,
  ...macOf(located.session.account, parseState(located.session.state)),
  log: { resend: true },
});

function refusal(incoming: Incoming, status: number, refused: string): Reply {
  const message = refuse(incoming.message, { status });
  const bytes = new MessageEncoder(incoming.dialect).encode(message);
  return { bytes, contentType: MEDIA_TYPES[incoming.dialect.encoding], log: { refused, answered: summary(message) } };
}

/** Characters. */
const LONGEST_PROFILE = 300;

async function deviceOf(tx: WriteTx, incoming: Incoming, work: Work, located: Located): Promise<DeviceRecord> {
  const { devices } = tx.account(work.account);
  const uri = incoming.message.header.source.uri;
  let device = (await devices.byUri(uri)) ?? (await devices.create(uri, incoming.now));
  if (work.authenticated?.kind === 'accepted') {
    device = await work.options.authenticator.recordSuccess(tx, work.authenticated, device, incoming.now);
  }
  const { userAgent, wapProfile } = incoming.request;
  const told = {
    ...(userAgent === undefined ? {} : { userAgent }),
    // It may be long, and is kept to tell the model.
    ...(wapProfile === undefined ? {} : { wapProfile: wapProfile.slice(0, LONGEST_PROFILE) }),
  };
  const ignores = located.kind === 'known' && !located.byToken;
  const isNews = Object.entries(told).some(([key, value]) => device[key as keyof typeof told] !== value);
  if (isNews || (ignores && !device.ignoresRespUri)) {
    device = { ...device, ...told, ...(ignores ? { ignoresRespUri: true } : {}) };
    await devices.save(device);
  }
  return device;
}

/** Nobody draws a token twice, but a server that is started again with its seed. */
async function unusedToken(tx: WriteTx, draw: () => SessionToken): Promise<SessionToken> {
  for (;;) {
    const token = draw();
    if ((await tx.sessions.byToken(token)) === undefined) return token;
  }
}

/** Phones that break off leave sessions open: the oldest makes room, nobody is locked out. */
async function makeRoom(tx: WriteTx, account: AccountId, limit: number): Promise<void> {
  if ((await tx.sessions.countOpen(account)) < limit) return;
  const open = (await tx.sessions.ofAccount(account, 10 * limit)).filter((s) => !s.ended).sort((a, b) => a.updatedAt - b.updatedAt);
  for (const session of open.slice(0, Math.max(1, open.length - limit + 1))) await tx.sessions.remove(session.token);
}

/** CmdIDs of a session whose messages nothing else tells apart from those of another one. */
const CMD_IDS = 10_000;

function startSession(incoming: Incoming, device: DeviceRecord, known: DevInf | undefined, random: (bytes: number) => Uint8Array): Session {
  const { header } = incoming.message;
  const session = newSession(incoming.dialect.version, header.target.uri, header.source.uri);
  const told = known && { largeObjects: known.supportLargeObjs === true, numberOfChanges: known.supportNumberOfChanges === true };
  // What such a device answers has to show by itself which session it is of.
  const after = device.ignoresRespUri ? { cmdIdsAfter: Buffer.from(random(4)).readUInt32BE() % CMD_IDS } : {};
  return { ...session, ...told, ...after };
}
