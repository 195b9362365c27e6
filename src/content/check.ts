import { toBinary } from './charset.js';
import { isEmailObject } from './email.js';
import { normalizeMediaType, syntaxOf } from './media-type.js';
import { sifRoot, type SifRoot } from './sif-document.js';

export type Acceptance = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const BEGIN = /^[ \t]*(?:[\w-]+\.)?BEGIN[ \t]*(?:;[^:\r\n]*)?:[ \t]*([A-Z-]+)[ \t:]*$/gim;

const COMPONENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['text/vcard', ['VCARD']],
  ['text/x-vcard', ['VCARD']],
  ['text/calendar', ['VCALENDAR', 'VEVENT', 'VTODO', 'VJOURNAL']],
  ['text/x-vcalendar', ['VCALENDAR', 'VEVENT', 'VTODO', 'VJOURNAL']],
  ['text/x-vnote', ['VNOTE']],
  ['text/x-vmessage', ['VMSG']],
]);

const SIF_ROOTS: ReadonlyMap<string, SifRoot> = new Map<string, SifRoot>([
  ['text/x-s4j-sifc', 'contact'],
  ['text/x-s4j-sife', 'appointment'],
  ['text/x-s4j-sift', 'task'],
  ['text/x-s4j-sifn', 'note'],
]);

/** Where the text ends without a tail of this character. A pattern for it would try each run of them from each of its places. */
function endWithout(text: string, tail: string): number {
  let end = text.length;
  while (end > 0 && text[end - 1] === tail) end -= 1;
  return end;
}

/**
 * Is it that kind of thing at all? For datastores that hold one kind of item. Lenient: a card that is broken inside is still a card;
 * an empty item, or a picture that calls itself a card, is not. `reason` names no content.
 */
export function acceptable(bytes: Uint8Array, mediaType: string): Acceptance {
  const type = normalizeMediaType(mediaType);
  if (bytes.length === 0) return { ok: false, reason: 'empty' };
  const syntax = syntaxOf(type);
  if (syntax === 'none' || syntax === 'unknown') return { ok: true };
  const { text } = toBinary(bytes);
  if (syntax === 'text')
    return text.includes('\0') && text.slice(0, endWithout(text, '\0')).includes('\0')
      ? { ok: false, reason: 'not text: zero bytes' }
      : { ok: true };
  if (syntax === 'sif') {
    const wanted = SIF_ROOTS.get(type);
    return sifRoot(text) === wanted ? { ok: true } : { ok: false, reason: `no <${wanted ?? ''}> element` };
  }
  if (syntax === 'email') {
    const isWhole = type === 'message/rfc822' || isEmailObject(text);
    return isWhole ? { ok: true } : { ok: false, reason: 'no <Email> element' };
  }
  const wanted = COMPONENTS.get(type) ?? [];
  for (const match of text.matchAll(BEGIN)) {
    if (wanted.includes((match[1] ?? '').toUpperCase())) return { ok: true };
  }
  return { ok: false, reason: `no BEGIN:${wanted[0] ?? ''}` };
}
