/*
 * Identity keys: what makes two items the same thing in the world although they differ in bytes. Case, spacing and the order of words
 * in names do not count, since handsets split and swap names.
 */

/** The parts of a contact that tell who it is. */
export interface ContactFacts {
  readonly name: string;
  readonly company: string;
  readonly emails: readonly string[];
  readonly phones: readonly string[];
}

/** Lower case, single spaces. */
export function loose(text: string): string {
  return text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim();
}

/** Letters that are not a base letter and a mark. */
const LETTERS: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', þ: 'th', ı: 'i' };

/** The words of a name, however they are put: without case, accents and punctuation, in alphabetical order. */
export function looseName(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[ßæœøđðłþı]/g, (letter) => LETTERS[letter] ?? letter)
    .replace(/['’.`]/g, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .sort()
    .join(' ');
}

/** What items have in common that may be one thing although they differ more than {@link contactIdentity} lets them. */
export function contactLoose(name: string): string | undefined {
  const words = looseName(name);
  return words === '' ? undefined : JSON.stringify(['contact-loose', words]);
}

export function entryLoose(kind: string, uid: string, recurrenceId: string): string | undefined {
  return uid === '' ? undefined : JSON.stringify([`${kind}-uid`, uid, recurrenceId]);
}

export function noteLoose(text: string): string | undefined {
  const words = looseName(firstLine(text));
  return words === '' ? undefined : JSON.stringify(['note-loose', words]);
}

/**
 * Name and company; without a name the alphabetically first e-mail address, else phone number, else the company. Undefined when
 * there is none of them.
 */
export function contactIdentity({ name, company, emails, phones }: ContactFacts): string | undefined {
  const words = loose(name.replace(/[,;]/g, ' ')).split(' ').sort().join(' ');
  if (words !== '') return JSON.stringify(['contact', words, loose(company)]);
  const email = [...emails].sort()[0];
  if (email !== undefined) return JSON.stringify(['contact-email', email]);
  const phone = [...phones].sort()[0];
  if (phone !== undefined) return JSON.stringify(['contact-phone', phone]);
  return loose(company) === '' ? undefined : JSON.stringify(['contact', '', loose(company)]);
}

/** Title and moment (of an event's start or a task's due date, '' when it has none); undefined without a title. */
export function entryIdentity(kind: 'vevent' | 'vtodo' | 'vjournal', title: string, moment: string): string | undefined {
  const words = loose(title);
  return words === '' ? undefined : JSON.stringify([kind, words, moment]);
}

/** The first line that is not empty; undefined when there is none. */
export function noteIdentity(text: string): string | undefined {
  const line = loose(firstLine(text));
  return line === '' ? undefined : JSON.stringify(['note', line]);
}

export function firstLine(text: string): string {
  return /\S.*/.exec(text)?.[0].trim() ?? '';
}

/** Longest label, in UTF-16 units. */
const MAX_LABEL = 80;

/** One line for a person, cut to 80 characters. */
export function labelOf(text: string): string {
  const line = text.slice(0, 400).replace(/\s+/g, ' ').trim();
  if (line.length <= MAX_LABEL) return line;
  const cut = line.slice(0, MAX_LABEL);
  // Half a surrogate pair is no character.
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}
