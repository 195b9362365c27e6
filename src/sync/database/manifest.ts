/** The manifest ends a backup: what the draft holds is compared with what the device says it must be, and becomes a generation if it is the same. */
import type { ChangeAnswer } from '../../model/effects.js';
import { Status } from '../../model/status.js';
import { RecordError } from '../../records/error.js';
import { parseManifest, type Manifest } from '../../records/manifest.js';
import { formatReceipt, type Receipt } from '../../records/receipt.js';
import type { GenerationRecord } from '../../storage/ports/copies.js';
import { contentHash } from '../content-hash.js';
import type { SlowRooms } from '../slow-work.js';
import { compare, type Verdict } from './compare.js';
import type { CopyPlace } from './copy-place.js';
import { decodeWhole, encodedAs } from './decode.js';
import { saveDraft } from './draft.js';
import type { WholeChange } from './records.js';
import { currentStart, numberHeld, standingOf, type Standing, type Start } from './start.js';
import { formatCopyFacts, parseCopyFacts, rowsOf, type CopyFacts } from './state.js';
import { answering } from './statuses.js';

/** The backup would have removed more rows than the operator allows. */
export const MANY_DELETIONS = 'many-deletions';

export interface ManifestAnswer extends ChangeAnswer {
  /** JSON, for package 4. */
  readonly receipt?: string;
}

export async function takeManifest(place: CopyPlace, change: WholeChange): Promise<ManifestAnswer> {
  const { work, rules } = place;
  const standing = await standingOf(place);
  const key = `manifest ${standing.key} ${contentHash(change.content)}`;
  const judged = work.slow(key, (rooms) => answering(() => judge(rooms, standing, change, rules.maxUpdateBytes)));
  if ('refused' in judged) return judged.refused;
  const { manifest, verdict } = judged;
  if (verdict.kind === 'held') return { status: Status.Ok, receipt: formatReceipt(receiptOf(verdict.generation)) };
  const start = currentStart(standing);
  return verdict.kind === 'equal' ? complete(place, start, manifest, verdict) : askForMore(place, start, manifest, verdict, standing);
}

interface Judged {
  readonly manifest: Manifest;
  readonly verdict: Verdict | { readonly kind: 'held'; readonly generation: GenerationRecord };
}

async function judge(
  rooms: SlowRooms,
  standing: Standing,
  change: WholeChange,
  maxBytes: number,
): Promise<Judged | { readonly refused: ChangeAnswer }> {
  const { media, ...encoded } = encodedAs(change.type, change.format, 'application/json');
  if (change.kind === 'Delete') return { refused: { status: Status.CommandNotAllowed } };
  if (media !== 'application/json' && media !== 'text/plain') throw new RecordError('unsupported', media);
  const manifest = parseManifest(Buffer.from(decodeWhole(change.content, encoded, maxBytes)).toString('utf8'));
  const held = heldAlready(standing, manifest);
  if (held) return { manifest, verdict: { kind: 'held', generation: held } };
  const start = currentStart(standing);
  if (!basesFit(standing, start, manifest)) {
    const number = numberHeld(standing);
    return { refused: { status: Status.Conflict, ...(number === undefined ? {} : { detail: number }) } };
  }
  return { manifest, verdict: await compare(rooms, standing, start, manifest) };
}

/** The same manifest again, because our receipt was lost: the generation is there. */
function heldAlready({ draft, bases: { newest } }: Standing, manifest: Manifest): GenerationRecord | undefined {
  if (draft || newest?.modification !== manifest.modification) return undefined;
  const facts = parseCopyFacts(newest.facts);
  const same =
    manifest.way === 'logical' && facts.database
      ? facts.database.digest === manifest.digest
      : manifest.sha256 !== undefined && facts.sha256 === manifest.sha256 && newest.size === manifest.size;
  return same ? newest : undefined;
}

/** A manifest without a draft speaks of an unchanged copy. With one: of that draft, or of the generation it began on. */
function basesFit({ draft, bases }: Standing, start: Start, manifest: Manifest): boolean {
  if (start.size === 0 && !start.source) return false;
  if (draft?.by === 'full' && start.fresh === undefined) return true;
  const allowed = [bases.newest, bases.full].flatMap((one) => (one ? [one.modification] : []));
  // What was asked for is known to belong to this draft.
  if (manifest.base === undefined) return allowed.length === 0 || draft?.known.asked !== undefined;
  return manifest.base === start.known.modification || allowed.includes(manifest.base);
}

async function complete(
  place: CopyPlace,
  start: Start,
  manifest: Manifest,
  verdict: Extract<Verdict, { kind: 'equal' }>,
): Promise<ManifestAnswer> {
  const { work, copy } = place;
  const { copies } = work.account;
  const base = await baseOf(place, start);
  const removed = removedRows(start, verdict.facts, base);
  const flags = isStorm(place, removed, base) ? [MANY_DELETIONS] : [];
  const draft = await saveDraft(place, { fresh: start.fresh, by: undefined, size: start.size, received: 0, refs: [], known: start.known });
  const facts: CopyFacts = { ...verdict.facts, ...(removed === undefined ? {} : { removed }) };
  const { updates = [] } = start.known;
  const made = await copies.commit(
    copy.id,
    {
      modification: manifest.modification,
      at: work.options.now,
      way: verdict.way,
      media: manifest.media,
      flags,
      job: work.options.token,
      facts: formatCopyFacts(facts),
    },
    manifest.method,
  );
  for (const { name, media, content } of updates) {
    await copies.keepUpdate(copy.id, { generation: draft.number, name, media }, Buffer.from(content, 'base64'));
  }
  work.options.note('backup', {
    copy: copy.id,
    generation: made.number,
    by: made.by,
    size: made.size,
    received: made.received,
    ...(flags.length > 0 ? { flags } : {}),
  });
  return { status: Status.Ok, receipt: formatReceipt(receiptOf(made)) };
}

/** The generation before: what rows are counted against. */
async function baseOf({ work, copy }: CopyPlace, start: Start): Promise<GenerationRecord | undefined> {
  if (start.fresh?.base !== undefined) return work.account.copies.generation(copy.id, start.fresh.base);
  return work.account.copies.newest(copy.id);
}

/** Rows that are gone since the generation before; undefined where rows are not known. */
function removedRows(start: Start, facts: CopyFacts, base: GenerationRecord | undefined): number | undefined {
  const before = base && parseCopyFacts(base.facts).database;
  if (!facts.database || !before) return undefined;
  const tables = Object.entries(before.tables);
  const fewer = tables.reduce((sum, [name, { rows }]) => sum + Math.max(0, rows - (facts.database?.tables[name]?.rows ?? 0)), 0);
  return Math.max(fewer, start.known.removed);
}

function isStorm({ rules }: CopyPlace, removed: number | undefined, base: GenerationRecord | undefined): boolean {
  const before = base && parseCopyFacts(base.facts).database;
  if (removed === undefined || !before || removed < rules.minRemovedRows) return false;
  return removed * 100 > rules.maxRemovedPercent * rowsOf(before);
}

/** The draft is not what the device has: it waits, and the receipt says what is wanted to make it so. */
async function askForMore(
  place: CopyPlace,
  start: Start,
  manifest: Manifest,
  verdict: Extract<Verdict, { kind: 'differs' }>,
  { bases }: Standing,
): Promise<ManifestAnswer> {
  const { work } = place;
  const draft = await saveDraft(place, {
    fresh: start.fresh,
    by: undefined,
    size: start.size,
    received: 0,
    refs: [],
    known: { ...start.known, modification: manifest.modification, asked: verdict.need, writing: verdict.writing },
  });
  work.options.note('backup-differs', { copy: place.copy.id, need: verdict.need, reason: verdict.reason });
  const receipt: Receipt = {
    job: work.options.token,
    generation: bases.newest?.number ?? 0,
    modification: manifest.modification,
    way: verdict.way,
    size: draft.size,
    need: verdict.need,
    ...(verdict.chunks === undefined ? {} : { chunks: verdict.chunks }),
    reason: verdict.reason,
    ...(verdict.exactOnly === undefined ? {} : { exactOnly: verdict.exactOnly }),
  };
  // Taken, but not done: only 200 says that the generation exists.
  return { status: Status.AcceptedForProcessing, receipt: formatReceipt(receipt) };
}

function receiptOf(generation: GenerationRecord): Receipt & { readonly sha256?: string } {
  const facts = parseCopyFacts(generation.facts);
  return {
    job: generation.job,
    generation: generation.number,
    modification: generation.modification,
    way: generation.way,
    ...(facts.database ? { digest: facts.database.digest } : {}),
    ...(facts.sha256 === undefined ? {} : { sha256: facts.sha256 }),
    size: generation.size,
    need: 'none',
    ...(generation.flags.length > 0 ? { flags: generation.flags } : {}),
    ...(facts.exactOnly === undefined ? {} : { exactOnly: facts.exactOnly }),
  };
}
