/**
 * Whole sessions about items: the input is a tape of choices from which messages are made, sent through a real exchange on a real store. Whatever was said,
 * nothing escapes as an HTTP 500, every readable header gets a SyncML answer, another user's data stay what they were, and afterwards a
 * phone of the same user that keeps the rules syncs.
 */
import { Alert } from '../../../src/model/alert.js';
import { Tape } from '../choices.js';
import { OracleFailure, type Target } from '../target.js';
import { converse } from './conversation.js';
import { hostileMessage } from './hostile-messages.js';
import { World, Worlds } from './world.js';

const worlds = new Worlds(() => World.open());

async function run(input: Uint8Array): Promise<void> {
  const at = await worlds.fresh();
  const user = `user ${at.runs}`;
  await at.addUser(user);
  const before = await at.bystanders();
  await converse(at, { user, device: 'IMEI:hostile', make: hostileMessage }, new Tape(input));
  if ((await at.bystanders()) !== before) throw new OracleFailure('another account', 'the data of the bystander are not what they were');
  at.now += 60_000;
  try {
    const phone = at.phone(user, 'IMEI:well-behaved');
    phone.store('notes').add(Buffer.from('a note of the well-behaved phone'));
    await phone.sync(Alert.SlowSync);
    await phone.sync(Alert.TwoWay);
  } catch (error) {
    throw new OracleFailure('a well-behaved phone afterwards', String(error), { cause: error });
  }
}

export const session: Target = {
  name: 'session',
  maxBytes: 400,
  patience: { ms: 5000, msPerKib: 0 },
  seeds: () => [],
  generate: (choices) => choices.bytes(20 + choices.below(300)),
  run,
  close: () => worlds.close(),
};
