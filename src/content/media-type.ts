const ALIASES: ReadonlyMap<string, string> = new Map([
  ['text/directory', 'text/vcard'],
  ['application/vcard', 'text/vcard'],
  ['text/x-versit', 'text/x-vcard'],
  ['text/vcalendar', 'text/x-vcalendar'],
  ['text/x-vcal', 'text/x-vcalendar'],
  ['text/x-calendar', 'text/calendar'],
  ['text/x-icalendar', 'text/calendar'],
  ['text/icalendar', 'text/calendar'],
  ['application/ics', 'text/calendar'],
  ['text/vnote', 'text/x-vnote'],
  ['text/x-vmsg', 'text/x-vmessage'],
  ['text/vmessage', 'text/x-vmessage'],
  ['text/x-vmel', 'text/x-vmessage'],
  ['application/vnd.omads-email', 'application/vnd.omads-email+xml'],
  ['text/x-sifc', 'text/x-s4j-sifc'],
  ['text/x-sife', 'text/x-s4j-sife'],
  ['text/x-sift', 'text/x-s4j-sift'],
  ['text/x-sifn', 'text/x-s4j-sifn'],
]);

/**
 * One spelling a media type: lower case, parameters dropped, other names for the same type replaced. `text/x-vcard` (2.1) and
 * `text/x-vcalendar` (1.0) stay apart from `text/vcard` and `text/calendar`, since devices ask for them by name.
 */
export function normalizeMediaType(type: string): string {
  const semicolon = type.indexOf(';');
  const bare = (semicolon < 0 ? type : type.slice(0, semicolon)).trim().toLowerCase();
  if (bare === 'text/directory' && /profile\s*=\s*"?vcalendar/i.test(type)) return 'text/calendar';
  return ALIASES.get(bare) ?? bare;
}

/**
 * How items of a type are written: `lines` is the vCard and iCalendar family, `message` and `email` are kept as they are and told apart by their
 * headers, `unknown` is told by looking at the bytes.
 */
export type Syntax = 'lines' | 'text' | 'sif' | 'message' | 'email' | 'none' | 'unknown';

/** The syntax of a type that {@link normalizeMediaType} gave. */
export function syntaxOf(type: string): Syntax {
  switch (type) {
    case 'text/vcard':
    case 'text/x-vcard':
    case 'text/calendar':
    case 'text/x-vcalendar':
    case 'text/x-vnote':
      return 'lines';
    case 'text/plain':
      return 'text';
    case 'text/x-s4j-sifc':
    case 'text/x-s4j-sife':
    case 'text/x-s4j-sift':
    case 'text/x-s4j-sifn':
      return 'sif';
    case 'text/x-vmessage':
      return 'message';
    case 'application/vnd.omads-email+xml':
    case 'message/rfc822':
      return 'email';
    case '':
      return 'unknown';
    default:
      return 'none';
  }
}
