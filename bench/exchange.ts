/**
 * CPU a message costs the server between HTTP and the disk: one process, no sockets, the simulated devices of the load bench. CPU time, not
 * wall time, so that figures can be compared on a machine that others use too.
 */
import { randomBytes } from 'node:crypto';
import { Authenticator } from '../src/accounts/authenticate.js';
import { Exchange } from '../src/exchange/exchange.js';
import { systemClock } from '../src/runtime/clock.js';
import { loadConfig } from '../src/runtime/config.js';
import { tempStore } from '../test/support/temp-store.js';
import { LoadDevice, type Post } from './load/device.js';
import { KINDS } from './load/plan.js';
import { seeded } from './load/random.js';
import { makeUsers, userOf } from './load/users.js';

const ACCOUNTS = 20;
const CARDS = 10;
const SESSIONS = 500;
/** The first rounds are slow while code is compiled; the last is reported beside them. */
const ROUNDS = 3;

export async function exchangeBench(): Promise<void> {
  const temp = await tempStore();
  try {
    const { store } = temp;
    const { config } = loadConfig({ flags: { data: temp.folder, 'key.file': 'unused' }, environment: {} });
    await makeUsers(store, ACCOUNTS);
    const random = (n: number): Uint8Array => randomBytes(n);
    const authenticator = new Authenticator({ config: config.auth, random });
    const exchange = new Exchange({ store, authenticator, config, clock: systemClock, random, log: () => undefined });
    let [cpu, messages] = [0, 0];
    const post: Post = async (query, body) => {
      const token = new URLSearchParams(query).get('s');
      const before = process.cpuUsage();
      const answer = await exchange.handle({
        body,
        url: 'http://127.0.0.1/sync',
        address: '127.0.0.1',
        userAgent: 'load',
        contentType: 'application/vnd.syncml+wbxml',
        ...(token === null ? {} : { token }),
      });
      const { user, system } = process.cpuUsage(before);
      cpu += user + system;
      messages += 1;
      return Buffer.from(answer.body);
    };
    const dice = seeded(1);
    const devices = Array.from({ length: 2 * ACCOUNTS }, (_, n) => {
      return new LoadDevice({ device: `bench-${n}`, ...userOf(Math.floor(n / 2)) }, n, CARDS);
    });
    for (const device of devices) await device.sync('slow', dice, post);
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const kind of KINDS) {
        [cpu, messages] = [0, 0];
        for (let n = 0; n < SESSIONS; n += 1) await (devices[n % devices.length] as LoadDevice).sync(kind, dice, post);
        console.log(
          `round ${round}, ${kind}: ${(cpu / messages).toFixed(0)} µs a message, ${(cpu / 1000 / SESSIONS).toFixed(2)} ms a session`,
        );
      }
    }
  } finally {
    await temp.close();
  }
}
