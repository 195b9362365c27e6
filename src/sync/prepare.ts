/**
 * Slow and harmless work before the transaction: contents decoded, described and hashed, large ones put as blobs. Repeating it
 * changes nothing.
 */
import { acceptable } from '../content/check.js';
import { typeWritten } from '../content/conversion/format.js';
import { isEmailObject } from '../content/email.js';
import { sifRoot } from '../content/sif-document.js';
import { describe } from '../content/describe.js';
import { instancesNamed, seriesUid } from '../content/series/lone.js';
import { normalizeMediaType, syntaxOf } from '../content/media-type.js';
import { namesDatabase } from '../model/datastore.js';
import type { AccountId, PairId } from '../model/ids.js';
import { Tolerance, type LeniencyName } from '../model/leniency.js';
import type { Command, Item, Message, Meta } from '../model/message.js';
import { Status } from '../model/status.js';
import { chunkOwner } from '../storage/ports/arriving.js';
import type { ContentRef, NewItem } from '../storage/ports/items.js';
import type { AccountReader, Store } from '../storage/ports/store.js';

/** `raw`: bytes it was made from, as sent. */
export type PreparedItem = (
  | {
      readonly kind: 'ready';
      readonly item: NewItem;
      readonly size: number;
      /** Why it is kept without being understood; names no content. */
      readonly unread?: string;
    }
  | { readonly kind: 'refused'; readonly status: number; readonly detail?: string }
) & { readonly raw: number; /** What its Type departs from, let pass or not. */ readonly deviations?: readonly LeniencyName[] };

/** Content that was prepared, by the Item it came in. An object that came in parts is found by the Item of its last part. */
export type Prepared = ReadonlyMap<Item, PreparedItem>;

/** What is known of a half-received object: its parts are joined when the last one comes. */
export interface OpenObject {
  readonly pair: PairId;
  readonly luid: string;
  readonly meta: Meta;
}

export async function prepare(
  store: Store,
  account: AccountId,
  message: Message,
  open: OpenObject | undefined,
  strict: boolean,
): Promise<Prepared> {
  const found = [...itemsOf(message.body, {})].filter(({ item }) => item.data?.kind === 'content' && !item.moreData);
  const prepared = new Map<Item, PreparedItem>();
  if (found.length === 0) return prepared;
  const parts: { item: Item; meta: Meta; bytes: Uint8Array }[] = [];
  await store.read(async (tx) => {
    for (const { item, meta } of found) {
      const bytes = contentOf(item);
      const completes = open !== undefined && (item.source?.uri || item.target?.uri) === open.luid && !item.moreData;
      if (completes) {
        const before = await tx.account(account).chunks.read(chunkOwner(open.pair));
        const whole = meta.size === undefined ? Buffer.concat([before, bytes]) : bytes;
        parts.push({ item, meta: { ...open.meta, ...meta }, bytes: whole });
      } else parts.push({ item, meta, bytes });
    }
  });
  const described = parts.map((part) => ({
    item: part.item,
    raw: part.bytes.length,
    result: describeContent(part.bytes, part.meta, strict),
  }));
  const keyed = await store.read(async (tx) => {
    const reader = tx.account(account);
    return described.map(({ item, raw, result }) => ({
      item,
      raw,
      result: 'status' in result ? result : { ...result, facts: keyedFacts(reader, result) },
    }));
  });
  for (const { item, raw, result } of keyed) {
    if ('status' in result) prepared.set(item, { kind: 'refused', raw, ...result });
    else
      prepared.set(item, {
        kind: 'ready',
        raw,
        deviations: result.deviations,
        size: result.bytes.length,
        ...(result.unread === undefined ? {} : { unread: result.unread }),
        item: { ...result.facts, content: await place(store, account, result.bytes) },
      });
  }
  return prepared;
}

/** Nothing in it has to be prepared. */
export const bringsNoContent = (message: Message): boolean => itemsOf(message.body, {}).next().done === true;

async function place(store: Store, account: AccountId, bytes: Uint8Array): Promise<ContentRef> {
  if (bytes.length <= store.blobs.inlineLimit) return { kind: 'inline', bytes };
  const content: ContentRef = { kind: 'blob', name: await store.blobs.put(account, bytes), size: bytes.length };
  atHand.set(content, bytes);
  return content;
}

const atHand = new WeakMap<ContentRef, Uint8Array>();

/** The bytes of content that this message brought; undefined for a blob that came with an earlier one. */
export const bytesAtHand = (content: ContentRef): Uint8Array | undefined =>
  content.kind === 'inline' ? content.bytes : atHand.get(content);

/** Content of an earlier message that has been read again. */
export function putAtHand(content: ContentRef, bytes: Uint8Array): ContentRef {
  atHand.set(content, bytes);
  return content;
}

function* itemsOf(commands: readonly Command[], outer: Meta): Generator<{ item: Item; meta: Meta }> {
  for (const command of commands) {
    const meta = 'meta' in command && command.meta ? { ...outer, ...command.meta } : outer;
    // What goes into the copy of a file is looked at where its draft is known.
    if (command.kind === 'Sync' && namesDatabase(command.target?.uri ?? '')) continue;
    if (command.kind === 'Sync' || command.kind === 'Atomic' || command.kind === 'Sequence') yield* itemsOf(command.commands, meta);
    else if (command.kind === 'Add' || command.kind === 'Replace')
      for (const item of command.items) yield { item, meta: { ...meta, ...item.meta } };
  }
}

const contentOf = (item: Item): Uint8Array => (item.data?.kind === 'content' ? item.data.bytes : new Uint8Array(0));

interface DescribedContent {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly canonical: Uint8Array;
  readonly identity: string | undefined;
  readonly loose: string | undefined;
  readonly modified: string | undefined;
  readonly instances: readonly string[];
  readonly series: string | undefined;
  readonly unread: string | undefined;
  readonly deviations: readonly LeniencyName[];
}

interface RefusedContent {
  readonly status: number;
  readonly detail: string;
  readonly deviations?: readonly LeniencyName[];
}

/** Undoes Base64 and describes the content. Statuses: 415 for a Format we do not know, 412 for what is not Base64. [MetInf, "Format"] */
function describeContent(bytes: Uint8Array, meta: Meta, strict: boolean): DescribedContent | RefusedContent {
  const format = meta.format?.trim().toLowerCase() ?? 'chr';
  let content = bytes;
  if (format === 'b64') {
    const text = Buffer.from(bytes).toString('latin1').replace(/\s+/g, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return { status: Status.IncompleteCommand, detail: 'Base64' };
    content = Buffer.from(text, 'base64');
  } else if (!KNOWN_FORMATS.has(format)) return { status: Status.UnsupportedMediaType, detail: format };
  const tolerance = new Tolerance(strict);
  const type = typeOf(content, meta, tolerance);
  const deviations = tolerance.met;
  const accepted = acceptable(content, type);
  if (!accepted.ok) return { status: Status.UnsupportedMediaType, detail: type, deviations };
  const { canonical, identity, loose, modified, reason } = describe(content, type);
  // Of a type that we have no reader for nothing was to be understood.
  const unread = syntaxOf(type) === 'none' ? undefined : reason;
  const instances = instancesNamed(content, type);
  const series = seriesUid(content, type);
  return { bytes: content, type, canonical, identity, loose, modified, instances, series, unread, deviations };
}

const KNOWN_FORMATS: ReadonlySet<string> = new Set(['chr', 'bin', 'xml', 'null', 'int', 'bool', 'node', 'date', 'time', 'float', '']);

/** The media type in one spelling. */
function typeOf(content: Uint8Array, meta: Meta, tolerance: Tolerance): string {
  const named = (meta.type ?? '').trim();
  const bare = (named.split(';')[0] ?? '').trim().toLowerCase();
  if (bare === '' || /^(application|text|\*)\/\*$/.test(bare)) return guessedType(content, bare, tolerance);
  const normal = normalizeMediaType(named);
  return normal === bare || tolerance.allows('item-type-alias') ? typeWritten(content, normal) : bare;
}

/** A missing Type means text/plain, unless the content says of itself what it is. [MetInf, "Type"] */
function guessedType(content: Uint8Array, wildcard: string, tolerance: Tolerance): string {
  const type = sniffedType(content);
  const legal = type === 'text/plain' && wildcard === '';
  return legal || tolerance.allows('item-type-guessed') ? type : wildcard || 'text/plain';
}

function sniffedType(content: Uint8Array): string {
  const start = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 400)).toString('latin1').toUpperCase();
  if (/^\s*BEGIN:VCARD/.test(start)) return start.includes('VERSION:3.0') || start.includes('VERSION:4.0') ? 'text/vcard' : 'text/x-vcard';
  if (/^\s*BEGIN:VCALENDAR/.test(start)) return start.includes('VERSION:2.0') ? 'text/calendar' : 'text/x-vcalendar';
  if (/^\s*BEGIN:VNOTE/.test(start)) return 'text/x-vnote';
  if (/^\s*BEGIN:VMSG/.test(start)) return 'text/x-vmessage';
  if (isEmailObject(Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 4000)).toString('latin1')))
    return 'application/vnd.omads-email+xml';
  const root = sifRoot(Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 4000)).toString('latin1'));
  return root ? SIF_TYPES[root] : 'text/plain';
}

const SIF_TYPES = {
  contact: 'text/x-s4j-sifc',
  appointment: 'text/x-s4j-sife',
  task: 'text/x-s4j-sift',
  note: 'text/x-s4j-sifn',
} as const;

export function keyedFacts(
  reader: AccountReader,
  content: Pick<DescribedContent, 'type' | 'canonical' | 'identity' | 'loose' | 'modified' | 'instances' | 'series'>,
): Omit<NewItem, 'content'> {
  return {
    type: content.type,
    canonicalKey: reader.keyedHash('canonical', content.canonical),
    ...(content.identity === undefined ? {} : { identityKey: reader.keyedHash('identity', content.identity) }),
    ...(content.loose === undefined ? {} : { looseKey: reader.keyedHash('identity', content.loose) }),
    ...(content.modified === undefined ? {} : { modified: content.modified }),
    ...instanceFacts(reader, content.instances, content.series),
  };
}

/** Keyed hash of which instance of a series it is. */
export const instanceKey = (reader: AccountReader, name: string): string => reader.keyedHash('identity', `instance ${name}`);

/** @param uid that a series and its instances share. */
export const instanceFacts = (
  reader: AccountReader,
  names: readonly string[],
  uid: string | undefined,
): Pick<NewItem, 'instances' | 'seriesKey'> => ({
  ...(names.length === 0 ? {} : { instances: names.map((name) => instanceKey(reader, name)) }),
  ...(uid === undefined ? {} : { seriesKey: reader.keyedHash('identity', `series ${uid}`) }),
});

/** The canonical key of content, for comparing it with what is stored. */
export const keyOf = (reader: AccountReader, bytes: Uint8Array, type: string): string =>
  reader.keyedHash('canonical', describe(bytes, type).canonical);

/** For content that could not be prepared before the transaction. */
export function prepareNow(reader: AccountReader, bytes: Uint8Array, meta: Meta, strict: boolean): PreparedItem {
  const result = describeContent(bytes, meta, strict);
  if ('status' in result) return { kind: 'refused', raw: bytes.length, ...result };
  return {
    kind: 'ready',
    raw: bytes.length,
    deviations: result.deviations,
    size: result.bytes.length,
    ...(result.unread === undefined ? {} : { unread: result.unread }),
    item: { ...keyedFacts(reader, result), content: { kind: 'inline', bytes: result.bytes } },
  };
}
