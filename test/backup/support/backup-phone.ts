/**
 * A device that backs up files, written from docs/device-backup-protocol.md: it sends what a test tells it to, in messages of a size, and can be
 * interrupted anywhere. It shares nothing with the server but the codec. Every answer is held to the Status and package rules.
 */
import assert from 'node:assert/strict';
import type { Command, Item, ItemCommand, Message, Meta, StatusCommand } from '../../../src/model/message.js';
import { decodeMessage } from '../../../src/wire/decode.js';
import type { Encoding } from '../../../src/wire/dialect.js';
import { MessageEncoder } from '../../../src/wire/encode.js';
import { MEDIA_TYPES } from '../../../src/wire/media-type.js';
import { alert, messageOf, statusesFor, type Draft } from '../../engine/support/messages.js';
import { basic, ENDPOINT } from '../../exchange/support/bench.js';
import { Findings } from '../../model-client/rules/findings.js';
import { MessageRules } from '../../model-client/rules/message-rules.js';
import type { Transport } from '../../model-client/transport.js';

/** One item to be sent. `content` is cut into parts where it does not fit a message. */
export interface Sending {
  readonly name: string;
  readonly kind?: 'Add' | 'Replace' | 'Delete';
  readonly type?: string;
  readonly format?: string;
  readonly content?: Uint8Array | string | object;
  /** Size as it is announced, where that is not true. */
  readonly announced?: number;
  /** Bytes of it that the server has already: it goes on from there. */
  readonly from?: number;
  /** It goes on without saying where. */
  readonly silent?: boolean;
}

export interface ItemStatus {
  readonly code: number;
  readonly detail?: string;
}

/** The receipt as it was written. */
export interface Told {
  readonly job: string;
  readonly generation: number;
  readonly modification: number;
  readonly way: string;
  readonly digest: string;
  readonly sha256: string;
  readonly size: number;
  readonly need: string;
  readonly chunks: string;
  readonly reason: string;
  readonly flags: readonly string[];
  readonly exactOnly: string;
}

export interface BackedUp {
  /** The last Status of each item. */
  readonly statuses: Readonly<Record<string, ItemStatus>>;
  readonly codes: Readonly<Record<string, number>>;
  /** Of the Alert. */
  readonly opened: number;
  /** Empty when none came. */
  readonly receipt: Partial<Told>;
  /** The Alert's MaxObjSize, as the server announced it. */
  readonly maxObjSize: number | undefined;
  /** Bytes of the requests. */
  readonly sent: number;
}

export interface Received {
  readonly opened: number;
  readonly items: readonly { readonly name: string; readonly type: string; readonly content: Buffer }[];
}

export interface PhoneOptions {
  readonly device?: string;
  readonly file?: string;
  readonly encoding?: Encoding;
  /** Bytes of content in a message. */
  readonly room?: number;
  /** Bytes, announced to the server. */
  readonly maxMsgSize?: number;
  readonly url?: string;
  readonly userName?: string;
  readonly password?: string;
}

/** Thrown by a test's hook: the session stops there, as if the device had lost its link. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

let sessions = 0;

export class BackupPhone {
  readonly options: PhoneOptions;
  readonly #link: Transport;
  /** Anchors by datastore, as a device keeps them. */
  readonly #anchors = new Map<string, string>();
  #clock = 0;
  /** Suspends (Alert 224) behind its message of this number, and throws {@link Interrupted}. */
  suspendAfter: number | undefined;
  /** What has come of a file that is being restored, and bytes of content that came in all. */
  kept: Buffer[] = [];
  fetched = 0;
  /** Called before each request (`out`) and after each answer (`in`); throws {@link Interrupted} to stop there. */
  hook: (at: 'out' | 'in', message: number) => Promise<void> | void = () => undefined;

  constructor(link: Transport, options: PhoneOptions = {}) {
    this.#link = link;
    this.options = options;
  }

  get store(): string {
    return `./db/${encodeURIComponent(this.options.file ?? 'phone.db')}`;
  }

  /** One backup session. `how`: the Alert; 225 resumes. */
  async backup(items: readonly Sending[], how?: number): Promise<BackedUp> {
    const session = this.#session();
    const opened = await this.#open(session, this.store, how ?? (this.#anchors.has(this.store) ? 200 : 201));
    if (opened.status >= 400 && opened.status !== 508) {
      return { statuses: {}, codes: {}, opened: opened.status, receipt: {}, maxObjSize: undefined, sent: session.sent };
    }
    const answers = new Map<string, ItemStatus>();
    const packets = packed(items, this.options.room ?? 20_000);
    let answer = opened.answer;
    for (const [i, commands] of packets.entries()) {
      const sync: Draft = {
        kind: 'Sync',
        target: { uri: this.store },
        source: { uri: this.store },
        commands: goingOn(commands, answers),
      };
      answer = await session.send([...statusesFor(answer), sync], i === packets.length - 1);
      noteStatuses(answer, answers);
      if (this.suspendAfter !== i + 2) continue;
      await session.send([...statusesFor(answer), alert(224, { target: ENDPOINT, source: session.device })], true);
      throw new Interrupted();
    }
    const got = await this.#receive(session, answer, answers);
    this.#anchors.set(this.store, opened.next);
    const receipt = got.find(({ name }) => name === 'receipt');
    return {
      statuses: Object.fromEntries(answers),
      codes: Object.fromEntries([...answers].map(([name, { code }]) => [name, code])),
      opened: opened.status,
      receipt: receipt ? (JSON.parse(receipt.content.toString('utf8')) as Told) : {},
      maxObjSize: opened.maxObjSize,
      sent: session.sent,
    };
  }

  /** Alert 205, or 225 to go on with one: `before` is what came of the file then. */
  async restore(query = '', how = 205, before: Buffer[] = []): Promise<Received> {
    const session = this.#session();
    const store = `${this.store}${query === '' ? '' : `?${query}`}`;
    const opened = await this.#open(session, store, how);
    if (opened.status >= 400 && opened.status !== 508) return { opened: opened.status, items: [] };
    const sync: Draft = { kind: 'Sync', target: { uri: store }, source: { uri: this.store }, commands: [] };
    const answer = await session.send([...statusesFor(opened.answer), sync], true);
    const items = await this.#receive(session, answer, new Map(), before);
    this.#anchors.set(this.store, opened.next);
    return { opened: opened.status, items };
  }

  async #open(session: Session, store: string, how: number): Promise<Opened> {
    this.#clock += 1;
    const next = `n${this.#clock}-${session.id}`;
    const last = how === 201 || how === 205 || how === 203 ? undefined : this.#anchors.get(this.store);
    const body = [alert(how, { target: store, source: this.store, next, ...(last === undefined ? {} : { last }) })];
    const answer = await session.send(body, true);
    const status = answer.body.find((c): c is StatusCommand => c.kind === 'Status' && c.cmd === 'Alert');
    assert.ok(status, 'no Status for the Alert');
    const theirs = answer.body.find((c) => c.kind === 'Alert' && c.code !== 222);
    const maxObjSize = theirs?.kind === 'Alert' ? theirs.items[0]?.meta?.maxObjSize : undefined;
    return { status: status.code, answer, next, maxObjSize };
  }

  /** Package 4 and what follows: takes what comes, joined from its parts. */
  async #receive(session: Session, first: Message, answers: Map<string, ItemStatus>, before: Buffer[] = []): Promise<Received['items']> {
    const items: { name: string; type: string; content: Buffer }[] = [];
    const parts = before;
    this.kept = parts;
    let type = '';
    let answer = first;
    for (let round = 0; round < 5000; round += 1) {
      for (const command of childrenOf(answer)) {
        const item = command.items[0] as Item;
        const bytes = item.data?.kind === 'content' ? Buffer.from(item.data.bytes) : Buffer.alloc(0);
        this.fetched += bytes.length;
        const meta: Meta = { ...command.meta, ...item.meta };
        type = meta.type ?? type;
        takePart(parts, bytes, meta);
        if (item.moreData) continue;
        const joined = Buffer.concat(parts.splice(0));
        items.push({
          name: item.target?.uri ?? item.source?.uri ?? '',
          type,
          content: meta.format === 'b64' ? Buffer.from(joined.toString('latin1'), 'base64') : joined,
        });
      }
      const done = answer.final;
      answer = await session.send(
        [...statusesFor(answer), ...(done ? [] : [alert(222, { target: ENDPOINT, source: session.device })])],
        done,
      );
      noteStatuses(answer, answers);
      if (done) return items;
    }
    throw new Error('the server does not come to an end');
  }

  #session(): Session {
    return new Session(this.#link, this.options, (at, message) => this.hook(at, message));
  }
}

interface Opened {
  readonly status: number;
  readonly answer: Message;
  readonly next: string;
  readonly maxObjSize: number | undefined;
}

/** `datapos` says where a part begins: what we have behind it was a repeat. */
function takePart(parts: Buffer[], bytes: Buffer, meta: Meta): void {
  const position = meta.emi?.map((emi) => /^datapos=(\d+)$/.exec(emi)?.[1]).find((found) => found !== undefined);
  if (meta.size !== undefined) parts.splice(0);
  if (position !== undefined && parts.length > 0 && Number(position) !== parts.reduce((s, p) => s + p.length, 0)) {
    const have = Buffer.concat(parts).subarray(0, Number(position));
    assert.equal(have.length, Number(position), 'the server goes on behind what we have');
    parts.splice(0, parts.length, have);
  }
  parts.push(bytes);
}

const childrenOf = (answer: Message): ItemCommand[] =>
  answer.body.flatMap((c) =>
    c.kind === 'Sync' ? c.commands.filter((one): one is ItemCommand => one.kind === 'Replace' || one.kind === 'Add') : [],
  );

function noteStatuses(answer: Message, answers: Map<string, ItemStatus>): void {
  for (const c of answer.body) {
    if (c.kind !== 'Status' || !['Add', 'Replace', 'Delete'].includes(c.cmd)) continue;
    const data = c.items[0]?.data;
    const detail = data?.kind === 'content' ? Buffer.from(data.bytes).toString('utf8') : undefined;
    answers.set(c.sourceRefs[0] ?? '', { code: c.code, ...(detail === undefined ? {} : { detail }) });
  }
}

/** Of an object that was refused nothing more is sent. */
const goingOn = (commands: readonly Draft[], answers: ReadonlyMap<string, ItemStatus>): Command[] =>
  commands.filter((c) => {
    const name = 'items' in c ? (c.items[0] as Item | undefined)?.source?.uri : undefined;
    return (answers.get(name ?? '')?.code ?? 0) < 400;
  }) as Command[];

const bytesOf = (content: Sending['content']): Uint8Array =>
  content instanceof Uint8Array ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content ?? ''), 'utf8');

/** Commands by message: small items together, a large one in parts of its own. */
export function packed(items: readonly Sending[], room: number): Draft[][] {
  const messages: Draft[][] = [[]];
  let left = room;
  const put = (draft: Draft, size: number): void => {
    if (size > left && (messages.at(-1) ?? []).length > 0) {
      messages.push([]);
      left = room;
    }
    (messages.at(-1) as Draft[]).push(draft);
    left -= size;
  };
  for (const { name, kind = 'Replace', type = 'application/json', format, content, from = 0, silent = false, announced } of items) {
    const source = { uri: name };
    if (kind === 'Delete') {
      put({ kind, items: [{ source }] }, 60);
      continue;
    }
    const bytes = bytesOf(content);
    for (let at = from; at < bytes.length || at === 0;) {
      const whole = bytes.length - at <= room && at === 0;
      const length = Math.min(room, bytes.length - at);
      const moreData = at + length < bytes.length;
      const meta: Meta = {
        ...(at === 0 || at === from ? { type, ...(format === undefined ? {} : { format }) } : {}),
        ...(whole ? {} : at === 0 ? { size: announced ?? bytes.length } : at === from && !silent ? { emi: [`datapos=${at}`] } : {}),
      };
      put(
        {
          kind,
          meta,
          items: [{ source, data: { kind: 'content', bytes: bytes.subarray(at, at + length) }, ...(moreData ? { moreData } : {}) }],
        },
        length + 80,
      );
      // A part of a large object stands at the end of its message.
      if (moreData) left = 0;
      at += length;
      if (bytes.length === 0) break;
    }
  }
  return messages;
}

/** One session. */
class Session {
  readonly #link: Transport;
  readonly #options: PhoneOptions;
  readonly #hook: BackupPhone['hook'];
  readonly #findings = new Findings();
  readonly #rules = new MessageRules(this.#findings);
  readonly id: string;
  #msgId = 0;
  #url: string;
  /** The server answered 200 where 212 would let the log-in hold for the session. */
  #logsInEachTime = false;
  sent = 0;

  constructor(link: Transport, options: PhoneOptions, hook: BackupPhone['hook']) {
    sessions += 1;
    this.id = String(sessions);
    this.#link = link;
    this.#options = options;
    this.#hook = hook;
    this.#url = options.url ?? ENDPOINT;
  }

  get device(): string {
    return this.#options.device ?? 'IMEI:1';
  }

  async send(body: readonly Draft[], final: boolean): Promise<Message> {
    this.#msgId += 1;
    const first = this.#msgId === 1;
    const { encoding = 'wbxml', maxMsgSize = 30_000, userName, password } = this.#options;
    const message = messageOf(body, {
      final,
      header: {
        sessionId: this.id,
        msgId: String(this.#msgId),
        target: { uri: this.#url },
        source: { uri: this.device },
        ...(first || this.#logsInEachTime ? { cred: basic(userName, password) } : {}),
        ...(first ? { meta: { maxMsgSize, maxObjSize: 2_000_000_000 } } : {}),
      },
    });
    const dialect =
      encoding === 'xml'
        ? { encoding, version: '1.2' as const }
        : { encoding, version: '1.2' as const, wbxml: { version: 2, publicId: 'number' as const } };
    const bytes = new MessageEncoder(dialect).encode(message);
    await this.#hook('out', this.#msgId);
    this.sent += bytes.length;
    const reply = await this.#link(this.#url, MEDIA_TYPES[encoding], bytes);
    assert.equal(reply.status, 200, Buffer.from(reply.body).toString('utf8'));
    await this.#hook('in', this.#msgId);
    const response = decodeMessage(reply.body, reply.contentType.startsWith(MEDIA_TYPES.wbxml) ? 'wbxml' : 'xml').message;
    this.#rules.received({ request: message, response, bytes: reply.body.length });
    assert.deepEqual([...this.#findings.broken, ...this.#findings.ignored], []);
    this.#url = response.header.respUri ?? this.#url;
    this.#logsInEachTime ||= first && response.body.some((c) => c.kind === 'Status' && c.cmd === 'SyncHdr' && c.code === 200);
    return response;
  }
}
