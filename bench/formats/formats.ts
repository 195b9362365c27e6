/**
 * Items a second of CPU (the clock says little on a machine busy with other things): parsed, described (what the server does with each item that comes in: parsed, canonical form, identity),
 * written, converted. Beside it, in the same run, V8's own JSON parser on the same properties as JSON, and python3-vobject and
 * python3-icalendar where Debian's packages are installed.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseDocument } from '../../src/content/components.js';
import { convert, readable } from '../../src/content/conversion/convert.js';
import { dialectOf, type Format } from '../../src/content/conversion/format.js';
import { readProperty, type Property } from '../../src/content/conversion/property.js';
import { write } from '../../src/content/conversion/writing.js';
import { describe } from '../../src/content/describe.js';
import { COLLECTIONS, type Collection } from './items.js';

const ITEMS = 500;
const WARM_UP_MS = 300;
const MEASURED_MS = 700;
const PYTHON_TIMEOUT_MS = 120_000;

/** Milliseconds of CPU a run takes, the collecting of garbage included. */
function cpuOf(run: () => unknown): number {
  const used = (since: NodeJS.CpuUsage): number => {
    const { user, system } = process.cpuUsage(since);
    return (user + system) / 1000;
  };
  for (const start = process.cpuUsage(); used(start) < WARM_UP_MS;) run();
  let runs = 0;
  const start = process.cpuUsage();
  for (; runs < 3 || used(start) < MEASURED_MS; runs += 1) run();
  return used(start) / runs;
}

const perSecond = (ms: number): string => {
  const rate = ITEMS / (ms / 1000);
  return (rate >= 1000 ? `${(rate / 1000).toFixed(1)} k` : rate.toFixed(0)).padStart(8);
};

/** All properties of an item, taken apart. */
function propertiesOf(bytes: Uint8Array, type: string, format: Format): readonly Property[] {
  const document = readable(bytes, type)?.document;
  if (!document) return [];
  const { text, transcoded } = document.source;
  const source = { text, transcoded, dialect: dialectOf(format) };
  return document.lines.filter(({ name }) => !/^(?:BEGIN|END|VERSION|)$/.test(name)).map((line) => readProperty(source, line));
}

/** The same properties as JSON, a list each: what a format made for machines would be. */
const asJson = (properties: readonly Property[]): string =>
  JSON.stringify(
    properties.map(({ name, types, params, value }) => [
      name,
      types,
      params,
      value.kind === 'bytes' ? Buffer.from(value.bytes).toString('base64') : value,
    ]),
  );

/** @returns items a second of Debian's reader for this format; undefined where there is none. */
function independent({ format, item }: Collection): number | undefined {
  const kind = format === 'vcard21' || format === 'vcard30' ? 'vobject' : format === 'ical20' ? 'icalendar' : undefined;
  if (!kind) return undefined;
  const input = Array.from({ length: ITEMS }, (_, n) => item(n).toString('base64')).join('\n');
  const { status, stdout } = spawnSync('/usr/bin/python3', [join(import.meta.dirname, 'readers.py'), kind], {
    input,
    encoding: 'utf8',
    timeout: PYTHON_TIMEOUT_MS,
  });
  return status === 0 ? Number(stdout) : undefined;
}

export function formatsBench(): Promise<void> {
  console.log(`items a second of CPU, ${ITEMS} different items of each kind`);
  console.log(`  ${'format'.padEnd(18)} ${'bytes'.padStart(6)}   parse  describe   write   JSON.parse of the same   independent reader`);
  for (const collection of COLLECTIONS) {
    const { name, format, type, item, to } = collection;
    const items = Array.from({ length: ITEMS }, (_, n) => item(n));
    const bytes = items.reduce((sum, one) => sum + one.length, 0);
    const parsed = format === 'sifc' || format === 'plain' ? undefined : cpuOf(() => items.forEach((one) => void parseDocument(one)));
    const described = cpuOf(() => items.forEach((one) => void describe(one, type)));
    const properties = parsed === undefined || format === 'sifc' ? [] : items.map((one) => propertiesOf(one, type, format));
    const written =
      format === 'sifc' || properties.length === 0
        ? undefined
        : cpuOf(() => properties.map((list) => list.map((one) => write(one, format)).join('')));
    const jsons = properties.map((list) => Buffer.from(asJson(list)));
    const json = jsons.length === 0 ? undefined : cpuOf(() => jsons.map((one) => JSON.parse(one.toString('utf8')) as unknown));
    const other = independent(collection);
    const cells = [parsed, described, written].map((ms) => (ms === undefined ? '       –' : perSecond(ms)));
    const beside = `${json === undefined ? '       –' : perSecond(json)}${' '.repeat(16)}${other === undefined ? '–' : `${other.toFixed(0)} (${format === 'ical20' ? 'icalendar' : 'vobject'})`}`;
    console.log(`  ${name.padEnd(18)} ${(bytes / ITEMS).toFixed(0).padStart(6)} ${cells.join(' ')}         ${beside}`);
    for (const target of to) {
      const ms = cpuOf(() => items.forEach((one) => void convert(one, type, target)));
      console.log(`    to ${target.padEnd(20)} ${perSecond(ms)} converted`);
    }
  }
  return Promise.resolve();
}
