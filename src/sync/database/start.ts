/** What a step of a draft starts from: the draft there is, or a generation; the same for all kinds of changes. */
import type { ChunkSource } from '../../devicedb/jobs.js';
import type { AccountId } from '../../model/ids.js';
import type { CopyRecord, GenerationRecord } from '../../storage/ports/copies.js';
import type { SlowRooms } from '../slow-work.js';
import type { Bases, CopyPlace, LiveDraft } from './copy-place.js';
import { basesOf, draftOf } from './copy-place.js';
import { contentAt, contentSource, type Content, type Pending } from './pending.js';
import { NOTHING } from './sources.js';
import { parseCopyFacts, writingOf, type DraftState } from './state.js';

/** Content that changes can be made to. */
export interface Start {
  readonly source: Content | undefined;
  readonly size: number;
  /** Set when a new draft is opened on it. */
  readonly fresh: { readonly base: number | undefined } | undefined;
  readonly known: DraftState;
}

/** The copy as the message's transaction sees it. */
export interface Standing {
  readonly account: AccountId;
  readonly copy: CopyRecord;
  readonly draft: LiveDraft | undefined;
  readonly bases: Bases;
  /** Number of the draft that the step becomes part of. */
  readonly number: number;
  readonly pending: Pending | undefined;
  /** Names all of it, for keys of slow work. */
  readonly key: string;
}

const EMPTY_DATABASE = 'application/vnd.sqlite3';

export async function standingOf(place: CopyPlace): Promise<Standing> {
  const { work, copy } = place;
  const draft = await draftOf(place);
  const bases = await basesOf(place);
  const stamp = draft ? `${draft.number}.${draft.version}` : `-`;
  const pending = work.pending.get(copy.id);
  const generations = `${bases.newest?.number ?? 0}.${bases.full?.number ?? 0}`;
  return {
    account: work.account.id,
    copy,
    draft,
    bases,
    number: copy.lastNumber + 1,
    pending,
    key: `${copy.id} ${copy.lastNumber} ${stamp} ${generations} ${pending?.stamp ?? ''}`,
  };
}

/** Where single changes go that name no base: the draft, else the newest generation, else nothing. */
export function currentStart({ draft, bases, pending }: Standing): Start {
  // A file of which only parts have come is no content.
  if (draft && !draft.known.upload) return onDraft(draft, pending);
  return bases.newest ? onGeneration(bases.newest, pending) : onNothing();
}

/** Where changes go that are made from modification number `base`; undefined when the copy has another. */
export function startFrom(standing: Standing, base: number | undefined): Start | undefined {
  const { bases } = standing;
  const current = currentStart(standing);
  if (base === undefined) return bases.newest || (current.fresh === undefined && current.size > 0) ? undefined : current;
  if (current.known.modification === base) return current;
  const generation = [bases.newest, bases.full].find((one) => one?.modification === base);
  return generation && onGeneration(generation, standing.pending);
}

/** What a device is told that changes something else than what is here: the number of the newest generation. */
export const numberHeld = ({ bases }: Standing): string | undefined => bases.newest && String(bases.newest.modification);

const onDraft = (draft: LiveDraft, pending: Pending | undefined): Start => ({
  source: contentAt(draft.number, draft.size, pending),
  size: draft.size,
  fresh: undefined,
  known: draft.known,
});

function onGeneration(generation: GenerationRecord, pending: Pending | undefined): Start {
  const { number, size, modification, media, way } = generation;
  return {
    source: contentAt(number, size, pending),
    size,
    fresh: { base: number },
    known: { modification, media, writing: writingOf(parseCopyFacts(generation.facts), way), removed: 0 },
  };
}

const onNothing = (): Start => ({
  source: undefined,
  size: 0,
  fresh: { base: undefined },
  known: { media: EMPTY_DATABASE, writing: { kind: 'unknown' }, removed: 0 },
});

/** Number of the draft that a step from `start` belongs to. */
export const draftNumber = (standing: Standing, start: Start): number =>
  start.fresh ? standing.number : (standing.draft?.number ?? standing.number);

export const contentOf = ({ store }: SlowRooms, { account, copy }: Standing, start: Start): ChunkSource =>
  start.source ? contentSource(store, account, copy.id, start.source) : NOTHING;
