/** Plays one session from the device's end, message by message, and holds every answer of the server against the rules. */
import { Alert, isSyncType } from '../../src/model/alert.js';
import type { AlertCommand, Command, Message, StatusCommand, SyncHdr } from '../../src/model/message.js';
import { Status, isSuccess } from '../../src/model/status.js';
import type { Codec } from './codec.js';
import { headerStatus, refusals, statusFor } from './statuses.js';
import { compose, type Composed, type Draft, type Outgoing, type OutgoingItem } from './outbox.js';
import { changes, devInfCommands, devInfResults, maps, storeAlert } from './packages.js';
import { supportsLargeObjects, type DeviceProfile } from './profile.js';
import { Findings, ServerBrokeRules } from './rules/findings.js';
import { MessageRules } from './rules/message-rules.js';
import type { Answer } from './rules/status-ledger.js';
import { ServerDevInf } from './server-devinf.js';
import { SessionAuth } from './session-auth.js';
import {
  ResumeRefused,
  SessionDead,
  SessionRefused,
  type DeviceMemory,
  type Post,
  type SessionPlan,
  type SessionResult,
} from './session-types.js';
import { StoreSync } from './store-sync.js';

const MAX_MESSAGES = 2000;
const MAX_IDLE_ROUNDS = 12;

type Turn = 'init' | 'changes' | 'maps';

export class ClientSession {
  readonly findings = new Findings();
  readonly #profile: DeviceProfile;
  readonly #memory: DeviceMemory;
  readonly #plan: SessionPlan;
  readonly #codec: Codec;
  readonly #post: Post;
  readonly #serverUri: string;
  readonly #auth: SessionAuth;
  readonly #serverDevInf: ServerDevInf;
  #rules = new MessageRules(this.findings);
  #sessionId: string;
  #url: string;
  #msgId = 0;
  #syncs: StoreSync[] = [];
  #statuses: Draft<StatusCommand>[] = [];
  #queue: Outgoing[] = [];
  #results: Outgoing[] = [];
  #chunk: Composed['chunk'];
  readonly #sent = new Map<string, Outgoing>();
  #turn: Turn = 'init';
  #closed = false;
  #serverClosed = false;
  #serverLimit: number | undefined;
  #announce = true;
  #suspended = false;
  #idle = 0;
  /** The server's last message is answered with 401 or 407 throughout: it must repeat it with credentials. */
  #refusing = false;
  /** That message closed the server's package. */
  #refusedFinal = false;

  constructor(profile: DeviceProfile, memory: DeviceMemory, plan: SessionPlan, codec: Codec, post: Post, serverUri: string) {
    this.#profile = profile;
    this.#memory = memory;
    this.#plan = plan;
    this.#codec = codec;
    this.#post = post;
    this.#serverUri = serverUri;
    this.#url = serverUri;
    this.#sessionId = this.#nextSessionId();
    this.#auth = new SessionAuth(profile, memory, this.findings);
    this.#serverDevInf = new ServerDevInf(profile, this.findings);
  }

  /** @throws {ServerBrokeRules} {SessionRefused} and whatever `post` throws when the link is dead. */
  async run(): Promise<SessionResult> {
    this.#begin();
    try {
      while (!(await this.#exchange())) {
        if (this.#msgId > MAX_MESSAGES || this.#idle > MAX_IDLE_ROUNDS) {
          throw new ServerBrokeRules(`no end after ${this.#msgId} messages, ${this.#idle} of them without progress`);
        }
      }
    } catch (error) {
      if (!(error instanceof SessionDead && this.#profile.settlesEarly && this.#turn === 'maps')) throw error;
    } finally {
      for (const sync of this.#syncs) sync.store.broken = sync.broken;
    }
    if (!this.#suspended) for (const sync of this.#syncs) sync.finish();
    this.#throwFindings();
    return {
      stores: this.#syncs.map((sync) => ({
        uri: sync.names.target,
        requested: sync.requested,
        effective: sync.effective,
        refused: sync.refused,
        failures: sync.failures,
        delivered: sync.delivered.size,
        arrived: sync.incoming.arrived,
        conflicts: sync.conflicts,
      })),
      messages: this.#msgId,
      suspended: this.#suspended,
      ignored: this.findings.ignored,
    };
  }

  #nextSessionId(): string {
    this.#memory.sessions += 1;
    return String(this.#memory.sessions % 256);
  }

  /** Package 1, afresh. */
  #begin(): void {
    this.#turn = 'init';
    this.#closed = false;
    this.#announce = true;
    this.#chunk = undefined;
    this.#syncs = this.#plan.stores.map(({ store, type }) => {
      this.#memory.anchors += 1;
      const sync = new StoreSync(store, type, String(this.#memory.anchors), this.#profile, this.findings);
      sync.incoming.refuses = this.#plan.refuses === true;
      return sync;
    });
    this.#queue = [...devInfCommands(this.#profile, this.#memory.devInfSent), ...this.#syncs.map(storeAlert)];
    if (this.#plan.combined) {
      for (const sync of this.#syncs) sync.assume();
      this.#queue.push(...changes(this.#profile, this.#syncs));
    }
  }

  /** One message and its answer. @returns whether the session is over. */
  async #exchange(): Promise<boolean> {
    const { message, sent, chunk } = this.#compose();
    for (const [cmdId, entry] of sent) {
      this.#sent.set(`${message.header.msgId}/${cmdId}`, entry);
      if (entry.kind === 'item' && entry.item.kind !== 'Delete') this.#byNames(entry.names)?.sent.add(entry.item.luid);
    }
    if (chunk) this.#chunk = chunk;
    if (message.final) this.#closed = true;
    const {
      sent: request,
      response,
      bytes,
    } = await this.#post(this.#url, message, () => ({
      ...message,
      header: { ...message.header, cred: this.#auth.cred() },
    }));
    const answers = this.#rules.received({ request, response, bytes });
    const over = this.#received(response, answers);
    this.#throwFindings();
    return over;
  }

  #compose(): Composed {
    this.#msgId += 1;
    const suspends = this.#plan.suspendAt === this.#msgId && this.#turn !== 'init';
    const asksForMore = this.#closed && !this.#serverClosed;
    // A chunk without its Status blocks what comes after it.
    const queue = this.#chunk ? [] : this.#queue;
    const limit = Math.min(this.#profile.sendLimit, this.#serverLimit ?? this.#profile.sendLimit);
    const composed = compose(
      {
        header: this.#header(),
        statuses: this.#statuses,
        queue,
        limit,
        largeObjects: supportsLargeObjects(this.#profile),
        mayClose: !this.#closed && !this.#chunk && !this.#refusing,
        asksForMore: asksForMore && !this.#refusing,
        suspends,
      },
      this.#codec,
      this.#profile.encoding,
    );
    this.#suspended = suspends;
    return composed;
  }

  #header(): SyncHdr {
    const { version, uri, user, maxMsgSize, maxObjSize } = this.#profile;
    const cred = this.#auth.credForMessage();
    const objSize = supportsLargeObjects(this.#profile) && maxObjSize !== undefined ? { maxObjSize } : {};
    const meta = { ...(maxMsgSize === undefined ? {} : { maxMsgSize }), ...objSize };
    const header: SyncHdr = {
      verDtd: version,
      verProto: `SyncML/${version}`,
      sessionId: this.#sessionId,
      msgId: String(this.#msgId),
      target: { uri: this.#serverUri },
      source: { uri, name: user },
      ...(cred ? { cred } : {}),
      ...(this.#announce && Object.keys(meta).length > 0 ? { meta } : {}),
    };
    this.#announce = false;
    return header;
  }

  #received(response: Message, answers: readonly Answer[]): boolean {
    const { header } = response;
    if (header.respUri !== undefined && this.#profile.followsRespUri) this.#url = header.respUri;
    this.#serverLimit = header.meta?.maxMsgSize ?? this.#serverLimit;
    const [first] = response.body;
    if (first?.kind !== 'Status') throw new ServerBrokeRules('a message without the Status of SyncHdr');
    const verdict = this.#auth.answered(first);
    if (verdict === 'refused') throw new SessionRefused(first.code);
    if (verdict === 'again') {
      this.#again(response);
      return false;
    }
    if (!isSuccess(first.code)) throw new SessionRefused(first.code);
    for (const answer of answers) this.#answered(answer);
    if (this.#suspended) return true;
    const before = this.#statuses.length;
    const repeats = this.#refusing;
    const ofServer = this.#auth.judgeServer(response);
    this.#refusing = ofServer.code === Status.InvalidCredentials || ofServer.code === Status.MissingCredentials;
    if (this.#refusing) this.#statuses.push(...response.body.flatMap((command) => refusals(header.msgId, command, ofServer.code)));
    else for (const command of response.body) if (this.#command(command, header.msgId)) return true;
    const owes = this.#statuses.length > before;
    this.#statuses.unshift(headerStatus(header, ofServer));
    // A package that was complete when it was refused is complete with its repeat, which cannot close it again.
    const complete = response.final || (repeats && this.#refusedFinal);
    if (this.#refusing) this.#refusedFinal = complete;
    this.#serverClosed = complete && !this.#refusing;
    this.#idle = answers.length > 0 || owes || response.final ? 0 : this.#idle + 1;
    return this.#advance();
  }

  /** Package 1 was refused: again, with the credentials asked for. */
  #again(response: Message): void {
    this.#statuses = [];
    this.#sent.clear();
    if (this.#profile.newSessionAfterChallenge) {
      this.#sessionId = this.#nextSessionId();
      this.#msgId = 0;
      this.#url = this.#serverUri;
      this.#rules = new MessageRules(this.findings);
    } else {
      this.#statuses.push(headerStatus(response.header, { code: Status.Ok }));
    }
    this.#begin();
  }

  #answered({ msgRef, command, status }: Answer): void {
    const entry = this.#sent.get(`${msgRef}/${command.cmdId}`);
    const { code } = status;
    if (entry?.kind === 'sync') {
      const sync = this.#byNames(entry.names);
      if (sync && !isSuccess(code)) sync.syncsAccepted = false;
    } else if (entry?.kind === 'item') {
      const sync = this.#byNames(entry.names);
      if (sync) this.#itemAnswered(sync, entry.item, code);
    } else if (command.kind === 'Alert') {
      this.#byTarget(command.items[0]?.target?.uri)?.alertAnswered(status);
    } else if (command.kind === 'Put' || command.kind === 'Results') {
      this.#memory.devInfSent ||= isSuccess(code);
    } else if (command.kind === 'Map') {
      const sync = this.#byTarget(command.target?.uri);
      this.findings.check(isSuccess(code), '§9.2', `Map for ${command.target?.uri ?? ''} answered ${code}`);
      for (const item of command.items) sync?.store.mapped(item.target.uri);
    }
  }

  #itemAnswered(sync: StoreSync, item: OutgoingItem, code: number): void {
    if (this.#chunk?.item !== item) {
      this.findings.check(code !== Status.ChunkAccepted, '§12', `213 for ${item.kind} ${item.luid}, which was complete`);
      sync.itemAnswered(item, code);
      return;
    }
    if (code === Status.ChunkAccepted) {
      item.offset = this.#chunk.end;
      if (item.kind !== 'Delete') sync.partialOut = { luid: item.luid, kind: item.kind, edit: item.edit, offset: item.offset };
    } else {
      // Refused before it was complete: the rest is not sent.
      this.findings.check(!isSuccess(code), '§12', `${code} for an object of which only a part was sent`);
      this.#queue.shift();
      sync.itemAnswered(item, code);
    }
    this.#chunk = undefined;
  }

  /** Takes one command of the server. @returns whether it ends the session. */
  #command(command: Command, msgRef: string): boolean {
    const owe = (code: number, item = 'items' in command ? command.items[0] : undefined): void => {
      if (!('noResp' in command && command.noResp)) this.#statuses.push(statusFor(msgRef, command, code, item));
    };
    switch (command.kind) {
      case 'Status':
        return false;
      case 'Alert':
        return this.#serverAlert(command, msgRef);
      case 'Sync': {
        const sync = this.#syncs.find(({ names }) => names.source === command.target?.uri);
        this.findings.check(sync !== undefined, '§7', `Sync for ${command.target?.uri ?? 'nothing'}`);
        if (sync) this.#statuses.push(...sync.incoming.sync(command, msgRef, sync.accepted ? sync.effective : undefined));
        else owe(Status.NotFound);
        return false;
      }
      case 'Put':
        owe(Status.Ok);
        return false;
      case 'Get': {
        owe(Status.Ok);
        this.#results.push(devInfResults(this.#profile, msgRef, command.cmdId));
        return false;
      }
      case 'Results': {
        const code = this.#serverDevInf.take(command);
        if (this.#profile.answersResults) owe(code);
        return false;
      }
      default:
        this.findings.broke('representation §5', `${command.kind} from the server`);
        owe(Status.FeatureNotSupported);
        return false;
    }
  }

  #serverAlert(alert: AlertCommand, msgRef: string): boolean {
    const { code } = alert;
    for (const item of alert.items) {
      const sync = code !== undefined && isSyncType(code) ? this.#syncs.find(({ names }) => names.source === item.target?.uri) : undefined;
      if (code !== undefined && isSyncType(code))
        this.findings.check(sync !== undefined, '§7.4', `Alert for ${item.target?.uri ?? 'nothing'}`);
      const answer = sync ? sync.serverAlert(alert, item) : Status.Ok;
      const next = item.meta?.anchor?.next;
      const echo = sync && next !== undefined ? { items: [{ data: { kind: 'anchor', anchor: { next } } as const }] } : {};
      if (!alert.noResp) this.#statuses.push({ ...statusFor(msgRef, alert, answer, item), ...echo });
    }
    if (code === Alert.NoEndOfData) this.#partLost(alert);
    return code === Alert.Suspend;
  }

  /** The server dropped an object of which it had a part, because something else came first: only where a session before broke off. */
  #partLost(alert: AlertCommand): void {
    const resumed = this.#syncs.some((sync) => sync.resumed);
    this.findings.check(resumed, '§12', 'Alert 223 although the object went on');
    const lost = alert.items[0]?.source?.uri;
    // What is under way at the head of the queue was begun after that.
    for (const entry of this.#queue.slice(1)) if (entry.kind === 'item' && entry.item.luid === lost) entry.item.offset = 0;
  }

  /** Whose turn it is after both sides have spoken. @returns whether the session is over. */
  #advance(): boolean {
    if (this.#closed && !this.#serverClosed) this.#queueMaps();
    if (!this.#closed || !this.#serverClosed) return false;
    this.#closed = false;
    const before = this.#turn;
    this.#queue = [];
    if (before === 'init') this.#checkInitialised();
    if (before === 'maps') return true;
    const unsaid =
      before === 'init' ? this.#syncs.filter((sync) => sync.accepted && (!this.#plan.combined || sync.effective !== sync.requested)) : [];
    if (before === 'init' && (!this.#plan.combined || unsaid.length > 0)) {
      this.#turn = 'changes';
      if (unsaid.length === 0) return true;
      this.#queue = [...this.#results.splice(0), ...changes(this.#profile, unsaid)];
      return false;
    }
    this.#turn = 'maps';
    this.#queueMaps();
    // Nothing but a good SyncHdr Status is never sent by a client.
    return this.#statuses.length <= 1 && this.#queue.length === 0;
  }

  #checkInitialised(): void {
    for (const sync of this.#syncs) {
      if (sync.refused === undefined) this.findings.check(sync.alerted, '§7.4', `no Alert for ${sync.names.target} in package 2`);
    }
    this.#throwFindings();
    // A user who asked for a refresh does not want a two-way sync instead.
    if (this.#syncs.some((sync) => sync.requested === Alert.Resume && !sync.resumed && sync.effective !== sync.store.broken?.type)) {
      throw new ResumeRefused('another type than that of the sync that broke off');
    }
  }

  #queueMaps(): void {
    this.#queue.push(...this.#results.splice(0));
    if (this.#profile.mapsLate) return;
    for (const sync of this.#syncs) {
      this.#queue.push(...maps(sync, [...sync.incoming.toMap]));
      sync.incoming.toMap.clear();
    }
  }

  #byNames(names: object): StoreSync | undefined {
    return this.#syncs.find((sync) => sync.names === names);
  }

  #byTarget(target: string | undefined): StoreSync | undefined {
    return this.#syncs.find((sync) => sync.names.target === target);
  }

  #throwFindings(): void {
    if (this.findings.broken.length > 0) throw new ServerBrokeRules(this.findings.broken.join('\n'));
  }
}
