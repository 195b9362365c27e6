/** A VALARM that a phone of 1.0 moved: the phone knows no more of it than when it rings. */

const TRIGGER = /^TRIGGER[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n/im;

/** @returns the stored alarm `was` with the time of the new one `text`; `text` where the two are not alarms of 2.0. */
export function withTrigger(was: string | undefined, text: string): string {
  if (was === undefined || !/^BEGIN:VALARM/i.test(was) || !/^BEGIN:VALARM/i.test(text)) return text;
  const trigger = TRIGGER.exec(text)?.[0];
  return trigger === undefined || !TRIGGER.test(was) ? text : was.replace(TRIGGER, () => trigger);
}
