/** A restore that the device took is its base from then on: changes with the generation's modification number fit its own copy. */
import type { PairId } from '../../model/ids.js';
import type { ChunkRef, GenerationRecord } from '../../storage/ports/copies.js';
import type { SyncWork } from '../work.js';
import { copyOf, draftOf, rulesOf, type CopyPlace } from './copy-place.js';
import { allTaken } from './sending.js';

/** `shown`: no Status has come, but the device goes on from there. */
export async function finish(work: SyncWork, id: PairId, taken: 'answered' | 'shown' = 'answered'): Promise<void> {
  const pair = await work.pair(id);
  const { open } = pair;
  const from = open?.database?.from;
  if (!open?.database || !from || !allTaken(open.database, taken)) return;
  const { copies } = work.account;
  const generation = await copies.generation(from.copy, from.generation);
  if (!generation) return;
  const copy = await copyOf(work, pair);
  const place: CopyPlace = { work, rules: rulesOf(work), pair, open, copy };
  const own = copy.id === from.copy;
  if (own && (await copies.newest(copy.id))?.number === generation.number) return;
  // A draft that waited was made for what the device held before.
  await draftOf(place);
  const number = copy.lastNumber + 1;
  // Seals name the copy: chunks of another one are sealed anew, those of this one are shared.
  const refs = own ? [] : copied(place, from, generation, number);
  const draft = await copies.openDraft(copy.id, own ? generation.number : undefined, 'restore', work.options.now);
  await copies.saveDraft(copy.id, { ...draft, size: generation.size, updatedAt: work.options.now }, refs);
  const { modification, way, media, facts } = generation;
  await copies.commit(copy.id, { modification, at: work.options.now, way, media, facts, flags: [], job: work.options.token }, copy.method);
  work.options.note('restored', { copy: copy.id, from: from.copy, generation: from.generation });
}

function copied(
  { work, copy }: CopyPlace,
  from: { readonly copy: CopyPlace['copy']['id'] },
  { number: generation }: GenerationRecord,
  number: number,
): readonly ChunkRef[] {
  const { id: account } = work.account;
  return work.slow(`restored ${from.copy} ${generation} ${copy.id} ${number}`, async ({ store }) => {
    const refs = await store.read((tx) => tx.account(account).copies.chunks(from.copy, generation));
    return store.copies.adopt(account, from.copy, refs, copy, number);
  });
}
