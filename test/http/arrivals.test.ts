import assert from 'node:assert/strict';
import { Arrivals, FREE_BYTES, type Arrival } from '../../src/http/arrivals.js';

describe('requests in hand', () => {
  let now = 0;
  const room = (places: number, spareBytes = 0): Arrivals => new Arrivals({ places, spareBytes, patienceMs: 1000 }, () => now);
  const enter = (arrivals: Arrivals, bytes = 0): Arrival => {
    const one = arrivals.enter();
    assert.ok(one);
    assert.ok(one.take(bytes));
    return one;
  };

  it('when all places are taken, the slowest body that has had its time gives up its own', () => {
    const arrivals = room(3);
    const [fast, slow, young] = [enter(arrivals, 500), enter(arrivals, 20), ((now += 999), enter(arrivals, 1))];
    assert.equal(arrivals.enter(), undefined);
    now += 1;
    assert.ok(arrivals.enter());
    assert.deepEqual(
      [fast, slow, young].map(({ crowdedOut }) => crowdedOut.aborted),
      [false, true, false],
    );
    assert.equal(arrivals.present, 3);
    slow.leave();
    assert.equal(arrivals.present, 3, 'it has left already');
  });

  it('a message that is worked on keeps its place however long it takes', () => {
    const arrivals = room(1);
    enter(arrivals, 10).complete();
    now += 1_000_000;
    assert.equal(arrivals.enter(), undefined);
  });

  it('small bodies take no common memory, large ones up to the byte', () => {
    const arrivals = room(100, 1000);
    const large = enter(arrivals, FREE_BYTES + 1000);
    enter(arrivals, FREE_BYTES);
    const more = enter(arrivals, FREE_BYTES);
    assert.equal(more.take(1), false);
    large.leave();
    assert.equal(more.take(1000), true);
    assert.equal(more.take(1), false);
  });

  it('memory is given up by the slowest of those that hold some', () => {
    const arrivals = room(100, 1000);
    const [small, large] = [enter(arrivals, 1), enter(arrivals, FREE_BYTES + 1000)];
    now += 1000;
    enter(arrivals, FREE_BYTES + 900);
    assert.deepEqual([small.crowdedOut.aborted, large.crowdedOut.aborted], [false, true]);
    assert.equal(large.take(1), false, 'it has left');
  });
});
