/** What a case works with: devices, items, the server's address, and ways to say what it saw. */
import type { DevInf } from '../../model/devinf.js';
import { Alert } from '../../model/alert.js';
import { Status } from '../../model/status.js';
import { CaseFailed, Inconclusive, NotSupported, type Variant } from '../case.js';
import { LabDevice, type DeviceOptions, type DeviceStore } from './device.js';
import * as drafts from './drafts.js';
import type { Draft, StoreNames } from './drafts.js';
import type { HttpClient } from './http.js';
import { kindFor, type ItemKind } from './items.js';
import { sync, type SyncOptions, type SyncOutcome } from './sync.js';
import type { Findings, Place, Target } from './target.js';
import type { LabSession } from './session.js';
import type { ExchangeTrace, SessionTrace } from './trace.js';

export interface LabOptions {
  readonly target: Target;
  readonly findings: Findings;
  readonly variant: Variant;
  readonly http: HttpClient;
  readonly caseId: string;
  /** Digits that no other run of the suite uses: anchors and device names begin with them. */
  readonly run: string;
  /** Counts through the whole run, so that no two devices have an anchor in common, also where devices go by the same few names. */
  readonly serial: () => number;
}

export class Lab {
  readonly target: Target;
  readonly variant: Variant;
  readonly kind: ItemKind;
  /** What the server says it can do; undefined where it says nothing. */
  readonly devInf: DevInf | undefined;
  readonly second: Findings['second'];
  readonly http: HttpClient;
  readonly run: string;
  readonly serial: () => number;
  readonly observations: string[] = [];
  readonly sessions: SessionTrace[] = [];
  readonly #caseId: string;
  #devices = 0;
  #names = 0;

  constructor(options: LabOptions) {
    this.target = options.target;
    this.variant = options.variant;
    this.kind = options.findings.kind;
    this.devInf = options.findings.devInf;
    this.second = options.findings.second;
    this.http = options.http;
    this.run = options.run;
    this.serial = options.serial;
    this.#caseId = options.caseId;
  }

  get names(): StoreNames {
    return { client: './lab', server: this.target.datastore };
  }

  /** A device no server has met before, unless it is given another's name or the server knows only some devices. */
  device(options: DeviceOptions = {}): LabDevice {
    this.#devices += 1;
    const fresh = `lab-${this.run}-${this.#caseId}-${this.variant.version}${this.variant.encoding}-${this.#devices}`;
    const { devices } = this.target;
    if (devices && options.uri !== undefined && !devices.includes(options.uri))
      this.unsupported('the server lets in only devices it knows by name');
    return new LabDevice(this, devices?.[(this.#devices - 1) % devices.length] ?? fresh, options);
  }

  /** A device that was let in before. Servers count the wrong log-ins of strangers together, and a run of many must not lock itself out. */
  async knownDevice(options: DeviceOptions = {}): Promise<LabDevice> {
    const { auth, ...others } = options;
    const device = this.device(others);
    const session = device.session();
    await session.open([session.alert(Alert.SlowSync)]);
    if (auth !== undefined) device.auth = auth;
    return device;
  }

  /** Called by each session when it begins. */
  opened(session: LabSession, exchanges: readonly ExchangeTrace[]): void {
    this.sessions.push({ caseId: this.#caseId, device: session.device.uri, exchanges });
  }

  /** A name for an item that was not used before in this case. */
  name(): string {
    this.#names += 1;
    return `item${String(this.#names).padStart(3, '0')}`;
  }

  /** An Add of a new item of this name. */
  add(luid: string, name: string, options: { readonly edit?: number; readonly filler?: number } = {}): Draft {
    return drafts.add(luid, this.kind.make(name, options), this.kind.type);
  }

  replace(luid: string, name: string, options: { readonly edit?: number; readonly filler?: number } = {}): Draft {
    return drafts.replace(luid, this.kind.make(name, options), this.kind.type);
  }

  /** A whole sync of one store of a device. See {@link sync}. */
  sync(device: LabDevice, code: number, commands: readonly Draft[] = [], options: SyncOptions = {}): Promise<SyncOutcome> {
    return sync(device, code, commands, options);
  }

  /** Puts items of these names on the server, from a device of their own. @returns that device: its LUIDs are the names. */
  async seed(names: readonly string[], options: { readonly edit?: number; readonly filler?: number } = {}): Promise<LabDevice> {
    const device = this.device();
    const commands = names.map((name) => this.add(name, name, options));
    const { session } = await this.sync(device, Alert.SlowSync, commands);
    for (const command of commands) {
      const code = session.code(command);
      if (code === undefined || code >= 300) throw new Inconclusive(`an item could not be put on the server: ${code ?? 'no Status'}`);
    }
    for (const name of names) device.store.items.set(name, { type: this.kind.type, text: this.kind.make(name, options) });
    return device;
  }

  /** A session of a device that was never there before: its slow sync is open, its items are due. */
  async openFirst(device = this.device()): Promise<LabSession> {
    const session = device.session();
    await session.openStore(Alert.SlowSync);
    return session;
  }

  /** A session of a device that has synced before, opened two-way; its changes are due. @throws {Inconclusive} when another type runs. */
  async reopen(device: LabDevice, options: Parameters<LabSession['openStore']>[1] = {}): Promise<LabSession> {
    const session = device.session();
    const granted = await session.openStore(Alert.TwoWay, options);
    this.given(granted === Alert.TwoWay, `a sync of type ${granted} runs, not two-way`);
    return session;
  }

  /** What the server holds, as a device that was never there before gets it: the items' texts. */
  async contents(): Promise<readonly string[]> {
    const device = this.device();
    await this.sync(device, Alert.SlowSync);
    return [...device.store.items.values()].map(({ text }) => text);
  }

  /** Names of what the server holds, sorted; an edit but the first stands behind it: `item001#2`. */
  async held(): Promise<readonly string[]> {
    return labels(this.kind, await this.contents());
  }

  /** Names of what a device holds, as {@link held} writes them. */
  labelsOf(store: DeviceStore): readonly string[] {
    return labels(
      store.kind,
      [...store.items.values()].map(({ text }) => text),
    );
  }

  // What a case says.

  /** Keeps what was seen, for the report. */
  note(text: string): void {
    this.observations.push(text);
  }

  /** @throws {CaseFailed} unless `holds`. @param what the rule, as it should be: `the Status of the Alert is 508`. @param saw what came instead. */
  check(holds: boolean, what: string, saw: string): void {
    this.note(`${what}: ${holds ? 'yes' : 'no'} (${saw})`);
    if (!holds) throw new CaseFailed(`${what}: ${saw}`);
  }

  /** @throws {CaseFailed} unless both are equal, by their JSON. */
  equal(actual: unknown, expected: unknown, what: string): void {
    const [is, should] = [JSON.stringify(actual) ?? 'nothing', JSON.stringify(expected) ?? 'nothing'];
    this.note(`${what}: ${is}`);
    if (is !== should) throw new CaseFailed(`${what}: ${is}, required is ${should}`);
  }

  oneOf(actual: unknown, allowed: readonly unknown[], what: string): void {
    this.note(`${what}: ${String(actual)}`);
    if (!allowed.includes(actual)) throw new CaseFailed(`${what}: ${String(actual)}, required is ${allowed.map(String).join(' or ')}`);
  }

  /** A successful code, 2xx. */
  success(code: number | undefined, what: string): void {
    this.check(code !== undefined && code >= 200 && code < 300, `${what} is answered with success`, String(code ?? 'no Status'));
  }

  /** @throws {Inconclusive} unless `holds`: the case cannot look at what it is about. */
  given(holds: boolean, what: string): void {
    if (!holds) throw new Inconclusive(what);
  }

  /** @throws {NotSupported} */
  unsupported(why: string): never {
    throw new NotSupported(why);
  }

  /** @throws {NotSupported} unless the server's DevInf says that it takes large objects. */
  needsLargeObjects(): void {
    if (this.variant.version === '1.0') this.unsupported('SyncML 1.0 has no large objects');
    if (this.devInf?.supportLargeObjs !== true) this.unsupported('the server does not announce SupportLargeObjs');
  }

  /** @throws {NotSupported} when the server has one datastore only. */
  needsSecond(): Place {
    return this.second ?? this.unsupported('the server announces no second datastore the suite can write to');
  }

  /** A datastore for one of these media types: the one under test where it is such a one. @throws {NotSupported} when there is none. */
  needsStoreFor(types: readonly string[]): Place {
    if (types.includes(this.kind.type)) return { datastore: this.target.datastore, kind: this.kind };
    for (const { sourceRef, rxPref, rx } of this.devInf?.dataStores ?? []) {
      const kind = kindFor([...(rxPref ? [rxPref] : []), ...rx].map(({ ctType }) => ctType).filter((type) => types.includes(type)));
      if (kind) return { datastore: plainName(sourceRef), kind };
    }
    return this.unsupported(`the server announces no datastore for ${types.join(' or ')}`);
  }

  /** @throws {NotSupported} when this sync type is refused with a code that says so. */
  offers(code: number | undefined, what: string): void {
    if (code === Status.FeatureNotSupported || code === Status.CommandNotAllowed || code === Status.CommandNotImplemented)
      this.unsupported(`${what} is answered with ${code}`);
  }
}

/** `contacts` of `./contacts`. */
export const plainName = (uri: string): string => uri.replace(/^(?:\.?\/)+/, '');

function labels(kind: ItemKind, texts: readonly string[]): readonly string[] {
  return texts
    .map((text) => {
      const read = kind.read(text);
      return read === undefined ? `? ${text.slice(0, 40)}` : `${read.name}${read.edit === 1 ? '' : `#${read.edit}`}`;
    })
    .sort();
}
