/**
 * Sessions that break off in the middle: the client interrupted (SIGINT, it suspends), killed, or the server killed and started again on
 * the same folder. What the client does next is its own choice; both sides have to end equal, with nothing lost and nothing doubled.
 */
import assert from 'node:assert/strict';
import type { Device, Mode, RunningSync } from './device.js';
import { contact, named } from './items.js';
import { readMessage, type ReadMessage } from './messages.js';
import { Proxy, type Exchange, type Interference } from './proxy.js';
import { assertWent, Model, Scene } from './scene.js';
import { describeWithClient } from './tools.js';

/** Enough items of this size for several messages in each direction. */
const ITEMS = 40;
const MESSAGE_BYTES = 10_000;
const WORDS = 'All sorts of things to remember about this person, at some length. '.repeat(9);

type Fault = 'client SIGINT' | 'client kill -9' | 'server kill -9, client gives up' | 'server kill -9, client goes on';
const FAULTS: readonly Fault[] = ['client SIGINT', 'client kill -9', 'server kill -9, client gives up', 'server kill -9, client goes on'];
/** The items of the device are on their way up early in the session, those of the server on their way down late in it. */
const PLACES = { 'on the way up': 0.35, 'on the way down': 0.75 } as const;
type Place = keyof typeof PLACES;
/** At which point of the exchange the server dies, by place. */
const DEATHS: Readonly<Record<Place, Interference['when']>> = { 'on the way up': 'during', 'on the way down': 'after' };

interface Side {
  /** Items whose change the other side acknowledged, in a message that arrived. */
  readonly acknowledged: ReadonlySet<string>;
  /** Items sent as Add or Replace. */
  readonly sent: readonly string[];
}

/** What one side sent and what was acknowledged of it by `answers`, the other side's messages that reached it. */
function sideOf(messages: readonly ReadMessage[], answers: readonly ReadMessage[]): Side {
  const good = new Set(
    answers.flatMap(({ statuses }) =>
      statuses.filter(({ code }) => code >= 200 && code < 213).map(({ msgRef, cmdRef }) => `${msgRef}/${cmdRef}`),
    ),
  );
  const changes = messages.flatMap((each) => each.changes).filter(({ kind }) => kind !== 'Delete');
  return {
    acknowledged: new Set(changes.filter(({ msgId, cmdId }) => good.has(`${msgId}/${cmdId}`)).map(({ id }) => id)),
    sent: changes.map(({ id }) => id),
  };
}

/** The messages among these bodies; an exchange that failed has none. */
const read = (bodies: readonly (Buffer | undefined)[]): ReadMessage[] =>
  bodies.filter((body): body is Buffer => body !== undefined && body.length > 0).map((body) => readMessage(body));

/** Both directions of one session; a message that was sent again counts once. */
function sides(exchanges: readonly Exchange[]): { readonly up: Side; readonly down: Side; readonly alerts: readonly number[] } {
  const once = new Map(exchanges.map((each) => [each.request.toString('base64'), each]));
  const requests = read([...once.values()].map(({ request }) => request));
  const responses = read([...once.values()].map(({ response }) => response));
  return {
    up: sideOf(requests, responses),
    down: sideOf(responses, requests),
    alerts: [...new Set(requests.flatMap(({ alerts }) => alerts))],
  };
}

/** One device with its own user and proxy, brought to where the session under test starts. */
class Trial {
  readonly user: string;
  readonly proxy: Proxy;
  readonly device: Device;
  readonly other: Device;
  readonly model = new Model('contacts');
  readonly #scene: Scene;

  constructor(scene: Scene, user: string) {
    this.#scene = scene;
    this.user = user;
    this.proxy = new Proxy(() => new URL(scene.server.url));
    this.device = scene.device(user, 'pocket', { maxMsgSize: MESSAGE_BYTES });
    this.other = scene.device(user, 'desk');
  }

  async prepare(mode: Mode): Promise<void> {
    await this.#scene.addUser(this.user);
    await this.proxy.listen();
    this.device.set({ url: `${this.proxy.origin}/sync` });
    if (mode === 'slow') {
      for (let n = 1; n <= 10; n += 1) for (const device of [this.device, this.other]) this.#add(device, n);
    } else {
      for (let n = 1; n <= 10; n += 1) this.#add(this.other, n);
      assertWent(await this.other.sync('slow'));
      assertWent(await this.device.sync('slow'));
      for (const n of [1, 2, 3]) this.#change(this.device, n, `changed in the pocket ${WORDS}`);
      for (const n of [4, 5, 6]) this.#change(this.other, n, `changed on the desk ${WORDS}`);
      this.#remove(this.device, 7);
      this.#remove(this.other, 8);
    }
    for (let n = 101; n <= 100 + ITEMS; n += 1) this.#add(this.device, n);
    for (let n = 201; n <= 200 + ITEMS; n += 1) this.#add(this.other, n);
    assertWent(await this.other.sync('two-way'));
  }

  #add(device: Device, n: number): void {
    this.model.put(n, WORDS);
    device.put('contacts', `${device.id}-${n}`, contact(n, WORDS));
  }

  #change(device: Device, n: number, words: string): void {
    this.model.put(n, words);
    device.put('contacts', device.find('contacts', named(n)), contact(n, words));
  }

  #remove(device: Device, n: number): void {
    this.model.remove(n);
    device.remove('contacts', device.find('contacts', named(n)));
  }
}

/** Breaks the session off at request `at`, in the way named. @returns what passed through the proxy until the client ended. */
async function breakOff(
  scene: Scene,
  trial: Trial,
  mode: Mode,
  fault: Fault,
  at: number,
  when: Interference['when'],
): Promise<readonly Exchange[]> {
  const { device, proxy } = trial;
  let happened = false;
  const restarted: Promise<void>[] = [];
  const act: Record<Fault, () => Promise<boolean>> = {
    'client SIGINT': async () => {
      running.signal('SIGINT');
      return true;
    },
    'client kill -9': async () => {
      running.signal('SIGKILL');
      return true;
    },
    'server kill -9, client gives up': async () => {
      await scene.server.kill();
      return false;
    },
    'server kill -9, client goes on': async () => {
      await scene.server.kill();
      restarted.push(scene.server.start());
      return false;
    },
  };
  device.set(
    fault === 'server kill -9, client gives up' ? { retryInterval: 0, retryDuration: 0 } : { retryInterval: 3, retryDuration: 45 },
  );
  proxy.reset({ at, when: fault.startsWith('client') ? 'before' : when, act: () => ((happened = true), act[fault]()) });
  const running: RunningSync = await device.start(mode);
  const report = await running.done;
  await Promise.all(restarted);
  assert.ok(happened, `request ${at} never came: ${report.text}`);
  if (fault === 'server kill -9, client goes on') assertWent(report);
  else assert.notEqual(report.exitCode, 0, report.text);
  if (fault === 'server kill -9, client gives up') await scene.server.start();
  return proxy.exchanges;
}

/** One session broken off and the next one, down to equal stores on both devices and the server. @returns what was sent again, in words. */
async function breakAndRecover(scene: Scene, mode: Mode, fault: Fault, place: Place, length: number): Promise<string> {
  const trial = new Trial(scene, `${mode} ${fault} ${place}`.replace(/\W+/g, '-'));
  const { user, proxy, device, other, model } = trial;
  await trial.prepare(mode);
  const broken = sides(await breakOff(scene, trial, mode, fault, Math.max(3, Math.round(length * PLACES[place])), DEATHS[place]));
  device.set({ retryInterval: 10, retryDuration: 30 });
  proxy.reset();
  assertWent(await device.sync('two-way'));
  const next = sides(proxy.exchanges);
  await scene.assertEqual(user, 'contacts', device, model.texts());
  assertWent(await other.sync('two-way'));
  await scene.assertEqual(user, 'contacts', other, model.texts());
  await proxy.close();
  const again = (name: 'up' | 'down'): string => {
    const { acknowledged } = broken[name];
    return `${name}: ${acknowledged.size} acknowledged, ${next[name].sent.filter((id) => acknowledged.has(id)).length} of them sent again`;
  };
  return `${mode}, ${fault} ${place}: next sync asks ${next.alerts.join(', ')}; ${again('up')}; ${again('down')}`;
}

describeWithClient('SyncEvolution: sessions that break off in the middle', function () {
  this.timeout(120_000);
  const places = Object.keys(PLACES) as readonly Place[];

  for (const mode of ['slow', 'two-way'] as const) {
    describe(mode, () => {
      /** A server for each place: the trials of one fault run at the same time, and some kill their server. */
      const scenes = new Map<Place, Scene>();
      /** Requests of the session when nothing disturbs it. */
      let length = 0;

      before(async () => {
        const env = { MOORAGE_LIMITS_MAX_MSG_SIZE: String(MESSAGE_BYTES) };
        for (const place of places) scenes.set(place, await Scene.open({ env }));
        const scene = sceneOf(places[0]);
        const trial = new Trial(scene, 'undisturbed');
        await trial.prepare(mode);
        trial.proxy.reset();
        assertWent(await trial.device.sync(mode));
        length = trial.proxy.exchanges.length;
        await trial.proxy.close();
        await scene.assertEqual(trial.user, 'contacts', trial.device, trial.model.texts());
        assert.ok(length >= 8, `a session of ${length} messages has no middle`);
      });
      after(async () => {
        for (const scene of scenes.values()) await scene.close();
      });

      const sceneOf = (place: Place | undefined): Scene => {
        const scene = place && scenes.get(place);
        assert.ok(scene);
        return scene;
      };

      for (const fault of FAULTS) {
        it(`${fault} ${places.join(' and ')}`, async () => {
          const lines = await Promise.all(places.map((place) => breakAndRecover(sceneOf(place), mode, fault, place, length)));
          for (const line of lines) console.log(`      ${line}`);
        });
      }
    });
  }
});
