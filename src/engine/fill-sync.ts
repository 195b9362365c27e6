/** Package 4: the datastores' changes, as much as the message holds, large objects in parts. [Sync Protocol 1.1, "Server Modifications", "Large Objects"] */
import { serverSends } from '../model/alert.js';
import type { Outgoing, SentEntry } from '../model/effects.js';
import type { Item, ItemCommand, Meta, SyncCommand } from '../model/message.js';
import type { Page } from './fill.js';
import type { OpenStore } from './session.js';
import { isOpen, perform, type Run, type Turn } from './turn.js';

/** A part smaller than this is not worth a message of its own, unless the message is empty. */
const SMALLEST_PART = 512;

export function* fillSyncs(turn: Turn, page: Page): Run<void> {
  for (const store of turn.session.stores) {
    if (!isOpen(store) || store.allSent || !store.received) continue;
    // One-way from the client: package 4 holds nothing but Statuses. [Sync Protocol 1.1, "One-Way Sync from Client Only"]
    if (!serverSends(store.type)) store.allSent = true;
    else yield* fillSync(turn, page, store);
    if (!store.allSent) return;
  }
}

function* fillSync(turn: Turn, page: Page, store: OpenStore): Run<void> {
  const { session, facts } = turn;
  const head: SyncCommand = {
    kind: 'Sync',
    cmdId: String(page.nextCmd),
    target: { uri: store.clientUri },
    source: { uri: store.serverUri },
    ...(session.numberOfChanges && !store.syncSent && session.version !== '1.0' ? { numberOfChanges: store.count } : {}),
    commands: [],
  };
  const headSize = facts.measure(head);
  if (headSize > page.room && !page.bare) return;
  const page4 = { room: page.room - headSize, emptyRoom: page.emptyRoom - headSize, nextCmd: page.nextCmd + 1 };
  const commands: ItemCommand[] = [];
  const sent: SentEntry[] = [];
  let full = false;
  while (!full) {
    const { entries, done } = yield* perform('outgoing', {
      pair: store.pair,
      bytes: Math.max(page4.room, 1),
      text: facts.encoding === 'xml',
      ...roomOf(turn, page4.emptyRoom),
    });
    if (entries.length === 0) {
      store.allSent = done;
      break;
    }
    const before = sent.length;
    for (const entry of entries) {
      const placed = place(turn, entry, page4, commands.length === 0 && page.bare);
      if (placed === 'full') {
        full = true;
        break;
      }
      if (placed === 'never') {
        yield* perform('skip', { pair: store.pair, seqs: [entry.seq] });
        continue;
      }
      commands.push(placed.command);
      page4.room -= facts.measure(placed.command);
      sent.push({ seq: entry.seq, cmdId: page4.nextCmd, revision: entry.revision, complete: placed.complete, ...placed.sentBytes });
      page4.nextCmd += 1;
      if (!placed.complete) {
        full = true;
        break;
      }
    }
    if (sent.length > before) yield* perform('sent', { pair: store.pair, msgId: page.msgId, entries: sent.slice(before) });
  }
  if (commands.length === 0 && !store.allSent) return;
  if (commands.length === 0 && store.syncSent) return;
  page.body.push({ ...head, commands });
  page.bare = false;
  session.sentSyncs = [
    ...session.sentSyncs.slice(-60),
    { msgId: page.msgId, pair: store.pair, sync: page.nextCmd, lastChild: page4.nextCmd - 1 },
  ];
  page.room = page4.room;
  page.nextCmd = page4.nextCmd;
  store.syncSent = true;
}

/** Bytes that a message without large objects needs beside an object's own: what else stands in it, and escapes. */
const BESIDE = { wbxml: 256, xml: 512 };
const ESCAPED = { wbxml: 1, xml: 0.85 };
/** Of all messages of a session the same. */
const STEP = 256;

/** The largest object that reaches the client in this session. */
function roomOf({ session, facts }: Turn, emptyRoom: number): { room?: number } {
  const parts = session.largeObjects && session.version !== '1.0' && facts.habits?.largeObjects !== false;
  const whole = parts ? Number.POSITIVE_INFINITY : (emptyRoom - BESIDE[facts.encoding]) * ESCAPED[facts.encoding];
  const room = Math.min(session.clientMaxObjSize ?? Number.POSITIVE_INFINITY, Math.max(0, Math.floor(whole / STEP) * STEP));
  return Number.isFinite(room) ? { room } : {};
}

type Placed = { readonly command: ItemCommand; readonly complete: boolean; readonly sentBytes: { sentBytes?: number } };

/** Renders an entry into the room there is: whole, in part, `full` (the next message), or `never` (this client cannot take it). */
function place(
  turn: Turn,
  entry: Outgoing,
  page: { room: number; emptyRoom: number; nextCmd: number },
  alone: boolean,
): Placed | 'full' | 'never' {
  const { session, facts } = turn;
  const cmdId = String(page.nextCmd);
  const address: Item = entry.kind === 'Add' ? { source: { uri: entry.guid } } : { target: { uri: entry.luid ?? entry.guid } };
  if (entry.kind === 'Delete' || !entry.content) {
    const command: ItemCommand = { kind: 'Delete', cmdId, items: [address] };
    return facts.measure(command) <= page.room || alone ? { command, complete: true, sentBytes: {} } : 'full';
  }
  const object = objectOf(turn, entry, entry.content);
  const { format, size: whole, piece } = object;
  const base: Meta = { ...(format ? { format } : {}), type: entry.type };
  const kind = entry.kind;
  const build = (part: Uint8Array, meta: Meta, moreData: boolean): ItemCommand => ({
    kind,
    cmdId,
    meta,
    items: [{ ...address, data: { kind: 'content', bytes: part }, ...(moreData ? { moreData } : {}) }],
  });
  if (session.clientMaxObjSize !== undefined && whole > session.clientMaxObjSize) return 'never';
  if (entry.offset === 0) {
    const command = build(piece, base, false);
    const size = piece.length === whole ? facts.measure(command) : Number.POSITIVE_INFINITY;
    if (size <= page.room) return { command, complete: true, sentBytes: {} };
    if (size <= page.emptyRoom && !alone) return 'full';
    if (!session.largeObjects || session.version === '1.0' || facts.habits?.largeObjects === false)
      return alone || size > page.emptyRoom ? 'never' : 'full';
  }
  return placePart(turn, entry, object, base, build, page, alone);
}

/** What goes out of an entry: the whole object's bytes, and those from its offset on as far as they are at hand. */
interface Sending {
  readonly size: number;
  readonly piece: Uint8Array;
  readonly format?: string | undefined;
}

function objectOf({ facts }: Turn, entry: Outgoing, content: Uint8Array): Sending {
  if (entry.window) return { ...entry.window, piece: content };
  const { bytes, format } = facts.encoding === 'xml' ? asText(content) : { bytes: content, format: undefined };
  return { size: bytes.length, piece: bytes.subarray(entry.offset), format };
}

function placePart(
  turn: Turn,
  entry: Outgoing,
  object: Sending,
  base: Meta,
  build: (part: Uint8Array, meta: Meta, moreData: boolean) => ItemCommand,
  page: { room: number },
  alone: boolean,
): Placed | 'full' | 'never' {
  const { session, facts } = turn;
  const meta: Meta = {
    ...base,
    // @NOTE Nokia 3110 and others of Series 40: anything but a byte more than there is gets 424.
    ...(entry.offset === 0 ? { size: object.size + (facts.habits?.sizePlus ?? 0) } : {}),
    ...(entry.offset > 0 && (session.positions || entry.window) ? { emi: [`datapos=${entry.offset}`] } : {}),
  };
  const rest = object.piece;
  const endsHere = entry.offset + rest.length === object.size;
  if (entry.offset > 0 && endsHere) {
    const last = build(rest, meta, false);
    if (facts.measure(last) <= page.room) return { command: last, complete: true, sentBytes: { sentBytes: object.size } };
  }
  const overhead = facts.measure(build(new Uint8Array(0), meta, true)) + 8;
  let length = Math.min(page.room - overhead, endsHere ? rest.length - 1 : rest.length);
  if (length < SMALLEST_PART && !alone) return 'full';
  // Escapes make XML longer than its text: shrink until the part fits.
  for (let tries = 0; tries < 40 && length > 0; tries += 1) {
    const cut = object.format === undefined ? charBoundary(rest, length) : length;
    if (cut === 0) break;
    const command = build(rest.subarray(0, cut), meta, true);
    const size = facts.measure(command);
    if (size <= page.room) return { command, complete: false, sentBytes: { sentBytes: entry.offset + cut } };
    length = Math.min(cut - 1, Math.floor((cut * (page.room - overhead)) / Math.max(1, size - overhead)));
  }
  return alone ? 'never' : 'full';
}

/** The longest cut of at most `length` bytes that does not split a UTF-8 character. Bytes that are no UTF-8 are cut anywhere. */
export function charBoundary(bytes: Uint8Array, length: number): number {
  let cut = length;
  for (let back = 0; back < 3 && cut > 0 && isContinuation(bytes[cut]); back += 1) cut -= 1;
  return isContinuation(bytes[cut]) ? length : cut;
}
const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

const utf8 = new TextDecoder('utf-8', { fatal: true });
// eslint-disable-next-line no-control-regex -- the characters XML 1.0 cannot hold
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** XML holds text only: other content goes as Base64. [MetInf, "Format"] */
function asText(bytes: Uint8Array): { bytes: Uint8Array; format?: string } {
  try {
    if (!NOT_XML.test(utf8.decode(bytes))) return { bytes };
  } catch {
    // not UTF-8
  }
  return { bytes: Buffer.from(Buffer.from(bytes).toString('base64'), 'latin1'), format: 'b64' };
}
