/** Changes by records: `<table>/<key>`, `schema/<n>` and batches `changes/<to>`, applied to the draft by a worker before the transaction. */
import type { DatabaseFacts, Operation, OperationStatus } from '../../devicedb/jobs.js';
import type { ChangeAnswer, ClientChange } from '../../model/effects.js';
import { Status } from '../../model/status.js';
import { readChanges, type Changes } from '../../records/changes.js';
import { RecordError } from '../../records/error.js';
import { parseRecordUri } from '../../records/keys.js';
import { parseSchemaChange } from '../../records/schema.js';
import { parseRecord } from '../../records/values.js';
import type { ChunkRef } from '../../storage/ports/copies.js';
import { contentHash } from '../content-hash.js';
import type { SlowRooms } from '../slow-work.js';
import type { CopyPlace } from './copy-place.js';
import { decodeWhole, encodedAs } from './decode.js';
import { overRoom, saveDraft } from './draft.js';
import { overlaid } from './sources.js';
import { contentOf, currentStart, draftNumber, numberHeld, standingOf, startFrom, type Standing, type Start } from './start.js';
import type { DraftState, Writing } from './state.js';
import { answering, statusOf } from './statuses.js';

export const CHANGES_TYPE = 'application/vnd.moorage.changes+xml';
const JSON_TYPES: ReadonlySet<string> = new Set(['application/json', 'text/plain', 'text/json']);

/** A change with its content whole. */
export interface WholeChange {
  readonly kind: ClientChange['kind'];
  readonly name: string;
  readonly type: string | undefined;
  readonly format: string | undefined;
  readonly content: Uint8Array;
}

export interface Applying {
  readonly answers: readonly ChangeAnswer[];
  /** Undefined: nothing was changed. */
  readonly step:
    { readonly start: Start; readonly refs: readonly ChunkRef[]; readonly size: number; readonly known: DraftState } | undefined;
}

/** Applies changes that stand next to one another; each has its own answer. */
export async function takeRecords(place: CopyPlace, changes: readonly WholeChange[]): Promise<readonly ChangeAnswer[]> {
  const { work, rules } = place;
  const standing = await standingOf(place);
  const key = `records ${standing.key} ${contentHash(Buffer.from(JSON.stringify(changes.map(named))))}`;
  const done = work.slow(key, (rooms) => answering(() => new RecordsJob(rooms, standing, rules).run(changes)));
  if ('refused' in done) return changes.map(() => done.refused);
  const { step } = done;
  if (!step) return done.answers;
  if (step.size > rules.maxFileBytes) return changes.map(() => ({ status: Status.EntityTooLarge }));
  if (
    await overRoom(
      work,
      step.refs.reduce((sum, { length }) => sum + length, 0),
    )
  )
    return changes.map(() => ({ status: Status.DeviceFull }));
  await saveDraft(place, {
    fresh: step.start.fresh,
    by: 'changes',
    size: step.size,
    received: changes.reduce((sum, { content }) => sum + content.length, 0),
    refs: step.refs,
    known: rules.keepUpdates ? withUpdates(step.known, changes, done.answers) : step.known,
  });
  return done.answers;
}

const named = ({ content, ...rest }: WholeChange): object => ({ ...rest, content: contentHash(content) });

/** Batches that were applied are kept as they came. */
function withUpdates(known: DraftState, changes: readonly WholeChange[], answers: readonly ChangeAnswer[]): DraftState {
  const kept = changes.filter(({ name }, i) => name.startsWith('changes/') && answers[i]?.status === Status.Ok);
  const updates = kept.map(({ name, type, content }) => ({
    name,
    media: type ?? CHANGES_TYPE,
    content: Buffer.from(content).toString('base64'),
  }));
  return { ...known, updates: [...(known.updates ?? []), ...updates] };
}

type Parsed = { readonly operation: Operation } | { readonly batch: Changes } | { readonly refused: ChangeAnswer };

/** One run of the worker's jobs over a draft; what it changed is laid over the draft's chunks until the end. */
class RecordsJob {
  readonly #rooms: SlowRooms;
  readonly #standing: Standing;
  readonly #rules: CopyPlace['rules'];
  readonly #changed = new Map<number, Uint8Array>();
  #start: Start;
  #size: number;
  #known: DraftState;
  #touched = false;

  constructor(rooms: SlowRooms, standing: Standing, rules: CopyPlace['rules']) {
    this.#rooms = rooms;
    this.#standing = standing;
    this.#rules = rules;
    this.#start = currentStart(standing);
    this.#size = this.#start.size;
    this.#known = this.#start.known;
  }

  async run(changes: readonly WholeChange[]): Promise<Applying> {
    const parsed = changes.map((change) => parse(change, this.#rules.maxUpdateBytes));
    const answers: ChangeAnswer[] = [];
    for (let at = 0; at < parsed.length;) {
      const one = parsed[at] as Parsed;
      if ('refused' in one) {
        answers.push(one.refused);
        at += 1;
      } else if ('batch' in one) {
        answers.push(await this.#batch(one.batch));
        at += 1;
      } else {
        const operations = operationsFrom(parsed, at);
        answers.push(...(await this.#apply(operations)).map(answerOf));
        at += operations.length;
      }
    }
    if (!this.#touched) return { answers, step: undefined };
    const { account, copy } = this.#standing;
    const number = draftNumber(this.#standing, this.#start);
    const chunks = [...this.#changed].sort(([a], [b]) => a - b).map(([index, bytes]) => ({ index, bytes }));
    const refs = await this.#rooms.store.copies.write(account, copy, number, chunks);
    return { answers, step: { start: this.#start, refs, size: this.#size, known: this.#known } };
  }

  async #batch(batch: Changes): Promise<ChangeAnswer> {
    if (this.#known.modification !== batch.base || (batch.base === undefined && this.#size > 0)) {
      const start = this.#touched ? undefined : startFrom(this.#standing, batch.base);
      const held = numberHeld(this.#standing);
      if (!start) return { status: Status.Conflict, ...(held === undefined ? {} : { detail: held }) };
      this.#start = start;
      this.#size = start.size;
      this.#known = start.known;
    }
    const [result] = await this.#apply([{ kind: 'batch', changes: batch }]);
    if (result?.status === Status.Ok) this.#known = { ...this.#known, modification: batch.to };
    return result ? answerOf(result) : { status: Status.CommandFailed };
  }

  async #apply(operations: readonly Operation[]): Promise<readonly OperationStatus[]> {
    const { databases } = this.#rooms;
    const source = overlaid(contentOf(this.#rooms, this.#standing, this.#start), this.#changed, this.#size);
    const facts = await this.#writable();
    if (facts === 'no') return operations.map(() => ({ status: Status.CommandNotImplemented }));
    const applied = await databases.apply(source, facts, operations);
    if (!applied.statuses.some(({ status }) => status >= 200 && status < 300)) return applied.statuses;
    for (const { index, bytes } of applied.changed) this.#changed.set(index, bytes);
    this.#touched = true;
    this.#size = applied.size;
    const writing: Writing = { kind: 'by-records', facts: applied.facts };
    this.#known = { ...this.#known, writing, removed: this.#known.removed + applied.removed };
    return applied.statuses;
  }

  /** Facts of the content; undefined where there is none yet, `no` where records cannot be written. */
  async #writable(): Promise<DatabaseFacts | undefined | 'no'> {
    const { writing } = this.#known;
    if (writing.kind === 'by-records') return writing.facts;
    if (writing.kind !== 'unknown') return 'no';
    if (this.#size === 0) return undefined;
    const looked = await this.#rooms.databases.inspect(contentOf(this.#rooms, this.#standing, this.#start));
    if (looked.kind === 'writable') this.#known = { ...this.#known, writing: { kind: 'by-records', facts: looked.facts } };
    else this.#known = { ...this.#known, writing: looked };
    return looked.kind === 'writable' ? looked.facts : 'no';
  }
}

function operationsFrom(parsed: readonly Parsed[], from: number): readonly Operation[] {
  const operations: Operation[] = [];
  for (let at = from; at < parsed.length; at += 1) {
    const one = parsed[at] as Parsed;
    if (!('operation' in one)) break;
    operations.push(one.operation);
  }
  return operations;
}

const answerOf = ({ status, detail }: OperationStatus): ChangeAnswer => ({ status, ...(detail === undefined ? {} : { detail }) });

function parse(change: WholeChange, maxBytes: number): Parsed {
  try {
    if (change.name.startsWith('changes/')) return { batch: batchOf(change, maxBytes) };
    return { operation: operationOf(change, maxBytes) };
  } catch (error) {
    const refused = statusOf(error);
    if (!refused) throw error;
    return { refused };
  }
}

function batchOf(change: WholeChange, maxBytes: number): Changes {
  const { media, ...encoded } = encodedAs(change.type, change.format, CHANGES_TYPE);
  if (media !== CHANGES_TYPE || change.kind === 'Delete') throw new RecordError('unsupported', media);
  const batch = readChanges(decodeWhole(change.content, encoded, maxBytes));
  if (change.name !== `changes/${batch.to}`) throw new RecordError('malformed', `To is ${batch.to}, and not that of ${change.name}`);
  return batch;
}

function operationOf(change: WholeChange, maxBytes: number): Operation {
  const schema = /^schema\/\d+$/.test(change.name);
  if (change.kind === 'Delete' && !schema) {
    const { table, key } = parseRecordUri(change.name);
    return { kind: 'record', command: 'Delete', table, key };
  }
  const { media, ...encoded } = encodedAs(change.type, change.format, 'application/json');
  if (!JSON_TYPES.has(media) || change.kind === 'Delete') throw new RecordError('unsupported', media);
  const text = Buffer.from(decodeWhole(change.content, encoded, maxBytes)).toString('utf8');
  if (schema) return { kind: 'schema', change: parseSchemaChange(text) };
  const { table, key } = parseRecordUri(change.name);
  return { kind: 'record', command: change.kind, table, key, record: parseRecord(text) };
}
