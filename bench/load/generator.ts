/**
 * The generator's process: simulated devices whose sessions arrive when they would, whatever the server does. A message's latency counts
 * from the moment it should have gone out, so a server that is late makes every waiting message late and not fewer of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, Lost, Pool } from './connections.js';
import { LoadDevice, type Post } from './device.js';
import { Histogram } from './histogram.js';
import { KINDS, type Kind, type Mix, type Order, type Report, type RunResult, type Setup, type VerifyResult } from './plan.js';
import { nextGap, seeded, type Random } from './random.js';
import { userOf } from './users.js';

/** First syncs and checks go on this many at a time. */
const AT_ONCE = 16;
const RESENDS = 3;
const FAILURES_TOLD = 5;
/** Sessions that have not ended this long after the last arrival have failed, ms. */
const PATIENCE_MS = 60_000;
/** Longest sleep between two looks at the clock, ms. */
const LONGEST_SLEEP_MS = 50;

interface Tally {
  completed: number;
  messages: number;
  bytes: number;
  failed: number;
  resent: number;
  readonly failures: string[];
  readonly latencies: Record<Kind, { readonly messages: Histogram; readonly sessions: Histogram }>;
}

const newTally = (): Tally => {
  const both = (): Tally['latencies'][Kind] => ({ messages: new Histogram(), sessions: new Histogram() });
  return {
    completed: 0,
    messages: 0,
    bytes: 0,
    failed: 0,
    resent: 0,
    failures: [],
    latencies: { 'no-change': both(), 'two-way': both(), slow: both() },
  };
};

class Generator {
  readonly #setup: Setup;
  readonly #devices: readonly LoadDevice[];
  readonly #pools: readonly Pool[];
  readonly #random: Random;
  #verifiers = 0;
  #open: { readonly device: LoadDevice; readonly connection: Connection }[] = [];

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#random = seeded(setup.seed);
    this.#pools = setup.ports.map((port) => new Pool(port));
    this.#devices = Array.from({ length: setup.devices }, (_, n) => new LoadDevice(this.#senderOf(n, `load-${n}`), n, setup.cards));
  }

  #senderOf(n: number, device: string): ConstructorParameters<typeof LoadDevice>[0] {
    return { device, ...userOf(Math.floor(n / this.#setup.devicesPerAccount)) };
  }

  async prime(): Promise<void> {
    const waiting = [...this.#devices];
    const work = async (): Promise<void> => {
      for (let device = waiting.pop(); device; device = waiting.pop()) await device.sync('slow', this.#random, this.#post());
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  async run(rate: number, seconds: number, mix: Mix): Promise<RunResult> {
    const cpuBefore = process.cpuUsage();
    const tally = newTally();
    const running = new Set<Promise<void>>();
    const idle = shuffled(this.#devices, this.#random);
    const late: { readonly at: number; readonly kind: Kind }[] = [];
    const begin = (at: number, kind: Kind): void => {
      const device = idle.shift();
      if (device === undefined) {
        late.push({ at, kind });
        return;
      }
      const session = this.#session(device, kind, at, tally).finally(() => {
        running.delete(session);
        idle.push(device);
        const next = late.shift();
        if (next) begin(next.at, next.kind);
      });
      running.add(session);
    };
    const start = performance.now();
    const end = start + seconds * 1000;
    let arrived = 0;
    for (let at = start + nextGap(this.#random, rate); at < end;) {
      const now = performance.now();
      if (now < at) {
        await sleep(Math.min(LONGEST_SLEEP_MS, at - now));
        continue;
      }
      arrived += 1;
      begin(at, pickKind(mix, this.#random));
      at += nextGap(this.#random, rate);
    }
    await sleep(Math.max(0, end - performance.now()));
    const backlog = running.size + late.length;
    const { completed } = tally;
    const patience = performance.now() + PATIENCE_MS;
    while (running.size > 0 && performance.now() < patience) await Promise.race([...running, sleep(1000)]);
    const cpu = process.cpuUsage(cpuBefore);
    const { messages, bytes, failed, resent, failures } = tally;
    return {
      seconds,
      arrived,
      completed,
      messages,
      bytes,
      backlog,
      failed: failed + running.size,
      resent,
      failures,
      latencies: Object.fromEntries(
        KINDS.map((kind) => [kind, { messages: tally.latencies[kind].messages.data(), sessions: tally.latencies[kind].sessions.data() }]),
      ) as RunResult['latencies'],
      cpuMs: (cpu.user + cpu.system) / 1000,
    };
  }

  /** @throws {Error} when a session cannot be opened. */
  async open(count: number): Promise<void> {
    const chosen = this.#devices.slice(0, count);
    for (const [n, device] of chosen.entries()) {
      const connection = new Connection(this.#port(n));
      await device.open('no-change', this.#random, postOn(connection));
      this.#open.push({ device, connection });
    }
  }

  async finish(): Promise<void> {
    for (const { device, connection } of this.#open.splice(0)) {
      await device.finish(postOn(connection));
      connection.close();
    }
  }

  async verify(accounts: number): Promise<VerifyResult> {
    const { devicesPerAccount } = this.#setup;
    const all = Math.floor(this.#devices.length / devicesPerAccount);
    const wrong: string[] = [];
    let cards = 0;
    const chosen = shuffled(
      Array.from({ length: all }, (_, n) => n),
      this.#random,
    ).slice(0, accounts);
    for (const account of chosen) {
      const first = account * devicesPerAccount;
      const devices = this.#devices.slice(first, first + devicesPerAccount);
      for (const device of devices) if (device.mustCompare) await device.sync('slow', this.#random, this.#post());
      this.#verifiers += 1;
      const fresh = new LoadDevice(this.#senderOf(first, `fresh-${this.#verifiers}`), -1, 0);
      await fresh.sync('slow', this.#random, this.#post());
      const expected = new Map(devices.flatMap((device) => [...device.ownCards]));
      const found = fresh.cards;
      cards += expected.size;
      for (const [key, edit] of expected)
        if (found.get(key) !== edit) wrong.push(`card ${key}: edit ${edit} was acknowledged, the server has ${found.get(key) ?? 'none'}`);
      for (const key of found.keys()) if (!expected.has(key)) wrong.push(`card ${key} is on the server and on no device`);
    }
    return { accounts: chosen.length, cards, wrong };
  }

  close(): void {
    for (const pool of this.#pools) pool.close();
    for (const { connection } of this.#open) connection.close();
  }

  async #session(device: LoadDevice, kind: Kind, arrivedAt: number, tally: Tally): Promise<void> {
    const { messages, sessions } = tally.latencies[kind];
    // The first message is due when the session arrives, each other one when the answer before it is there.
    let due = arrivedAt;
    const send = this.#post(() => (tally.resent += 1));
    const post: Post = async (query, body) => {
      const answer = await send(query, body);
      const now = performance.now();
      messages.add(now - due);
      due = now;
      tally.messages += 1;
      tally.bytes += body.length + answer.length;
      return answer;
    };
    try {
      await device.sync(kind, this.#random, post);
      tally.completed += 1;
      sessions.add(performance.now() - arrivedAt);
    } catch (error) {
      tally.failed += 1;
      if (tally.failures.length < FAILURES_TOLD) tally.failures.push(`${device.sender.device}: ${String(error)}`);
    }
  }

  /** Each message goes to any of the processes, as behind a balancer; one that gets no answer goes out again, as from a phone. */
  #post(onResend: () => void = () => undefined): Post {
    return async (query, body) => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          const pool = this.#pools[Math.floor(this.#random() * this.#pools.length)] as Pool;
          const answer = await pool.post(`/sync${query}`, body);
          if (answer.status === 200) return answer.body;
          throw new Error(`HTTP ${answer.status}: ${answer.body.toString('utf8', 0, 200)}`);
        } catch (error) {
          if (!(error instanceof Lost) || attempt === RESENDS) throw error;
          onResend();
          await sleep(100 * 2 ** attempt);
        }
      }
    };
  }

  #port(n: number): number {
    const { ports } = this.#setup;
    return ports[n % ports.length] ?? 0;
  }
}

const postOn =
  (connection: Connection): Post =>
  async (query, body) => {
    const answer = await connection.post(`/sync${query}`, body);
    if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
    return answer.body;
  };

function pickKind(mix: Mix, random: Random): Kind {
  let left = random() * KINDS.reduce((sum, kind) => sum + mix[kind], 0);
  for (const kind of KINDS) {
    left -= mix[kind];
    if (left < 0) return kind;
  }
  return 'no-change';
}

function shuffled<T>(all: readonly T[], random: Random): T[] {
  const mixed = [...all];
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
}

let generator: Generator | undefined;

async function carryOut(order: Order): Promise<Report> {
  if (order.kind === 'setup') {
    generator?.close();
    generator = new Generator(order.setup);
    return { kind: 'done' };
  }
  if (generator === undefined) throw new Error('not set up');
  switch (order.kind) {
    case 'prime':
      await generator.prime();
      return { kind: 'done' };
    case 'run':
      return { kind: 'ran', result: await generator.run(order.rate, order.seconds, order.mix) };
    case 'open':
      await generator.open(order.count);
      return { kind: 'done' };
    case 'finish':
      await generator.finish();
      return { kind: 'done' };
    case 'verify':
      return { kind: 'verified', result: await generator.verify(order.accounts) };
  }
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ kind: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
