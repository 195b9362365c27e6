/** The days of a series on its own clock, and what of them another series of the same kind has in their place. */
import { DAY_MS, wallOf } from '../zones/wall.js';
import { daysOf } from './days.js';
import { recurrenceOf, type Recurrence } from './recurrence.js';

/** More days of a series are not looked at. */
const MAX_DAYS = 20_000;

/** Equal for rules of one rhythm, whatever days they name. */
const shapeOf = ({ freq, interval, weekdays, monthDays, months, yearDays, weeks, positions }: Recurrence): string =>
  `${freq} ${interval} ${[weekdays, monthDays, months, yearDays, weeks, positions].map(({ length }) => Math.max(1, length)).join()}`;

export class SeriesDays {
  readonly #recurrence: Recurrence;
  readonly #source: Iterator<number>;
  readonly #days: number[] = [];
  readonly #known = new Set<number>();
  #isDone = false;

  /** @param rule of 2.0; its end does not count. @param start on its clock. @returns undefined where nobody can follow it. */
  static of(rule: string, start: string): SeriesDays | undefined {
    const recurrence = recurrenceOf(rule);
    const first = wallOf(`${start.slice(0, 8)}T000000`);
    return recurrence && first !== undefined ? new SeriesDays({ ...recurrence, count: undefined, until: undefined }, first) : undefined;
  }

  private constructor(recurrence: Recurrence, first: number) {
    this.#recurrence = recurrence;
    this.#source = daysOf(recurrence, first);
  }

  has(day: number): boolean {
    this.#look(day);
    return this.#known.has(day);
  }

  /** The last of its days that is no later; undefined: it begins later. */
  upTo(day: number): number | undefined {
    return this.#days[this.#look(day) - 1];
  }

  /** The first of its days that is later; undefined: nobody knows. */
  after(day: number): number | undefined {
    return this.#days[this.#look(day)];
  }

  first(): number | undefined {
    this.#look(-Infinity);
    return this.#days[0];
  }

  /**
   * The day of this series that one of another has become, which was moved to be this one: the same day, where this has it; else as many days on as the
   * first one moved, less whole rounds; else the nearest one.
   */
  standingFor(day: number, was: SeriesDays): number | undefined {
    if (this.has(day)) return day;
    const first = this.first();
    if (first === undefined || shapeOf(this.#recurrence) !== shapeOf(was.#recurrence)) return undefined;
    const [oldFirst, oldRound] = [was.first(), was.upTo(first)];
    const moved = first - (oldRound ?? oldFirst ?? first);
    if (this.has(day + moved)) return day + moved;
    const [before, behind] = [this.upTo(day), this.after(day)];
    if (before === undefined || behind === undefined) return before === undefined && behind !== undefined && moved < 0 ? behind : undefined;
    return day - before < behind - day || (day - before === behind - day && moved < 0) ? before : behind;
  }

  /** Reads on until behind `day`. @returns how many of its days are no later. */
  #look(day: number): number {
    while (!this.#isDone && (this.#days.at(-1) ?? -Infinity) <= day) {
      const next = this.#days.length < MAX_DAYS ? this.#source.next() : ({ done: true } as const);
      if (next.done) this.#isDone = true;
      else {
        this.#days.push(next.value);
        this.#known.add(next.value);
      }
    }
    let [low, high] = [0, this.#days.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#days[middle] ?? Infinity) <= day) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export const midnightOf = (basic: string): number | undefined => {
  const wall = wallOf(`${basic.slice(0, 8)}T000000`);
  return wall === undefined ? undefined : Math.floor(wall / DAY_MS) * DAY_MS;
};
