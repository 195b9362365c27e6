/**
 * The account service's own side: it answers servers that ask, takes sign-ups and keeps who is entitled. Who asks and who signs users up show
 * different tokens. Payment is somebody else's: whoever takes it says here who may use the service. docs/account-service.md has the JSON.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../model/errors.js';
import type { Config } from '../runtime/config.js';
import type { Store } from '../storage/ports/store.js';
import { BuiltInAccountService } from './built-in-service.js';
import { sameBytes } from './digest.js';
import { readEntitlement, readQuestion, readSignUp } from './service-json.js';
import { createUser, setEntitled } from './users.js';

export interface ApiRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly json: object;
}

export interface AccountApiOptions {
  readonly store: Store;
  readonly config: Pick<Config, 'serverId' | 'datastores' | 'auth' | 'accountApi'>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: (event: string, fields: object) => void;
}

const failed = (status: number, error: string): ApiAnswer => ({ status, json: { error } });
const UNREADABLE = failed(400, 'not the JSON this takes');
const NOT_HERE = failed(404, 'there is nothing here');
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

export class AccountApi {
  readonly #options: AccountApiOptions;
  readonly #service: BuiltInAccountService;

  constructor(options: AccountApiOptions) {
    this.#options = options;
    this.#service = new BuiltInAccountService(options.store);
  }

  async handle(request: ApiRequest): Promise<ApiAnswer> {
    const { method, path } = request;
    const { serverToken, signUpToken } = this.#options.config.accountApi;
    if (method === 'GET' && path === '/health') return { status: 200, json: { ok: true } };
    const [, first, name, last, ...more] = path.split('/');
    if (more.length > 0 || (first !== 'check' && first !== 'accounts')) return NOT_HERE;
    if (!shows(request, first === 'check' ? serverToken : signUpToken))
      return failed(401, 'a bearer token is needed, and it is not this one');
    if (first === 'check') return method === 'POST' && name === undefined ? this.#check(request) : NOT_HERE;
    if (name === undefined) return method === 'POST' ? this.#signUp(request) : NOT_HERE;
    const user = decoded(name);
    if (user === undefined) return NOT_HERE;
    if (last === undefined && method === 'GET') return this.#show(user);
    return last === 'entitlement' && method === 'PUT' ? this.#entitle(user, request) : NOT_HERE;
  }

  async #check({ body }: ApiRequest): Promise<ApiAnswer> {
    const question = readQuestion(body);
    if (question === undefined) return UNREADABLE;
    const verdict = await this.#service.ask(question);
    this.#options.log('checked', { device: question.device, result: verdict.result });
    return { status: 200, json: verdict };
  }

  async #signUp({ body }: ApiRequest): Promise<ApiAnswer> {
    const signUp = readSignUp(body);
    if (signUp === undefined) return UNREADABLE;
    const { store, config, clock, log } = this.#options;
    const { user, password, entitled } = signUp;
    try {
      await createUser(store, {
        name: user,
        password,
        entitled,
        serverId: config.serverId,
        keepPassword: config.auth.keepPasswords,
        datastores: config.datastores,
        now: clock(),
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return failed(/already/.test(error.message) ? 409 : 400, error.message);
    }
    log('signed-up', { entitled });
    return { status: 201, json: { user, entitled } };
  }

  async #show(user: string): Promise<ApiAnswer> {
    const account = await this.#options.store.read((tx) => tx.accounts.byName(user));
    if (account === undefined) return failed(404, 'there is no such user');
    return { status: 200, json: { user: account.name, entitled: account.notEntitled !== true, createdAt: account.createdAt } };
  }

  async #entitle(user: string, { body }: ApiRequest): Promise<ApiAnswer> {
    const wanted = readEntitlement(body);
    if (wanted === undefined) return UNREADABLE;
    try {
      await setEntitled(this.#options.store, user, wanted.entitled);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return failed(404, 'there is no such user');
    }
    this.#options.log('entitlement', wanted);
    return { status: 200, json: { user, ...wanted } };
  }
}

/** Where no token is configured, nobody is let in. */
const shows = ({ authorization }: ApiRequest, token: string | undefined): boolean =>
  token !== undefined && sameBytes(digestOf(authorization ?? ''), digestOf(`Bearer ${token}`));

function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
