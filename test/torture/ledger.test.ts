/** What the ledger lets stand of edits that met: it must not excuse what was lost. */
import assert from 'node:assert/strict';
import { Ledger } from './ledger.js';

const at = (device: string, store: 'contacts' | 'notes' = 'contacts') => ({ device, store, user: 'anna' });

describe('torture: ledger', () => {
  let ledger: Ledger;
  const stands = (label: string | undefined, store: 'contacts' | 'notes' = 'contacts'): string =>
    ledger.verdict('anna', store, label === undefined ? [] : [label])?.kind ?? 'fine';
  beforeEach(() => {
    ledger = new Ledger();
    ledger.edited(at('a'), undefined, 'k1', false);
  });

  it('edits of different fields both stand', () => {
    ledger.edited(at('a'), 'k1', 'k1#2', false);
    ledger.edited(at('b'), 'k1', 'k1*300', false);
    assert.equal(stands('k1#2*300'), 'fine');
    for (const [label, verdict] of [
      ['k1#2', 'loss'],
      ['k1*300', 'loss'],
      ['k1', 'loss'],
      [undefined, 'loss'],
      ['k1#3*300', 'undead'],
    ] as const)
      assert.equal(stands(label), verdict, label);
  });

  it('of edits of one field one stands, the other field is whose it is', () => {
    ledger.edited(at('a'), 'k1', 'k1#2', false);
    ledger.edited(at('b'), 'k1', 'k1#3*300', false);
    for (const label of ['k1#2*300', 'k1#3*300']) assert.equal(stands(label), 'fine', label);
    for (const label of ['k1#2', 'k1#3']) assert.equal(stands(label), 'loss', label);
  });

  it('an edit of the merged item is on top of both', () => {
    ledger.edited(at('a'), 'k1', 'k1#2', false);
    ledger.edited(at('b'), 'k1', 'k1*300', false);
    ledger.edited(at('c'), 'k1#2*300', 'k1#4*300', false);
    assert.equal(stands('k1#4*300'), 'fine');
    assert.equal(stands('k1#2*300'), 'loss');
    ledger.edited(at('c'), 'k1#4*300', undefined, false);
    assert.equal(stands(undefined), 'fine');
    assert.equal(stands('k1#4*300'), 'undead');
  });

  it('what an edit takes out of the merged item stays out, though one of the two had not had it', () => {
    ledger.edited(at('a'), 'k1', 'k1#2', false);
    ledger.edited(at('b'), 'k1', 'k1*300', false);
    assert.equal(stands('k1#2'), 'loss');
    ledger.edited(at('c'), 'k1#2*300', 'k1#4', false);
    assert.equal(stands('k1#4'), 'fine');
    assert.equal(stands('k1#2*300'), 'loss');
  });

  it('a note is one text', () => {
    ledger.edited(at('a', 'notes'), undefined, 'k2', false);
    ledger.edited(at('a', 'notes'), 'k2', 'k2#2', false);
    ledger.edited(at('b', 'notes'), 'k2', 'k2*300', false);
    assert.equal(stands('k2#2*300', 'notes'), 'undead');
    assert.equal(stands('k2*300', 'notes'), 'fine');
  });
});
