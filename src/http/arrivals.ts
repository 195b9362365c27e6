/**
 * Requests in hand: how many there may be, and how much memory their bodies may take together. A sender that trickles keeps its place as long as
 * nobody else wants it: when all is taken, the slowest of those that have had their time gives up its place.
 */
import { performance } from 'node:perf_hooks';

export interface ArrivalLimits {
  /** Requests at a time. */
  readonly places: number;
  /** Bytes that bodies may take together, beyond {@link FREE_BYTES} each. */
  readonly spareBytes: number;
  /** How long a body arrives undisturbed, however slow it is. Milliseconds. */
  readonly patienceMs: number;
}

/** What a body may take without asking: more than phones send in one message. Bytes. */
export const FREE_BYTES = 256 * 1024;

/** One request in hand, from its headers to its answer. */
export class Arrival {
  readonly #all: Arrivals;
  readonly since: number;
  readonly #crowdedOut = new AbortController();
  bytes = 0;
  /** False when the body is there: then it is worked on, and keeps its place. */
  arriving = true;

  constructor(all: Arrivals, since: number) {
    this.#all = all;
    this.since = since;
  }

  /** Aborted when the place is given to another. */
  get crowdedOut(): AbortSignal {
    return this.#crowdedOut.signal;
  }

  /** Of {@link bytes}, what counts to the common memory. */
  get spare(): number {
    return Math.max(0, this.bytes - FREE_BYTES);
  }

  /** @returns false when there is no memory for that much more. */
  take(bytes: number): boolean {
    return this.#all.take(this, bytes);
  }

  /** The body is there. */
  complete(): void {
    this.arriving = false;
  }

  leave(): void {
    this.#all.leave(this);
  }

  giveUp(): void {
    this.leave();
    this.#crowdedOut.abort();
  }
}

export class Arrivals {
  readonly #limits: ArrivalLimits;
  readonly #clock: () => number;
  readonly #present = new Set<Arrival>();
  #spareTaken = 0;

  /** @param clock milliseconds of any beginning. */
  constructor(limits: ArrivalLimits, clock: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get present(): number {
    return this.#present.size;
  }

  /** A place for one more request; undefined when all are taken by requests that are worked on, or not slow. */
  enter(): Arrival | undefined {
    if (this.#present.size >= this.#limits.places && !this.#dropSlowest(() => true)) return undefined;
    const arrival = new Arrival(this, this.#clock());
    this.#present.add(arrival);
    return arrival;
  }

  take(arrival: Arrival, bytes: number): boolean {
    if (!this.#present.has(arrival)) return false;
    const more = Math.max(0, arrival.bytes + bytes - FREE_BYTES) - arrival.spare;
    while (more > 0 && this.#spareTaken + more > this.#limits.spareBytes)
      if (!this.#dropSlowest((one) => one !== arrival && one.spare > 0)) return false;
    this.#spareTaken += more;
    arrival.bytes += bytes;
    return true;
  }

  leave(arrival: Arrival): void {
    if (this.#present.delete(arrival)) this.#spareTaken -= arrival.spare;
  }

  /** @returns false when there is none that has had its time. */
  #dropSlowest(from: (arrival: Arrival) => boolean): boolean {
    const now = this.#clock();
    let slowest: Arrival | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const one of this.#present) {
      const age = now - one.since;
      if (!one.arriving || age < this.#limits.patienceMs || !from(one)) continue;
      const rate = one.bytes / age;
      if (rate < least) [slowest, least] = [one, rate];
    }
    slowest?.giveUp();
    return slowest !== undefined;
  }
}
