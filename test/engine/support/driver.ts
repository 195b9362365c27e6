/** Runs the engine message by message on scripted answers, and checks every invariant after each step. */
import type { Facts } from '../../../src/engine/facts.js';
import { run } from '../../../src/engine/run.js';
import { newSession, type Session } from '../../../src/engine/session.js';
import type { Effect } from '../../../src/model/effects.js';
import type { Message, SyncmlVersion } from '../../../src/model/message.js';
import type { Dialect, Encoding } from '../../../src/wire/dialect.js';
import { encodeDevInf } from '../../../src/wire/encode-devinf.js';
import { MessageEncoder } from '../../../src/wire/encode.js';
import { Invariants } from './invariants.js';
import { ClientSide, DEVICE, SERVER, type Draft, type MessageOptions } from './messages.js';
import { Scripted, type Script, type Waiting } from './scripted.js';

export interface DriverOptions {
  readonly version?: SyncmlVersion;
  readonly encoding?: Encoding;
  readonly script?: Script;
  readonly waiting?: readonly Waiting[];
  readonly facts?: Partial<Facts>;
  readonly session?: Partial<Session>;
}

export class Driver {
  readonly client: ClientSide;
  readonly world: Scripted;
  readonly #facts: Facts;
  readonly #invariants: Invariants;
  session: Session;

  constructor(options: DriverOptions = {}) {
    const version = options.version ?? '1.2';
    const dialect: Dialect = { encoding: options.encoding ?? 'xml', version };
    this.client = new ClientSide(version);
    this.world = new Scripted(options.script, options.waiting);
    this.#facts = factsFor(dialect, options.facts);
    this.#invariants = new Invariants(dialect);
    this.session = { ...newSession(version, SERVER, DEVICE), ...options.session };
  }

  /** Sends a message made of `body`; answers what the engine said. */
  send(body: readonly Draft[], options: MessageOptions = {}): Message {
    return this.run(this.client.next(body, options));
  }

  run(message: Message, facts: Partial<Facts> = {}): Message {
    const before = this.session;
    const frozen = JSON.stringify(before);
    const from = this.world.asked.length;
    const steps = run(before, message, { ...this.#facts, ...facts });
    let step = steps.next();
    while (!step.done) step = steps.next(this.#perform(step.value));
    const { session, answer } = step.value;
    this.#invariants.check({ before, frozen, message, answer, after: session, effects: this.world.asked.slice(from) });
    this.session = session;
    return answer;
  }

  #perform(effect: Effect): unknown {
    if (effect.kind !== 'atomic') return this.world.answer(effect);
    this.world.asked.push(effect);
    const steps = effect.body();
    let step = steps.next();
    while (!step.done) step = steps.next(this.#perform(step.value));
    return undefined;
  }
}

export function factsFor(dialect: Dialect, over: Partial<Facts> = {}): Facts {
  const encoder = new MessageEncoder(dialect);
  return {
    strict: false,
    auth: { kind: 'continued' },
    limits: { maxMsgSize: 150_000, maxObjSize: 4_000_000, defaultMsgSize: 16_000, largestMessage: 1_000_000 },
    encoding: dialect.encoding,
    knowsDevice: true,
    canMac: false,
    devInf: (version, stores, brief) => ({
      verDtd: version,
      man: 'Moorage',
      devId: 'moorage',
      devTyp: 'server',
      dataStores: (brief ? stores.map((s) => s.uri) : ['./contacts', './calendar', './notes', './tasks', './files']).map((sourceRef) => ({
        sourceRef,
        rxPref: { ctType: 'text/plain', verCt: '1.0' },
        rx: [],
        txPref: { ctType: 'text/plain', verCt: '1.0' },
        tx: [],
        syncCap: ['1', '2'],
      })),
    }),
    measure: (command) => encoder.measure(command),
    envelope: (header) => encoder.envelopeSize(header),
    credentials: () => undefined,
    encodeDevInf: (devInf) => encodeDevInf(devInf, dialect),
    decodeDevInf: () => undefined,
    ...over,
  };
}

/** A session whose next client message belongs to `phase`; its datastore is `contacts`, opened two-way. */
export function inPhase(phase: Session['phase'], options: DriverOptions = {}): Driver {
  const driver = new Driver(options);
  if (phase === 'initialization') return driver;
  driver.send([alertFor()]);
  if (phase === 'modifications') return driver;
  driver.send([syncFor()]);
  if (phase === 'map') return driver;
  driver.send([]);
  return driver;
}
const alertFor = (): Draft => ({
  kind: 'Alert',
  code: 200,
  items: [{ target: { uri: 'contacts' }, source: { uri: './C' }, meta: { anchor: { last: '1', next: '2' } } }],
});
const syncFor = (): Draft => ({ kind: 'Sync', target: { uri: 'contacts' }, source: { uri: './C' }, commands: [] });
