/** Plays a torture script on a world: edits, disturbed syncs, and at each settling the check that nothing was lost and nothing doubled. */
import { Alert } from '../../src/model/alert.js';
import { Status } from '../../src/model/status.js';
import { SyncGivenUp, type SyncReport } from '../model-client/device.js';
import type { StoreName } from '../model-client/profile.js';
import { ServerBrokeRules } from '../model-client/rules/findings.js';
import { SessionRefused } from '../model-client/session-types.js';
import { LinkLost, type Transport } from '../model-client/transport.js';
import { Dice } from './dice.js';
import { TortureFailure } from './failure.js';
import { Ledger } from './ledger.js';
import { Link } from './link.js';
import { Phone } from './phone.js';
import type { Event, Fault, TortureScript, Visit } from './script.js';
import { settle } from './settle.js';
import type { Tally } from './tally.js';
import { Turns } from './turns.js';
import type { TortureWorld, Wire } from './world.js';

const HOUR = 3_600_000;
const MOST_MS_BETWEEN_MESSAGES = 4000;

/**
 * @param struck gets the faults whose message was sent.
 * @throws {TortureFailure} when the server loses, doubles or refuses something, breaks a rule or does not come to rest.
 */
export async function play(script: TortureScript, world: TortureWorld, tally: Tally, struck = new Set<Fault>()): Promise<void> {
  const player = new Player(script, world, tally, struck);
  try {
    for (const event of script.events) await player.event(event);
  } catch (error) {
    throw error instanceof TortureFailure ? error : new TortureFailure('server error', String(error), { cause: error });
  } finally {
    tally.scripts += 1;
    player.count();
  }
}

class Player {
  readonly #script: TortureScript;
  readonly #world: TortureWorld;
  readonly #tally: Tally;
  readonly #struck: Set<Fault>;
  readonly #ledger = new Ledger();
  readonly #phones: ReadonlyMap<string, Phone>;
  readonly #link: Link;
  /** Refreshes from a client that may still be carried out: what the device held, by device and store. */
  readonly #openRefreshes = new Map<string, { user: string; store: StoreName; held: readonly string[] }>();
  #settling = 0;

  constructor(script: TortureScript, world: TortureWorld, tally: Tally, struck: Set<Fault>) {
    this.#struck = struck;
    this.#script = script;
    this.#world = world;
    this.#tally = tally;
    this.#link = new Link(world, tally);
    const names = Object.keys(script.devices);
    this.#phones = new Map(
      Object.entries(script.devices).map(([name, setup]) => [name, new Phone(name, names.indexOf(name), setup, world, this.#ledger)]),
    );
  }

  /** Sessions and deaths into the tally. */
  count(): void {
    this.#tally.kills += this.#world.kills;
    this.#tally.sessions += this.#sessions - this.#settling;
    this.#tally.settling += this.#settling;
  }

  async event(event: Event): Promise<void> {
    if ('wave' in event) await this.#wave(event);
    else if ('edit' in event) this.#phones.get(event.edit)?.edit(event);
    else if ('forget' in event) this.#phones.get(event.forget)?.forgetAnchors();
    else if ('reset' in event) this.#phones.get(event.reset)?.reset();
    else if ('pass' in event) {
      await this.#world.pass(event.pass * HOUR);
      await this.#world.sweep();
    } else await this.#settle();
  }

  get #sessions(): number {
    return [...this.#phones.values()].reduce((sum, phone) => sum + phone.sessions, 0);
  }

  async #wave({ wave, seed }: Extract<Event, { wave: readonly Visit[] }>): Promise<void> {
    const dice = new Dice(seed);
    const turns = new Turns();
    const visits = wave.flatMap((visit) => {
      const phone = this.#phones.get(visit.device);
      return phone ? [{ phone, visit }] : [];
    });
    for (const { phone, visit } of visits) this.#noteRefreshes(phone, visit);
    this.#bookRefreshes();
    const together = this.#world.concurrent;
    const runs = visits.map(({ phone, visit }) => {
      let at = 0;
      const carry = async (wire: Wire): Promise<Awaited<ReturnType<Link['carry']>>> => {
        at += 1;
        const fault = visit.faults.find((one) => one.at === at);
        if (fault) this.#struck.add(fault);
        await this.#world.pass(dice.between(5, MOST_MS_BETWEEN_MESSAGES));
        return this.#link.carry(wire, dice.between(0, this.#world.servers - 1), fault);
      };
      const direct: Transport = (url, contentType, body, headers) => carry({ url, contentType, body, ...(headers ? { headers } : {}) });
      return () => this.#visit(phone, visit, together ? direct : turns.transport(carry));
    });
    if (together) await allOf(runs);
    else await turns.run(runs, dice, (error) => error instanceof LinkLost);
  }

  async #visit(phone: Phone, visit: Visit, transport: Transport): Promise<void> {
    const { device } = phone;
    device.transport = transport;
    device.loss = phone.setup.loss;
    const noisy = this.#script.noisy.includes(phone.setup.user);
    try {
      const { stores, combined, suspendAt, resume } = visit;
      const targets = stores?.filter((store) => phone.setup.has.includes(store)).map((store) => phone.store(store).profile.target);
      if (targets?.length === 0) return;
      const report = await device.sync(visit.type, {
        ...(targets ? { stores: targets } : {}),
        ...(combined === undefined ? {} : { combined }),
        ...(suspendAt === undefined ? {} : { suspendAt }),
        ...(resume === undefined ? {} : { resume }),
        ...(phone.setup.refuses === undefined ? {} : { refuses: phone.setup.refuses }),
      });
      this.#took(phone, visit, report, noisy);
    } catch (error) {
      if (error instanceof TortureFailure) throw error;
      if (noisy) phone.forgetServer();
      else if (!isBadLuck(error)) throw failureOf(error, `${phone.name} in a disturbed sync`);
      this.#tally.givenUp += 1;
    }
  }

  #took(phone: Phone, visit: Visit, report: SyncReport, noisy: boolean): void {
    if (report.suspended) this.#tally.suspended += 1;
    for (const store of report.stores) {
      const what = `${phone.name} ${store.uri}, a sync of type ${store.effective ?? 'none'}`;
      if (store.requested === Alert.Resume) this.#tally.resumed += 1;
      if (!report.suspended) this.#tally.moved += store.delivered + store.arrived;
      this.#tally.conflicts += store.conflicts;
      if (noisy) continue;
      if (store.refused !== undefined) throw new TortureFailure('refusal', `${what}: refused with ${store.refused}`);
      // What a slow sync was begun with in one package, as a two-way one, may hold Deletes: those are not taken.
      const [failure] = report.suspended
        ? []
        : store.failures.filter(({ kind }) => kind !== 'Delete' || store.effective !== Alert.SlowSync);
      if (failure) throw new TortureFailure('refusal', `${what}: ${failure.kind} of ${failure.luid} answered ${failure.code}`);
    }
    if (visit.type !== Alert.RefreshFromClient || report.suspended) return;
    for (const store of phone.setup.has) if (phone.store(store).broken === undefined) this.#openRefreshes.delete(`${phone.name}/${store}`);
  }

  #noteRefreshes(phone: Phone, visit: Visit): void {
    for (const store of phone.setup.has) {
      if (visit.stores && !visit.stores.includes(store)) continue;
      const resumes = phone.store(store).broken?.type === Alert.RefreshFromClient;
      if (visit.type !== Alert.RefreshFromClient && !resumes) continue;
      this.#openRefreshes.set(`${phone.name}/${store}`, { user: phone.setup.user, store, held: phone.labels(store) });
    }
  }

  #bookRefreshes(): void {
    for (const { user, store, held } of this.#openRefreshes.values()) this.#ledger.refreshed(user, store, held);
  }

  async #settle(): Promise<void> {
    await this.#link.flush();
    this.#bookRefreshes();
    const before = this.#sessions;
    try {
      await settle({
        world: this.#world,
        phones: [...this.#phones.values()],
        ledger: this.#ledger,
        noisy: this.#script.noisy,
        tally: this.#tally,
      });
      this.#openRefreshes.clear();
    } finally {
      this.#settling += this.#sessions - before;
    }
  }
}

/** Runs all of them to their ends, then rejects with the first fault. */
async function allOf(runs: readonly (() => Promise<void>)[]): Promise<void> {
  const ends = await Promise.allSettled(runs.map((run) => run()));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Refusals a device may meet while the world is ill; the others blame it for something. */
const TEMPORARY: readonly number[] = [
  Status.InProgress,
  Status.BadRequest,
  Status.MissingCredentials,
  Status.ServiceUnavailable,
  Status.ProcessingError,
  Status.DataStoreFailure,
  Status.ServerFailure,
  Status.SynchronizationFailed,
];

const isBadLuck = (error: unknown): boolean =>
  error instanceof SyncGivenUp || error instanceof LinkLost || (error instanceof SessionRefused && TEMPORARY.includes(error.code));

export function failureOf(error: unknown, what: string): TortureFailure {
  if (error instanceof TortureFailure) return error;
  if (error instanceof ServerBrokeRules) return new TortureFailure('rule', `${what}: ${error.message}`, { cause: error });
  if (error instanceof SyncGivenUp || error instanceof SessionRefused) {
    return new TortureFailure('stuck', `${what}: ${error.message}`, { cause: error });
  }
  return new TortureFailure('harness', `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, {
    cause: error,
  });
}
