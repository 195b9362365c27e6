/** `moorage account-service` as an operator runs it: a process of its own, with data, key and tokens of its own. */
import { Program } from '../../support/program.js';

export const SERVER_TOKEN = 'token-of-the-backup-server';
export const SIGN_UP_TOKEN = 'token-of-the-shop-counter';

export class AccountServer extends Program {
  constructor() {
    super('account-service', {
      MOORAGE_ACCOUNT_API_SERVER_TOKEN: SERVER_TOKEN,
      MOORAGE_ACCOUNT_API_SIGN_UP_TOKEN: SIGN_UP_TOKEN,
      MOORAGE_LOG_LEVEL: 'info',
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** @param token empty: no Authorization at all. */
  async call(method: string, path: string, body?: unknown, token = SIGN_UP_TOKEN): Promise<{ status: number; json: unknown }> {
    const answer = await fetch(this.url + path, {
      method,
      headers: token === '' ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, json: await answer.json() };
  }
}
