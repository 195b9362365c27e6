/**
 * What it costs a slow sync to find the partner of an item among those the server has: equal items, items that differ in a field, items found only
 * by what they have in common, and new ones. Everything that comes before (decoding, describing) is done outside of what is measured; writing the
 * result is in it. CPU time, since the machine may be shared; the last column says how it grows with the number of items.
 */
import type { Item } from '../src/model/message.js';
import { prepareNow, type PreparedItem } from '../src/sync/prepare.js';
import { change, Scene } from '../test/sync/support/scene.js';

const card = (...lines: readonly string[]): string => ['BEGIN:VCARD', 'VERSION:2.1', ...lines, 'END:VCARD', ''].join('\r\n');
const NAMES = ['Müller', 'Smith', 'Öztürk', 'García', 'Nguyen', 'Kowalski', 'Rossi', 'Ivanov'];
const common = (n: number): readonly string[] => [`TEL;CELL:+4917${1_000_000 + n}`, `EMAIL:user${n}@example.org`, `NOTE:note ${n}`];
const name = (n: number): string => `${NAMES[n % NAMES.length]}${Math.floor(n / NAMES.length)}`;

interface Kind {
  readonly there: (n: number) => string;
}
const here = (n: number): string => card(`N;CHARSET=UTF-8:${name(n)};Anna`, 'ORG:Acme', ...common(n));
const KINDS: Readonly<Record<string, Kind>> = {
  equal: { there: here },
  'a field differs': { there: (n) => card(`N;CHARSET=UTF-8:${name(n)};Anna`, 'ORG:Acme', ...common(n), 'TITLE:Captain') },
  'another company, accents': {
    there: (n) => card(`N:${name(n).normalize('NFD').replace(/\p{M}/gu, '')};ANNA`, ...common(n), 'TITLE:Captain'),
  },
  'one name, other numbers': { there: (n) => card(`N;CHARSET=UTF-8:${name(n)};Anna`, 'ORG:Acme', `TEL;CELL:+4916${n + 1_000_000}`) },
  new: { there: (n) => card(`N;CHARSET=UTF-8:${name(n)};Bert`, ...common(n)) },
};
const A_MESSAGE = 100;

/** Microseconds an item, of the server with `size` items. */
async function measure(size: number, { there }: Kind): Promise<number> {
  const scene = await Scene.open({ maxObjSize: 1_000_000 });
  try {
    await scene.write(async (writer) => {
      const store = await writer.datastores.create('contacts', 'contacts', 'client-wins');
      for (let n = 0; n < size; n += 1) {
        const made = prepareNow(writer, Buffer.from(here(n)), { type: 'text/x-vcard' }, false);
        if (made.kind === 'ready') await writer.items.create(store.id, made.item, { now: 1 });
      }
    });
    const phone = scene.phone('IMEI:1', 'contacts');
    await phone.open(201);
    let spent = 0;
    for (let from = 0; from < size; from += A_MESSAGE) {
      const prepared = new Map<Item, PreparedItem>();
      const changes = await scene.read(async (reader) =>
        Array.from({ length: Math.min(A_MESSAGE, size - from) }, (_, at) => {
          const one = change(`Add ${from + at} ${there(from + at)}`, { meta: { type: 'text/x-vcard' }, item: {} });
          prepared.set(one.item, prepareNow(reader, one.content ?? Buffer.alloc(0), one.meta, false));
          return one;
        }),
      );
      scene.prepared = prepared;
      const before = process.cpuUsage();
      await phone.change(...changes);
      const { user, system } = process.cpuUsage(before);
      spent += user + system;
    }
    return spent / size;
  } finally {
    await scene.close();
  }
}

export async function matchingBench(sizes: readonly number[] = [1000, 10_000]): Promise<void> {
  // Code is compiled while it runs for the first time.
  for (const kind of Object.values(KINDS)) await measure(300, kind);
  for (const [what, kind] of Object.entries(KINDS)) {
    const spent: number[] = [];
    for (const size of sizes) spent.push(await measure(size, kind));
    const figures = spent.map((each, at) => `${each.toFixed(0)} µs an item of ${sizes[at]}`).join(', ');
    console.log(`${what}: ${figures}; ratio ${((spent.at(-1) ?? 0) / (spent[0] ?? 1)).toFixed(2)}`);
  }
}
