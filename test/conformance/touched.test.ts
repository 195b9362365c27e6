/** Which cases a fault can change is found out without running them. */
import assert from 'node:assert/strict';
import type { ExchangeAnswer, ExchangeRequest } from '../../src/exchange/exchange.js';
import type { Wrap } from './faulty/faulty.js';
import { Recording } from './faulty/touched.js';

const request = (text: string): ExchangeRequest => ({ body: Buffer.from(text), url: 'http://server.example/sync', address: '127.0.0.1' });
const answer = (text: string): ExchangeAnswer => ({ httpStatus: 200, body: Buffer.from(text), log: {} });

/** One message before the first case, then two cases of two messages each. */
async function recorded(): Promise<Recording> {
  const recording = new Recording();
  const server = recording.wrap({ handle: (asked) => Promise.resolve(answer(`answer to ${Buffer.from(asked.body).toString()}`)) });
  for (const [id, ...texts] of [
    [undefined, 'preflight'],
    ['one', 'a', 'b'],
    ['two', 'c', 'd'],
  ]) {
    for (const text of texts) await server.handle(request(text ?? ''));
    recording.end(id);
  }
  return recording;
}

const isIn = (asked: ExchangeRequest, text: string): boolean => Buffer.from(asked.body).toString() === text;

describe('cases a fault touches', () => {
  for (const { what, fault, touched } of [
    { what: 'none, where everything passes', fault: (inner) => inner, touched: [] },
    {
      what: 'those whose answers it changes',
      fault: (inner) => ({ handle: async (asked) => (isIn(asked, 'b') ? answer('other') : inner.handle(asked)) }),
      touched: ['one'],
    },
    {
      what: 'those whose HTTP status it changes',
      fault: (inner) => ({
        handle: async (asked) => ({ ...(await inner.handle(asked)), ...(isIn(asked, 'c') ? { httpStatus: 500 } : {}) }),
      }),
      touched: ['two'],
    },
    {
      what: 'those whose requests it changes, whatever comes back',
      fault: (inner) => ({ handle: (asked) => inner.handle(isIn(asked, 'd') ? request('e') : asked) }),
      touched: ['two'],
    },
    {
      what: 'those whose requests it hands on twice',
      fault: (inner) => ({
        handle: async (asked) => {
          if (isIn(asked, 'a')) await inner.handle(asked);
          return inner.handle(asked);
        },
      }),
      touched: ['one'],
    },
    {
      what: 'those in which it breaks',
      fault: (inner) => ({
        handle: (asked) => {
          if (isIn(asked, 'a')) throw new Error('broken');
          return inner.handle(asked);
        },
      }),
      touched: ['one'],
    },
    {
      what: 'those it changes for what it saw in another',
      fault: (inner) => {
        let seen = false;
        return {
          handle: async (asked) => {
            const was = seen;
            seen ||= isIn(asked, 'b');
            return was ? answer('other') : inner.handle(asked);
          },
        };
      },
      touched: ['two'],
    },
    { what: 'all, where it shows before the first', fault: () => ({ handle: () => Promise.resolve(answer('other')) }), touched: undefined },
  ] satisfies readonly { readonly what: string; readonly fault: Wrap; readonly touched: readonly string[] | undefined }[])
    it(`are ${what}`, async () => assert.deepEqual(await (await recorded()).touchedBy(fault), touched));

  it('are none for a fault that copies a message as it is', async () => {
    const copies: Wrap = (inner) => ({
      handle: async (asked) => {
        const { body, ...rest } = await inner.handle({ ...asked, body: Uint8Array.from(asked.body) });
        return { ...rest, body: Uint8Array.from(body), log: { edited: true } };
      },
    });
    assert.deepEqual(await (await recorded()).touchedBy(copies), []);
  });
});
