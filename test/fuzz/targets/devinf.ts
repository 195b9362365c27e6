/** Device information documents of either encoding: read, written in both, read again. */
import { isDeepStrictEqual } from 'node:util';
import type { DevInf } from '../../../src/model/devinf.js';
import { decodeDevInf } from '../../../src/wire/decode-devinf.js';
import type { Dialect } from '../../../src/wire/dialect.js';
import { encodeDevInf } from '../../../src/wire/encode-devinf.js';
import { versionOf } from '../../../src/wire/dialect.js';
import { OracleFailure, type Target } from '../target.js';
import { difference, oneOf } from './decoded.js';
import { treeOf } from './grammar.js';
import { devInfSeeds } from './devinf-seeds.js';
import { wbxmlTokens, xmlTokens } from './tokens.js';
import { wbxmlOf, xmlOf } from './write-tree.js';

const isXml = (input: Uint8Array): boolean => (input[0] ?? 0) > 3;

export const devinf: Target = {
  name: 'devinf',
  maxBytes: 4096,
  seeds: devInfSeeds,
  generate: (choices) => {
    const tree = treeOf(choices, 'DevInf');
    return choices.chance(30) ? Buffer.from(xmlOf(choices, tree)) : wbxmlOf(choices, tree);
  },
  tokens: (input) => (isXml(input) ? xmlTokens(input) : wbxmlTokens(input)),
  words: [
    '<Ext>',
    '<XVal>__proto__</XVal>',
    '<DataStore>',
    '<CTCap>',
    '<Size>1</Size>',
    '</DevInf>',
    '\x01',
    '\x00\x01',
    '\x00\x00',
    '\x83\x00',
    '\x04\x00',
  ].map((text) => Buffer.from(text, 'latin1')),
  run(input, everything = false) {
    const read = decodeDevInf(input);
    if (read === undefined) return;
    for (const encoding of everything || oneOf(60, input) ? (['xml', 'wbxml'] as const) : (['wbxml'] as const)) {
      const dialect: Dialect = { encoding, version: versionOf(read.verDtd) ?? '1.2' };
      const once = again(read, dialect);
      // XML has no place for some characters.
      if (encoding === 'wbxml' && !isDeepStrictEqual(essence(once), essence(read)))
        throw new OracleFailure(`${encoding} round trip: ${difference(essence(read), essence(once))}`, '');
      // Descriptions a device gives twice are written once, which shows only the second time.
      const twice = again(once, dialect);
      const thrice = again(twice, dialect);
      if (!isDeepStrictEqual(thrice, twice)) throw new OracleFailure(`${encoding} written again: ${difference(twice, thrice)}`, '');
    }
  },
};

function again(written: DevInf, dialect: Dialect): DevInf {
  const read = decodeDevInf(encodeDevInf(written, dialect));
  if (read === undefined) throw new OracleFailure(`unreadable as ${dialect.encoding}`, '');
  return read;
}

/** What a sync depends on. */
const essence = ({ devId, devTyp, man, mod, swV, dataStores }: DevInf): unknown => [
  ...[devId, devTyp, man, mod, swV],
  dataStores.map(({ sourceRef, rx, tx, rxPref, txPref, syncCap, maxGuidSize }) => [
    sourceRef,
    rx,
    tx,
    rxPref,
    txPref,
    syncCap,
    maxGuidSize,
  ]),
];
