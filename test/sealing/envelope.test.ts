import assert from 'node:assert/strict';
import { createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { StoreError } from '../../src/model/errors.js';
import { openWith, SEAL_OVERHEAD, sealWith } from '../../src/sealing/envelope.js';

const key = createSecretKey(Buffer.alloc(32, 7));

describe('sealed envelope', () => {
  it('opens what it sealed, for the same place only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (plain, aad) => {
        const sealed = sealWith(key, plain, aad);
        assert.equal(sealed.length, plain.length + SEAL_OVERHEAD);
        assert.deepEqual(new Uint8Array(openWith(key, sealed, aad)), plain);
        assert.throws(() => openWith(key, sealed, `${aad}x`), StoreError);
      }),
    );
  });

  it('is AES-256-GCM: version 1, nonce, ciphertext, tag', () => {
    const sealed = sealWith(key, Buffer.from('hello'), 'item/1');
    assert.equal(sealed[0], 1);
    const decipher = createDecipheriv('aes-256-gcm', Buffer.alloc(32, 7), sealed.subarray(1, 13));
    decipher.setAAD(Buffer.from('item/1'));
    decipher.setAuthTag(sealed.subarray(-16));
    assert.equal(Buffer.concat([decipher.update(sealed.subarray(13, -16)), decipher.final()]).toString(), 'hello');
  });

  it('never uses a nonce twice, also where the pool of nonces is filled again', () => {
    const nonces = new Set(Array.from({ length: 2000 }, () => sealWith(key, new Uint8Array(0), '').toString('hex', 1, 13)));
    assert.equal(nonces.size, 2000);
  });

  it('notices every changed byte and every missing one', () => {
    const sealed = sealWith(key, Buffer.from('hello'), 'a');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => openWith(key, changed, 'a'), { name: 'StoreError', fault: 'corrupt' });
      assert.throws(() => openWith(key, sealed.subarray(0, at), 'a'), { name: 'StoreError', fault: 'corrupt' });
    }
    assert.throws(() => openWith(createSecretKey(randomBytes(32)), sealed, 'a'), { name: 'StoreError', fault: 'corrupt' });
  });
});
