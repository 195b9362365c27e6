/** A step of a draft, taken in the message's transaction with results that were prepared for just this version of it. */
import type { ChunkRef, DraftRecord } from '../../storage/ports/copies.js';
import type { SyncWork } from '../work.js';
import type { CopyPlace, LiveDraft } from './copy-place.js';
import { after } from './pending.js';
import { formatDraftState, type DraftState } from './state.js';

export interface Step {
  /** Begin a draft on a generation, or on nothing, instead of going on with the one there is. */
  readonly fresh: { readonly base: number | undefined } | undefined;
  /** Undefined: as it was. */
  readonly by: DraftRecord['by'] | undefined;
  readonly size: number;
  /** Bytes the device sent for it. */
  readonly received: number;
  readonly refs: readonly ChunkRef[];
  readonly known: DraftState;
}

export async function saveDraft({ work, copy }: CopyPlace, step: Step): Promise<LiveDraft> {
  const { copies } = work.account;
  const { now } = work.options;
  const draft = step.fresh ? await copies.openDraft(copy.id, step.fresh.base, step.by ?? 'changes', now) : await copies.draft(copy.id);
  if (!draft) throw new Error(`copy ${copy.id} has no draft`);
  const next: DraftRecord = {
    ...draft,
    size: step.size,
    received: draft.received + step.received,
    // A file that came whole stays one that came whole.
    by: draft.by === 'full' ? 'full' : (step.by ?? draft.by),
    updatedAt: now,
    state: formatDraftState(step.known),
  };
  const kept = await copies.saveDraft(copy.id, next, step.refs);
  // What was prepared has the version in its key: nothing else can have come between within one transaction.
  if (!kept) throw new Error(`the draft of copy ${copy.id} is not what it was a moment ago`);
  const { number, size, state } = kept;
  work.pending.set(copy.id, after(work.pending.get(copy.id), { number, size, fresh: step.fresh, refs: step.refs, state }));
  return { ...kept, known: step.known };
}

/** What chunks take. */
export const sealedBytes = (refs: readonly ChunkRef[]): number => refs.reduce((sum, { length }) => sum + length, 0);

/** Would the account's items and copies take more than it may keep? */
export async function overRoom(work: SyncWork, bytes: number): Promise<boolean> {
  work.used ??= await work.account.usedBytes();
  return work.used + bytes > work.options.limits.quotaBytes;
}
