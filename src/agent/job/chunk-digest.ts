/** `chunkDigest` of a manifest: with it the server need not read the whole file. [docs/device-backup-protocol.md, "manifest"] */
import { createHash } from 'node:crypto';
import { RECEIPT_CHUNK_BYTES } from '../../records/receipt.js';

export class ChunkDigest {
  readonly #all = createHash('sha256');

  /** The next bytes of the file: whole chunks, but for the last ones. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += RECEIPT_CHUNK_BYTES)
      this.#all.update(
        createHash('sha256')
          .update(bytes.subarray(at, at + RECEIPT_CHUNK_BYTES))
          .digest(),
      );
  }

  /** Hexadecimal. */
  digest(): string {
    return this.#all.digest('hex');
  }
}
