/** Makes a failing script smaller as long as it fails of the same. */
import type { FailureKind } from './failure.js';
import type { DeviceSetup, Event, TortureScript, Visit } from './script.js';

/** Plays a script in a fresh world. @returns what it fails of; undefined when it does not. */
export type Trial = (script: TortureScript) => Promise<FailureKind | undefined>;

export interface ShrinkLimits {
  readonly trials: number;
  readonly ms: number;
}

export interface Shrunk {
  readonly script: TortureScript;
  readonly trials: number;
  /** Nothing more can be left out; false when a limit came first. */
  readonly done: boolean;
}

/** @param kind what `script` fails of. */
export async function shrink(script: TortureScript, kind: FailureKind, trial: Trial, limits: ShrinkLimits): Promise<Shrunk> {
  return new Shrinker(script, kind, trial, limits).run();
}

class Shrinker {
  #best: TortureScript;
  readonly #kind: FailureKind;
  readonly #trial: Trial;
  readonly #limits: ShrinkLimits;
  readonly #began = performance.now();
  #trials = 0;

  constructor(script: TortureScript, kind: FailureKind, trial: Trial, limits: ShrinkLimits) {
    this.#best = script;
    this.#kind = kind;
    this.#trial = trial;
    this.#limits = limits;
  }

  async run(): Promise<Shrunk> {
    for (let before = ''; before !== JSON.stringify(this.#best) && !this.#spent;) {
      before = JSON.stringify(this.#best);
      await this.#dropDevices();
      await this.#dropEvents();
      await this.#dropVisits();
      await this.#dropFaults();
      await this.#simplify();
    }
    return { script: this.#best, trials: this.#trials, done: !this.#spent };
  }

  get #spent(): boolean {
    return this.#trials >= this.#limits.trials || performance.now() - this.#began > this.#limits.ms;
  }

  /** Takes `smaller` when it fails alike. */
  async #try(smaller: TortureScript): Promise<boolean> {
    if (this.#spent) return false;
    this.#trials += 1;
    if ((await this.#trial(smaller)) !== this.#kind) return false;
    this.#best = smaller;
    return true;
  }

  async #dropDevices(): Promise<void> {
    for (const name of Object.keys(this.#best.devices)) {
      const { [name]: _, ...devices } = this.#best.devices;
      if (Object.keys(devices).length > 0) await this.#try(without(this.#best, name, devices));
    }
  }

  async #dropEvents(): Promise<void> {
    await this.#dropSome(
      () => this.#best.events,
      (events) => ({ ...this.#best, events }),
    );
  }

  async #dropVisits(): Promise<void> {
    for (const [at, event] of this.#waves()) {
      for (const visit of event.wave) {
        const now = this.#best.events[at];
        if (!now || !('wave' in now) || now.wave.length < 2) break;
        await this.#try(replaced(this.#best, at, { ...now, wave: now.wave.filter((one) => one.device !== visit.device) }));
      }
    }
  }

  async #dropFaults(): Promise<void> {
    for (const [at, { wave }] of this.#waves()) {
      for (let place = 0; place < wave.length; place += 1) {
        const visit = (): Visit | undefined => {
          const event = this.#best.events[at];
          return event && 'wave' in event ? event.wave[place] : undefined;
        };
        await this.#dropSome(
          () => visit()?.faults ?? [],
          (faults) => this.#withVisit(at, place, { faults }),
        );
      }
    }
  }

  /** Plainer devices, visits, servers and settings. */
  async #simplify(): Promise<void> {
    for (const [name, setup] of Object.entries(this.#best.devices)) {
      const put = (change: Partial<DeviceSetup>): TortureScript => ({
        ...this.#best,
        devices: { ...this.#best.devices, [name]: { ...(this.#best.devices[name] ?? setup), ...change } },
      });
      for (const key of Object.keys(setup.profile)) {
        const { [key as keyof typeof setup.profile]: _, ...profile } = this.#best.devices[name]?.profile ?? {};
        await this.#try(put({ profile }));
      }
      for (const store of setup.has) {
        const has = (this.#best.devices[name] ?? setup).has.filter((one) => one !== store);
        if (has.length > 0) await this.#try(put({ has }));
      }
    }
    for (const [at, { wave }] of this.#waves()) {
      for (const [place, visit] of wave.entries()) {
        for (const key of ['stores', 'combined', 'suspendAt', 'resume'] as const) {
          if (visit[key] !== undefined) await this.#try(this.#withVisit(at, place, { [key]: undefined }));
        }
        if (visit.type !== 200) await this.#try(this.#withVisit(at, place, { type: 200 }));
      }
    }
    if (this.#best.servers > 1) await this.#try({ ...this.#best, servers: 1 });
    if (this.#best.noisy.length > 0) await this.#try({ ...this.#best, noisy: [] });
    for (const key of Object.keys(this.#best.settings)) {
      const { [key]: _, ...settings } = this.#best.settings;
      await this.#try({ ...this.#best, settings });
    }
  }

  #withVisit(at: number, place: number, change: { readonly [K in keyof Visit]?: Visit[K] | undefined }): TortureScript {
    const event = this.#best.events[at];
    if (!event || !('wave' in event)) return this.#best;
    const wave = event.wave.map((visit, i) => {
      if (i !== place) return visit;
      const changed = Object.entries({ ...visit, ...change }).filter(([, value]) => value !== undefined);
      return Object.fromEntries(changed) as unknown as Visit;
    });
    return replaced(this.#best, at, { ...event, wave });
  }

  #waves(): [number, Extract<Event, { wave: readonly Visit[] }>][] {
    return this.#best.events.flatMap((event, at) => ('wave' in event ? [[at, event] as [number, typeof event]] : []));
  }

  /** Delta debugging: leaves out halves, then quarters, down to single ones. [Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input"] */
  async #dropSome<T>(list: () => readonly T[], put: (list: readonly T[]) => TortureScript): Promise<void> {
    for (let size = Math.ceil(list().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let end = list().length; end > 0; end -= size) {
        const now = list();
        const from = Math.max(0, end - size);
        if (from >= now.length) continue;
        await this.#try(put([...now.slice(0, from), ...now.slice(end)]));
      }
    }
  }
}

const replaced = (script: TortureScript, at: number, event: Event): TortureScript => ({ ...script, events: script.events.with(at, event) });

function without(script: TortureScript, name: string, devices: TortureScript['devices']): TortureScript {
  const events = script.events.flatMap((event): Event[] => {
    if ('wave' in event) {
      const wave = event.wave.filter((visit) => visit.device !== name);
      return wave.length > 0 ? [{ ...event, wave }] : [];
    }
    const owner = 'edit' in event ? event.edit : 'forget' in event ? event.forget : 'reset' in event ? event.reset : undefined;
    return owner === name ? [] : [event];
  });
  return { ...script, devices, events };
}
