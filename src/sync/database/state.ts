/** What is known of the content of drafts and generations: JSON, kept sealed with them. */
import type { DatabaseFacts } from '../../devicedb/jobs.js';
import type { BackupMethod } from '../../records/manifest.js';

/** Can the file be written by records? `unknown`: nobody has looked. */
export type Writing =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'by-records'; readonly facts: DatabaseFacts }
  /** `reason` is for people. */
  | { readonly kind: 'exact-only'; readonly reason: string }
  | { readonly kind: 'no-database'; readonly reason: string };

export interface DraftState {
  /** Modification number of its content; absent when nothing has said it yet. */
  readonly modification?: number;
  /** Media type of the file, without coding. */
  readonly media: string;
  readonly writing: Writing;
  /** Rows removed since the base. */
  readonly removed: number;
  /** A whole file that is arriving: the draft's content so far are the bytes as they come. */
  readonly upload?: Upload;
  /** What the last receipt asked for. */
  readonly asked?: 'pages' | 'full';
  /** Names of updates that are kept as they came, to be filed under the generation it becomes. */
  readonly updates?: readonly { readonly name: string; readonly media: string; readonly content: string }[];
}

export interface Upload {
  /** Media type as sent, coding included, and Format. */
  readonly type: string;
  readonly format: string;
  /** Announced bytes. */
  readonly size: number;
  readonly received: number;
  /** Base64 of what is behind the last whole chunk; of a gzip in blocks, behind the last whole member. */
  readonly tail: string;
  /** Of a gzip in blocks: members that are the draft's chunks already. */
  readonly blocks?: number;
  /** Of a gzip in blocks: bytes before `received` that are still to come again, from a device that went back by more than a part. */
  readonly again?: number;
}

/** `facts` of a generation. */
export interface CopyFacts {
  /** Present where the server keeps it by records. */
  readonly database?: DatabaseFacts;
  /** Hexadecimal, of the file; present where it was compared or computed. */
  readonly sha256?: string;
  readonly method: BackupMethod;
  readonly exactOnly?: string;
  /** As the device said them. */
  readonly modified?: string;
  readonly note?: string;
  /** Rows the backup removed. */
  readonly removed?: number;
}

export const formatDraftState = (state: DraftState): string => JSON.stringify(state);
export const formatCopyFacts = (facts: CopyFacts): string => JSON.stringify(facts);

/** Undefined for what another version of the program wrote: the draft counts as none. */
export function parseDraftState(text: string): DraftState | undefined {
  const state = parsed(text) as Partial<DraftState> | undefined;
  return state && typeof state.media === 'string' && state.writing && typeof state.removed === 'number' ? (state as DraftState) : undefined;
}

export function parseCopyFacts(text: string): CopyFacts {
  const facts = parsed(text) as Partial<CopyFacts> | undefined;
  return { ...facts, method: facts?.method ?? 'incremental' };
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What a generation tells a draft that begins on it. */
export function writingOf(facts: CopyFacts, way: string): Writing {
  if (facts.database && way === 'logical') return { kind: 'by-records', facts: facts.database };
  if (way === 'logical') return { kind: 'unknown' };
  const reason = facts.exactOnly ?? `the file is kept ${way === 'exact' ? 'exact' : 'as a file'}`;
  return way === 'exact' ? { kind: 'exact-only', reason } : { kind: 'no-database', reason };
}

export const rowsOf = (facts: DatabaseFacts): number => Object.values(facts.tables).reduce((sum, { rows }) => sum + rows, 0);
