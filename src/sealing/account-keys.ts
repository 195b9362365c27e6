import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { openWith, sealInto, sealWith } from './envelope.js';
import { HashKeys } from './hash-keys.js';

/** What one account's data key can do. The key itself never leaves. */
export interface AccountKeys {
  /** `aad` names the table and row the bytes belong to. In one piece or in several. */
  seal(plain: Uint8Array | readonly Uint8Array[], aad: string): Buffer;
  /** The same, into memory of just that length. */
  sealInto(sealed: Buffer, plain: Uint8Array, aad: string): void;
  /** @throws {StoreError} `corrupt` when the bytes are damaged or belong elsewhere. */
  open(sealed: Uint8Array, aad: string): Buffer;
  /** HMAC-SHA-256, base64url. Equal input of one purpose gives equal text; different purposes have different keys. */
  mac(purpose: string, bytes: Uint8Array | string): string;
  /** Many hashes at a time. */
  readonly hashes: HashKeys;
}

export class DataKeys implements AccountKeys {
  readonly #dataKey: Uint8Array;
  readonly #seal: KeyObject;
  readonly #macs = new Map<string, KeyObject>();
  #hashes: HashKeys | undefined;

  /** @param dataKey 32 random bytes. */
  constructor(dataKey: Uint8Array) {
    this.#dataKey = dataKey;
    this.#seal = derive(dataKey, 'seal');
  }

  seal(plain: Uint8Array | readonly Uint8Array[], aad: string): Buffer {
    return sealWith(this.#seal, plain, aad);
  }

  sealInto(sealed: Buffer, plain: Uint8Array, aad: string): void {
    sealInto(sealed, this.#seal, [plain], aad);
  }

  open(sealed: Uint8Array, aad: string): Buffer {
    return openWith(this.#seal, sealed, aad);
  }

  get hashes(): HashKeys {
    return (this.#hashes ??= new HashKeys(derive(this.#dataKey, 'hash/cipher'), derive(this.#dataKey, 'hash/sum')));
  }

  mac(purpose: string, bytes: Uint8Array | string): string {
    let key = this.#macs.get(purpose);
    if (key === undefined) {
      key = derive(this.#dataKey, `mac/${purpose}`);
      this.#macs.set(purpose, key);
    }
    return createHmac('sha256', key).update(bytes).digest('base64url');
  }
}

function derive(dataKey: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', dataKey, '', `moorage ${purpose}`, 32)));
}
