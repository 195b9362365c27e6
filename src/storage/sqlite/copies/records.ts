/** Rows of copies, generations and drafts as records. What is sealed of a row is bound to what it says in the clear. */
import type { CopyId, DeviceId } from '../../../model/ids.js';
import {
  CHUNK_BYTES,
  type CopyMethod,
  type CopyRecord,
  type CopyWay,
  type DraftRecord,
  type GenerationRecord,
} from '../../ports/copies.js';
import { copyAad, draftAad, generationAad } from '../aad.js';
import type { SqlValue } from '../connection.js';
import { optional, type Scope } from '../scope.js';

/** Chunks of a file of so many bytes. */
export const chunksOf = (size: number): number => Math.ceil(size / CHUNK_BYTES);

export interface CopyRow {
  id: CopyId;
  device: DeviceId;
  way: string;
  method: string;
  last_number: number;
  location: string;
  created_at: number;
  sealed: Uint8Array;
}
export const COPY_COLUMNS = 'id, device, way, method, last_number, location, created_at, sealed';

export interface GenerationRow {
  number: number;
  base: number | null;
  floor: number;
  modification: number;
  at: number;
  size: number;
  made_by: string;
  way: string;
  received: number;
  flags: string;
  sealed: Uint8Array;
}
const GENERATION = [
  'number',
  'base',
  'floor',
  'modification',
  'at',
  'size',
  'made_by',
  'way',
  'received',
  'flags',
  'sealed',
] as const satisfies readonly (keyof GenerationRow)[];
export const GENERATION_COLUMNS = GENERATION.join(', ');

export interface DraftRow {
  number: number;
  base: number | null;
  floor: number;
  version: number;
  size: number;
  made_by: string;
  received: number;
  opened_at: number;
  updated_at: number;
  sealed: Uint8Array;
}
const DRAFT = [
  'number',
  'base',
  'floor',
  'version',
  'size',
  'made_by',
  'received',
  'opened_at',
  'updated_at',
  'sealed',
] as const satisfies readonly (keyof DraftRow)[];
export const DRAFT_COLUMNS = DRAFT.join(', ');

/** In the order of the columns, behind the copy. */
export const generationValues = (row: GenerationRow): readonly SqlValue[] => GENERATION.map((column) => row[column]);
export const draftValues = (row: DraftRow): readonly SqlValue[] => DRAFT.map((column) => row[column]);
export const PUT_GENERATION = `INSERT INTO copy_generation (copy, ${GENERATION_COLUMNS}) VALUES (?${', ?'.repeat(GENERATION.length)})`;
export const PUT_DRAFT = `INSERT OR REPLACE INTO copy_draft (copy, ${DRAFT_COLUMNS}) VALUES (?${', ?'.repeat(DRAFT.length)})`;

/** What a generation or a draft consists of: how many chunks, and the sum of their hashes (see sealing/hash-keys.ts). */
export interface Content {
  readonly chunks: number;
  readonly sum: string;
}
type CopyDetail = Pick<CopyRecord, 'file' | 'media'>;
type GenerationDetail = Pick<GenerationRecord, 'media' | 'job' | 'facts'> & Content;
type DraftDetail = Pick<DraftRecord, 'state'> & Content;

/** Which rows of chunks are a generation's or draft's own. */
export interface Extent {
  readonly number: number;
  readonly floor: number;
  readonly size: number;
}
export type Lineage = Extent & Content;
export interface OpenedGeneration {
  readonly record: GenerationRecord;
  readonly lineage: Lineage;
}
export interface OpenedDraft {
  readonly record: DraftRecord;
  readonly lineage: Lineage;
}

export function toCopy(scope: Scope, row: CopyRow): CopyRecord {
  const detail = JSON.parse(scope.openText(row.sealed, copyAad(scope.account, row.id))) as CopyDetail;
  return {
    id: row.id,
    device: row.device,
    file: detail.file,
    media: detail.media,
    way: row.way as CopyWay,
    method: row.method as CopyMethod,
    lastNumber: row.last_number,
    location: row.location,
    createdAt: row.created_at,
  };
}

export const sealedCopy = (scope: Scope, copy: CopyId, { file, media }: CopyDetail): Uint8Array =>
  scope.seal(JSON.stringify({ file, media } satisfies CopyDetail), copyAad(scope.account, copy));

export function toGeneration(scope: Scope, copy: CopyId, row: GenerationRow): OpenedGeneration {
  const detail = JSON.parse(scope.openText(row.sealed, generationAad(scope.account, copy, clearOfGeneration(row)))) as GenerationDetail;
  return {
    record: {
      number: row.number,
      ...optional('base', row.base),
      modification: row.modification,
      at: row.at,
      size: row.size,
      by: row.made_by as GenerationRecord['by'],
      way: row.way as CopyWay,
      media: detail.media,
      received: row.received,
      flags: JSON.parse(row.flags) as readonly string[],
      job: detail.job,
      facts: detail.facts,
    },
    lineage: { number: row.number, floor: row.floor, size: row.size, chunks: detail.chunks, sum: detail.sum },
  };
}

export function fromGeneration(scope: Scope, copy: CopyId, record: GenerationRecord, { floor, chunks, sum }: Lineage): GenerationRow {
  const { media, job, facts } = record;
  const row = {
    number: record.number,
    base: record.base ?? null,
    floor,
    modification: record.modification,
    at: record.at,
    size: record.size,
    made_by: record.by,
    way: record.way,
    received: record.received,
    flags: JSON.stringify(record.flags),
  };
  const detail: GenerationDetail = { media, job, facts, chunks, sum };
  return { ...row, sealed: scope.seal(JSON.stringify(detail), generationAad(scope.account, copy, clearOfGeneration(row))) };
}

export function toDraft(scope: Scope, copy: CopyId, row: DraftRow): OpenedDraft {
  const detail = JSON.parse(scope.openText(row.sealed, draftAad(scope.account, copy, clearOfDraft(row)))) as DraftDetail;
  return {
    record: {
      number: row.number,
      ...optional('base', row.base),
      version: row.version,
      size: row.size,
      received: row.received,
      by: row.made_by as DraftRecord['by'],
      openedAt: row.opened_at,
      updatedAt: row.updated_at,
      state: detail.state,
    },
    lineage: { number: row.number, floor: row.floor, size: row.size, chunks: detail.chunks, sum: detail.sum },
  };
}

export function fromDraft(
  scope: Scope,
  copy: CopyId,
  record: DraftRecord,
  { floor, chunks, sum }: Omit<Lineage, 'number' | 'size'>,
): DraftRow {
  const row = {
    number: record.number,
    base: record.base ?? null,
    floor,
    version: record.version,
    size: record.size,
    made_by: record.by,
    received: record.received,
    opened_at: record.openedAt,
    updated_at: record.updatedAt,
  };
  const detail: DraftDetail = { state: record.state, chunks, sum };
  return { ...row, sealed: scope.seal(JSON.stringify(detail), draftAad(scope.account, copy, clearOfDraft(row))) };
}

type Clear = readonly (string | number | null)[];

const clearOfGeneration = (row: Omit<GenerationRow, 'sealed' | 'flags'>): Clear => [
  row.number,
  row.base,
  row.floor,
  row.modification,
  row.at,
  row.size,
  row.made_by,
  row.way,
  row.received,
];

const clearOfDraft = (row: Omit<DraftRow, 'sealed'>): Clear => [
  row.number,
  row.base,
  row.floor,
  row.version,
  row.size,
  row.made_by,
  row.received,
  row.opened_at,
  row.updated_at,
];
