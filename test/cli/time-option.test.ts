import assert from 'node:assert/strict';
import { timeOption } from '../../src/cli/time-option.js';

describe('--at', () => {
  for (const [text, iso, why] of [
    ['2026-01-05T08:00:00.250Z', '2026-01-05T08:00:00.250Z', 'to the millisecond'],
    ['2026-01-05T08:00:00Z', '2026-01-05T08:00:00.999Z', 'a second is all of it'],
    ['2026-01-05 08:00:00Z', '2026-01-05T08:00:00.999Z', 'as tables show it'],
    ['2026-01-05T08:00Z', '2026-01-05T08:00:59.999Z', 'a minute is all of it'],
    ['2026-01-05T08:00:00+02:00', '2026-01-05T06:00:00.999Z', 'another zone'],
  ] as const) {
    it(`${text}: ${why}`, () => assert.equal(new Date(timeOption(text)).toISOString(), iso));
  }

  it('a day ends with its last second here', () => assert.equal(timeOption('2026-01-05'), new Date(2026, 0, 6).getTime() - 1));

  for (const text of ['yesterday', '2026-13-05', '2026-01-05T25:00Z', '5', '', '2026-01-05T08'])
    it(`${text || 'nothing'} is no time`, () =>
      assert.throws(() => timeOption(text), /write a time such as 2026-01-05T08:00:00Z, or a day/));
});
