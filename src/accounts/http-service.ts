/** An account service over HTTP: a carrier's server, or `moorage account-service`. Asking changes nothing there, so it may be asked again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readVerdict } from './service-json.js';
import { AccountServiceError, type AccountService, type Question, type Verdict } from './service.js';

export interface HttpServiceOptions {
  /** `/check` is added to it. */
  readonly url: string;
  /** This server's own bearer token. */
  readonly token: string;
  /** Of one try, milliseconds. */
  readonly timeoutMs: number;
  readonly attempts: number;
}

const MAX_ANSWER_BYTES = 64 * 1024;
const BACK_OFF_MS = 100;

export class HttpAccountService implements AccountService {
  readonly #options: HttpServiceOptions;
  readonly #url: string;

  constructor(options: HttpServiceOptions) {
    this.#options = options;
    this.#url = `${options.url.replace(/\/+$/, '')}/check`;
  }

  async ask(question: Question): Promise<Verdict> {
    const { attempts } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#askOnce(question);
      } catch (error) {
        if (!(error instanceof AccountServiceError) || error.fault !== 'unreachable' || attempt >= attempts) throw error;
        await sleep(BACK_OFF_MS * 2 ** (attempt - 1));
      }
    }
  }

  async #askOnce(question: Question): Promise<Verdict> {
    const { token, timeoutMs } = this.#options;
    const signal = AbortSignal.timeout(timeoutMs);
    let status: number;
    let body: string;
    try {
      const answer = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(question),
        // The credentials are for this server and no other.
        redirect: 'manual',
        signal,
      });
      ({ status } = answer);
      body = await readUpTo(answer, MAX_ANSWER_BYTES);
    } catch (error) {
      if (error instanceof AccountServiceError) throw error;
      const code = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code;
      throw new AccountServiceError('unreachable', signal.aborted ? `no answer within ${timeoutMs} ms` : (code ?? 'no connection'));
    }
    if (status === 401 || status === 403) throw new AccountServiceError('refused', `HTTP ${status}: look at accountService.token`);
    if (status === 408 || status === 429 || status >= 500) throw new AccountServiceError('unreachable', `HTTP ${status}`);
    const verdict = status === 200 ? readVerdict(body) : undefined;
    if (verdict === undefined) throw new AccountServiceError('garbage', `HTTP ${status} with something that is no answer`);
    return verdict;
  }
}

async function readUpTo(answer: Response, most: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > most) throw new AccountServiceError('garbage', `more than ${most} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
