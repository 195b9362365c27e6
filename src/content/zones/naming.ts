/** Which zone a TZID means. */
import type { Component } from '../components.js';
import { paramValue } from '../params.js';
import { textValue, type ValueSource } from '../value.js';
import type { ContentLine } from '../lines.js';
import { ianaOfOffsets } from './likeness.js';
import { ruledZone } from './rules.js';
import { offsetOf } from './wall.js';
import { WINDOWS_ZONES } from './windows.js';
import { fixedZone, ianaZone, type Zone } from './zone.js';

/** @NOTE Evolution, Thunderbird, libical: a path of their own stands before the name. */
const PATH =
  /(?:^|\/)((?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc|US|Canada)\/[\w+-]+(?:\/[\w+-]+)?)$/i;
const UTC = /^(?:\/?(?:Etc\/)?(?:UTC|GMT|UCT|Zulu|Z)|Coordinated Universal Time)$/i;
/** `GMT +0100 (Standard) / GMT +0200 (Daylight)` @NOTE Lotus Notes, Oracle calendars. */
const PAIR = /^(?:GMT|UTC)\s*([+-]\d{4})\s*\(Standard\)\s*\/\s*(?:GMT|UTC)\s*([+-]\d{4})\s*\(Daylight\)$/i;
/** `UTC+11`, `GMT-3:30`. */
const OFFSET = /^\(?(?:GMT|UTC)\s*([+-]\d{1,2}(?:[:.]?[0-5]\d)?)\)?$/i;

const named = new Map<string, Zone | undefined>();

/** The zone of a name that programs agree about, in the IANA database or in Windows; undefined for other names. */
export function zoneNamed(tzid: string): Zone | undefined {
  if (named.has(tzid)) return named.get(tzid);
  const name = tzid.trim().replace(/^"(.*)"$/, '$1');
  const iana = UTC.test(name) ? 'UTC' : (WINDOWS_ZONES.get(name.toLowerCase()) ?? PATH.exec(name)?.[1]);
  const zone = iana === undefined ? undefined : ianaZone(iana);
  // Names come from items: what is remembered has a bound.
  if (named.size < 1000) named.set(tzid, zone);
  return zone;
}

/** What an item says of its zones, by TZID; undefined: neither the name nor rules tell. */
export type ZoneOf = (tzid: string) => Zone | undefined;

/** Zones by the text of their VTIMEZONE: the same one comes with every item of a program. */
const ruled = new Map<string, Zone | undefined>();
const MAX_RULED = 300;

/** Zones as an item names them: by names that are known, else by its own VTIMEZONE, else by what the name says of offsets. */
export function zonesOf(source: ValueSource, root: Component | undefined): ZoneOf {
  return (tzid) => zoneNamed(tzid) ?? ownZone(source, root, tzid) ?? saidZone(tzid);
}

function ownZone(source: ValueSource, root: Component | undefined, tzid: string): Zone | undefined {
  const timezone = root?.children.find(
    (child) => child.name === 'VTIMEZONE' && child.lines.some((line) => line.name === 'TZID' && textValue(source, line).trim() === tzid),
  );
  if (!timezone) return undefined;
  const text = source.text.slice(timezone.start, timezone.end);
  if (ruled.has(text)) return ruled.get(text);
  const zone = ruledZone(source, timezone);
  if (text.length < 10_000) {
    if (ruled.size >= MAX_RULED) ruled.clear();
    ruled.set(text, zone);
  }
  return zone;
}

/** Any year tells which zones have such offsets. */
const SOME_YEAR = 2024;

function saidZone(tzid: string): Zone | undefined {
  const pair = PAIR.exec(tzid.trim());
  if (pair) {
    const [standard, daylight] = [offsetOf(pair[1] ?? ''), offsetOf(pair[2] ?? '')];
    if (standard === undefined || daylight === undefined) return undefined;
    return standard === daylight ? fixedZone(standard) : ianaOfOffsets(standard, daylight, SOME_YEAR);
  }
  const offset = offsetOf((OFFSET.exec(tzid.trim())?.[1] ?? '').replace('.', ':'));
  return offset === undefined ? undefined : fixedZone(offset);
}

export function tzidOf(line: ContentLine): string | undefined {
  const param = line.params.find(({ name }) => name === 'TZID');
  return param && paramValue(param);
}
