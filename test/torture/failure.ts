/** What a run can fail of. Two failures of one kind are taken for the same when a script is shrunk. */
export type FailureKind =
  /** An item or an edit that should be there is not. */
  | 'loss'
  | 'double'
  /** Something deleted, or an older version of something, has come back. */
  | 'undead'
  | 'divergence'
  | 'stuck'
  /** An answer of the server breaks the protocol. */
  | 'rule'
  /** An item or a datastore was refused without reason. */
  | 'refusal'
  | 'resend'
  /** HTTP 500, or an error that escapes the exchange. */
  | 'server error'
  | 'storage'
  /** The id map does not tell what the device holds. */
  | 'map'
  | 'harness';

export class TortureFailure extends Error {
  override readonly name = 'TortureFailure';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, detail: string, options?: ErrorOptions) {
    super(`${kind}: ${detail}`, options);
    this.kind = kind;
  }
}
