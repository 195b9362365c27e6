/** What a phone of vCalendar 1.0 lets see of its clock. */
import { linesOf } from '../entries.js';
import { legacyZoneOf } from './legacy.js';

/**
 * The IANA name of a zone that goes as TZ and DAYLIGHT of an item tell. An offset alone is no zone: it is that of half the world.
 *
 * @param home where the phone is taken to be: of zones that go alike, it is that. @returns undefined when the item tells none. Never throws.
 */
export function seenZone(bytes: Uint8Array, mediaType: string, home: string | undefined): string | undefined {
  if (!/calendar/.test(mediaType) || !/^(?:TZ|DAYLIGHT)[:;]/m.test(Buffer.from(bytes).toString('latin1'))) return undefined;
  const document = linesOf(bytes, mediaType);
  const [root] = document?.roots ?? [];
  const entry = root?.children[0];
  if (!document || !root || !entry || !/^\s*1/.test(versionOf(document.source.text, root))) return undefined;
  const source = { text: document.source.text, transcoded: false, dialect: 'legacy' as const };
  const told = legacyZoneOf(source, entry, root, home)?.iana;
  return told === undefined || told === 'UTC' ? undefined : told;
}

function versionOf(text: string, root: { readonly lines: readonly { name: string; valueStart: number; valueEnd: number }[] }): string {
  const line = root.lines.find(({ name }) => name === 'VERSION');
  return line ? text.slice(line.valueStart, line.valueEnd) : '1';
}
