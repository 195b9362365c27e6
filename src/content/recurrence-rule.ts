import { basicDateTime } from './date-time.js';

/*
 * Recurrence rules in one spelling, in their own grammar: iCalendar 2.0 (`FREQ=WEEKLY;BYDAY=TU`) and vCalendar 1.0 (`W1 TU #0`) are
 * not turned into each other here.
 */

/** One spelling of a rule: upper case, parts and lists sorted, parts that say the default dropped. */
export function recurrenceRule(text: string): string {
  const upper = text.toUpperCase();
  if (!upper.includes('FREQ=')) return upper.trim().replace(/\s+/g, ' ');
  const parts: string[] = [];
  for (const part of upper.split(';')) {
    const equals = part.indexOf('=');
    const key = part.slice(0, Math.max(equals, 0)).trim();
    const value = part.slice(equals + 1).trim();
    if (value === '' || (key === 'INTERVAL' && value === '1') || (key === 'WKST' && value === 'MO')) continue;
    if (key === 'UNTIL') parts.push(`${key}=${basicDateTime(value)}`);
    else if (key.startsWith('BY')) parts.push(`${key}=${sortedSet(value)}`);
    else parts.push(`${key}=${value}`);
  }
  return parts.sort().join(';');
}

function sortedSet(list: string): string {
  return [...new Set(list.split(',').map((entry) => entry.trim()))].sort().join(',');
}
