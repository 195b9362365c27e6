/** Sends a job in one session: new, or going on where an earlier one broke off. Every step is written down before the next. */
import { join } from 'node:path';
import { Alert } from '../../model/alert.js';
import { isSuccess, Status } from '../../model/status.js';
import { parseReceipt, type Receipt } from '../../records/receipt.js';
import { base64Content, bytesContent, fileContent, type Content } from '../client/content.js';
import type { OutgoingItem } from '../client/compose.js';
import type { Link } from '../client/link.js';
import { SyncSession } from '../client/session.js';
import type { IncomingPart, Opened, SyncHandler } from '../client/session-types.js';
import { sessionSettings, type Device } from '../client/settings.js';
import { ProtocolFault, SessionRefused } from '../errors.js';
import { noteDevInf } from '../state/files.js';
import { findJob, itemsOf, noteOffset, noteStatus, resetItems, saveJob } from '../state/jobs.js';
import type { FileEntry, Job, JobItem } from '../state/state-types.js';
import type { StateStore } from '../state/store.js';

export interface SendContext {
  readonly store: StateStore;
  readonly entry: FileEntry;
  readonly device: Device;
  readonly link: Link;
  readonly suspend?: AbortSignal | undefined;
  readonly now: () => number;
  readonly sendProgress: (done: number, total: number) => void;
}

/** What the server said to items that it did not take. */
export interface Refusal {
  readonly uri: string;
  readonly code: number;
  readonly detail: string | undefined;
}

export interface Sent {
  /** Absent where an item was refused that the rest depends on. */
  readonly receipt?: Receipt;
  readonly refusals: readonly Refusal[];
  /** Our Next of this session. */
  readonly anchor: string;
}

export const datastoreOf = (name: string): string => `./db/${encodeURIComponent(name)}`;

/** @throws whatever ends a session early; the job stays, and `sendJob` goes on with it. */
export async function sendJob(context: SendContext): Promise<Sent> {
  const { store, entry, link, now } = context;
  const before = findJob(store, entry.id);
  if (!before) throw new Error('there is no job to send');
  if (before.receipt !== undefined) return { receipt: parseReceipt(before.receipt), refusals: [], anchor: entry.state.anchor ?? '' };
  const sending = new Sending(context, before);
  const next = anchorAt(now());
  const { anchor: last } = entry.state;
  const names = { target: datastoreOf(entry.name), source: datastoreOf(entry.name) };
  const plan = {
    names,
    type: before.opened ? Alert.Resume : Alert.TwoWay,
    ...(last === undefined ? {} : { last }),
    next,
    handler: sending,
  };
  const settings = sessionSettings(context.device, store, entry.settings, names.source, context.suspend);
  const counted = { sent: link.sent, received: link.received };
  try {
    const result = await new SyncSession(settings, plan, link).run();
    if (result.devInfTaken) noteDevInf(store, entry.settings.server, entry.settings.user);
  } finally {
    sending.close();
    const job = findJob(store, entry.id);
    if (job)
      saveJob(store, entry.id, {
        ...job,
        sent: job.sent + link.sent - counted.sent,
        received: job.received + link.received - counted.received,
      });
  }
  const { receipt, refusals } = sending;
  if (!receipt && refusals.length === 0) throw new ProtocolFault('the server sent no receipt');
  return { ...(receipt ? { receipt } : {}), refusals, anchor: next };
}

/** Anchors only have to differ. */
const anchorAt = (now: number): string => new Date(now).toISOString().replace(/[-:.]/g, '');

/** Items without which the others make no sense. */
const isVital = (uri: string): boolean => uri === '.' || uri === 'manifest' || uri.startsWith('changes/') || uri.startsWith('pages/');
const MAX_RECEIPT_BYTES = 16 * 1024 * 1024;

class Sending implements SyncHandler {
  receipt: Receipt | undefined;
  readonly refusals: Refusal[] = [];
  readonly #context: SendContext;
  readonly #job: Job;
  readonly #items: readonly JobItem[];
  readonly #seq = new Map<OutgoingItem, JobItem>();
  readonly #files: { close(): void }[] = [];
  #receiptParts: Uint8Array[] = [];
  #done = 0;
  #total = 0;

  constructor(context: SendContext, job: Job) {
    this.#context = context;
    this.#job = job;
    this.#items = itemsOf(context.store, context.entry.id);
  }

  close(): void {
    for (const file of this.#files.splice(0)) file.close();
  }

  opened({ resumed, maxObjSize }: Opened): readonly OutgoingItem[] {
    const { store, entry, link } = this.#context;
    if (!resumed) {
      resetItems(store, entry.id);
      saveJob(store, entry.id, { ...this.#job, opened: true, encoding: link.encoding });
    }
    const sameForm = resumed && this.#job.encoding === link.encoding;
    const wanted = this.#items.filter(({ status }) => !resumed || status === undefined || !isSuccess(status));
    const outgoing = wanted.map((item): OutgoingItem => {
      const content = this.#content(item);
      const { kind, uri, type } = item;
      return { kind, uri, ...(type === undefined ? {} : { type }), ...(content ? { content } : {}), offset: sameForm ? item.offset : 0 };
    });
    for (const [i, item] of wanted.entries()) {
      const sent = outgoing[i];
      if (sent) this.#seq.set(sent, item);
    }
    const largest = Math.max(0, ...outgoing.map(({ content }) => content?.size ?? 0));
    if (maxObjSize !== undefined && largest > maxObjSize)
      throw new SessionRefused(`the server takes objects of at most ${maxObjSize} bytes, and this one has ${largest}`, Status.SizeTooBig);
    this.#total = outgoing.reduce((sum, { content }) => sum + (content?.size ?? 0), 0);
    this.#done = outgoing.reduce((sum, { offset }) => sum + offset, 0);
    this.#context.sendProgress(this.#done, this.#total);
    return outgoing;
  }

  acknowledged(item: OutgoingItem): void {
    const { store, entry, sendProgress } = this.#context;
    const known = this.#seq.get(item);
    if (known) noteOffset(store, entry.id, known.seq, item.offset);
    sendProgress(item.offset, this.#total);
  }

  answered(item: OutgoingItem, code: number, detail: string | undefined): boolean {
    const { store, entry, sendProgress } = this.#context;
    const known = this.#seq.get(item);
    if (known) noteStatus(store, entry.id, known.seq, code, detail);
    this.#done += item.content?.size ?? 0;
    sendProgress(Math.min(this.#done, this.#total), this.#total);
    if (isSuccess(code)) return true;
    this.refusals.push({ uri: item.uri, code, detail });
    return !isVital(item.uri);
  }

  received(part: IncomingPart): number {
    if (part.uri !== 'receipt' || part.kind === 'Delete') return Status.NotFound;
    // A new beginning.
    if (part.size !== undefined) this.#receiptParts = [];
    this.#receiptParts.push(part.bytes);
    if (this.#receiptParts.reduce((sum, { length }) => sum + length, 0) > MAX_RECEIPT_BYTES) return Status.EntityTooLarge;
    if (part.more) return Status.ChunkAccepted;
    const joined = Buffer.concat(this.#receiptParts);
    this.#receiptParts = [];
    const text = part.format === 'b64' ? Buffer.from(joined.toString('latin1'), 'base64').toString('utf8') : joined.toString('utf8');
    this.receipt = parseReceipt(text);
    // Written down at once: from here on the server's word is known, whatever becomes of the session.
    const { store, entry } = this.#context;
    store.transact(() => saveJob(store, entry.id, { ...(findJob(store, entry.id) ?? this.#job), receipt: text }));
    return Status.Ok;
  }

  #content({ file, content, kind }: JobItem): Content | undefined {
    if (kind === 'Delete') return undefined;
    let raw: Content;
    if (file === undefined) raw = bytesContent(content ?? new Uint8Array(0));
    else {
      const opened = fileContent(join(this.#context.store.jobFolder(this.#context.entry.id), file));
      this.#files.push(opened);
      raw = opened;
    }
    return this.#context.link.encoding === 'xml' ? base64Content(raw) : raw;
  }
}
