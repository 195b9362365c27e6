/**
 * A simulated phone with one phone book. It speaks the protocol from memory of what it was told (anchors, RespURI, GUIDs) and checks what
 * comes back: a wrong Status, a change it cannot place or an answer that is not one ends the session with an error.
 */
import { Alert } from '../../src/model/alert.js';
import type { Command, Message, StatusCommand } from '../../src/model/message.js';
import { isSuccess, Status } from '../../src/model/status.js';
import { cardKey, cardOf, readCard, type CardKey } from './content.js';
import { decode, encode, mapOf, nextPlease, opening, statusesFor, syncOf, type Change, type Sender } from './messages.js';
import type { Kind } from './plan.js';
import type { Random } from './random.js';

/** Sends one message and hands back the answer's body. */
export type Post = (query: string, body: Uint8Array) => Promise<Buffer>;

interface Card {
  readonly key: CardKey;
  readonly edit: number;
}

/** The server said what it should not have. */
export class Deviation extends Error {
  override readonly name = 'Deviation';
}

const ADDRESS = 'http://127.0.0.1/sync';
/** A card more or less than this share of the cards it began with is deleted or added again: data stays the same size in a soak. */
const SPREAD = 0.2;
const MAX_MESSAGES = 200;

export class LoadDevice {
  readonly sender: Sender;
  readonly #owner: number;
  readonly #startCards: number;
  /** By LUID. */
  readonly #cards = new Map<string, Card>();
  /** Own LUIDs that the server has not taken a change of yet. */
  readonly #luidOf = new Map<CardKey, string>();
  #sessions = 0;
  #anchor: string | undefined;
  #luids = 0;
  #made = 0;
  /** After a session that broke off it cannot know what the server took. */
  #mustCompare = true;
  #announced = false;
  #session: Session | undefined;

  constructor(sender: Sender, owner: number, cards: number) {
    this.sender = sender;
    this.#owner = owner;
    this.#startCards = cards;
    for (let n = 0; n < cards; n += 1) this.#add();
  }

  /** Everything it holds, by the card's key. */
  get cards(): ReadonlyMap<CardKey, number> {
    return new Map([...this.#cards.values()].map(({ key, edit }) => [key, edit]));
  }

  /** Cards that this device alone makes, edits and deletes. */
  get ownCards(): ReadonlyMap<CardKey, number> {
    return new Map([...this.cards].filter(([key]) => this.#isOwn(key)));
  }

  /** Its last session broke off: what it holds and what the server holds may differ. */
  get mustCompare(): boolean {
    return this.#mustCompare;
  }

  /** A whole session. @throws {Deviation}, or what `post` throws. */
  async sync(kind: Kind, random: Random, post: Post): Promise<void> {
    await this.open(kind, random, post);
    await this.finish(post);
  }

  /** The session's first message. */
  async open(kind: Kind, random: Random, post: Post): Promise<void> {
    this.#sessions += 1;
    const slow = kind === 'slow' || this.#mustCompare;
    const changes = kind === 'two-way' && !slow ? this.#edit(random) : [];
    this.#mustCompare = true;
    const session = new Session(this.sender, String(this.#sessions), post);
    const alert = opening(this.sender, slow ? Alert.SlowSync : Alert.TwoWay, this.#anchor, String(this.#sessions), !this.#announced);
    await session.send(alert, true);
    session.expectAlert(slow ? Alert.SlowSync : Alert.TwoWay);
    session.changes = slow ? this.#everything() : changes;
    this.#session = session;
  }

  /** The messages after the first. */
  async finish(post: Post): Promise<void> {
    const session = this.#session;
    if (session === undefined) throw new Error('no session is open');
    this.#session = undefined;
    session.post = post;
    await session.send([...session.statuses(), syncOf(session.changes)], true);
    const pairs: { guid: string; luid: string }[] = [];
    for (;;) {
      for (const command of session.takeChanges()) {
        const pair = this.#apply(command);
        if (pair !== undefined) pairs.push(pair);
      }
      if (session.complete) break;
      await session.send([...session.statuses(), nextPlease()], true);
    }
    await session.send([...session.statuses(), ...(pairs.length === 0 ? [] : [mapOf(pairs)])], true);
    while (!session.complete) await session.send([...session.statuses(), nextPlease()], true);
    this.#anchor = String(this.#sessions);
    this.#announced = true;
    this.#mustCompare = false;
  }

  #isOwn(key: CardKey): boolean {
    return key.startsWith(`${this.#owner}.`);
  }

  #add(): string {
    this.#made += 1;
    return this.#keep({ key: cardKey(this.#owner, this.#made), edit: 0 });
  }

  #keep(card: Card): string {
    this.#luids += 1;
    const luid = String(this.#luids);
    this.#cards.set(luid, card);
    this.#luidOf.set(card.key, luid);
    return luid;
  }

  #forget(luid: string): void {
    const card = this.#cards.get(luid);
    this.#cards.delete(luid);
    if (card) this.#luidOf.delete(card.key);
  }

  /** One edit, and now and then a new card or one less. */
  #edit(random: Random): readonly Change[] {
    const own = [...this.#cards].filter(([, { key }]) => this.#isOwn(key));
    const [luid, card] = own[Math.floor(random() * own.length)] ?? [];
    const changes: Change[] = [];
    if (luid !== undefined && card !== undefined && own.length > this.#startCards * (1 + SPREAD)) {
      this.#forget(luid);
      changes.push({ kind: 'Delete', luid });
    } else if (luid !== undefined && card !== undefined) {
      const edit = card.edit + 1;
      this.#cards.set(luid, { ...card, edit });
      changes.push({ kind: 'Replace', luid, content: cardOf(card.key, edit) });
    }
    if (random() < 0.25) {
      const made = this.#add();
      const { key, edit } = this.#cards.get(made) ?? { key: '', edit: 0 };
      changes.push({ kind: 'Add', luid: made, content: cardOf(key, edit) });
    }
    return changes;
  }

  #everything(): readonly Change[] {
    return [...this.#cards].map(([luid, { key, edit }]) => ({ kind: 'Replace', luid, content: cardOf(key, edit) }));
  }

  /** @returns the pair to tell of in Map. */
  #apply(command: Command): { guid: string; luid: string } | undefined {
    if (command.kind !== 'Add' && command.kind !== 'Replace' && command.kind !== 'Delete') return undefined;
    const [item] = command.items;
    const luid = item?.target?.uri;
    if (command.kind === 'Delete') {
      if (luid === undefined || !this.#cards.has(luid)) throw new Deviation(`Delete of ${luid ?? 'nothing'}, which it does not hold`);
      this.#forget(luid);
      return undefined;
    }
    if (item?.data?.kind !== 'content') throw new Deviation(`${command.kind} without content`);
    const card = readCard(item.data.bytes);
    if (command.kind === 'Add') {
      const guid = item.source?.uri;
      if (guid === undefined) throw new Deviation('Add without a Source');
      if (this.#luidOf.has(card.key)) throw new Deviation(`Add of ${card.key}, which it holds`);
      return { guid, luid: this.#keep(card) };
    }
    if (luid === undefined || !this.#cards.has(luid)) throw new Deviation(`Replace of ${luid ?? 'nothing'}, which it does not hold`);
    this.#cards.set(luid, card);
    return undefined;
  }
}

/** One running session: numbers its messages, follows RespURI and checks every Status. */
class Session {
  post: Post;
  changes: readonly Change[] = [];
  readonly #sender: Sender;
  readonly #id: string;
  #sent = 0;
  #target = ADDRESS;
  #query = '';
  #answer: Message | undefined;

  constructor(sender: Sender, id: string, post: Post) {
    this.#sender = sender;
    this.#id = id;
    this.post = post;
  }

  /** The server's package ended with its last message. */
  get complete(): boolean {
    return this.#answer?.final === true;
  }

  async send(commands: Parameters<typeof encode>[1], final: boolean): Promise<void> {
    this.#sent += 1;
    if (this.#sent > MAX_MESSAGES) throw new Deviation(`a session of more than ${MAX_MESSAGES} messages`);
    const first = this.#sent === 1;
    const envelope = { sender: this.#sender, sessionId: this.#id, msgId: this.#sent, target: this.#target, first };
    const message = decode(await this.post(this.#query, encode(envelope, commands, final)));
    this.#answer = message;
    for (const command of message.body) if (command.kind === 'Status') this.#check(command, first);
    const { respUri } = message.header;
    if (respUri !== undefined) {
      this.#target = respUri;
      const at = respUri.indexOf('?');
      this.#query = at < 0 ? '' : respUri.slice(at);
    }
  }

  statuses(): ReturnType<typeof statusesFor> {
    return statusesFor(this.#received(), this.#target, this.#sender.device);
  }

  expectAlert(code: number): void {
    const alert = this.#received().body.find((command) => command.kind === 'Alert');
    if (alert?.kind !== 'Alert' || alert.code !== code) throw new Deviation(`answered with ${JSON.stringify(alert)} to Alert ${code}`);
  }

  /** Changes in the server's last message. */
  takeChanges(): readonly Command[] {
    return this.#received().body.flatMap((command) => (command.kind === 'Sync' ? command.commands : []));
  }

  #received(): Message {
    if (this.#answer === undefined) throw new Error('nothing was received yet');
    return this.#answer;
  }

  #check(status: StatusCommand, first: boolean): void {
    const expected = status.cmd === 'SyncHdr' ? status.code === (first ? Status.AuthAccepted : Status.Ok) : isSuccess(status.code);
    if (!expected) throw new Deviation(`Status ${status.code} for ${status.cmd} in message ${this.#sent}`);
  }
}
