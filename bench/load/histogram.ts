/** Latencies in buckets of at most 3 % width: cheap to add to, small to send between processes, exact enough for percentiles. */

/** Buckets between a power of two and the next. */
const STEPS = 32;
const STEP_BITS = 5;

/** Bucket of a whole number of microseconds: exact below 32, then 32 buckets for each doubling. */
function bucketOf(us: number): number {
  if (us < STEPS) return us;
  const exponent = 31 - Math.clz32(us);
  return (exponent - STEP_BITS + 1) * STEPS + (us >>> (exponent - STEP_BITS)) - STEPS;
}

/** The largest value in a bucket, microseconds. */
function topOf(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const doubling = Math.floor(bucket / STEPS) - 1;
  return (STEPS + (bucket % STEPS) + 1) * 2 ** doubling - 1;
}

/** As sent between processes. */
export interface HistogramData {
  readonly counts: readonly number[];
  readonly maxMs: number;
}

export class Histogram {
  readonly #counts: number[] = [];
  #total = 0;
  #maxMs = 0;

  /** Adds everything in `data`. */
  static of(...data: readonly HistogramData[]): Histogram {
    const sum = new Histogram();
    for (const { counts, maxMs } of data) {
      for (const [bucket, count] of counts.entries()) sum.#count(bucket, count);
      sum.#maxMs = Math.max(sum.#maxMs, maxMs);
    }
    return sum;
  }

  get total(): number {
    return this.#total;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  add(ms: number): void {
    this.#count(bucketOf(Math.min(0x7fff_ffff, Math.max(0, Math.round(ms * 1000)))), 1);
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** The value that a `share` (0..1) of all values do not exceed, ms, at most 3 % too high; 0 when there is none. */
  percentile(share: number): number {
    let left = Math.ceil(this.#total * share);
    for (const [bucket, count = 0] of this.#counts.entries()) {
      left -= count;
      if (left <= 0 && count > 0) return Math.min(topOf(bucket) / 1000, this.#maxMs);
    }
    return this.#maxMs;
  }

  data(): HistogramData {
    return { counts: Array.from(this.#counts, (count) => count ?? 0), maxMs: this.#maxMs };
  }

  #count(bucket: number, count: number): void {
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#total += count;
  }
}
