/** The device's items of a file's copy, by their names; see docs/device-backup-protocol.md, "Items from the device". */
import { Alert } from '../../model/alert.js';
import type { ChangeAnswer, ClientChange } from '../../model/effects.js';
import type { PairId } from '../../model/ids.js';
import { Status } from '../../model/status.js';
import type { OpenSync, PairRecord } from '../../storage/ports/pairs.js';
import { noteCompleted, repeatedEnd, takePart } from '../incoming.js';
import type { SyncWork } from '../work.js';
import { copyOf, rulesOf, type CopyPlace } from './copy-place.js';
import { takeManifest } from './manifest.js';
import { takePages } from './pages.js';
import { takeRecords, type WholeChange } from './records.js';
import { takeFile, WHOLE_FILE } from './upload.js';

export async function change(work: SyncWork, id: PairId, changes: readonly ClientChange[]): Promise<readonly ChangeAnswer[]> {
  const { open } = await work.pair(id);
  if (!open || open.type > Alert.RefreshFromClient) return changes.map(() => ({ status: Status.OperationCancelledEarly }));
  const answers: ChangeAnswer[] = [];
  while (answers.length < changes.length) {
    const left = changes.slice(answers.length);
    const other = left.findIndex((one) => !isRecord(one));
    const records = other < 0 ? left : left.slice(0, other);
    if (records.length > 0) answers.push(...(await takeRecords(await placeOf(work, id), records.map(wholeOf))));
    else answers.push(await changeOne(work, id, left[0] as ClientChange));
  }
  return answers;
}

/** Those that stand next to one another are applied together. */
const isRecord = ({ luid, part }: ClientChange): boolean =>
  !part && luid !== WHOLE_FILE && luid !== 'manifest' && !luid.startsWith('pages/');

async function placeOf(work: SyncWork, id: PairId): Promise<CopyPlace> {
  let pair = await work.pair(id);
  if (pair.open?.phase === 'opened') pair = work.save({ ...pair, open: { ...pair.open, phase: 'receiving' } });
  return { work, rules: rulesOf(work), pair, open: pair.open as OpenSync, copy: await copyOf(work, pair) };
}

async function changeOne(work: SyncWork, id: PairId, one: ClientChange): Promise<ChangeAnswer> {
  const { open } = await work.pair(id);
  if (one.kind === 'Delete' && one.luid === WHOLE_FILE) return { status: Status.CommandNotAllowed };
  const repeated = open && repeatedEnd(work, open, one);
  if (repeated !== undefined) return { status: repeated };
  const answer = one.luid === WHOLE_FILE ? await takeFile(await placeOf(work, id), one) : await takeUpdate(work, id, one);
  if (one.part?.last) noteCompleted(work, await work.pair(id), one, answer.status);
  return answer;
}

/** Everything but the whole file is joined before it is applied. */
async function takeUpdate(work: SyncWork, id: PairId, one: ClientChange): Promise<ChangeAnswer> {
  let place = await placeOf(work, id);
  let change = wholeOf(one);
  if (one.part) {
    const joined = await takePart(work, place.pair, place.open, one, one.part, place.rules.maxUpdateBytes);
    if ('status' in joined) return joined;
    change = { ...change, type: joined.meta.type, format: joined.meta.format, content: joined.bytes };
    place = await placeOf(work, id);
  }
  if (change.name === 'manifest') return manifest(place, change);
  if (change.name.startsWith('pages/')) return takePages(place, change);
  const [answer] = await takeRecords(place, [change]);
  return answer ?? { status: Status.CommandFailed };
}

async function manifest(place: CopyPlace, change: WholeChange): Promise<ChangeAnswer> {
  const { receipt, ...answer } = await takeManifest(place, change);
  const pair: PairRecord = await place.work.pair(place.pair.id);
  if (receipt !== undefined && pair.open) {
    const database = { entries: [], ...pair.open.database, receipt };
    place.work.save({ ...pair, open: { ...pair.open, database } });
  }
  return answer;
}

const wholeOf = ({ kind, luid, meta, content }: ClientChange): WholeChange => ({
  kind,
  name: luid,
  type: meta.type,
  format: meta.format,
  content: content ?? new Uint8Array(0),
});
