/** The WBXML decoder all the way to a message, its converter to XML, and the encoders on what was read. */
import { WireError } from '../../../src/model/errors.js';
import { wbxmlToXml, xmlToWbxml } from '../../../src/wire/convert.js';
import { Tolerance } from '../../../src/model/leniency.js';
import { encodingOf } from '../../../src/wire/media-type.js';
import { OracleFailure, type Target } from '../target.js';
import { checkMessage, oneOf } from './decoded.js';
import { treeOf } from './grammar.js';
import { messageSeeds } from './message-seeds.js';
import { wbxmlTokens } from './tokens.js';
import { wbxmlOf } from './write-tree.js';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

export const wbxml: Target = {
  name: 'wbxml',
  maxBytes: 4096,
  seeds: () => messageSeeds('wbxml'),
  generate: (choices) => wbxmlOf(choices, treeOf(choices, 'SyncML')),
  tokens: wbxmlTokens,
  words: [
    '0000',
    '0001',
    '0002',
    '01',
    '12',
    '0331320 0',
    '8300',
    '837f',
    '838fffffff7f',
    'c300',
    'c38fffffff7f',
    '0400',
    '4400',
    '8400',
    'c4000501',
    '02c080',
    '028fffffff7f',
    '43050301',
    '4041 00',
    '8000',
    'c0',
    '6d6c',
    '6b',
    'c3060 2a4036a004a',
    '4a 65 03 312e3200 01',
  ].map(hex),
  run(input, everything = false) {
    checkMessage(input, 'wbxml');
    encodingOf(undefined, input, new Tolerance(false));
    if (!everything && !oneOf(60, input)) return;
    checkMessage(input, 'wbxml', 'xml');
    convert(input);
  },
};

/** Whatever converts to XML is well-formed XML, and converts back. */
function convert(input: Uint8Array): void {
  let xml: string;
  try {
    xml = wbxmlToXml(input);
  } catch (error) {
    if (error instanceof WireError) return;
    throw new OracleFailure('only WireError', String(error), { cause: error });
  }
  try {
    xmlToWbxml(Buffer.from(xml, 'utf8'));
  } catch (error) {
    if (error instanceof WireError && (error.fault === 'not-syncml' || error.fault === 'too-deep')) return;
    throw new OracleFailure('converted XML', String(error), { cause: error });
  }
}
