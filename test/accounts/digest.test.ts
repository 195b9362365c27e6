import assert from 'node:assert/strict';
import { serverCredentials, hmacHeaderFor } from '../../src/accounts/answer-challenge.js';
import { basicCredentials, macDigest, md5Digest, md5Digest10, passwordVerifier, sameBytes } from '../../src/accounts/digest.js';
import { makeCredential } from '../../src/accounts/users.js';

// The values printed in the specifications' authentication sections, for Bruce2, OhBehave and the nonce "Nonce".
const NAME = 'Bruce2';
const PASSWORD = 'OhBehave';
const NONCE = Buffer.from('Nonce');
const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe('digests of log-ins', () => {
  it('keeps B64(MD5(user:password))', () => {
    assert.equal(passwordVerifier(NAME, PASSWORD), 'PtEdr8lBQ45IbT1bZIkrOQ==');
  });

  it('makes the md5 of SyncML 1.1 and 1.2 from the verifier', () => {
    assert.equal(b64(md5Digest(passwordVerifier(NAME, PASSWORD), NONCE)), 'Zz6EivR3yeaaENcRN6lpAQ==');
  });

  it('makes the md5 of SyncML 1.0 from the password', () => {
    assert.equal(b64(md5Digest10(NAME, PASSWORD, NONCE)), 'UmkqAAZhiQvXXhfaf/u+OQ==');
  });

  it('makes basic credentials', () => {
    assert.equal(basicCredentials(NAME, PASSWORD), 'QnJ1Y2UyOk9oQmVoYXZl');
  });

  it('makes the HMAC over a body', () => {
    assert.equal(b64(macDigest(passwordVerifier(NAME, PASSWORD), NONCE, Buffer.from('<SyncML/>'))), 'urdCeS3JUmjFgi8SX3webw==');
  });

  it('compares bytes of any lengths', () => {
    assert.equal(sameBytes(Buffer.from('ab'), Buffer.from('ab')), true);
    assert.equal(sameBytes(Buffer.from('ab'), Buffer.from('ac')), false);
    assert.equal(sameBytes(Buffer.from('ab'), Buffer.from('abc')), false);
    assert.equal(sameBytes(Buffer.alloc(0), Buffer.from('a')), false);
  });
});

describe("answers to a client's challenge", () => {
  // The server logs in under the name Bruce2, so that the printed values apply.
  const credential = makeCredential('anna', PASSWORD, NAME);
  const md5 = { type: 'syncml:auth-md5', format: 'b64', nextNonce: 'Tm9uY2U=' };

  it('answers md5 in 1.1 and 1.2 without knowing the password', () => {
    assert.deepEqual(serverCredentials(md5, credential, undefined, '1.2'), {
      meta: { format: 'b64', type: 'syncml:auth-md5' },
      data: 'Zz6EivR3yeaaENcRN6lpAQ==',
    });
  });

  it('answers md5 in 1.0 only while the password is known', () => {
    assert.equal(serverCredentials(md5, credential, undefined, '1.0'), undefined);
    assert.equal(serverCredentials(md5, credential, PASSWORD, '1.0')?.data, 'UmkqAAZhiQvXXhfaf/u+OQ==');
  });

  it('answers basic, which is also what a missing Type means, only while the password is known', () => {
    assert.equal(serverCredentials({}, credential, undefined, '1.2'), undefined);
    assert.equal(serverCredentials({}, credential, PASSWORD, '1.2')?.data, 'QnJ1Y2UyOk9oQmVoYXZl');
    assert.equal(serverCredentials({ type: 'syncml:auth-basic' }, credential, PASSWORD, '1.1')?.data, 'QnJ1Y2UyOk9oQmVoYXZl');
  });

  it('has no answer to other types', () => {
    assert.equal(serverCredentials({ type: 'syncml:auth-x509' }, credential, PASSWORD, '1.2'), undefined);
  });

  it('makes the x-syncml-hmac header over a body', () => {
    assert.equal(
      hmacHeaderFor(credential, 'Tm9uY2U=', Buffer.from('<SyncML/>')),
      'algorithm=MD5, username="Bruce2", mac=urdCeS3JUmjFgi8SX3webw==',
    );
  });
});
