/** Writes transaction after transaction until it is killed, and names each on a line of its own once it is acknowledged. */
import { luid } from '../../../src/model/ids.js';
import type { WriterInput } from './input.js';
import { item, response, session } from '../contract/setting.js';
import { openWithKey } from './open.js';

const input = JSON.parse(process.argv[2] ?? '') as WriterInput;
const store = await openWithKey(input.folder, input.key);
const setting = { account: input.account, datastore: input.datastore, device: input.device };

for (let n = 1; ; n += 1) {
  const big = Buffer.alloc(store.blobs.inlineLimit + 1, `${input.label} ${n} `);
  const name = await store.blobs.put(input.account, big);
  await store.transact(async (tx) => {
    const { items, idMap, datastores } = tx.account(input.account);
    const before = (await datastores.byId(input.datastore))?.position ?? 0;
    for (let each = 0; each < 5; each += 1) {
      const { guid } = await items.create(input.datastore, item(`${input.label} ${n} ${each}`), { now: n });
      await idMap.put(input.pair, 1, { guid, luid: luid(`${input.label} ${n} ${each}`), heldRevision: 1 });
      if (each === 1) await items.replace(input.datastore, guid, item(`${input.label} ${n} changed`), { now: n });
      if (each === 2) await items.remove(input.datastore, guid, { now: n });
    }
    await items.create(input.datastore, { ...item('big'), content: { kind: 'blob', name, size: big.length } }, { now: n });
    const state = JSON.stringify({ n, from: before, to: (await datastores.byId(input.datastore))?.position });
    await tx.sessions.save(
      session({ ...setting, pair: undefined as never }, input.label, { lastMsgId: n, state }),
      response(`answer ${n}`, { msgId: n }),
    );
  });
  process.stdout.write(`${n}\n`);
}
