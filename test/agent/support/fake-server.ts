/**
 * A small server of the backup protocol for tests of the agent: one account, its sessions, log-in, parts, resume, restore. It is written from
 * docs/device-backup-protocol.md and does less than the real one, but it can be made to fail in any way.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Alert } from '../../../src/model/alert.js';
import type { Command, Item, ItemCommand, Message, Meta, StatusCommand, SyncCommand } from '../../../src/model/message.js';
import { decodeMessage } from '../../../src/wire/decode.js';
import type { Encoding } from '../../../src/wire/dialect.js';
import { MessageEncoder } from '../../../src/wire/encode.js';
import { md5Cred, md5Digest } from '../../model-client/credentials.js';
import { FakeCopies, newest } from './fake-copies.js';

/** What a test does to one request. `number` counts requests from 1. */
export type Meddling = (request: { number: number; message: Message }) => 'lose-request' | 'lose-answer' | 'busy' | 'http-503' | undefined;

interface OpenSync {
  next: string;
  type: number;
  /** A large object that has not come whole. */
  incoming?:
    { uri: string; kind: string; type: string; format: string | undefined; size: number; bytes: Buffer; lastPart: number } | undefined;
  received: boolean;
  receipt?: string | undefined;
  /** Of a restore: bytes that the device acknowledged. */
  sent: number;
  sentPart: number;
  outgoing?: { uri: string; type: string; bytes: Buffer }[];
}

interface Session {
  readonly token: string;
  authenticated: boolean;
  lastRequest: string;
  lastAnswer: Uint8Array;
  msgId: number;
  phase: 'init' | 'changes' | 'answers';
  file: string;
  names: { target: string; source: string };
  sync: OpenSync | undefined;
  lastMessage: Message | undefined;
}

export interface FakeOptions {
  readonly user?: string;
  readonly password?: string;
  readonly maxMsgSize?: number;
  readonly maxObjSize?: number;
  readonly basicOnly?: boolean;
  /** Proves itself with another password than the user's. */
  readonly impostor?: boolean;
}

export class FakeServer extends FakeCopies {
  url = '';
  /** Messages that were carried out. */
  readonly log: Message[] = [];
  bytesReceived = 0;
  requests = 0;
  sessionsBegun = 0;
  meddle: Meddling = () => undefined;
  readonly #options: Required<FakeOptions>;
  readonly #sessions = new Map<string, Session>();
  /** Of each file; survives sessions. */
  readonly #syncs = new Map<string, OpenSync>();
  readonly #anchors = new Map<string, string>();
  #nonce = randomBytes(8).toString('base64');
  #server: Server | undefined;
  #port = 0;

  constructor(options: FakeOptions = {}) {
    super();
    this.#options = {
      user: 'anna',
      password: 'secret',
      maxMsgSize: 20_000,
      maxObjSize: 1 << 30,
      basicOnly: false,
      impostor: false,
      ...options,
    };
  }

  async start(): Promise<this> {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts);
        const encoding: Encoding = (request.headers['content-type'] ?? '').includes('wbxml') ? 'wbxml' : 'xml';
        const outcome = this.#request(request.url ?? '', body, encoding);
        if (outcome === 'lost') request.socket.destroy();
        else if (outcome === 'http-503') response.writeHead(503, { 'retry-after': '0' }).end();
        else response.writeHead(200, { 'content-type': `application/vnd.syncml+${encoding}` }).end(outcome);
      });
      request.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.#port}/sync`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
    this.#server = undefined;
  }

  /** Sessions are forgotten, as after a restart of a server that keeps none; syncs that broke off are kept. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  forgetSyncs(): void {
    this.#syncs.clear();
    for (const copy of this.copies.values()) copy.draft = undefined;
  }

  #request(url: string, body: Buffer, encoding: Encoding): Uint8Array | 'lost' | 'http-503' {
    this.requests += 1;
    this.bytesReceived += body.length;
    const { message } = decodeMessage(body, encoding);
    const what = this.meddle({ number: this.requests, message });
    if (what === 'lose-request') return 'lost';
    if (what === 'http-503') return 'http-503';
    const token = /[?&]s=([^&]+)/.exec(url)?.[1] ?? '';
    let session = this.#sessions.get(token);
    if (session?.lastRequest === body.toString('latin1')) return what === 'lose-answer' ? 'lost' : session.lastAnswer;
    if (!session) {
      session = newSession();
      this.#sessions.set(session.token, session);
      this.sessionsBegun += 1;
    }
    if (body.length > this.#options.maxMsgSize + 100) throw new Error(`a message of ${body.length} bytes`);
    const answer =
      what === 'busy' ? this.#busy(session, message) : (this.#again(session, message) ?? this.#handle(session, message, encoding));
    const dialect =
      encoding === 'xml'
        ? ({ encoding, version: '1.2' } as const)
        : ({ encoding, version: '1.2', wbxml: { version: 2, publicId: 'number' } } as const);
    const bytes = new MessageEncoder(dialect).encode(answer);
    if (what !== 'busy') {
      session.lastRequest = body.toString('latin1');
      session.lastAnswer = bytes;
      session.lastMessage = answer;
      this.log.push(message);
    }
    return what === 'lose-answer' ? 'lost' : bytes;
  }

  #busy(session: Session, message: Message): Message {
    return this.#message(session, message, [headerStatus(message, 101)], false);
  }

  #message(session: Session, request: Message, body: readonly Command[], final: boolean, extra: Partial<Message['header']> = {}): Message {
    const { header } = request;
    return {
      header: {
        verDtd: '1.2',
        verProto: 'SyncML/1.2',
        sessionId: header.sessionId,
        msgId: header.msgId,
        target: { uri: header.source.uri },
        source: { uri: header.target.uri, name: 'fake' },
        respUri: `${this.url}?s=${session.token}`,
        meta: { maxMsgSize: this.#options.maxMsgSize },
        ...extra,
      },
      body: body.map((command, i) => ({ ...command, cmdId: String(i + 1) })),
      final,
    };
  }

  /** The device refused our last message because we have to prove ourselves: once more, with credentials. */
  #again(session: Session, message: Message): Message | undefined {
    const refusal = message.body.find((command) => command.kind === 'Status' && command.cmd === 'SyncHdr' && command.code >= 400);
    if (refusal?.kind !== 'Status' || !session.lastMessage) return undefined;
    const { password, impostor } = this.#options;
    const cred = md5Cred('1.2', 'fake', impostor ? 'guess' : password, refusal.chal?.nextNonce);
    const body = [headerStatus(message, 200), ...session.lastMessage.body.slice(1)];
    return this.#message(session, message, body, session.lastMessage.final, { cred });
  }

  /** @returns the challenge when the credentials do not do. */
  #challengeFor(message: Message): { code: number; chal: Meta } | undefined {
    const { cred } = message.header;
    const { user, password, basicOnly } = this.#options;
    const type = basicOnly ? 'syncml:auth-basic' : 'syncml:auth-md5';
    const refused = (code: number): { code: number; chal: Meta } => {
      this.#nonce = randomBytes(8).toString('base64');
      return { code, chal: { type, format: 'b64', ...(basicOnly ? {} : { nextNonce: this.#nonce }) } };
    };
    if (!cred) return refused(407);
    const basic = Buffer.from(`${user}:${password}`).toString('base64');
    const right =
      cred.meta?.type === 'syncml:auth-basic'
        ? basicOnly && cred.data === basic
        : !basicOnly && cred.data === md5Digest('1.2', user, password, Buffer.from(this.#nonce, 'base64'));
    return right ? undefined : refused(401);
  }

  #handle(session: Session, message: Message, encoding: Encoding): Message {
    if (!session.authenticated) {
      const refused = this.#challengeFor(message);
      if (refused) return this.#message(session, message, [{ ...headerStatus(message, refused.code), chal: refused.chal }], true);
    }
    const first = !session.authenticated;
    session.authenticated = true;
    const accepted = { ...headerStatus(message, first ? 212 : 200), ...(first ? { chal: this.#nextChallenge() } : {}) };
    const body: Command[] = [accepted];
    const trailing: Command[] = [];
    let suspended = false;
    for (const command of message.body) {
      if (command.kind === 'Status') {
        this.#deviceStatus(session, command);
      } else if (command.kind === 'Put') body.push(status(message, command, 200));
      else if (command.kind === 'Alert') {
        if (command.code === Alert.Suspend) suspended = true;
        const [own, reply] = this.#alert(session, message, command.code ?? 0, command.items[0], command);
        body.push(own);
        if (reply) trailing.push(reply);
      } else if (command.kind === 'Sync') body.push(...this.#sync(session, message, command));
    }
    if (suspended) return this.#message(session, message, body, true);
    if (!message.final) {
      if (session.phase === 'changes' && session.sync?.outgoing) return this.#next(session, message, body, encoding);
      trailing.push({ kind: 'Alert', cmdId: '', code: Alert.NextMessage, items: [] });
      return this.#message(session, message, [...body, ...trailing], false);
    }
    if (session.phase === 'init') {
      session.phase = 'changes';
      return this.#message(session, message, [...body, ...trailing], true);
    }
    if (session.phase === 'changes') return this.#next(session, message, body, encoding);
    this.#anchors.set(session.file, session.sync?.next ?? '');
    this.#syncs.delete(session.file);
    return this.#message(session, message, body, true);
  }

  #nextChallenge(): Meta {
    this.#nonce = randomBytes(8).toString('base64');
    return this.#options.basicOnly
      ? { type: 'syncml:auth-basic', format: 'b64' }
      : { type: 'syncml:auth-md5', format: 'b64', nextNonce: this.#nonce };
  }

  #alert(session: Session, message: Message, code: number, item: Item | undefined, command: Command): [StatusCommand, Command?] {
    if (code === Alert.NextMessage || code === Alert.Suspend) return [status(message, command, 200)];
    const target = item?.target?.uri ?? '';
    const [path = '', query = ''] = target.split('?');
    session.file = decodeURIComponent(path.replace('./db/', ''));
    session.names = { target, source: item?.source?.uri ?? '' };
    const next = item?.meta?.anchor?.next ?? '';
    const kept = this.#syncs.get(session.file);
    let type = code;
    let own = 200;
    if (code === Alert.Resume) {
      if (kept) type = kept.type;
      else {
        own = 508;
        type = query === '' ? Alert.SlowSync : Alert.RefreshFromServer;
      }
    } else if (code === Alert.TwoWay && this.#anchors.get(session.file) !== item?.meta?.anchor?.last) {
      own = 508;
      type = Alert.SlowSync;
    }
    if (type === Alert.RefreshFromServer && !this.#generation(session.file, query)) return [status(message, command, 404)];
    session.sync = code === Alert.Resume && kept ? kept : { next, type, received: false, sent: 0, sentPart: 0 };
    if (session.sync !== kept) this.copy(session.file).draft ??= undefined;
    if (type === Alert.RefreshFromServer && !session.sync.outgoing) {
      const generation = this.#generation(session.file, query);
      const coded = query.includes('coding=gzip');
      const bytes = generation?.bytes ?? Buffer.alloc(0);
      session.sync.outgoing = [
        { uri: '.', type: `${generation?.manifest.media ?? ''}${coded ? '+gzip' : ''}`, bytes: coded ? gzipSync(bytes) : bytes },
        { uri: 'manifest', type: 'application/json', bytes: Buffer.from(JSON.stringify(generation?.manifest)) },
      ];
    }
    session.sync.next = next;
    this.#syncs.set(session.file, session.sync);
    const anchor = { next: String(this.requests) };
    const reply: Command = {
      kind: 'Alert',
      cmdId: '',
      code: type,
      items: [{ target: { uri: session.names.source }, source: { uri: target }, meta: { anchor, maxObjSize: this.#options.maxObjSize } }],
    };
    return [{ ...status(message, command, own), items: [{ data: { kind: 'anchor', anchor: { next } } }] }, reply];
  }

  #generation(file: string, query: string) {
    const words = new URLSearchParams(query);
    const { generations } = this.copy(file);
    const wanted = words.get('gen');
    return wanted === null ? newest(this.copy(file)) : generations.find(({ number }) => number === Number(wanted));
  }

  #sync(session: Session, message: Message, sync: SyncCommand): StatusCommand[] {
    return [status(message, sync, 200), ...sync.commands.map((command) => this.#change(session, message, command as ItemCommand))];
  }

  #change(session: Session, message: Message, command: ItemCommand): StatusCommand {
    const [item] = command.items;
    const { sync } = session;
    if (!item || !sync) return status(message, command, 400);
    const uri = item.source?.uri ?? '';
    const meta = { ...command.meta, ...item.meta };
    const bytes = item.data?.kind === 'content' ? Buffer.from(item.data.bytes) : Buffer.alloc(0);
    const position = Number(/^datapos=(\d+)$/.exec(meta.emi?.[0] ?? '')?.[1] ?? 0);
    const answer = (code: number, detail?: string): StatusCommand => ({
      ...status(message, command, code),
      sourceRefs: [uri],
      items: detail === undefined ? [] : [{ data: { kind: 'content', bytes: Buffer.from(detail) } }],
    });
    if (meta.size !== undefined) {
      sync.incoming = {
        uri,
        kind: command.kind,
        type: meta.type ?? '',
        format: meta.format,
        size: meta.size,
        bytes: Buffer.alloc(0),
        lastPart: 0,
      };
    } else if (position > 0) {
      const there = sync.incoming;
      if (there?.uri !== uri || (position !== there.bytes.length && position !== there.bytes.length - there.lastPart)) return answer(426);
      there.bytes = there.bytes.subarray(0, position);
    }
    const { incoming } = sync;
    if (incoming?.uri === uri && (item.moreData || position > 0)) {
      incoming.bytes = Buffer.concat([incoming.bytes, bytes]);
      incoming.lastPart = bytes.length;
      if (item.moreData) return answer(213);
      sync.incoming = undefined;
      if (incoming.bytes.length !== incoming.size) return answer(424);
    }
    const whole = incoming?.uri === uri && position > 0 ? incoming.bytes : bytes;
    const format = meta.format ?? incoming?.format;
    const raw = format === 'b64' ? Buffer.from(whole.toString('latin1'), 'base64') : whole;
    const taken = this.take(session.file, command.kind, uri, meta.type ?? '', raw);
    if (taken.receipt) sync.receipt = JSON.stringify(taken.receipt);
    return answer(taken.code, taken.detail);
  }

  /** Package 4: the receipt, or the file that is restored, in parts. */
  #next(session: Session, message: Message, body: Command[], encoding: Encoding): Message {
    const { sync } = session;
    const head = { kind: 'Sync' as const, cmdId: '', target: { uri: session.names.source }, source: { uri: session.names.target } };
    if (!sync?.outgoing) {
      session.phase = 'answers';
      if (sync) sync.received = true;
      const receipt = sync?.receipt;
      const commands = receipt === undefined ? [] : [replace('90', 'receipt', { type: 'application/json' }, Buffer.from(receipt))];
      return this.#message(session, message, [...body, { ...head, commands }], true);
    }
    const [object] = sync.outgoing;
    if (!object) {
      session.phase = 'answers';
      return this.#message(session, message, [...body, { ...head, commands: [] }], true);
    }
    const room = encoding === 'xml' ? 9000 : 12_000;
    const text = encoding === 'xml' && object.uri === '.' ? Buffer.from(object.bytes.toString('base64'), 'latin1') : object.bytes;
    const part = text.subarray(sync.sent, sync.sent + room);
    const more = sync.sent + part.length < text.length;
    sync.sentPart = part.length;
    const meta = {
      type: object.type,
      ...(encoding === 'xml' && object.uri === '.' ? { format: 'b64' } : {}),
      ...(more && sync.sent === 0 ? { size: text.length } : {}),
    };
    return this.#message(session, message, [...body, { ...head, commands: [replace('90', object.uri, meta, part, more)] }], false);
  }

  #deviceStatus(session: Session, answer: StatusCommand): void {
    const { sync } = session;
    if (answer.cmd !== 'Replace' || !sync?.outgoing) return;
    if (answer.code === 213) sync.sent += sync.sentPart;
    else if (answer.code < 300) {
      sync.outgoing.shift();
      sync.sent = 0;
    }
    sync.sentPart = 0;
  }
}

const newSession = (): Session => ({
  token: randomBytes(8).toString('hex'),
  authenticated: false,
  lastRequest: '',
  lastAnswer: new Uint8Array(0),
  msgId: 0,
  phase: 'init',
  file: '',
  names: { target: '', source: '' },
  sync: undefined,
  lastMessage: undefined,
});

const replace = (cmdId: string, uri: string, meta: Meta, bytes: Uint8Array, moreData = false): ItemCommand => ({
  kind: 'Replace',
  cmdId,
  meta,
  items: [{ target: { uri }, data: { kind: 'content', bytes }, ...(moreData ? { moreData } : {}) }],
});

const headerStatus = (message: Message, code: number): StatusCommand => ({
  kind: 'Status',
  cmdId: '',
  msgRef: message.header.msgId,
  cmdRef: '0',
  cmd: 'SyncHdr',
  targetRefs: [message.header.target.uri],
  sourceRefs: [message.header.source.uri],
  code,
  items: [],
});

const status = (message: Message, command: Command, code: number): StatusCommand => ({
  kind: 'Status',
  cmdId: '',
  msgRef: message.header.msgId,
  cmdRef: command.cmdId,
  cmd: command.kind,
  targetRefs: [],
  sourceRefs: [],
  code,
  items: [],
});
