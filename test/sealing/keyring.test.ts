import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import type { AccountId } from '../../src/model/ids.js';
import { DataKeys } from '../../src/sealing/account-keys.js';
import { Keyring, wrappedUnder } from '../../src/sealing/keyring.js';
import { masterKeyId, type MasterKeyEntry } from '../../src/sealing/master-key.js';

const entry = (fill: number): MasterKeyEntry => ({ id: masterKeyId(Buffer.alloc(32, fill)), key: Buffer.alloc(32, fill) });
const ANNA = 1 as AccountId;
const BERTA = 2 as AccountId;

describe('keyring', () => {
  const old = new Keyring({ keys: [entry(1)] });
  const both = new Keyring({ keys: [entry(2), entry(1)] });
  const other = new Keyring({ keys: [entry(3)] });

  it('wraps a data key for one account', () => {
    const wrapped = old.newAccountKey(ANNA);
    const sealed = old.accountKeys(wrapped, ANNA).seal(Buffer.from('x'), 'a');
    assert.equal(both.accountKeys(wrapped, ANNA).open(sealed, 'a').toString(), 'x');
    assert.throws(() => old.accountKeys(wrapped, BERTA), { fault: 'corrupt' });
    assert.throws(() => other.accountKeys(wrapped, ANNA), { fault: 'corrupt' });
    assert.throws(() => old.accountKeys(wrapped.subarray(0, 3), ANNA), { fault: 'corrupt' });
  });

  it('wraps anew under the newest key only', () => {
    const wrapped = old.newAccountKey(ANNA);
    const again = both.rewrapAccountKey(wrapped, ANNA);
    assert.ok(again);
    assert.equal(wrappedUnder(again), entry(2).id);
    assert.equal(both.rewrapAccountKey(again, ANNA), undefined);
    const sealed = old.accountKeys(wrapped, ANNA).seal(Buffer.from('x'), 'a');
    assert.equal(new Keyring({ keys: [entry(2)] }).accountKeys(again, ANNA).open(sealed, 'a').toString(), 'x');
  });

  it('knows whether it is the right one', () => {
    const check = old.newCheck();
    assert.equal(old.checks(check), true);
    assert.equal(both.checks(check), true);
    assert.equal(other.checks(check), false);
    // The same key id with another key: what a damaged copy could look like.
    assert.equal(new Keyring({ keys: [{ id: entry(1).id, key: entry(3).key }] }).checks(check), false);
  });

  it('derives a key for each purpose from the data key', () => {
    const dataKey = Buffer.alloc(32, 9);
    const keys = new DataKeys(dataKey);
    const expected = createHmac('sha256', Buffer.from(hkdfSync('sha256', dataKey, '', 'moorage mac/identity', 32)));
    assert.equal(keys.mac('identity', 'text'), expected.update('text').digest('base64url'));
    assert.notEqual(keys.mac('canonical', 'text'), keys.mac('identity', 'text'));
  });
});
