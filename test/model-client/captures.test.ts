/** The rules against real traffic: which of them another implementation breaks is known and listed; everything else it sends must pass. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeMessage } from '../../src/wire/decode.js';
import { Findings } from './rules/findings.js';
import { MessageRules } from './rules/message-rules.js';

const CAPTURES = join(import.meta.dirname, '../../../shared/captures/syncevolution');

interface Exchange {
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

function exchanges(scenario: string): readonly Exchange[] {
  const folder = join(CAPTURES, scenario);
  const names = readdirSync(folder).filter((name) => /^\d\d-request\./.test(name));
  return names.sort().map((name) => ({
    request: readFileSync(join(folder, name)),
    response: readFileSync(join(folder, name.replace('request', 'response'))),
  }));
}

function findingsOf(scenario: string): Findings {
  const encoding = scenario.endsWith('-xml') ? 'xml' : 'wbxml';
  const findings = new Findings();
  const sessions = new Map<string, MessageRules>();
  for (const { request, response } of exchanges(scenario)) {
    const asked = decodeMessage(request, encoding).message;
    const { sessionId } = asked.header;
    const rules = sessions.get(sessionId) ?? new MessageRules(findings);
    sessions.set(sessionId, rules);
    rules.received({ request: asked, response: decodeMessage(response, encoding).message, bytes: response.byteLength });
  }
  return findings;
}

/** Where the recorded server leaves the reference, by scenario; our own server must not. */
const DEVIATIONS: readonly { readonly scenario: RegExp; readonly rule: RegExp; readonly why: string }[] = [
  {
    scenario: /^auth-(md5-challenge|wrong-password)-/,
    rule: /^§4\.5: Status for (Put|Get|Alert)/,
    why: 'a refused message is answered without TargetRef and SourceRef',
  },
  {
    scenario: /^unknown-store-xml$/,
    rule: /^§4\.3: Status 200 for Alert 2\/2 comes before/,
    why: 'the Status of a 404 spills over behind a later one',
  },
  { scenario: /^unknown-store-xml$/, rule: /^§4\.5: Status for Alert 2\/2/, why: 'the Status of the 222 names the RespURI' },
];

describe('model client: the rules on recorded sessions', () => {
  if (!existsSync(CAPTURES)) {
    it('needs ../shared/captures', () => {
      console.log('    note: no recordings beside the repository, rules not tried on them');
    });
    return;
  }
  for (const scenario of readdirSync(CAPTURES).filter((name) => /-(xml|wbxml)$/.test(name))) {
    it(scenario, () => {
      const known = DEVIATIONS.filter((deviation) => deviation.scenario.test(scenario));
      const { broken } = findingsOf(scenario);
      const unknown = broken.filter((line) => !known.some(({ rule }) => rule.test(line)));
      assert.deepEqual(unknown, []);
      for (const { rule, why } of known)
        assert.ok(
          broken.some((line) => rule.test(line)),
          `no longer found: ${why}`,
        );
    });
  }
});
