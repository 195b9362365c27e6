/** Messages that are taken and not carried out at once: overload (101, Alert 221) and slow work (interim answers). */
import assert from 'node:assert/strict';
import { Authenticator } from '../../src/accounts/authenticate.js';
import { createUser } from '../../src/accounts/users.js';
import { Exchange, type ExchangeAnswer } from '../../src/exchange/exchange.js';
import { prepare } from '../../src/sync/prepare.js';
import type { Command, DistributiveOmit, Message } from '../../src/model/message.js';
import { loadConfig } from '../../src/runtime/config.js';
import { systemRandom } from '../../src/runtime/random.js';
import { decodeMessage } from '../../src/wire/decode.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import { tempStore, type TempStore } from '../support/temp-store.js';

type Draft = DistributiveOmit<Command, 'cmdId'>;
const VCARD = 'BEGIN:VCARD\r\nVERSION:3.0\r\nN:Doe;Ann\r\nFN:Ann Doe\r\nEND:VCARD\r\n';
const CONTENT_TYPE = 'application/vnd.syncml+xml';

const openContacts: Draft = {
  kind: 'Alert',
  code: 201,
  items: [{ target: { uri: 'contacts' }, source: { uri: './c' }, meta: { anchor: { next: '1' } } }],
};
const addOne: Draft = {
  kind: 'Sync',
  target: { uri: 'contacts' },
  source: { uri: './c' },
  commands: [
    {
      kind: 'Add',
      cmdId: '11',
      meta: { type: 'text/vcard' },
      items: [{ source: { uri: 'L1' }, data: { kind: 'content', bytes: Buffer.from(VCARD) } }],
    },
  ],
};
const alert = (code: number): Draft => ({ kind: 'Alert', code, items: [{ target: { uri: 'http://s/sync' }, source: { uri: 'IMEI:1' } }] });
const said = (message: Message): string =>
  message.body
    .map((c) => (c.kind === 'Status' ? `${c.msgRef}/${c.cmd} ${c.code}` : c.kind === 'Alert' ? `Alert ${c.code}` : c.kind))
    .concat(message.final ? ['Final'] : [])
    .join(', ');

describe('messages taken and carried out later', () => {
  let temp: TempStore;
  let url: string;
  /** Preparation of the message with this MsgID waits for `release`. */
  let held: { msgId: string; gate: Promise<void>; release: () => void } | undefined;
  const config = loadConfig({ environment: { HOME: '/tmp' } }).config;

  const exchange = (over: { inFlight?: number; interimAfterMs?: number } = {}): Exchange =>
    new Exchange({
      store: temp.store,
      authenticator: new Authenticator({ config: config.auth, random: systemRandom }),
      config: { ...config, limits: { ...config.limits, inFlight: over.inFlight ?? 10 } },
      clock: Date.now,
      random: systemRandom,
      log: () => undefined,
      ...(over.interimAfterMs === undefined ? {} : { interimAfterMs: over.interimAfterMs }),
      prepare: async (store, account, message, open, strict) => {
        if (held?.msgId === message.header.msgId) await held.gate;
        return prepare(store, account, message, open, strict);
      },
    });

  beforeEach(async () => {
    temp = await tempStore();
    await createUser(temp.store, { name: 'peer', password: 'secret', serverId: 'moorage', datastores: config.datastores, now: 1 });
    url = 'http://s/sync';
    held = undefined;
  });
  afterEach(() => temp.close());

  const hold = (msgId: string): void => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    held = { msgId, gate, release };
  };

  async function send(server: Exchange, msgId: number, body: readonly Draft[], final = true): Promise<Message> {
    const message: Message = {
      header: {
        verDtd: '1.2',
        verProto: 'SyncML/1.2',
        sessionId: '7',
        msgId: String(msgId),
        target: { uri: url },
        source: { uri: 'IMEI:1', name: 'peer' },
        ...(msgId === 1
          ? { cred: { meta: { type: 'syncml:auth-basic', format: 'b64' }, data: Buffer.from('peer:secret').toString('base64') } }
          : {}),
      },
      body: body.map((draft, i) => ({ ...draft, cmdId: String(i + 1) })),
      final,
    };
    const token = new URL(url).searchParams.get('s');
    const answer: ExchangeAnswer = await server.handle({
      body: new MessageEncoder({ encoding: 'xml', version: '1.2' }).encode(message),
      contentType: CONTENT_TYPE,
      url: 'http://s/sync',
      address: '192.0.2.1',
      ...(token === null ? {} : { token }),
    });
    assert.equal(answer.httpStatus, 200);
    const decoded = decodeMessage(answer.body, 'xml').message;
    url = decoded.header.respUri ?? url;
    return decoded;
  }

  const names = async (): Promise<number> =>
    temp.store.read(async (tx) => {
      const account = tx.account((await tx.accounts.byName('peer'))!.id);
      return account.items.count((await account.datastores.byUri('contacts'))!.id);
    });

  it('busy: 101 alone, no Final; Alert 221 brings the Statuses of the message that was kept, and its own', async () => {
    const calm = exchange();
    await send(calm, 1, [openContacts]);
    const overloaded = exchange({ inFlight: 0 });
    const busy = await send(overloaded, 2, [addOne]);
    assert.equal(said(busy), '2/SyncHdr 101');
    assert.equal(await names(), 0);
    assert.equal(said(await send(overloaded, 3, [alert(221)], false)), '3/SyncHdr 101, 3/Alert 101');
    const ready = await send(calm, 3, [alert(221)], false);
    assert.match(said(ready), /^3\/SyncHdr 200, 2\/Sync 200, 2\/Add 201, 3\/Alert 200, Sync, Final$/);
    assert.equal(await names(), 1);
  });

  it('busy: the message may also come again, to a server that never saw it', async () => {
    await send(exchange(), 1, [openContacts]);
    await send(exchange({ inFlight: 0 }), 2, [addOne]);
    const again = await send(exchange(), 2, [addOne]);
    assert.equal(said(again), '2/SyncHdr 200, 2/Sync 200, 2/Add 201, Sync, Final');
    assert.equal(await names(), 1);
  });

  it('busy: a first message has no session to be kept with and begins anew', async () => {
    assert.equal(said(await send(exchange({ inFlight: 0 }), 1, [openContacts])), '1/SyncHdr 101');
    assert.match(said(await send(exchange(), 1, [openContacts])), /^1\/SyncHdr 212, 1\/Alert 200/);
  });

  it('slow work: the SyncHdr Status alone, a 222 only while the package is open; the owed Statuses follow with their MsgRef', async () => {
    const server = exchange({ interimAfterMs: 20 });
    await send(server, 1, [openContacts]);
    hold('2');
    const interim = await send(server, 2, [addOne], false);
    assert.equal(said(interim), '2/SyncHdr 200, Alert 222');
    assert.equal(said(await send(server, 3, [alert(222)], false)), '3/SyncHdr 200, Alert 222');
    held?.release();
    const done = await send(server, 4, [], true);
    assert.equal(said(done), '4/SyncHdr 200, 2/Sync 200, 2/Add 201, 3/Alert 200, Sync, Final');
    assert.equal(await names(), 1);
  });

  it('slow work: after the client’s Final there is no 222, and our MsgIDs go on', async () => {
    const server = exchange({ interimAfterMs: 20 });
    await send(server, 1, [openContacts]);
    hold('2');
    const interim = await send(server, 2, [addOne]);
    assert.equal(said(interim), '2/SyncHdr 200');
    assert.equal(interim.header.msgId, '2');
    held?.release();
    const done = await send(server, 3, [], false);
    assert.equal(said(done), '3/SyncHdr 200, 2/Sync 200, 2/Add 201, Sync, Final');
    assert.equal(done.header.msgId, '3');
  });

  it('slow work: another process carries on where this one was killed', async () => {
    const server = exchange({ interimAfterMs: 20 });
    await send(server, 1, [openContacts]);
    hold('2');
    await send(server, 2, [addOne]);
    held = undefined;
    const done = await send(exchange(), 3, [], false);
    assert.equal(said(done), '3/SyncHdr 200, 2/Sync 200, 2/Add 201, Sync, Final');
    assert.equal(await names(), 1);
  });
});
