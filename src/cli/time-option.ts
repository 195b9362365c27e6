/** `--at`: a time as people write it, and as tables show it. */
import { UserError } from '../model/errors.js';

/**
 * The end of what is named, in milliseconds since 1970: a day (of this machine's calendar), minute or second stands for all of it, so that a backup is found by
 * the time that is shown of it. @throws {UserError}
 */
export function timeOption(text: string): number {
  const form = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?<second>:\d\d(?<fraction>\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const at = form ? Date.parse(isDay ? `${text}T23:59:59` : text.replace(' ', 'T')) : NaN;
  if (Number.isNaN(at)) throw new UserError(`--at ${text}: write a time such as 2026-01-05T08:00:00Z, or a day.`);
  if (form?.groups?.['fraction'] !== undefined) return at;
  return at + (isDay || form?.groups?.['second'] !== undefined ? 999 : 59_999);
}
