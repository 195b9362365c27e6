/** The XML decoder all the way to a message, and the encoders on what was read. */
import { Tolerance } from '../../../src/model/leniency.js';
import { encodingOf } from '../../../src/wire/media-type.js';
import type { Target } from '../target.js';
import { checkMessage, oneOf } from './decoded.js';
import { treeOf } from './grammar.js';
import { messageSeeds } from './message-seeds.js';
import { xmlTokens } from './tokens.js';
import { xmlOf } from './write-tree.js';

export const xml: Target = {
  name: 'xml',
  maxBytes: 4096,
  seeds: () => messageSeeds('xml'),
  generate: (choices) => Buffer.from(xmlOf(choices, treeOf(choices, 'SyncML'))),
  tokens: xmlTokens,
  words: [
    ...[
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?xml version="1.0" encoding="ISO-8859-1"?>',
      '<!DOCTYPE x [',
      '<!ENTITY a "b">',
      '&a;',
      '&#0;',
      '&#xD800;',
    ],
    ...[
      '&#xffffffff;',
      '<__proto__>',
      '</__proto__>',
      '<constructor/>',
      ' xmlns:a="b"',
      '<a:b/>',
      ' x="1" x="1"',
      '<SyncHdr>',
      '</SyncML>',
      '\ufffe',
      '\u{1f600}',
    ],
  ].map((text) => Buffer.from(text)),
  run(input, everything = false) {
    // Writing XML is slow beside reading it.
    checkMessage(input, 'xml', everything || oneOf(60, input) ? 'xml' : 'wbxml');
    encodingOf(undefined, input, new Tolerance(false));
  },
};
