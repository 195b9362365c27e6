import { entryKind, viewCalendar } from './calendar.js';
import { decodeText, toBinary } from './charset.js';
import { MAX_DEPTH, parseDocument, type Document } from './components.js';
import { firstLine, labelOf, noteIdentity, noteLoose } from './identity.js';
import type { ContentKind } from './kind.js';
import { viewEmail } from './email.js';
import { normalizeMediaType, syntaxOf, type Syntax } from './media-type.js';
import { record, recordSet } from './record.js';
import { viewMessage } from './vmessage.js';
import { viewSif } from './sif.js';
import { normalizeNewlines, type Dialect } from './value.js';
import { viewContact } from './vcard.js';

/*
 * Canonical forms: two items of a kind have equal canonical bytes when no person could tell them apart by what they say. The rule is
 * strict: when in doubt, items differ, and the identity key finds them instead.
 *
 * Not counted, in vCard, vCalendar, iCalendar and vNote:
 *   - line ends, folding (2.1 keeps the white space of a fold, 3.0 drops it), soft breaks, order of properties and of parameters, case
 *     of names, group names (but not which properties share a group), repeated properties, empty properties, empty components at the
 *     end of a structured value, white space at both ends of a value;
 *   - transfer encoding and charset: values are compared as Unicode NFC. Without CHARSET, or with a wrong one: UTF-8 when valid, else
 *     windows-1252;
 *   - version: escapes are undone by the rules of the item's own (2.1, 1.0: `\;` only; 3.0, 4.0, 2.0: `\\ \, \; \n`), bare 2.1
 *     parameters are TYPEs, PREF=1 is TYPE=PREF, an unescaped comma in a 3.0 component is a comma;
 *   - VALUE, CHARSET, ENCODING, PID and slot parameters that programs add for themselves; parameters that say the default;
 *   - VERSION, PRODID, METHOD, REV, DTSTAMP, LAST-MODIFIED, CREATED, DCREATED, SEQUENCE, X-…LUID and the like, and UID.
 *     UID never counts: handsets replace it by their own or lose it, and slow sync matches each stored item at most once, so equal
 *     items with different UIDs still pair off one to one. Only which entries share a UID counts (a series with its exceptions).
 *   - in vCards: VOICE (but for numbers that are also FAX, PAGER…), INTERNET, CLASS:PUBLIC, KIND:individual, the case of e-mail
 *     addresses, marks between the digits of phone numbers, how a date is written, the TYPE of an embedded picture (its bytes count),
 *     and an FN that is just N in the usual order (2.1 cards need none);
 *   - in calendars: order within CATEGORIES, EXDATE, RDATE and BY… lists, spelling of durations, INTERVAL=1, WKST=MO, CLASS:PUBLIC,
 *     TRANSP:OPAQUE, PRIORITY:0, VTIMEZONEs with a well-known name or not referred to, and TZ and DAYLIGHT of vCalendar 1.0 when all
 *     times are in UTC. Times are not converted between zones, rules not between grammars, alarms not between versions.
 * Text outside of BEGIN and END does not count either (some phones leave garbage there).
 * Messages and e-mail: nothing but line ends, and the encoding of an e-mail object's message.
 * Notes (text/plain): line ends and white space at the end. SIF: order of elements, empty elements, "no date", spelling of phone
 * numbers, e-mail addresses and dates.
 */

/** What the server knows of an item without keeping more than its bytes. */
export interface Described {
  readonly kind: ContentKind;
  /** False: kept as opaque, matched by bytes only. */
  readonly parsed: boolean;
  /** Why it could not be parsed. Names no content. */
  readonly reason?: string;
  /** Equal bytes ⇔ equal by meaning, across items of all kinds. Callers key a hash with it. */
  readonly canonical: Uint8Array;
  /** Equal strings ⇔ probably the same thing in the world; undefined: nothing to tell it by but the canonical form. */
  readonly identity: string | undefined;
  /** Equal strings ⇔ perhaps the same thing in the world: a person of this name, an entry of this UID. */
  readonly loose: string | undefined;
  /** Short text for a person, at most 80 characters, '' when there is none. Never logged. */
  readonly label: string;
  /** REV or LAST-MODIFIED as UTC basic stamp, `20080113T144844Z`. */
  readonly modified?: string;
}

interface View {
  readonly kind: ContentKind;
  readonly canonical: string;
  readonly identity: string | undefined;
  readonly loose?: string | undefined;
  readonly label: string;
  readonly modified?: string | undefined;
}

/** Describes an item from its bytes and media type ('' when the device gave none). Never throws. */
export function describe(bytes: Uint8Array, mediaType: string): Described {
  const type = normalizeMediaType(mediaType);
  const syntax = syntaxOf(type);
  const view = syntax === 'unknown' ? viewUnknown(bytes) : viewAs(syntax, bytes, type);
  if (typeof view === 'string') return opaque(bytes, view);
  const { kind, canonical, identity, loose, modified } = view;
  return {
    kind,
    parsed: true,
    canonical: Buffer.from(`${kind}\0${canonical}`, 'utf8'),
    identity,
    loose,
    label: labelOf(view.label),
    ...(modified === undefined ? {} : { modified }),
  };
}

function opaque(bytes: Uint8Array, reason: string): Described {
  return {
    kind: 'opaque',
    parsed: false,
    reason,
    canonical: Buffer.concat([Buffer.from('opaque\0'), bytes]),
    identity: undefined,
    loose: undefined,
    label: '',
  };
}

function viewAs(syntax: Exclude<Syntax, 'unknown'>, bytes: Uint8Array, type: string): View | string {
  switch (syntax) {
    case 'lines': {
      const document = parseDocument(bytes);
      if (document === undefined) return `components nested deeper than ${MAX_DEPTH}`;
      return viewDocument(document, type === 'text/vcard' || type === 'text/calendar' ? 'modern' : 'legacy');
    }
    case 'text':
      return viewText(bytes);
    case 'sif': {
      const view = viewSif(bytes);
      return typeof view === 'string' ? view : { kind: 'sif', ...view };
    }
    case 'message':
      return viewMessage(bytes) ?? 'no BEGIN:VMSG';
    case 'email':
      return viewEmail(bytes, type);
    case 'none':
      return 'no reader for this media type';
  }
}

/** @NOTE Sony Ericsson M600i, P1i, P990i: items come without a type. */
function viewUnknown(bytes: Uint8Array): View | string {
  const lines = viewAs('lines', bytes, '');
  if (typeof lines !== 'string') return lines;
  const message = viewMessage(bytes);
  if (message) return message;
  const sif = viewAs('sif', bytes, '');
  return typeof sif === 'string' ? 'no media type, and not an item that shows its own' : sif;
}

function viewDocument(document: Document, fallback: Dialect): View | string {
  const { roots } = document;
  const [first] = roots;
  if (first === undefined) return 'no BEGIN line';
  if (roots.every((root) => root.name === 'VCARD')) {
    const view = viewContact(document, first, fallback);
    if (roots.length === 1) return { kind: 'vcard', ...view };
    const all = roots.map((root) => record('CARD', [], [viewContact(document, root, fallback).canonical]));
    return {
      kind: 'vcard',
      canonical: recordSet(all),
      identity: view.identity,
      loose: view.loose,
      label: view.label,
      modified: view.modified,
    };
  }
  if (!roots.every((root) => root.name === 'VCALENDAR' || entryKind(root.name) !== undefined))
    return 'not only contacts, or calendar entries';
  return viewCalendar(document, fallback) ?? 'no event, task, journal entry or note in it';
}

function viewText(bytes: Uint8Array): View {
  const { text: binary } = toBinary(bytes);
  const text = normalizeNewlines(decodeText(binary)).trimEnd();
  return { kind: 'text', canonical: text, identity: noteIdentity(text), loose: noteLoose(text), label: firstLine(text) };
}
