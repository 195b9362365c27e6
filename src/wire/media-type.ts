/** HTTP types of messages. [SyncML HTTP Binding 1.2, "MIME header type requirement"] */
import type { Tolerance } from '../model/leniency.js';
import type { Encoding } from './dialect.js';
import { readWbxmlHeader } from './wbxml/header.js';

export const MEDIA_TYPES: Record<Encoding, string> = {
  xml: 'application/vnd.syncml+xml',
  wbxml: 'application/vnd.syncml+wbxml',
};

/** Types that say nothing about what is inside: proxies and old stacks send them. */
const GENERIC = new Set([
  '',
  '*/*',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
  'application/xml',
  'application/wbxml',
  'application/vnd.wap.wbxml',
  'binary/octet-stream',
  'text/plain',
  'text/xml',
]);

/**
 * Encoding of a request body; undefined where it is no SyncML DS message by its type (HTTP 415), device management included.
 * The body decides only where the type is missing or generic.
 */
export function encodingOf(contentType: string | undefined, body: Uint8Array, tolerance: Tolerance): Encoding | undefined {
  const type = mediaType(contentType ?? '');
  if (type === MEDIA_TYPES.xml) return 'xml';
  if (type === MEDIA_TYPES.wbxml) return 'wbxml';
  return GENERIC.has(type) && tolerance.allows('generic-content-type') ? sniff(body) : undefined;
}

/** Encoding of the answer: the request's, unless Accept lists the other one and not this. */
export function answerEncoding(request: Encoding, accept: string | undefined): Encoding {
  const other: Encoding = request === 'xml' ? 'wbxml' : 'xml';
  const listed = (accept ?? '').split(',').filter(isAcceptable).map(mediaType);
  const takesRequest = listed.some((type) => type === MEDIA_TYPES[request] || type === '*/*' || type === 'application/*');
  return !takesRequest && listed.includes(MEDIA_TYPES[other]) ? other : request;
}

/** `q=0` means "not this one". */
function isAcceptable(entry: string): boolean {
  return !/;\s*q\s*=\s*"?0(?:\.0*)?"?\s*(?:;|$)/i.test(entry);
}

function mediaType(value: string): string {
  return (value.split(';')[0] ?? '').replaceAll('"', '').replaceAll("'", '').trim().toLowerCase();
}

const PROLOG = [
  ['<?', '?>'],
  ['<!--', '-->'],
  ['<!', '>'],
] as const;

/**
 * Where the root element begins, behind a byte-order mark, prolog, comments and a document type declaration. Step by step: a pattern for all of it
 * would try each comment in two ways, and a row of comments in two to the power of their number.
 */
function rootOf(head: string): number {
  let at = /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*/.exec(head)?.[0].length ?? 0;
  for (;;) {
    const part = PROLOG.find(([open]) => head.startsWith(open, at));
    if (part === undefined) return at;
    const end = head.indexOf(part[1], at + part[0].length);
    if (end < 0) return head.length;
    at = end + part[1].length;
    while (/\s/.test(head.charAt(at))) at += 1;
  }
}

function sniff(body: Uint8Array): Encoding | undefined {
  if (isWbxml(body)) return 'wbxml';
  const head = Buffer.from(body.subarray(0, 2048)).toString('latin1').replaceAll('\0', '');
  return /^<(?:[\w.-]+:)?SyncML[\s>/]/i.test(head.slice(rootOf(head))) ? 'xml' : undefined;
}

function isWbxml(body: Uint8Array): boolean {
  if (body.length < 6 || (body[0] ?? 4) > 3) return false;
  try {
    return readWbxmlHeader(body).root === 'SyncML';
  } catch {
    return false;
  }
}
