/** Items of a calendar in one of its two versions, drawn as drafts and written when their titles are known. */
import fc from 'fast-check';

export type CalendarVersion = '1.0' | '2.0';

export const words = fc.stringMatching(/^[A-Za-z;,:=äß漢"' ]{1,30}$/).map((text) => `t${text.trim()}t`);
export const two = (n: number): string => String(n).padStart(2, '0');

export interface DrawnItems {
  readonly version: CalendarVersion;
  readonly count: number;
  readonly item: (at: number, title: string) => Buffer;
}

type Writer<Draft> = (version: CalendarVersion, draft: Draft, at: number, title: string) => Buffer;

export const drawnItems = <Draft>(draft: fc.Arbitrary<Draft>, written: Writer<Draft>): fc.Arbitrary<DrawnItems> =>
  fc.tuple(fc.constantFrom<CalendarVersion>('1.0', '2.0'), fc.array(draft, { minLength: 1, maxLength: 4 })).map(([version, list]) => ({
    version,
    count: list.length,
    item: (at, title) => written(version, list[at] ?? (list[0] as Draft), at, title),
    [fc.toStringMethod]: () => list.map((one, at) => written(version, one, at, 'Before').toString()).join('\n'),
  }));
