/**
 * One session of a device: composes messages, answers what the server's last message asks for, follows RespURI, and keeps every exchange.
 * Nothing is checked here beyond what the next message needs; what an answer has to look like is for cases and rules.
 */
import { Alert, isSyncType } from '../../model/alert.js';
import type { AlertCommand, Command, Cred, Item, Message, Meta, SyncHdr } from '../../model/message.js';
import { Status } from '../../model/status.js';
import type { Dialect } from '../../wire/dialect.js';
import { MEDIA_TYPES } from '../../wire/media-type.js';
import { CaseFailed, Inconclusive } from '../case.js';
import { Answer, everyCommand, textOf } from './answer.js';
import { dialectOf, encode, readResponse } from './codec.js';
import { basicCred, md5Cred } from './credentials.js';
import type { DeviceStore, LabDevice } from './device.js';
import * as drafts from './drafts.js';
import type { Draft } from './drafts.js';
import { NoResponse, type HttpRequest } from './http.js';
import type { ExchangeTrace } from './trace.js';

export interface SessionOptions {
  readonly sessionId?: string;
  /** MsgID of the first message; 1 when left out. */
  readonly firstMsgId?: number;
  /** Where its first message goes. */
  readonly url?: string;
  /** Its messages break rules on purpose throughout. */
  readonly odd?: boolean;
  /** WBXML form and the like, when not the usual one. */
  readonly dialect?: Partial<Dialect>;
}

export interface SendOptions {
  /** True when left out. */
  readonly final?: boolean;
  /** The Statuses owed for the server's last message: all with the usual codes, none, or with this code by command (undefined: no Status). */
  readonly statuses?: 'all' | 'none' | ((command: Command) => number | undefined);
  /** Code of the Status for the server's SyncHdr; 200. `none` leaves it out. */
  readonly headerStatus?: number | 'none' | { readonly code: number; readonly chal?: Meta };
  /** `none`: without Cred though the session is not authenticated. */
  readonly cred?: Cred | 'none';
  readonly header?: Partial<SyncHdr>;
  /** Changes the message before it is encoded. */
  readonly edit?: (message: Message) => Message;
  /** Changes the encoded bytes. */
  readonly editBytes?: (bytes: Uint8Array) => Uint8Array;
  readonly http?: Partial<HttpRequest>;
  readonly url?: string;
  /** This message breaks a rule on purpose. */
  readonly odd?: boolean;
}

/** Package 4 may take that many messages before the suite stops asking. */
const MOST_MESSAGES = 200;

export class LabSession {
  readonly device: LabDevice;
  readonly sessionId: string;
  readonly exchanges: ExchangeTrace[] = [];
  readonly #options: SessionOptions;
  readonly #answers: Answer[] = [];
  readonly #sent = new Map<Draft, { readonly msgId: string; readonly cmdId: string }>();
  /** Next of each store alerted in this session. */
  readonly #next = new Map<DeviceStore, string>();
  #url: string;
  #msgId: number;
  #authenticated = false;
  #announced = false;

  constructor(device: LabDevice, options: SessionOptions) {
    this.device = device;
    this.#options = options;
    this.sessionId = options.sessionId ?? '1';
    this.#msgId = (options.firstMsgId ?? 1) - 1;
    this.#url = options.url ?? device.lab.target.url;
    device.lab.opened(this, this.exchanges);
  }

  get url(): string {
    return this.#url;
  }

  /** MsgID of the last message sent. */
  get msgId(): number {
    return this.#msgId;
  }

  get answers(): readonly Answer[] {
    return this.#answers;
  }

  get last(): Answer | undefined {
    return this.#answers.at(-1);
  }

  /** Codes the server answered this command with, in whichever message; small messages put Statuses off. */
  codes(draft: Draft): readonly number[] {
    return this.statusesFor(draft).map(({ code }) => code);
  }

  code(draft: Draft): number | undefined {
    return this.codes(draft)[0];
  }

  statusesFor(draft: Draft): Answer['statuses'] {
    const sent = this.#sent.get(draft);
    if (!sent) return [];
    return this.#answers.flatMap(({ statuses }) => statuses.filter((s) => s.msgRef === sent.msgId && s.cmdRef === sent.cmdId));
  }

  /** The Next this session's Alert gave for a store. */
  nextOf(store: DeviceStore): string {
    let next = this.#next.get(store);
    if (next === undefined) {
      next = this.device.nextAnchor();
      this.#next.set(store, next);
    }
    return next;
  }

  /** The Alert that opens a store. */
  alert(
    code: number,
    store: DeviceStore = this.device.store,
    options: { readonly last?: string | undefined; readonly meta?: Meta } = {},
  ): Draft<AlertCommand> {
    const last = 'last' in options ? options.last : store.last;
    return drafts.syncAlert(code, store.names, { last, next: this.nextOf(store) }, options.meta);
  }

  /** Makes the next message, without sending it. */
  compose(commands: readonly Draft[], options: SendOptions = {}): { readonly message: Message; readonly ids: ReadonlyMap<Draft, string> } {
    this.#msgId += 1;
    const ids = new Map<Draft, string>();
    let count = 0;
    const number = (all: readonly Draft[]): Command[] =>
      all.map((draft) => {
        count += 1;
        const cmdId = draft.cmdId ?? String(count);
        ids.set(draft, cmdId);
        const command = { ...draft, cmdId };
        return 'commands' in command ? { ...command, commands: number(command.commands) } : command;
      });
    const body = number([...this.#owed(options), ...commands]);
    const message: Message = { header: this.#header(options), body, final: options.final ?? true };
    const edited = options.edit ? options.edit(message) : message;
    for (const [draft, cmdId] of ids) this.#sent.set(draft, { msgId: edited.header.msgId, cmdId });
    return { message: edited, ids };
  }

  /** Sends commands as the next message. @throws {CaseFailed} when no SyncML message comes back. */
  async send(commands: readonly Draft[], options: SendOptions = {}): Promise<Answer> {
    const { message, ids } = this.compose(commands, options);
    return this.transmit(message, ids, options);
  }

  /** Sends a message that was composed before, once more or for the first time. */
  async transmit(message: Message, ids: ReadonlyMap<Draft, string> = new Map(), options: SendOptions = {}): Promise<Answer> {
    const trace = await this.post(message, options);
    if (!trace.answer || !trace.response)
      throw new CaseFailed(`message ${message.header.msgId} got no SyncML message: ${trace.fault ?? 'no response'}`);
    const answer = new Answer(trace, message, trace.response, trace.answer, ids);
    this.#take(answer);
    return answer;
  }

  /** Posts a message and keeps what came back, whatever it is. */
  async post(message: Message, options: SendOptions = {}): Promise<ExchangeTrace> {
    const dialect = { ...dialectOf(this.device.version, this.device.encoding), ...this.#options.dialect };
    const plain = encode(message, dialect);
    const body = options.editBytes ? options.editBytes(plain) : plain;
    return this.#post(body, message, options);
  }

  /** Posts bytes made by hand. */
  async postBytes(body: Uint8Array, options: SendOptions = {}): Promise<ExchangeTrace> {
    return this.#post(body, undefined, { odd: true, ...options });
  }

  async #post(body: Uint8Array, message: Message | undefined, options: SendOptions): Promise<ExchangeTrace> {
    const { lab, encoding } = this.device;
    const url = options.url ?? this.#url;
    const headers = {
      'Content-Type': MEDIA_TYPES[encoding],
      Accept: MEDIA_TYPES[encoding],
      'User-Agent': 'Moorage conformance',
      ...options.http?.headers,
    };
    const base = {
      url,
      requestHeaders: headers,
      requestBody: body,
      requestEncoding: encoding,
      request: message,
      odd: options.odd ?? this.#options.odd ?? false,
    };
    let trace: ExchangeTrace;
    try {
      const response = await lab.http.send({ url, body, ...options.http, headers });
      const { encoding: responseEncoding, message: answer, fault } = readResponse(response);
      trace = { ...base, response, responseEncoding, answer, ...(fault === undefined ? {} : { fault }) };
    } catch (error) {
      if (!(error instanceof NoResponse)) throw error;
      trace = { ...base, response: undefined, responseEncoding: undefined, answer: undefined, fault: error.message };
    }
    this.exchanges.push(trace);
    return trace;
  }

  /**
   * Package 1: Alerts (and DevInf when it is due), with credentials; repeated with what the server asks for where it challenges.
   * @throws {Inconclusive} when the server lets nobody in.
   */
  async open(commands: readonly Draft[], options: SendOptions = {}): Promise<Answer> {
    const { device } = this;
    const devInf = device.options.devInf === 'first' && !device.devInfSent && device.version !== undefined ? [device.putDevInf()] : [];
    let answer = await this.send([...devInf, ...commands], options);
    for (let tries = 0; isRefusal(answer.headerCode) && tries < 2; tries += 1) answer = await this.send([...devInf, ...commands], options);
    if (isRefusal(answer.headerCode)) throw new Inconclusive(`the server answers the log-in with ${answer.headerCode}`);
    if (devInf.length > 0) device.devInfSent = true;
    return answer;
  }

  /** Opens one store and says which sync runs: the code of the server's Alert. @throws {Inconclusive} when the store is refused. */
  async openStore(
    code: number,
    options: SendOptions & { readonly store?: DeviceStore; readonly extra?: readonly Draft[] } = {},
  ): Promise<number> {
    const store = options.store ?? this.device.store;
    const alert = this.alert(code, store);
    let answer = await this.open([alert, ...(options.extra ?? [])], options);
    for (let more = 0; !answer.final && more < MOST_MESSAGES; more += 1) answer = await this.more();
    const status = this.code(alert);
    if (status === undefined || (status >= 300 && status !== Status.RefreshRequired))
      throw new Inconclusive(`Alert ${code} is answered with ${status ?? 'no Status'}`);
    return this.granted(store) ?? code;
  }

  /** Code of the server's Alert for a store: the sync it means to run. Undefined when it sent none. */
  granted(store: DeviceStore = this.device.store): number | undefined {
    return this.grantedAlert(store)?.code;
  }

  grantedAlert(store: DeviceStore = this.device.store): AlertCommand | undefined {
    return this.#answers
      .flatMap((answer) => answer.alerts())
      .find(({ code, items }) => code !== undefined && isSyncType(code) && items[0]?.target?.uri === store.names.client);
  }

  /** Package 3 of one store in one message: what stands before, and its Sync. */
  async push(
    commands: readonly Draft[],
    options: SendOptions & {
      readonly store?: DeviceStore;
      readonly before?: readonly Draft[];
      readonly sync?: Parameters<typeof drafts.sync>[2];
    } = {},
  ): Promise<Answer> {
    const store = options.store ?? this.device.store;
    return this.send([...(options.before ?? []), drafts.sync(store.names, commands, options.sync)], options);
  }

  /** Asks for the next message of the server's package, with Alert 222. */
  async more(options: SendOptions = {}): Promise<Answer> {
    return this.send([drafts.nextMessage(this.device.uri, this.device.lab.target.url)], { final: false, ...options });
  }

  /** Takes the rest of package 4 into the device's stores. @returns all its messages, `first` included. */
  async pull(first: Answer, options: SendOptions = {}): Promise<readonly Answer[]> {
    const all = [first];
    let answer = first;
    this.apply(answer);
    while (!answer.final) {
      if (all.length >= MOST_MESSAGES) throw new Inconclusive(`package 4 has no end after ${all.length} messages`);
      answer = await this.more(options);
      this.apply(answer);
      all.push(answer);
    }
    return all;
  }

  /** Package 5: Statuses and Maps; then the stores' anchors move. */
  async close(options: SendOptions = {}): Promise<Answer> {
    const maps = this.device.stores.filter(({ unmapped }) => unmapped.size > 0).map((store) => drafts.map(store.names, store.unmapped));
    const answer = await this.send(maps, options);
    this.settle();
    return answer;
  }

  /** The client's books of a sync that ended well. */
  settle(): void {
    for (const [store, next] of this.#next) {
      store.last = next;
      store.unmapped.clear();
    }
  }

  /** Takes what the server sends into the stores: new items get LUIDs. Large objects are put together. */
  apply(answer: Answer): void {
    for (const sync of answer.syncs) {
      const store = this.device.storeByName(sync.target?.uri);
      if (!store) continue;
      for (const command of everyCommand(sync.commands)) {
        if (command.kind !== 'Add' && command.kind !== 'Replace' && command.kind !== 'Delete') continue;
        const item = command.items[0];
        if (!item) continue;
        const type = item.meta?.type ?? command.meta?.type ?? '';
        const text = textOf(command);
        if (command.kind === 'Delete') store.items.delete(item.target?.uri ?? '');
        else this.#takeItem(store, command.kind, item, { type, text });
      }
    }
  }

  /** What came of the object that is under way. */
  #partial = '';

  #takeItem(store: DeviceStore, kind: 'Add' | 'Replace', item: Item, content: { type: string; text: string }): void {
    const text = this.#partial + content.text;
    this.#partial = item.moreData ? text : '';
    if (item.moreData) return;
    if (kind === 'Replace') {
      store.items.set(item.target?.uri ?? item.source?.uri ?? '', { ...content, text });
      return;
    }
    const luid = `s${this.device.newLuid()}`;
    store.items.set(luid, { ...content, text });
    store.unmapped.set(item.source?.uri ?? '', luid);
  }

  #take(answer: Answer): void {
    this.#answers.push(answer);
    const { headerStatus, header } = answer;
    // Whether it is absolute, as it has to be, is a case of its own: the others go on.
    if (header.respUri !== undefined && URL.canParse(header.respUri, this.#url)) this.#url = new URL(header.respUri, this.#url).href;
    if (headerStatus?.chal?.nextNonce !== undefined) this.device.nonce = Buffer.from(headerStatus.chal.nextNonce, 'base64');
    if (isRefusal(headerStatus?.code)) {
      const type = headerStatus?.chal?.type;
      if (type === 'syncml:auth-md5') this.device.auth = 'md5';
      if (type === 'syncml:auth-basic') this.device.auth = 'basic';
      this.#announced = false;
    } else if (headerStatus?.code === Status.AuthAccepted) this.#authenticated = true;
  }

  #header(options: SendOptions): SyncHdr {
    const { device } = this;
    const { version } = device;
    const { maxMsgSize } = device.options;
    const cred = options.cred === 'none' ? undefined : (options.cred ?? (this.#authenticated ? undefined : this.cred()));
    const maxObjSize = device.largeObjects ? device.options.maxObjSize : undefined;
    const meta: Meta | undefined =
      this.#announced || (maxMsgSize === undefined && maxObjSize === undefined)
        ? undefined
        : { ...(maxMsgSize === undefined ? {} : { maxMsgSize }), ...(maxObjSize === undefined ? {} : { maxObjSize }) };
    this.#announced = true;
    return {
      verDtd: version,
      verProto: `SyncML/${version}`,
      sessionId: this.sessionId,
      msgId: String(this.#msgId),
      target: { uri: device.lab.target.url },
      source: { uri: device.uri, name: device.user },
      ...(cred ? { cred } : {}),
      ...(meta ? { meta } : {}),
      ...options.header,
    };
  }

  /** Credentials of the device's way to log in, for the nonce it was given last. */
  cred(): Cred {
    const { auth, user, password, version, nonce } = this.device;
    return auth === 'basic' ? basicCred(user, password) : md5Cred(version, user, password, nonce);
  }

  /** Statuses for the server's last message. */
  #owed(options: SendOptions): readonly Draft[] {
    const answer = this.last;
    const mode = options.statuses ?? 'all';
    if (!answer || mode === 'none') return [];
    const { header } = answer;
    const own = options.headerStatus ?? Status.Ok;
    const verdict = typeof own === 'object' ? own : own === 'none' ? undefined : { code: own };
    const first = verdict
      ? [
          drafts.status(header.msgId, '0', 'SyncHdr', verdict.code, {
            targetRefs: [header.target.uri],
            sourceRefs: [header.source.uri],
            ...verdict,
          }),
        ]
      : [];
    const rest = everyCommand(answer.message.body).flatMap((command) => {
      if (command.kind === 'Status' || command.kind === 'Results' || command.kind === 'Unknown' || ('noResp' in command && command.noResp))
        return [];
      const code = mode === 'all' ? this.#usualCode(command) : mode(command);
      return code === undefined ? [] : [statusOf(header.msgId, command, code)];
    });
    return [...first, ...rest, ...this.#resultsOf(answer)];
  }

  #usualCode(command: Command): number {
    if (command.kind === 'Get' && this.device.options.devInf === 'none') return Status.CommandFailed;
    if ('items' in command && command.items.some((item) => 'moreData' in item && item.moreData)) return Status.ChunkAccepted;
    return command.kind === 'Add' ? Status.ItemAdded : Status.Ok;
  }

  /** DevInf for the server's Get. */
  #resultsOf(answer: Answer): readonly Draft[] {
    const { device } = this;
    if (device.options.devInf === 'none') return [];
    return answer.message.body.flatMap((command): Draft[] => {
      if (command.kind !== 'Get') return [];
      device.devInfSent = true;
      return [
        {
          kind: 'Results',
          msgRef: answer.header.msgId,
          cmdRef: command.cmdId,
          meta: { type: device.devInfType },
          items: [{ source: { uri: device.devInfUri }, data: { kind: 'devinf', devinf: device.devInf() } }],
        },
      ];
    });
  }
}

export const isRefusal = (code: number | undefined): boolean => code === Status.InvalidCredentials || code === Status.MissingCredentials;

function statusOf(msgRef: string, command: Command, code: number): Draft {
  const item = 'items' in command ? (command.items[0] as Item | undefined) : undefined;
  const target = item?.target?.uri ?? ('target' in command ? command.target?.uri : undefined);
  const source = item?.source?.uri ?? ('source' in command ? command.source?.uri : undefined);
  const next =
    command.kind === 'Alert' && command.code !== undefined && (isSyncType(command.code) || command.code === Alert.Resume)
      ? item?.meta?.anchor?.next
      : undefined;
  return drafts.status(msgRef, command.cmdId, command.kind === 'Unknown' ? command.name : command.kind, code, {
    ...(target === undefined ? {} : { targetRefs: [target] }),
    ...(source === undefined ? {} : { sourceRefs: [source] }),
    ...(next === undefined ? {} : { items: [{ data: { kind: 'anchor', anchor: { next } } }] }),
  });
}
