/** Our device information for clients with small messages: brief, then in parts. */
import assert from 'node:assert/strict';
import type { Message, ResultsCommand } from '../../src/model/message.js';
import { decodeDevInf } from '../../src/wire/decode-devinf.js';
import type { Encoding } from '../../src/wire/dialect.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import { Driver } from './support/driver.js';
import { get, headerOk, nextMessage, openAlert } from './support/messages.js';

const results = (answer: Message): ResultsCommand[] => answer.body.flatMap((c) => (c.kind === 'Results' ? [c] : []));

describe('engine: device information for small messages', () => {
  const collect = (encoding: Encoding, maxMsgSize: number): { parts: ResultsCommand[]; answers: Message[] } => {
    const driver = new Driver({ encoding, session: { clientMaxMsgSize: maxMsgSize } });
    const answers = [driver.send([get('./devinf12'), openAlert(200)])];
    for (let n = 1; n < 60 && !answers[answers.length - 1]?.final; n += 1)
      answers.push(driver.send([headerOk(n), nextMessage()], { final: false }));
    return { parts: answers.flatMap(results), answers };
  };

  it('goes whole when it fits', () => {
    const { parts } = collect('xml', 16_000);
    assert.equal(parts.length, 1);
    assert.equal(parts[0]?.items[0]?.data?.kind, 'devinf');
  });

  for (const { encoding, size } of [
    { encoding: 'xml' as const, size: 1200 },
    { encoding: 'wbxml' as const, size: 500 },
  ]) {
    it(`goes in parts in ${encoding} messages of ${size} bytes: Size first, MoreData but on the last, and no message is too big`, () => {
      const { parts, answers } = collect(encoding, size);
      const encoder = new MessageEncoder({ encoding, version: '1.2' });
      for (const answer of answers) assert.ok(encoder.encode(answer).length <= size, `${encoder.encode(answer).length} bytes`);
      assert.ok(answers[answers.length - 1]?.final);
      assert.ok(parts.length > 1, `${parts.length} parts`);
      const bytes = parts.map((p) => (p.items[0]?.data?.kind === 'content' ? Buffer.from(p.items[0].data.bytes) : Buffer.alloc(0)));
      const whole = Buffer.concat(bytes);
      assert.deepEqual(
        parts.map((p) => p.meta?.size),
        parts.map((_, i) => (i === 0 ? whole.length : undefined)),
      );
      assert.deepEqual(
        parts.map((p) => p.items[0]?.moreData === true),
        parts.map((_, i) => i < parts.length - 1),
      );
      assert.equal(decodeDevInf(whole)?.devId, 'moorage');
    });
  }
});
