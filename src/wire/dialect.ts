import type { SyncmlVersion } from '../model/message.js';

export type Encoding = 'xml' | 'wbxml';

/** How the peer writes, so that the answer is written the same way. */
export interface Dialect {
  readonly encoding: Encoding;
  /** From VerDTD, never from the public identifier; '1.2' when unknown. */
  readonly version: SyncmlVersion;
  /** What the peer cannot read of XML as we would write it. */
  readonly xml?: {
    /** No xmlns on SyncML. */
    readonly namespace?: false;
    /** Item data stands in CDATA. */
    readonly data?: 'cdata';
  };
  readonly wbxml?: {
    /** First byte of the document: 1 = WBXML 1.1, 2 = 1.2, 3 = 1.3. */
    readonly version: number;
    /** Form of the public identifier: a number, an entry of the string table, or 1 ("unknown"). */
    readonly publicId: 'number' | 'string' | 'unknown';
  };
}

/** What a body may cost. All of it is checked before memory is taken for it. */
export interface WireLimits {
  /** Bytes of the whole body. */
  readonly maxBytes: number;
  /** Open elements at one time, a nested DevInf document included. */
  readonly maxDepth: number;
  /** Elements in the whole body. */
  readonly maxElements: number;
  /** Bytes of an XML document type declaration; it is skipped, never used. */
  readonly maxDocTypeBytes?: number;
}

export const DEFAULT_LIMITS: WireLimits = { maxBytes: 32 * 1024 * 1024, maxDepth: 64, maxElements: 500_000, maxDocTypeBytes: 1024 };

/** The SyncML version a VerDTD names; errata releases such as 1.1.2 count as their base. */
export function versionOf(verDtd: string): SyncmlVersion | undefined {
  const match = /^\s*(1\.[012])(?:\.\d+)?\s*$/.exec(verDtd);
  return match ? (match[1] as SyncmlVersion) : undefined;
}
