/** What a message presents as credentials, read leniently: phones leave out Type, Format and names, and send digests raw or doubly encoded. */
import { isUtf8 } from 'node:buffer';
import type { Tolerance } from '../model/leniency.js';
import type { SyncHdr } from '../model/message.js';

export type Presented =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly name: string; readonly password: string }
  /** `name` is undefined where the client leaves LocName out. */
  | { readonly kind: 'md5'; readonly name: string | undefined; readonly digest: Uint8Array }
  | { readonly kind: 'mac'; readonly name: string | undefined; readonly digest: Uint8Array }
  | { readonly kind: 'unsupported-type'; readonly type: string }
  | { readonly kind: 'unknown-format'; readonly format: string }
  | { readonly kind: 'malformed'; readonly reason: string };

const DIGEST_BYTES = 16;
const FORMATS: ReadonlySet<string> = new Set(['b64', 'chr', 'bin']);

/** UTF-8, or Latin-1 where the bytes are none: old phones send what their keypad made. */
function asText(bytes: Uint8Array, tolerance: Tolerance): string | undefined {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString('utf8');
  return tolerance.allows('not-utf8') ? Buffer.from(bytes).toString('latin1') : undefined;
}

function readBasic(data: string, locName: string | undefined, tolerance: Tolerance): Presented {
  // A colon is no Base64 character: such text was sent as it is.
  const inClear = data.includes(':');
  if (inClear && !tolerance.allows('basic-in-clear')) return { kind: 'malformed', reason: 'basic credentials without Base64' };
  const pair = inClear ? data : asText(Buffer.from(data, 'base64'), tolerance);
  if (pair === undefined) return { kind: 'malformed', reason: 'basic credentials that are not UTF-8' };
  const colon = pair.indexOf(':');
  if (colon < 0) return { kind: 'malformed', reason: 'basic credentials without a colon between name and password' };
  const name = pair.slice(0, colon);
  const nameElsewhere = name === '' && locName !== undefined && tolerance.allows('basic-without-name');
  return { kind: 'basic', name: nameElsewhere ? locName : name, password: pair.slice(colon + 1) };
}

/** 16 bytes from their Base64 text; from text that was Base64 twice as well (a raw OPAQUE that held Base64). */
function readDigest(data: string, tolerance: Tolerance): Uint8Array | undefined {
  const once = Buffer.from(data, 'base64');
  if (once.length <= DIGEST_BYTES) return once.length === DIGEST_BYTES ? once : undefined;
  const twice = Buffer.from(once.toString('latin1'), 'base64');
  return twice.length === DIGEST_BYTES && tolerance.allows('md5-twice-base64') ? twice : undefined;
}

/** The longest such header that is looked at. Characters. */
const LONGEST_HMAC = 1024;

/** `algorithm=MD5, username="anna", mac=…`, in any order, quoted or not. [DM Security 1.2, "HMAC header"] */
function readHmacHeader(header: string, tolerance: Tolerance): Presented {
  if (header.length > LONGEST_HMAC) return { kind: 'malformed', reason: 'x-syncml-hmac header of too many characters' };
  const fields = new Map<string, string>();
  for (const [, name = '', quoted, plain] of header.matchAll(/([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([^,\s]+))/g))
    fields.set(name.toLowerCase(), quoted ?? plain ?? '');
  const algorithm = fields.get('algorithm') ?? 'MD5';
  if (algorithm.toUpperCase() !== 'MD5') return { kind: 'unsupported-type', type: `x-syncml-hmac with ${algorithm}` };
  const digest = readDigest(fields.get('mac') ?? '', tolerance);
  if (digest === undefined) return { kind: 'malformed', reason: 'x-syncml-hmac header without a mac of 16 bytes' };
  return { kind: 'mac', name: fields.get('username'), digest };
}

/** Reads Cred of a SyncHdr, or the x-syncml-hmac header, which goes first. */
export function readCredentials(header: SyncHdr, hmac: string | undefined, tolerance: Tolerance): Presented {
  if (hmac !== undefined && hmac !== '') return readHmacHeader(hmac, tolerance);
  const { cred } = header;
  if (cred === undefined) return { kind: 'none' };
  const format = cred.meta?.format?.trim().toLowerCase();
  if (format !== undefined && format !== '' && !FORMATS.has(format)) return { kind: 'unknown-format', format };
  const type = (cred.meta?.type ?? '').trim().toLowerCase();
  const locName = header.source.name === '' ? undefined : header.source.name;
  const unprefixed = type === 'auth-basic' || type === 'auth-md5';
  if (unprefixed && !tolerance.allows('auth-type-unprefixed')) return { kind: 'unsupported-type', type };
  switch (unprefixed ? `syncml:${type}` : type) {
    case '':
    case 'syncml:auth-basic':
      return readBasic(cred.data.trim(), locName, tolerance);
    case 'syncml:auth-md5': {
      const digest = readDigest(cred.data, tolerance);
      if (digest === undefined) return { kind: 'malformed', reason: 'md5 credentials that are not 16 bytes' };
      return { kind: 'md5', name: locName, digest };
    }
    default:
      return { kind: 'unsupported-type', type };
  }
}
