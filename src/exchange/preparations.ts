/**
 * Contents are prepared before the transaction. What takes longer than a phone waits goes on after an interim answer, and the session's next
 * message finds it done; another process would begin it anew.
 */
import type { AccountId } from '../model/ids.js';
import type { Message } from '../model/message.js';
import type { SessionRecord } from '../storage/ports/sessions.js';
import { metaOf } from '../sync/incoming.js';
import { prepare, type OpenObject, type Prepared } from '../sync/prepare.js';
import type { Incoming } from './incoming.js';
import { INTERIM_AFTER_MS, type ExchangeOptions } from './options.js';
import type { SessionState } from './session-state.js';

/** A client that does not come back for its answer leaves its prepared contents this long. */
const KEEP_PREPARED_MS = 10 * 60 * 1000;

export class Preparations {
  readonly #options: ExchangeOptions;
  /** By session and MsgID. */
  readonly #running = new Map<string, Promise<Prepared>>();

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /**
   * Prepares the contents of the message and of those parked before it. `slow`: it takes longer than a phone waits; the work goes on, and
   * the session's next message finds it done.
   */
  async of(
    incoming: Incoming,
    live: SessionRecord | undefined,
    account: AccountId,
    state: SessionState | undefined,
    earlier: readonly Message[],
  ): Promise<Prepared | 'slow'> {
    const messages = [...earlier, incoming.message];
    const work = messages.map((message) => {
      const key = live && `${live.token} ${message.header.msgId}`;
      const running = key === undefined ? undefined : this.#running.get(key);
      if (running) return running;
      const begun = this.#begin(account, message, state);
      if (key !== undefined) this.#running.set(key, begun);
      return begun;
    });
    const all = Promise.all(work);
    const forget = (): void => {
      for (const message of messages) if (live) this.#running.delete(`${live.token} ${message.header.msgId}`);
    };
    // What failed, for want of room on the disk, is begun anew when the message comes again.
    all.catch(forget);
    const done = await (live ? withinTime(all, this.#options.interimAfterMs ?? INTERIM_AFTER_MS) : all);
    if (done === 'slow') {
      setTimeout(forget, KEEP_PREPARED_MS).unref();
      return 'slow';
    }
    forget();
    return new Map(done.flatMap((p) => [...p]));
  }

  async #begin(account: AccountId, message: Message, state: SessionState | undefined): Promise<Prepared> {
    const open = state ? await this.#openObject(account, state) : undefined;
    return (this.#options.prepare ?? prepare)(this.#options.store, account, message, open, this.#options.config.strict);
  }

  async #openObject(account: AccountId, state: SessionState): Promise<OpenObject | undefined> {
    const open = state.engine.incoming;
    if (!open) return undefined;
    const pair = await this.#options.store.read((tx) => tx.account(account).pairs.get(open.pair));
    const object = pair?.open?.incoming;
    return object ? { pair: open.pair, luid: object.luid, meta: metaOf(object) } : undefined;
  }
}

async function withinTime<T>(work: Promise<T>, ms: number): Promise<T | 'slow'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'slow'>((resolve) => {
    timer = setTimeout(() => resolve('slow'), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
