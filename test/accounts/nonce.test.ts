import assert from 'node:assert/strict';
import { ACCEPTED_BUCKETS, acceptedNonces, challengeNonce, freshNonce } from '../../src/accounts/nonce.js';
import type { DeviceId } from '../../src/model/ids.js';
import { systemRandom } from '../../src/runtime/random.js';
import type { DeviceRecord } from '../../src/storage/ports/devices.js';

const SECRET = Buffer.alloc(32, 7);
const MINUTE = 60_000;
const NOW = 1_700_000_000_000;
const device = (extra: Partial<DeviceRecord>): DeviceRecord => ({
  id: 1 as DeviceId,
  uri: 'IMEI:1',
  authCount: 0,
  lastAccessAt: NOW,
  ...extra,
});

describe('nonces', () => {
  it('are Base64 of 16 bytes without a zero, safe for clients that take them as C strings', () => {
    for (const nonce of [challengeNonce(SECRET, 'IMEI:1', 0, NOW), freshNonce(systemRandom), freshNonce(() => Buffer.alloc(16))]) {
      const raw = Buffer.from(nonce, 'base64');
      assert.equal(raw.length, 16);
      assert.match(raw.toString('latin1'), /^[A-Za-z0-9_-]{16}$/);
      assert.equal(raw.toString('base64'), nonce);
    }
    assert.notEqual(freshNonce(systemRandom), freshNonce(systemRandom));
  });

  it('of challenges are computed: the same within a minute, others for other devices, counts, secrets and minutes', () => {
    const nonce = challengeNonce(SECRET, 'IMEI:1', 3, NOW);
    assert.equal(challengeNonce(SECRET, 'IMEI:1', 3, NOW + 1), nonce);
    const others = [
      challengeNonce(SECRET, 'IMEI:2', 3, NOW),
      challengeNonce(SECRET, 'IMEI:1', 4, NOW),
      challengeNonce(Buffer.alloc(32, 8), 'IMEI:1', 3, NOW),
      challengeNonce(SECRET, 'IMEI:1', 3, NOW + MINUTE),
    ];
    assert.equal(new Set([nonce, ...others]).size, 5);
  });

  it('of challenges are accepted for ten minutes', () => {
    const nonce = challengeNonce(SECRET, 'IMEI:1', 0, NOW);
    const accepted = (now: number): boolean => acceptedNonces(SECRET, 'IMEI:1', device({ nonce: 'x' }), now).includes(nonce);
    assert.equal(accepted(NOW), true);
    assert.equal(accepted(NOW + (ACCEPTED_BUCKETS - 1) * MINUTE), true);
    assert.equal(accepted(NOW + ACCEPTED_BUCKETS * MINUTE), false);
    assert.equal(accepted(NOW - MINUTE), false);
  });

  it('that are empty are accepted while the device was never given one', () => {
    assert.equal(acceptedNonces(SECRET, 'IMEI:1', undefined, NOW).includes(''), true);
    assert.equal(acceptedNonces(SECRET, 'IMEI:1', device({}), NOW).includes(''), true);
    assert.equal(acceptedNonces(SECRET, 'IMEI:1', device({ nonce: 'bmV4dA==' }), NOW).includes(''), false);
  });

  it('that were stored are accepted, the last one and the one before', () => {
    const accepted = acceptedNonces(SECRET, 'IMEI:1', device({ nonce: 'bmV4dA==', previousNonce: 'b2xk' }), NOW);
    assert.deepEqual(accepted.slice(0, 2), ['bmV4dA==', 'b2xk']);
  });
});
