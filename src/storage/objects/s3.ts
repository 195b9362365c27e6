/**
 * A storage location that is a bucket of an S3-compatible service. An object of the bucket is one object here; services show an upload
 * whole or not at all, and check it against the digest that is sent along. Calls that fail on the way are made again: all of them may be.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3mini } from 's3mini';
import { StoreError } from '../../model/errors.js';
import { OBJECT_NAME, type ObjectFacts, type Objects } from '../ports/objects.js';
import { checkName, checkPrefix } from './names.js';
import { faultOf, NotS3Error, type S3Fault } from './s3-faults.js';

export interface S3Options {
  /** Of the location, for errors. */
  readonly id: string;
  /** With the bucket: `https://s3.example.org/backups`, or `https://backups.s3.example.org`. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Objects' names in the bucket begin so; ends with `/`, or is empty. */
  readonly prefix?: string;
  /** How long one try may take, milliseconds. */
  readonly timeoutMs?: number;
  /** Tries of a call. */
  readonly attempts?: number;
  /** Wait before the second try, milliseconds; doubles with each. */
  readonly backOffMs?: number;
  /** Objects in a page of a listing; services give 1000 at most. */
  readonly page?: number;
  /** Told of every try that failed and is made again. */
  readonly onRetry?: (fields: { location: string; fault: string; attempt: number }) => void;
}

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 4;
const BACK_OFF_MS = 200;
const LONGEST_BACK_OFF_MS = 5000;
const PAGE = 1000;

export class S3Objects implements Objects {
  readonly #options: Required<Omit<S3Options, 'accessKeyId' | 'secretAccessKey' | 'onRetry'>>;
  readonly #onRetry: NonNullable<S3Options['onRetry']>;
  readonly #bucket: S3mini;
  readonly #closing = new AbortController();

  constructor(options: S3Options) {
    const { accessKeyId, secretAccessKey, onRetry = () => undefined, ...rest } = options;
    this.#options = { prefix: '', timeoutMs: TIMEOUT_MS, attempts: ATTEMPTS, backOffMs: BACK_OFF_MS, page: PAGE, ...rest };
    this.#onRetry = onRetry;
    this.#bucket = new S3mini({
      accessKeyId,
      secretAccessKey,
      endpoint: rest.endpoint,
      region: rest.region,
      requestAbortTimeout: this.#options.timeoutMs,
      fetch: fetchOfS3,
    });
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const key = this.#key(name);
    // Part of what is signed: a body that was cut or changed on the way is refused, over plain HTTP too.
    const digest = createHash('md5').update(bytes).digest('base64');
    const headers = { 'content-md5': digest } as Record<`x-amz-${string}`, string>;
    await this.#attempt(`${name} cannot be written`, async () => {
      const answer = await this.#bucket.putObject(key, bytes, 'application/octet-stream', undefined, headers);
      await answer.arrayBuffer();
      if (!answer.headers.has('etag')) throw new NotS3Error('an answer without ETag');
    });
  }

  async get(name: string, range?: { readonly offset: number; readonly length: number }): Promise<Uint8Array> {
    const key = this.#key(name);
    if (range === undefined)
      return this.#read(name, async () => new Uint8Array(await (await this.#bucket.getObjectRaw(key)).arrayBuffer()));
    if (range.length > 0) return this.#range(name, key, range.offset, range.length);
    // No range is empty, so the byte before it is asked for: the object must reach that far.
    if (range.offset > 0) await this.#range(name, key, range.offset - 1, 1);
    else await this.#read(name, () => this.#bucket.getContentLength(key));
    return new Uint8Array(0);
  }

  async remove(name: string): Promise<void> {
    const key = this.#key(name);
    await this.#attempt(`${name} cannot be removed`, async () => {
      await this.#bucket.deleteObject(key);
    });
  }

  async *list(prefix: string): AsyncIterable<ObjectFacts> {
    checkPrefix(prefix);
    const from = this.#options.prefix;
    let token: string | undefined;
    do {
      const after = token;
      const page = await this.#attempt('it cannot be listed', () =>
        this.#bucket.listObjectsPaged('/', from + prefix, this.#options.page, after),
      );
      if (!page?.objects) throw this.#unavailable('it cannot be listed', { status: 404, code: 'no such bucket', passing: false });
      for (const { Key, Size, LastModified } of page.objects) {
        const name = Key.slice(from.length);
        // Others may keep things in the bucket too.
        if (Key.startsWith(from) && OBJECT_NAME.test(name)) yield { name, size: Size, modifiedAt: LastModified.getTime() };
      }
      token = page.nextContinuationToken;
    } while (token !== undefined);
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  async #range(name: string, key: string, offset: number, length: number): Promise<Uint8Array> {
    const end = offset + length;
    const bytes = await this.#read(name, async () => {
      const answer = await this.#bucket.getObjectRaw(key, false, offset, end);
      const body = new Uint8Array(await answer.arrayBuffer());
      // Services may leave a range alone and send the whole object.
      if (answer.status !== 206) return body.subarray(offset, end);
      if (!(answer.headers.get('content-range') ?? '').startsWith(`bytes ${offset}-`)) throw new NotS3Error('another range than asked for');
      return body.subarray(0, length);
    });
    if (bytes.length < length) throw this.#corrupt(name, `is shorter than ${end} bytes`);
    return bytes;
  }

  async #read<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#attempt(`${name} cannot be read`, work, ({ status, code }) => {
      // A head's answer has no body, so no code either.
      if (status === 404 && (code === 'NoSuchKey' || code === 'status 404')) return this.#corrupt(name, 'is not there');
      return status === 416 ? this.#corrupt(name, 'is too short') : undefined;
    });
  }

  /** @param meaning what a fault that stays is, when it is not `unavailable`. */
  async #attempt<T>(
    what: string,
    work: () => Promise<T>,
    meaning: (fault: S3Fault) => StoreError | undefined = () => undefined,
  ): Promise<T> {
    const { attempts, backOffMs, id } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const fault = faultOf(
          error instanceof Error && error.cause instanceof Error && !(error instanceof TypeError) ? error.cause : error,
        );
        const other = meaning(fault);
        if (other !== undefined) throw other;
        if (!fault.passing || attempt >= attempts || this.#closing.signal.aborted) throw this.#unavailable(what, fault);
        this.#onRetry({ location: id, fault: fault.code, attempt });
        const wait = Math.min(backOffMs * 2 ** (attempt - 1), LONGEST_BACK_OFF_MS);
        // Spread, so that many who failed together do not come back together.
        await sleep(wait / 2 + (Math.random() * wait) / 2, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
  }

  #key(name: string): string {
    checkName(name);
    return this.#options.prefix + name;
  }

  #unavailable(what: string, { code }: S3Fault): StoreError {
    return new StoreError('unavailable', `location "${this.#options.id}": ${what} (${code})`);
  }

  #corrupt(name: string, what: string): StoreError {
    return new StoreError('corrupt', `location "${this.#options.id}": ${name} ${what}`);
  }
}

/**
 * The platform's fetch, following no redirects (signatures name the host), and taking nothing for a listing that is none: an empty
 * one would say that everything is gone.
 */
async function fetchOfS3(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
  const answer = await fetch(input, { ...init, redirect: 'manual' });
  const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
  if (!answer.ok || !/[?&]list-type=2(&|$)/.test(url)) return answer;
  const text = await answer.text();
  if (!/<ListBucketResult[\s>]/.test(text) || !text.trimEnd().endsWith('</ListBucketResult>'))
    throw new NotS3Error('an answer that is no listing');
  return new Response(text, { status: answer.status, headers: { 'content-type': 'application/xml' } });
}
