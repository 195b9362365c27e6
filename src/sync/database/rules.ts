/** What the operator has decided about copies of devices' files. */
export interface DatabaseRules {
  /** Largest file, bytes. */
  readonly maxFileBytes: number;
  /** Largest batch of changes, as sent and also when unpacked; it is held in memory. Bytes. */
  readonly maxUpdateBytes: number;
  /** How long a draft waits for the next session, ms. */
  readonly draftAge: number;
  /** A backup that removes more than this many of a hundred rows, and at least `minRemovedRows`, is flagged. */
  readonly maxRemovedPercent: number;
  readonly minRemovedRows: number;
  /** Updates are kept as they came, beside being applied. */
  readonly keepUpdates: boolean;
  /** Storage location of what copies get from now on. */
  readonly location: string;
}
