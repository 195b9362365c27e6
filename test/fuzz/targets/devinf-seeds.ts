import type { Command } from '../../../src/model/message.js';
import type { DevInf } from '../../../src/model/devinf.js';
import { versionOf } from '../../../src/wire/dialect.js';
import { encodeDevInf } from '../../../src/wire/encode-devinf.js';
import { decodeStrictly } from './decoded.js';
import { seedFiles } from './files.js';
import { messageSeeds } from './message-seeds.js';

/** Device information as documents of their own: files, and what captured messages carry, in both encodings. */
export function devInfSeeds(): readonly Uint8Array[] {
  const seeds = seedFiles('../shared/corpus/devinf', 2500, 60).map(({ bytes }) => bytes);
  for (const encoding of ['wbxml', 'xml'] as const) {
    for (const seed of messageSeeds(encoding)) {
      for (const devinf of devInfsIn(decodeStrictly(seed, encoding)?.message.body ?? [])) {
        const version = versionOf(devinf.verDtd) ?? '1.2';
        seeds.push(encodeDevInf(devinf, { encoding: 'wbxml', version }), encodeDevInf(devinf, { encoding: 'xml', version }));
      }
    }
  }
  return seeds;
}

function devInfsIn(commands: readonly Command[]): readonly DevInf[] {
  return commands.flatMap((command) => {
    if ('commands' in command) return devInfsIn(command.commands);
    if (!('items' in command)) return [];
    return command.items.flatMap((item) => ('data' in item && item.data?.kind === 'devinf' ? [item.data.devinf] : []));
  });
}
