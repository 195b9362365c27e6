import { createCipheriv, createHash } from 'node:crypto';

/** Bytes that do not compress, the same for the same label. */
export function noise(label: string, size: number): Buffer {
  const key = createHash('sha256').update(label).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}
