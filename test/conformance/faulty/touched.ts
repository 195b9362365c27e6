/**
 * Which cases a fault can change. What the sound server said to the suite is kept, message by message; a fault that, put before the same
 * conversation, changes not one message of a case leaves that case as it is: our server answers the same to the same. Only the others have to
 * be run.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ExchangeAnswer, ExchangeRequest } from '../../../src/exchange/exchange.js';
import type { MessageHandler } from '../../../src/http/app.js';
import type { Wrap } from './faulty.js';

interface Recorded {
  readonly request: ExchangeRequest;
  answer: ExchangeAnswer | undefined;
}

/** What was said in one case, or, where `id` is undefined, before the first of them. */
interface RecordedCase {
  readonly id: string | undefined;
  readonly exchanges: readonly Recorded[];
}

/** Kept between HTTP and the exchange while the suite runs. */
export class Recording {
  readonly cases: RecordedCase[] = [];
  #exchanges: Recorded[] = [];

  readonly wrap: Wrap = (inner) => ({
    handle: async (request, signal) => {
      const kept: Recorded = { request, answer: undefined };
      this.#exchanges.push(kept);
      return (kept.answer = await inner.handle(request, signal));
    },
  });

  /** Everything since the last call was said in this case. */
  end(id: string | undefined): void {
    this.cases.push({ id, exchanges: this.#exchanges });
    this.#exchanges = [];
  }

  /** Cases in which the fault changes a message. Undefined: it shows before the first case already, and may change any. */
  async touchedBy(fault: Wrap): Promise<readonly string[] | undefined> {
    let now: Recorded | undefined;
    let passed: ExchangeRequest[] = [];
    const faulty = fault({
      handle: (request) => {
        passed.push(request);
        return now?.answer ? Promise.resolve(now.answer) : Promise.reject(new Error('there was no answer'));
      },
    });
    const changes = async (exchange: Recorded): Promise<boolean> => {
      [now, passed] = [exchange, []];
      const answer = await answerOf(faulty, exchange.request);
      return passed.length !== 1 || !sameRequest(passed[0], exchange.request) || !sameAnswer(answer, exchange.answer);
    };
    const touched: string[] = [];
    for (const { id, exchanges } of this.cases) {
      let isTouched = false;
      // To the end of the case, whatever is found: a fault may keep what it sees.
      for (const exchange of exchanges) if (await changes(exchange)) isTouched = true;
      if (isTouched && id === undefined) return undefined;
      if (isTouched && id !== undefined) touched.push(id);
    }
    return touched;
  }
}

/** Undefined where the fault breaks the server. */
async function answerOf(faulty: MessageHandler, request: ExchangeRequest): Promise<ExchangeAnswer | undefined> {
  try {
    return await faulty.handle(request);
  } catch {
    return undefined;
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a === b || Buffer.compare(a, b) === 0;

function sameRequest(a: ExchangeRequest | undefined, b: ExchangeRequest): boolean {
  return a === b || (a !== undefined && sameBytes(a.body, b.body) && isDeepStrictEqual({ ...a, body: 0 }, { ...b, body: 0 }));
}

/** The log's line is nothing a client sees. */
function sameAnswer(a: ExchangeAnswer | undefined, b: ExchangeAnswer | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a === b || (sameBytes(a.body, b.body) && isDeepStrictEqual({ ...a, body: 0, log: 0 }, { ...b, body: 0, log: 0 }));
}
