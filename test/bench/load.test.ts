/** The arithmetic behind the figures of the load bench. */
import assert from 'node:assert/strict';
import { growth, slope } from '../../bench/load/flatness.js';
import { Histogram } from '../../bench/load/histogram.js';
import { nextGap, seeded } from '../../bench/load/random.js';

describe('load bench: latencies', () => {
  it('gives percentiles at most 3 % too high, and the exact maximum', () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 1000; ms += 1) histogram.add(ms);
    for (const [share, exact] of [
      [0.5, 500],
      [0.9, 900],
      [0.99, 990],
      [1, 1000],
    ] as const) {
      const found = histogram.percentile(share);
      assert.ok(found >= exact && found <= exact * 1.032, `${share}: ${found}`);
    }
    assert.equal(histogram.maxMs, 1000);
    assert.equal(histogram.total, 1000);
  });

  it('is exact below 32 µs and answers 0 when empty', () => {
    const histogram = new Histogram();
    assert.equal(histogram.percentile(0.99), 0);
    for (const us of [3, 7, 31]) histogram.add(us / 1000);
    assert.deepEqual(
      [0.3, 0.6, 1].map((share) => histogram.percentile(share)),
      [0.003, 0.007, 0.031],
    );
  });

  it('adds up what several runs measured', () => {
    const [one, two] = [new Histogram(), new Histogram()];
    one.add(1);
    two.add(100);
    const sum = Histogram.of(one.data(), two.data());
    assert.equal(sum.total, 2);
    assert.equal(sum.maxMs, 100);
    assert.ok(sum.percentile(0.5) < 1.04);
  });
});

describe('load bench: arrivals', () => {
  it('come at the rate asked for, as irregularly as a Poisson process', () => {
    const random = seeded(7);
    const gaps = Array.from({ length: 20_000 }, () => nextGap(random, 200));
    const mean = gaps.reduce((sum, one) => sum + one, 0) / gaps.length;
    const variance = gaps.reduce((sum, one) => sum + (one - mean) ** 2, 0) / gaps.length;
    assert.ok(Math.abs(mean - 5) < 0.15, `mean ${mean}`);
    // Of an exponential distribution, deviation and mean are equal.
    assert.ok(Math.abs(Math.sqrt(variance) - 5) < 0.25, `deviation ${Math.sqrt(variance)}`);
  });

  it('are the same again with the same seed', () => {
    const series = (seed: number): readonly number[] => Array.from({ length: 5 }, seeded(seed));
    assert.deepEqual(series(3), series(3));
    assert.notDeepEqual(series(3), series(4));
  });
});

describe('load bench: flatness', () => {
  const points = (value: (minute: number) => number) => Array.from({ length: 61 }, (_, minutes) => ({ minutes, value: value(minutes) }));

  it('finds the slope', () => {
    assert.equal(slope(points((minute) => 10 + minute * 2)), 2);
    assert.equal(slope([]), 0);
  });

  it('leaves the warm-up out', () => {
    assert.equal(growth(points((minute) => (minute < 12 ? minute * 10 : 120))), 0);
  });

  it('tells a leak of 1 % a minute', () => {
    const share = growth(points((minute) => 100 + minute));
    assert.ok(share > 0.4 && share < 0.5, String(share));
  });
});
