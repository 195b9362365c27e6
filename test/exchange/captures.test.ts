/** The first messages of real clients, as they were captured: each gets an answer that keeps the rules. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Message } from '../../src/model/message.js';
import { decodeMessage } from '../../src/wire/decode.js';
import { Tolerance, type LeniencyName } from '../../src/model/leniency.js';
import { encodingOf, MEDIA_TYPES } from '../../src/wire/media-type.js';
import { Findings } from '../model-client/rules/findings.js';
import { MessageRules } from '../model-client/rules/message-rules.js';
import { Bench, kinds, statusOf } from './support/bench.js';

const FOLDER = join(import.meta.dirname, '../../fixtures/captures');
/** They log in as `peer`, with basic, or with md5 and no nonce; another answer than 212 has a reason. */
const OTHER: Readonly<Record<string, { readonly code: number; readonly why: string }>> = {
  'syncevolution/two-way-changes-wbxml': { code: 401, why: 'md5 with a nonce of the server it was captured with' },
  'corpus/txsyncml': { code: 407, why: 'no credentials' },
};

/** Where these clients depart from the specification. */
const SEEN: Readonly<Record<string, readonly LeniencyName[]>> = {
  'buteo-syncml': ['child-order'],
  'buteo-syncml/12-wbxml-md5-refused': ['child-order', 'md5-without-name'],
  'funambol-cpp': ['long-session-id'],
  'funambol-java-jsync': ['long-session-id', 'child-order'],
  pysyncml: ['child-order'],
  'syncml-js': ['child-order'],
};

const first = (folder: string): string | undefined =>
  readdirSync(folder).find((name) => /^01-request\./.test(name)) ??
  readdirSync(folder).find((name) => name === 'sony-ericsson-k800i-package1.xml');

function captured(): { name: string; body: Uint8Array }[] {
  const clients = ['buteo-syncml', 'funambol-cpp', 'funambol-java-jsync', 'pysyncml', 'syncevolution', 'syncml-js'];
  const scenarios = [...clients.flatMap((client) => readdirSync(join(FOLDER, client)).map((s) => `${client}/${s}`)), 'corpus/txsyncml'];
  return scenarios.flatMap((name) => {
    const file = first(join(FOLDER, name));
    return file === undefined ? [] : [{ name, body: new Uint8Array(readFileSync(join(FOLDER, name, file))) }];
  });
}

describe('exchange: first messages of real clients', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open({}, 'peer', 'secret');
  });
  afterEach(() => bench.close());

  for (const { name, body } of captured()) {
    it(name, async () => {
      const encoding = encodingOf('application/octet-stream', body, new Tolerance(false)) ?? 'wbxml';
      const request: Message = decodeMessage(body, encoding).message;
      const answer = await bench.handle({ body, contentType: MEDIA_TYPES[encoding] });
      assert.equal(answer.httpStatus, 200);
      assert.equal(answer.contentType, MEDIA_TYPES[encoding]);
      const response = decodeMessage(answer.body, encoding).message;
      assert.deepEqual(answer.log['leniencies'] ?? [], SEEN[name] ?? SEEN[name.split('/')[0] ?? ''] ?? []);
      const findings = new Findings();
      new MessageRules(findings).received({ request, response, bytes: answer.body.length });
      assert.deepEqual([...findings.broken, ...findings.ignored], []);
      assert.equal(statusOf(response).code, OTHER[name]?.code ?? 212, OTHER[name]?.why ?? kinds(response));
      // Nothing of the answer depends on when it is asked for: the same bytes get it again.
      if (statusOf(response).code !== 212) return;
      const again = await bench.handle({ body, contentType: MEDIA_TYPES[encoding] });
      assert.deepEqual(again.body, answer.body);
    });
  }
});
