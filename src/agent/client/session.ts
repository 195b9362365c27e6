/** One session about one datastore, from the device's end. [DS Protocol 1.2, "Packages 1 to 6"] */
import { Alert, isSyncType, type SyncType } from '../../model/alert.js';
import type { AlertCommand, Command, Message, StatusCommand, SyncHdr } from '../../model/message.js';
import { isSuccess, Status } from '../../model/status.js';
import { ProtocolFault, ServerBusy, SessionRefused, Suspended } from '../errors.js';
import { Authentication } from './authentication.js';
import { compose, type Composed, type Draft, type Outgoing, type OutgoingItem } from './compose.js';
import { receiveSync } from './incoming.js';
import { isBusy, type Link } from './link.js';
import type { SessionPlan, SessionResult, SessionSettings } from './session-types.js';
import { headerStatus, refusals, statusFor } from './statuses.js';
import { statusWords } from './words.js';

const DEVINF_URI = './devinf12';
/** Messages of the server that bring nothing: interim answers while it works. About twenty minutes. */
const MAX_IDLE_ROUNDS = 100;

type Turn = 'init' | 'changes' | 'answers';

export class SyncSession {
  readonly #settings: SessionSettings;
  readonly #plan: SessionPlan;
  readonly #link: Link;
  #auth: Authentication;
  #url: string;
  #msgId = 0;
  #turn: Turn = 'init';
  #statuses: Draft<StatusCommand>[] = [];
  #queue: Outgoing[] = [];
  readonly #sent = new Map<string, { readonly entry: Outgoing; readonly command: string }>();
  #part: Composed['part'];
  /** Our Final of this package is out; the server's has come. */
  #closed = false;
  #serverClosed = false;
  #refusing = false;
  #announce = true;
  #limit: number;
  #idle = 0;
  #devInfTaken = false;
  #endTurn: () => void = () => undefined;
  #alertCode: number | undefined;
  #opened: { readonly type: SyncType; readonly next: string; readonly maxObjSize: number | undefined } | undefined;

  constructor(settings: SessionSettings, plan: SessionPlan, link: Link) {
    this.#settings = settings;
    this.#plan = plan;
    this.#link = link;
    this.#url = settings.server;
    this.#limit = settings.maxMsgSize;
    this.#auth = this.#authentication();
  }

  /**
   * Plays the session to its end.
   * @throws {Suspended} when it was asked to stop, {SessionRefused}, {ServerBusy}, {LinkLost}, {ServerNotAuthentic}, {ProtocolFault}.
   */
  async run(): Promise<SessionResult> {
    this.#endTurn = await this.#settings.logInTurn();
    try {
      this.#auth = this.#authentication();
      return await this.#play();
    } finally {
      this.#endTurn();
    }
  }

  #authentication(): Authentication {
    const { logIn } = this.#settings;
    return new Authentication(logIn, this.#settings.nonces(), (nonces) => this.#settings.keepNonces(nonces));
  }

  async #play(): Promise<SessionResult> {
    this.#begin();
    while (!(await this.#exchange())) {
      if (this.#idle > MAX_IDLE_ROUNDS) throw new ProtocolFault('the server has not got on for many messages');
      if (this.#idle > 1) await this.#link.pause(this.#idle - 2);
    }
    const opened = this.#opened;
    if (!opened) throw new ProtocolFault('the session ended before the datastore was opened');
    return { type: opened.type, serverNext: opened.next, messages: this.#msgId, devInfTaken: this.#devInfTaken };
  }

  #begin(): void {
    this.#turn = 'init';
    this.#closed = false;
    this.#announce = true;
    const { names, type, last, next } = this.#plan;
    const { devInf, maxObjSize } = this.#settings;
    const meta = { anchor: { ...(last === undefined ? {} : { last }), next }, maxObjSize };
    const alert: Draft<AlertCommand> = {
      kind: 'Alert',
      code: type,
      items: [{ target: { uri: names.target }, source: { uri: names.source }, meta }],
    };
    this.#queue = [{ kind: 'command', draft: alert }];
    if (devInf) {
      const put = {
        kind: 'Put' as const,
        meta: { type: `application/vnd.syncml-devinf+${this.#link.encoding}` },
        items: [{ source: { uri: DEVINF_URI }, data: { kind: 'devinf' as const, devinf: devInf } }],
      };
      this.#queue.unshift({ kind: 'command', draft: put });
    }
  }

  /** One message and its answer. @returns whether the session is over. */
  async #exchange(): Promise<boolean> {
    this.#msgId += 1;
    const suspends = this.#settings.suspend?.aborted === true && this.#turn !== 'init';
    if (this.#settings.suspend?.aborted === true && !suspends) throw new Suspended('stopped before anything was sent');
    const { message, sent, part } = compose(
      {
        header: this.#header(),
        names: this.#plan.names,
        statuses: this.#statuses,
        // A part without its Status holds up what comes after it.
        queue: this.#part ? [] : this.#queue,
        limit: this.#limit,
        mayClose: !this.#closed && !this.#part && !this.#refusing,
        asksForMore: ((this.#closed && !this.#serverClosed) || this.#part !== undefined) && !this.#refusing,
        suspends,
      },
      this.#link.encoder,
    );
    for (const [cmdId, entry] of sent) this.#sent.set(`${this.#msgId}/${cmdId}`, { entry, command: entry.kind });
    this.#part = part ?? this.#part;
    if (message.final) this.#closed = true;
    const answer = await this.#link.exchange(this.#url, message);
    if (suspends) {
      this.#takeStatuses(answer);
      throw new Suspended('suspended; the next run goes on from here');
    }
    return this.#received(answer);
  }

  #header(): SyncHdr {
    const { server, device, logIn, maxMsgSize, maxObjSize, sessionId } = this.#settings;
    const cred = this.#auth.cred();
    const meta = this.#announce ? { meta: { maxMsgSize, maxObjSize } } : {};
    this.#announce = false;
    return {
      verDtd: '1.2',
      verProto: 'SyncML/1.2',
      sessionId: String(sessionId),
      msgId: String(this.#msgId),
      target: { uri: server },
      source: { uri: device, name: logIn.user },
      ...(cred ? { cred } : {}),
      ...meta,
    };
  }

  async #received(answer: Message): Promise<boolean> {
    const { header } = answer;
    this.#limit = Math.min(this.#settings.maxMsgSize, header.meta?.maxMsgSize ?? this.#limit);
    const first = answer.body.find((command) => command.kind === 'Status' && command.cmdRef === '0');
    if (first?.kind !== 'Status') throw new ProtocolFault('an answer without the Status of our SyncHdr');
    const verdict = this.#auth.answered(first);
    if (verdict === 'refused') throw new SessionRefused('the server does not accept user name and password', first.code);
    if (verdict === 'accepted') this.#endTurn();
    if (header.respUri !== undefined) this.#url = new URL(header.respUri, this.#settings.server).href;
    if (verdict === 'again') {
      this.#sent.clear();
      this.#statuses = [headerStatus(header, { code: Status.Ok })];
      this.#begin();
      return false;
    }
    if (isBusy(first.code)) return this.#busy(first);
    if (!isSuccess(first.code)) throw new SessionRefused(`the server refused the session: ${statusWords(first.code)}`, first.code);
    const before = this.#sent.size;
    this.#takeStatuses(answer);
    const got = before !== this.#sent.size;
    const owed = this.#statuses.length;
    const repeated = this.#refusing;
    const ofServer = this.#auth.judge(header);
    this.#refusing = ofServer.code === Status.InvalidCredentials || ofServer.code === Status.MissingCredentials;
    if (this.#refusing) this.#statuses.push(...answer.body.flatMap((command) => refusals(header.msgId, command, ofServer.code)));
    else for (const command of answer.body) await this.#command(command, header.msgId);
    const brought = got || this.#statuses.length > owed || answer.final;
    this.#statuses.unshift(headerStatus(header, ofServer));
    this.#serverClosed = (answer.final || repeated) && !this.#refusing;
    this.#idle = brought ? 0 : this.#idle + 1;
    return this.#advance();
  }

  /** 101 and its like: within a session the message is kept, and the next one brings its answers. */
  #busy(status: StatusCommand): boolean {
    if (this.#turn === 'init' || status.code !== Status.InProgress)
      throw new ServerBusy(`the server is busy (${statusWords(status.code)})`);
    this.#serverClosed = false;
    this.#idle += 1;
    return false;
  }

  #takeStatuses(answer: Message): void {
    for (const command of answer.body) if (command.kind === 'Status' && command.cmdRef !== '0') this.#answered(command);
  }

  #answered(status: StatusCommand): void {
    const key = `${status.msgRef}/${status.cmdRef}`;
    const sent = this.#sent.get(key);
    if (!sent) return;
    this.#sent.delete(key);
    const { entry } = sent;
    const { code } = status;
    if (entry.kind === 'item') return this.#itemAnswered(entry.item, status);
    if (entry.kind === 'sync') {
      if (!isSuccess(code)) throw new SessionRefused(`the server refused the changes: ${statusWords(code)}`, code);
    } else if (entry.draft.kind === 'Put') this.#devInfTaken = isSuccess(code);
    else if (entry.draft.kind === 'Alert') {
      this.#alertCode = code;
      if (!isSuccess(code) && code !== Status.RefreshRequired)
        throw new SessionRefused(`the server does not open ${this.#plan.names.target}: ${statusWords(code)}`, code);
    }
  }

  #itemAnswered(item: OutgoingItem, status: StatusCommand): void {
    const { handler } = this.#plan;
    const { code } = status;
    if (this.#part?.item === item) {
      const { end } = this.#part;
      this.#part = undefined;
      if (code === Status.ChunkAccepted) {
        item.offset = end;
        handler.acknowledged(item);
        return;
      }
      // Refused before it was complete: the rest is not sent.
      this.#queue.shift();
    }
    if (code !== Status.ChunkAccepted && !handler.answered(item, code, detailOf(status))) this.#queue = [];
  }

  async #command(command: Command, msgRef: string): Promise<void> {
    switch (command.kind) {
      case 'Status':
      case 'Results':
        return;
      case 'Alert':
        this.#serverAlert(command, msgRef);
        return;
      case 'Sync':
        this.#statuses.push(...(await receiveSync(command, msgRef, this.#plan.names, this.#plan.handler)));
        return;
      case 'Put':
        this.#statuses.push(statusFor(msgRef, command, Status.Ok));
        return;
      default:
        this.#statuses.push(...refusals(msgRef, command, Status.FeatureNotSupported));
    }
  }

  #serverAlert(alert: AlertCommand, msgRef: string): void {
    const { code } = alert;
    for (const item of alert.items.length > 0 ? alert.items : [{}]) {
      const anchor = item.meta?.anchor;
      if (code !== undefined && isSyncType(code)) {
        if (anchor?.next === undefined) throw new ProtocolFault('the server gave no anchor');
        this.#opened = { type: code, next: anchor.next, maxObjSize: item.meta?.maxObjSize };
      }
      const echo = anchor?.next === undefined ? {} : { items: [{ data: { kind: 'anchor', anchor: { next: anchor.next } } as const }] };
      if (!alert.noResp) this.#statuses.push({ ...statusFor(msgRef, alert, Status.Ok, item), ...echo });
    }
    if (code === Alert.Suspend) throw new ServerBusy('the server suspended the session');
    // The server lost what it had of the object under way: once more from its beginning.
    if (code === Alert.NoEndOfData) for (const entry of this.#queue) if (entry.kind === 'item') entry.item.offset = 0;
  }

  /** Whose turn it is after both sides have spoken. @returns whether the session is over. */
  #advance(): boolean {
    if (!this.#closed || !this.#serverClosed) return false;
    this.#closed = false;
    if (this.#turn === 'answers') return true;
    if (this.#turn === 'changes') {
      this.#turn = 'answers';
      // Nothing but the Status of a SyncHdr is worth no message.
      return this.#statuses.length <= 1;
    }
    const opened = this.#opened;
    if (!opened) throw new ProtocolFault('the server did not open the datastore');
    this.#turn = 'changes';
    const resumed = this.#plan.type === Alert.Resume && this.#alertCode !== Status.RefreshRequired;
    const items = this.#plan.handler.opened({ type: opened.type, resumed, maxObjSize: opened.maxObjSize });
    this.#queue = [{ kind: 'sync', changes: items.length }, ...items.map((item): Outgoing => ({ kind: 'item', item }))];
    return false;
  }
}

function detailOf(status: StatusCommand): string | undefined {
  const data = status.items[0]?.data;
  return data?.kind === 'content' ? Buffer.from(data.bytes).toString('utf8') : undefined;
}
