import { decodeText } from './charset.js';
import { encodingOf, type ContentLine, type Param } from './lines.js';

/*
 * Parameters in canonical form. CHARSET and ENCODING are about the writing and are gone with it; VALUE only names the shape that the
 * value itself shows. Parameters that programs add for themselves are noise.
 */

const NOISE = /^(?:CHARSET|ENCODING|VALUE|PID|X-SYNCMLREF\d*|X-EVOLUTION-UI-SLOT|X-EVOLUTION-ENDTIME|X-ANDROID-[A-Z-]*ID|DERIVED)$/;

/** Parameters whose values are words of the format, in any case. */
const WORDS = new Set([
  'TYPE',
  'ROLE',
  'PARTSTAT',
  'RSVP',
  'CUTYPE',
  'RELATED',
  'FBTYPE',
  'RELTYPE',
  'RANGE',
  'STATUS',
  'EXPECT',
  'LANGUAGE',
]);

/** Values that mean the same as no parameter [RFC 5545, "Property Parameters"]. */
const DEFAULTS = new Set([
  'PARTSTAT=NEEDS-ACTION',
  'RSVP=FALSE',
  'ROLE=REQ-PARTICIPANT',
  'CUTYPE=INDIVIDUAL',
  'RELATED=START',
  'RELTYPE=PARENT',
]);

/** Bare 2.1 parameters that say where the value is, not what it is [vCard 2.1, "Value Location"]. */
const LOCATIONS = new Set(['INLINE', 'URL', 'URI', 'CID', 'CONTENT-ID']);

/** The types of a property: TYPE parameters of any form, 2.1 bare ones, 4.0 PREF=1; upper case, each once. */
export function typesOf(line: ContentLine): Set<string> {
  const types = new Set<string>();
  for (const param of line.params) {
    if (param.name === 'TYPE') addTypes(types, param.value);
    else if (param.name === 'PREF' && unquote(param.value) === '1') types.add('PREF');
    else if (param.name === '' && encodingOf(param.value) === undefined && !LOCATIONS.has(param.value.toUpperCase()))
      addTypes(types, param.value);
  }
  return types;
}

function addTypes(types: Set<string>, value: string): void {
  const upper = value.toUpperCase();
  if (!upper.includes(',') && !upper.includes('"')) {
    if (upper !== '') types.add(upper);
    return;
  }
  for (const part of upper.replaceAll('"', '').split(',')) {
    const type = part.trim();
    if (type !== '') types.add(type);
  }
}

/** All other parameters as `NAME=value`, with `types` as `TYPE=…`, sorted. */
export function canonicalParams(line: ContentLine, types: ReadonlySet<string>): string[] {
  const params: string[] = [];
  for (const type of types) params.push(`TYPE=${type}`);
  for (const param of line.params) {
    if (param.name === '' || param.name === 'TYPE' || NOISE.test(param.name)) continue;
    const value = paramValue(param);
    if (param.name === 'PREF' && value === '1') continue;
    const entry = `${param.name}=${WORDS.has(param.name) ? value.toUpperCase() : value}`;
    if (!DEFAULTS.has(entry)) params.push(entry);
  }
  return params.length > 1 ? params.sort() : params;
}

/** A parameter's value as text, without quotes around it. */
export function paramValue(param: Param): string {
  return decodeText(unquote(param.value));
}

function unquote(value: string): string {
  return value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value;
}
