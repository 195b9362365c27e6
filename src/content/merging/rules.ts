/**
 * Which properties of an item make up one field, the unit in which two sides can differ, and how the values of a field are compared. What is not
 * named here is a set: each value on its own.
 */

/** Properties that say one thing together, by the field they belong to. A field is called by its first property. */
const TOGETHER: readonly (readonly [string, string])[] = [
  // What a person is called; FN repeats N.
  ['N', 'N FN SORT-STRING X-SORT-STRING'],
  // When it is: the end of one version with the start of the other is an event of no one's.
  ['DTSTART', 'DTSTART DTEND DURATION DUE RRULE EXRULE RECURRENCE-ID'],
  ['STATUS', 'STATUS PERCENT-COMPLETE COMPLETED'],
];
const FIELDS: ReadonlyMap<string, string> = new Map(
  TOGETHER.flatMap(([field, names]) => names.split(' ').map((name) => [name, field] as const)),
);

/** Fields an item has one of: two values are a contradiction. */
const SINGLE: ReadonlySet<string> = new Set(
  (
    'N NOTE TITLE ROLE ORG BDAY ANNIVERSARY X-ANNIVERSARY X-EVOLUTION-ANNIVERSARY PHOTO LOGO SOUND GENDER X-GENDER NICKNAME X-NICKNAME CLASS KIND ' +
    'TZ GEO MAILER X-SPOUSE X-MANAGER X-ASSISTANT X-EVOLUTION-SPOUSE X-EVOLUTION-MANAGER X-EVOLUTION-ASSISTANT X-EVOLUTION-FILE-AS ' +
    'X-PHONETIC-FIRST-NAME X-PHONETIC-LAST-NAME DTSTART STATUS SUMMARY DESCRIPTION LOCATION PRIORITY TRANSP ORGANIZER BODY SUBJECT X-EPOCAGENDAENTRYTYPE'
  ).split(' '),
);

/** Lists of single facts: taking one out and putting another in is two edits, not one value changed. */
const FACTS: ReadonlySet<string> = new Set(
  'CATEGORIES RESOURCES EXDATE RDATE ATTENDEE ATTACH COMMENT RELATED-TO AALARM DALARM PALARM MALARM VALARM'.split(' '),
);

/** Their lines hold several values. */
const LISTS: ReadonlySet<string> = new Set('CATEGORIES RESOURCES EXDATE RDATE'.split(' '));

/** Texts people write at length: of two, the longer one says more. */
const FREE_TEXT: ReadonlySet<string> = new Set('NOTE DESCRIPTION BODY COMMENT'.split(' '));

export const fieldOf = (name: string): string => FIELDS.get(name) ?? name;
export const isSingle = (field: string): boolean => SINGLE.has(field);
export const isListOfFacts = (field: string): boolean => FACTS.has(field);
export const isList = (name: string): boolean => LISTS.has(name);
export const isFreeText = (field: string): boolean => FREE_TEXT.has(field);
