/** One backup of one file, from the look at it to the server's confirmation. [requirements R23–R44] */
import { isSuccess, Status } from '../../model/status.js';
import { UserError } from '../../model/errors.js';
import type { Receipt } from '../../records/receipt.js';
import { statusWords } from '../client/words.js';
import { SessionRefused } from '../errors.js';
import { takeSnapshot } from '../detect/snapshot.js';
import { sameStamp, stampOf } from '../detect/stamp.js';
import type { Looker } from '../detect/looker.js';
import { fileById, saveState } from '../state/files.js';
import { addItems, dropJob, findJob, resetItems, saveJob } from '../state/jobs.js';
import { dropMarks } from '../state/marks.js';
import type { FileEntry, Job, Stamp } from '../state/state-types.js';
import type { JobReport } from '../types.js';
import { buildJob } from './build.js';
import type { BuildContext, Built } from './draft-job.js';
import { confirmJob } from './finish.js';
import { buildProof, buildRepair } from './follow-up.js';
import { sendJob, type Refusal, type SendContext, type Sent } from './send.js';

export type RunContext = SendContext & BuildContext & { readonly looker: Looker };

/** Sessions for one backup: changes, then pages, then the whole file, and once more for what was interrupted before. */
const MAX_SESSIONS = 8;

/**
 * @returns what became of it; nothing is written to the history but by a confirmed backup.
 * @throws whatever keeps it from its end; what was sent so far is kept, and the next call goes on from there.
 */
export async function runJob(context: RunContext): Promise<JobReport> {
  const startedAt = context.now();
  const pending = findJob(context.store, context.entry.id) ? await finishPending(context, startedAt) : undefined;
  const fresh = reload(context);
  // From outside first: most nights nothing is opened.
  const stamp = outsideOf(fresh.entry, fresh.now());
  const { confirmed, stamp: known } = fresh.entry.state;
  if (confirmed && known && sameStamp(known, stamp)) return pending ?? unchanged(fresh, startedAt, { ...known, ...stamp });
  return startFresh(fresh, startedAt, false, pending);
}

/** What an earlier run began. */
async function finishPending(context: RunContext, startedAt: number): Promise<JobReport | undefined> {
  const report = await bringToEnd(context, startedAt, false);
  return report === 'again' ? startFresh(reload(context), startedAt, true, undefined) : report;
}

async function startFresh(context: RunContext, startedAt: number, asFull: boolean, before: JobReport | undefined): Promise<JobReport> {
  const { store, entry, folder } = context;
  dropJob(store, entry.id);
  const known = asFull || !entry.state.confirmed ? undefined : entry.state.stamp;
  const snapshot = await takeSnapshot(context.looker, entry.settings, store.jobFolder(entry.id), known);
  // The number first: then nothing is read. [requirements R26, R27]
  if ('same' in snapshot) return before ?? unchanged(context, startedAt, snapshot.same);
  let built: Built;
  try {
    const { result, exactOnly } = await buildJob({ ...context, folder: store.jobFolder(entry.id) }, snapshot, asFull);
    if (exactOnly !== undefined) saveState(store, entry.id, (state) => ({ ...state, exactOnly }));
    if ('unchanged' in result) {
      dropMarks(store, entry.id, 'job');
      const { database } = result;
      if (database)
        saveState(store, entry.id, (state) => ({ ...state, ...(state.confirmed ? { confirmed: { ...state.confirmed, database } } : {}) }));
      return before ?? unchanged(context, startedAt, snapshot.stamp, snapshot.lockedMs);
    }
    built = result;
  } finally {
    snapshot.close();
  }
  writeDown({ ...context, folder }, { ...built, job: { ...built.job, startedAt } });
  const report = await bringToEnd(reload(context), startedAt, asFull);
  if (report !== 'again') return report;
  if (asFull) throw new UserError('The server takes neither changes nor the whole file; see its log.');
  return startFresh(reload(context), startedAt, true, before);
}

/** @throws {UserError} */
function outsideOf({ settings }: FileEntry, now: number): Stamp {
  try {
    return stampOf(settings.path, now);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new UserError(code === 'ENOENT' ? `${settings.path} is not there.` : `${settings.path} cannot be read: ${message}.`, { cause });
  }
}

/** From here on the job survives whatever happens. */
function writeDown({ store, entry }: RunContext, { job, items }: Built): void {
  store.transact(() => {
    saveJob(store, entry.id, job);
    addItems(store, entry.id, items);
    saveState(store, entry.id, (state) => ({ ...state, lastModification: Math.max(state.lastModification, job.to) }));
  });
}

/** Sends the job there is until the server has confirmed it. @returns `again` when it has to be built anew, as the whole file. */
async function bringToEnd(context: RunContext, startedAt: number, asFull: boolean): Promise<JobReport | 'again'> {
  let lockedMs = 0;
  let sentBytes = 0;
  let receivedBytes = 0;
  for (let session = 1; session <= MAX_SESSIONS; session += 1) {
    const { store, entry } = context;
    const resumes = findJob(store, entry.id)?.opened === true;
    const sent = await sendJob({ ...context, entry });
    const job = findJob(store, entry.id);
    if (!job) throw new Error('the job is gone');
    lockedMs = Math.max(lockedMs, job.lockedMs);
    sentBytes += job.sent;
    receivedBytes += job.received;
    const { receipt } = sent;
    if (receipt?.need === 'none') {
      const report = doneReport(context, job, receipt, {
        startedAt,
        sent: sentBytes,
        received: receivedBytes,
        lockedMs,
        refusals: sent.refusals,
      });
      confirmJob(store, entry, job, receipt, sent.anchor, report);
      return report;
    }
    if (sent.anchor !== '') saveState(store, entry.id, (state) => ({ ...state, anchor: sent.anchor }));
    context = reload(context);
    if (receipt) await followUp(context, job, receipt);
    else if (isOurs(sent, job)) replaceJob(context, buildProof(context, job));
    else if (resumes) startOver(context, job);
    else if (asFull || job.isFull) throw refused(sent.refusals);
    else return 'again';
    context = reload(context);
  }
  throw new UserError('The server has not confirmed the backup after several sessions; see its log.');
}

/** What went on from an earlier session did not fit: the same once more, from its beginning. */
function startOver({ store, entry }: RunContext, job: Job): void {
  store.transact(() => {
    resetItems(store, entry.id);
    saveJob(store, entry.id, { ...job, opened: false });
  });
}

/** The server has the modification number that this job was to bring. */
const isOurs = ({ refusals }: Sent, job: Job): boolean =>
  job.sentAs !== 'manifest' && refusals.some(({ code, detail }) => code === Status.Conflict && Number(detail) === job.to);

async function followUp(context: RunContext, job: Job, receipt: Receipt): Promise<void> {
  const { store, entry } = context;
  const folder = store.jobFolder(entry.id);
  dropMarks(store, entry.id, 'job');
  const snapshot = await takeSnapshot(context.looker, entry.settings, folder);
  if ('same' in snapshot) throw new Error('a snapshot was asked for');
  let built: Built;
  try {
    built = await buildRepair({ ...context, folder }, snapshot, job, receipt);
  } finally {
    snapshot.close();
  }
  replaceJob(context, built);
}

function replaceJob(context: RunContext, built: Built): void {
  const { store, entry } = context;
  store.transact(() => {
    store.run('DELETE FROM item WHERE file = ?', entry.id);
    writeDown(context, built);
  });
}

function refused(refusals: readonly Refusal[]): Error {
  const [first] = refusals;
  if (!first) return new UserError('The server gave no receipt.');
  const detail = first.detail === undefined || first.detail === '' ? '' : ` It says: ${first.detail}.`;
  return new SessionRefused(`the server refused ${first.uri}: ${statusWords(first.code)}.${detail}`, first.code);
}

interface DoneFacts {
  readonly startedAt: number;
  readonly sent: number;
  readonly received: number;
  readonly lockedMs: number;
  readonly refusals: readonly Refusal[];
}

function doneReport({ entry, now }: RunContext, job: Job, receipt: Receipt, facts: DoneFacts): JobReport {
  const words = [
    ...(receipt.flags?.includes('many-deletions') ? ['the server flagged it: it removes unusually many rows'] : []),
    ...(receipt.exactOnly === undefined ? [] : [`kept by its bytes from now on: ${receipt.exactOnly}`]),
    ...facts.refusals
      .filter(({ code }) => !isSuccess(code))
      .map(({ uri, code }) => `${uri}: ${statusWords(code)}`)
      .slice(0, 5),
  ];
  return {
    file: entry.name,
    outcome: 'done',
    startedAt: facts.startedAt,
    endedAt: now(),
    job: receipt.job,
    way: receipt.way,
    method: job.method,
    sentAs: job.sentAs,
    modification: receipt.modification,
    generation: receipt.generation,
    changes: job.changes,
    sent: facts.sent,
    received: facts.received,
    lockedMs: Math.round(facts.lockedMs * 10) / 10,
    ...(words.length > 0 ? { message: words.join('; ') } : {}),
  };
}

function unchanged({ store, entry, now }: RunContext, startedAt: number, stamp: Stamp, lockedMs = 0): JobReport {
  const { confirmed } = entry.state;
  saveState(store, entry.id, (state) => ({ ...state, stamp, checkedAt: now() }));
  return {
    file: entry.name,
    outcome: 'unchanged',
    startedAt,
    endedAt: now(),
    ...(confirmed ? { modification: confirmed.modification, generation: confirmed.generation } : {}),
    sent: 0,
    received: 0,
    lockedMs: Math.round(lockedMs * 10) / 10,
  };
}

function reload<C extends RunContext>(context: C): C {
  const entry = fileById(context.store, context.entry.id);
  if (!entry) throw new UserError(`${context.entry.name} was removed meanwhile.`);
  return { ...context, entry };
}
