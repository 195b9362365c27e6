/** Each field of a profile that changes messages or the course of a session, against a server that knows it and one that does not. */
import assert from 'node:assert/strict';
import { HandsetFinder } from '../../src/handsets/handset.js';
import { Library } from '../../src/handsets/library.js';
import type { Traits } from '../../src/handsets/traits.js';
import type { Cred, ItemCommand, Message, ResultsCommand } from '../../src/model/message.js';
import { add, get, openAlert, replace } from '../engine/support/messages.js';
import { basic, Bench, PASSWORD, statuses, USER } from '../exchange/support/bench.js';
import { md5Digest } from '../model-client/credentials.js';
import { Phone, type PhoneOptions, type Session } from './support/phone.js';

const TEXT = [['text/plain', '1.0']] as const;
const NOTES: PhoneOptions = { store: 'notes', types: TEXT };
const lines = (n: number, length = 200): string[] => Array.from({ length: n }, (_, i) => `note ${i} ${'x'.repeat(length)}`);

/** A server that knows of phones called "Test" that they have `traits`. */
async function withPhone<T>(
  traits: Traits | undefined,
  work: (bench: Bench, phone: (o?: PhoneOptions) => Phone) => Promise<T>,
): Promise<T> {
  const bench = await Bench.open();
  try {
    const profiles = [
      { id: 'unknown', name: 'any' },
      ...(traits ? [{ id: 'test', name: 'Test', match: { userAgent: 'Test phone' }, traits }] : []),
    ];
    bench.handsets = new HandsetFinder({ library: new Library([{ name: 'test', file: { family: 'Test', profiles } }]) });
    bench.exchange = bench.another();
    return await work(bench, (o) => new Phone(bench, { userAgent: 'Test phone' }, { ...NOTES, ...o }));
  } finally {
    await bench.close();
  }
}

/** Another device brings notes before the phone comes. */
async function bring(bench: Bench, texts: readonly string[]): Promise<Phone> {
  const desktop = new Phone(bench, { userAgent: 'desktop' }, NOTES);
  for (const text of texts) desktop.items.set(desktop.newLuid(), Buffer.from(text));
  await desktop.sync(
    201,
    [...desktop.items].map(([luid, bytes]) => add(luid, Buffer.from(bytes).toString())),
  );
  return desktop;
}
const longest = ({ bodies }: Session): number => Math.max(...bodies.map(({ length }) => length));
const textsOf = (session: Session): string[] =>
  session.received.flatMap(({ items }) => items.map(({ data }) => (data?.kind === 'content' ? Buffer.from(data.bytes).toString() : '')));

describe('what a phone bears of messages', () => {
  it('messages.maxSize: no message is bigger, whatever it allows', async () => {
    const first = (traits: Traits | undefined): Promise<Session> =>
      withPhone(traits, async (bench, phone) => {
        await bring(bench, lines(30));
        const session = await phone({ maxMsgSize: 20_000 }).sync(201, []);
        assert.equal(session.received.length, 30);
        return session;
      });
    assert.ok(longest(await first({ messages: { maxSize: 3000 } })) <= 3000);
    assert.ok(longest(await first(undefined)) > 6000);
  });

  it('messages.usePercent: so much of what it allows', async () => {
    await withPhone({ messages: { usePercent: 50 } }, async (bench, phone) => {
      await bring(bench, lines(30));
      const session = await phone({ maxMsgSize: 8000 }).sync(201, []);
      assert.ok(longest(session) <= 4000 && longest(session) > 3000, String(longest(session)));
      assert.equal(session.received.length, 30);
    });
  });

  it('messages.errorItems: a Status with an error has no Item', async () => {
    const items = (traits: Traits | undefined): Promise<readonly unknown[]> =>
      withPhone(traits, async (_, phone) => {
        const { statuses } = await phone().sync(201, [add('1', 'BEGIN:VCARD', { meta: { type: 'text/x-vcard' } })]);
        const refused = statuses.find(({ cmd }) => cmd === 'Add') ?? assert.fail();
        assert.equal(refused.code, 415);
        assert.deepEqual(refused.sourceRefs, ['1']);
        return refused.items;
      });
    assert.equal((await items(undefined)).length, 1);
    assert.equal((await items({ messages: { errorItems: false } })).length, 0);
  });

  it('messages.itemStatuses: what went well has no Status, what did not has one', async () => {
    await withPhone({ messages: { itemStatuses: false } }, async (bench, phone) => {
      const { statuses } = await phone().sync(201, [add('1', 'one'), add('2', 'BEGIN:VCARD', { meta: { type: 'text/x-vcard' } })]);
      assert.deepEqual(
        statuses.filter(({ cmd }) => cmd === 'Add').map(({ code }) => code),
        [415],
      );
      assert.ok(statuses.some(({ cmd }) => cmd === 'Sync'));
      assert.deepEqual(await bench.texts(), ['one']);
    });
  });

  const parts = (session: Session): ItemCommand[] => session.received.filter(({ items }) => items.some((item) => item.moreData));
  const LARGE = 'L'.repeat(12_000);
  const large = { maxMsgSize: 5000, maxObjSize: 1_000_000, devInf: { supportLargeObjs: true } };

  it('messages.largeObjects: nothing is split for a phone that cannot put it together, and it waits here', async () => {
    await withPhone(undefined, async (bench, phone) => {
      await bring(bench, [LARGE]);
      assert.ok(parts(await phone(large).sync(201, [])).length > 1);
    });
    await withPhone({ messages: { largeObjects: false } }, async (bench, phone) => {
      await bring(bench, [LARGE, 'small']);
      const session = await phone(large).sync(201, []);
      assert.deepEqual(textsOf(session), ['small']);
      assert.deepEqual(await bench.texts(), [LARGE, 'small']);
    });
  });

  it('messages.sizePlus: Size of a large object is more than its length', async () => {
    for (const [plus, traits] of [
      [0, undefined],
      [1, { messages: { sizePlus: 1 } }],
    ] as const)
      await withPhone(traits, async (bench, phone) => {
        await bring(bench, [LARGE]);
        const [first] = (await phone(large).sync(201, [])).received;
        assert.equal(first?.meta?.size, LARGE.length + plus);
      });
  });

  it('messages.namespace: no xmlns on SyncML', async () => {
    await withPhone({ messages: { namespace: false } }, async (bench, phone) => {
      await bring(bench, ['one']);
      const { bodies, received } = await phone().sync(201, []);
      for (const body of bodies) assert.match(body.toString(), /^<\?xml[^>]*\?><SyncML><SyncHdr>/);
      assert.equal(received.length, 1);
    });
    await withPhone(undefined, async (_, phone) => {
      const { bodies } = await phone().sync(201, []);
      assert.match(bodies[0]?.toString() ?? '', /<SyncML xmlns="SYNCML:SYNCML1\.1">/);
    });
  });

  it('messages.data: item data in CDATA, but for what would end it', async () => {
    await withPhone({ messages: { data: 'cdata' } }, async (bench, phone) => {
      await bring(bench, ['a < b & c', 'x ]]> y']);
      const { bodies, received } = await phone().sync(201, []);
      const text = Buffer.concat(bodies).toString();
      assert.ok(text.includes('<Data><![CDATA[a < b & c]]></Data>'), text);
      assert.deepEqual(
        received
          .flatMap(({ items }) => items.map(({ data }) => (data?.kind === 'content' ? Buffer.from(data.bytes).toString() : '')))
          .sort(),
        ['a < b & c', 'x ]]> y'],
      );
    });
  });

  it('messages.propertyLists: our device information lists none', async () => {
    const lists = (traits: Traits | undefined): Promise<number> =>
      withPhone(traits, async (_, phone) => {
        const { answers } = await phone({ maxMsgSize: 60_000 }).sync(201, [], {}, [get('./devinf11')]);
        const results = answers.flatMap(({ body }) => body).find((one): one is ResultsCommand => one.kind === 'Results') ?? assert.fail();
        const data = results.items[0]?.data;
        assert.ok(data?.kind === 'devinf');
        assert.ok(data.devinf.dataStores.length >= 4, 'all stores are named');
        return data.devinf.ctCaps?.length ?? 0;
      });
    assert.ok((await lists(undefined)) > 0);
    assert.equal(await lists({ messages: { propertyLists: false } }), 0);
  });

  it('messages.credentials: md5 without the nonce we gave counts, so that no command has to come again', async () => {
    const second = (traits: Traits | undefined): Promise<string> =>
      withPhone(traits, async (bench) => {
        const session = (sessionId: string, cred: Cred): Promise<Message> =>
          bench
            .client({ sessionId, userAgent: 'Test phone', device: 'IMEI:md5' })
            .send([openAlert(200, 'notes', './notes', sessionId)], { header: { cred, source: { uri: 'IMEI:md5', name: USER } } });
        await session('1', basic());
        return statuses(
          await session('2', {
            meta: { type: 'syncml:auth-md5', format: 'b64' },
            data: md5Digest('1.2', USER, PASSWORD, new Uint8Array(0)),
          }),
        );
      });
    assert.equal(await second({ messages: { credentials: 'no-nonce' } }), 'SyncHdr 212, Alert 508');
    assert.equal(await second(undefined), 'SyncHdr 401, Alert 401');
  });

  it('messages.alreadyExists: 418 for what it has already is as good as 200', async () => {
    await withPhone({ messages: { alreadyExists: 200 } }, async (bench, phone) => {
      const desktop = await bring(bench, ['one']);
      const one = phone();
      await one.sync(201, [], { Add: 418 });
      const again = await one.sync(200, []);
      assert.deepEqual(again.received, []);
      assert.equal(desktop.items.size, 1);
    });
  });
});

describe('what a phone bears of sync types', () => {
  const alerted = ({ answers }: Session): [number | undefined, number | undefined] => {
    const first = answers[0]?.body ?? [];
    const status = first.find((one) => one.kind === 'Status' && one.cmd === 'Alert');
    const alert = first.find((one) => one.kind === 'Alert');
    return [status?.kind === 'Status' ? status.code : undefined, alert?.kind === 'Alert' ? alert.code : undefined];
  };

  it('sync.slowOnly: a two-way sync becomes a slow one', async () => {
    await withPhone({ sync: { slowOnly: true } }, async (_, phone) => {
      const one = phone();
      await one.sync(201, [add('1', 'one')]);
      assert.deepEqual(alerted(await one.sync(200, [add('1', 'one')])), [508, 201]);
    });
  });

  it('sync.changesMode: a two-way sync stays one, and all that is not known to be there goes out', async () => {
    const second = (traits: Traits | undefined): Promise<Session> =>
      withPhone(traits, async (bench, phone) => {
        const desktop = await bring(bench, ['one', 'two']);
        const one = phone();
        await one.sync(201, []);
        await desktop.sync(200, [add('9', 'three')]);
        one.forgetAnchor();
        const session = await one.sync(200, [add('7', 'four')]);
        assert.deepEqual(await bench.texts(), ['four', 'one', 'three', 'two']);
        return session;
      });
    assert.deepEqual(alerted(await second(undefined)), [508, 201]);
    const kept = await second({ sync: { changesMode: false } });
    assert.deepEqual(alerted(kept), [200, 200]);
    assert.deepEqual(textsOf(kept), ['three']);
  });

  it('sync.refreshes: no refresh in the place of what it asked for', async () => {
    for (const [type, traits] of [
      [205, undefined],
      [201, { sync: { refreshes: false as const } }],
    ] as const)
      await withPhone(traits, async (bench, phone) => {
        await bring(bench, ['one']);
        const one = phone();
        await one.sync(201, []);
        one.forgetAnchor();
        assert.deepEqual(alerted(await one.sync(204, [])), [508, type]);
      });
  });

  it('sync.replaceInSlow: a change of ours waits for the next two-way sync', async () => {
    const kindsAfter = (traits: Traits | undefined): Promise<string[][]> =>
      withPhone(traits, async (bench, phone) => {
        const desktop = await bring(bench, ['one']);
        const one = phone();
        await one.sync(201, []);
        await desktop.sync(200, [replace('1', 'one more')]);
        // The phone still has what it was given.
        const again = [...one.items].map(([luid, bytes]) => replace(luid, Buffer.from(bytes).toString()));
        const slow = await one.sync(201, again);
        const next = await one.sync(200, []);
        return [slow, next].map(({ received }) => received.map(({ kind }) => kind));
      });
    assert.deepEqual(await kindsAfter(undefined), [['Replace'], []]);
    assert.deepEqual(await kindsAfter({ sync: { replaceInSlow: false } }), [[], ['Replace']]);
  });
});
