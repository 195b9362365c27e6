/**
 * Which code has run: V8's precise block coverage, through the inspector of this thread.
 *
 * V8 counts blocks only in functions it compiles after coverage was started: start before importing what is to be measured. A block that ran as
 * often as what is around it gets no range of its own, so ranges are no names for blocks: what is kept is, function by function, which
 * characters of its source have been run.
 */
import { Session } from 'node:inspector';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}
interface Result {
  readonly result: readonly { readonly url: string; readonly functions: readonly { readonly ranges: readonly Range[] }[] }[];
}

export class Coverage {
  readonly #session = new Session();
  /** One byte a character of the function: 1 when it ran. */
  readonly #ran = new Map<string, Uint8Array>();
  readonly #counts: (url: string) => boolean;
  #added: { readonly ran: Uint8Array; readonly at: number }[] = [];
  /** Characters of source that ran so far. */
  covered = 0;

  /** @param counts whether a script is code under test, by its URL. */
  constructor(counts: (url: string) => boolean) {
    this.#counts = counts;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How much code ran since the last call that never ran before, in characters. The inspector answers within the call. */
  fresh(): number {
    this.#added = [];
    this.#session.post('Profiler.takePreciseCoverage', (error: Error | null, answer: unknown) => {
      if (error) throw error;
      for (const { url, functions } of (answer as Result).result) {
        if (this.#counts(url)) for (const { ranges } of functions) this.#add(url, ranges);
      }
    });
    this.covered += this.#added.length;
    return this.#added.length;
  }

  /** Forgets what the last call of {@link fresh} found, so that the inputs can be run one by one to see which found what. */
  rewind(): void {
    for (const { ran, at } of this.#added) ran[at] = 0;
    this.covered -= this.#added.length;
    this.#added = [];
  }

  close(): void {
    this.#session.disconnect();
  }

  /** The first range is the function, the others lie in it, the inner after the outer. */
  #add(url: string, ranges: readonly Range[]): void {
    const [whole] = ranges;
    if (whole === undefined || whole.count === 0) return;
    const from = whole.startOffset;
    const key = `${from} ${whole.endOffset} ${url}`;
    let ran = this.#ran.get(key);
    if (ran === undefined) this.#ran.set(key, (ran = new Uint8Array(whole.endOffset - from)));
    const now = new Uint8Array(ran.length);
    for (const { startOffset, endOffset, count } of ranges) now.fill(count > 0 ? 1 : 0, startOffset - from, endOffset - from);
    for (let at = 0; at < now.length; at += 1) {
      if (now[at] === 0 || ran[at] === 1) continue;
      ran[at] = 1;
      this.#added.push({ ran, at });
    }
  }
}
