/** Phones that do not say in what charset they write. */
import assert from 'node:assert/strict';
import iconv from 'iconv-lite';
import { setCountry } from '../../src/accounts/users.js';
import { describe as describeItem } from '../../src/content/describe.js';
import { change, Scene, type Phone } from './support/scene.js';

const meta = { type: 'text/x-vcard' };
const card = (charset: string, ...lines: readonly string[]): Uint8Array =>
  new Uint8Array(iconv.encode(['BEGIN:VCARD', 'VERSION:2.1', ...lines, 'END:VCARD', ''].join('\r\n'), charset));

describe('sync: charsets nobody has named', () => {
  let scene: Scene;
  let phone: Phone;
  beforeEach(async () => {
    scene = await Scene.open();
    phone = scene.phone('IMEI:1', 'contacts');
    await phone.sync(201);
  });
  afterEach(() => scene.close());

  const put = (luid: number, content: Uint8Array, kind: 'Add' | 'Replace' = 'Add') =>
    phone.sync(200, [change(`${kind} ${luid} `, { meta, content })]);
  const labels = async (): Promise<readonly string[]> => {
    const datastore = await scene.datastore('contacts');
    return scene.read(async ({ items }) => {
      const found: string[] = [];
      for (const { guid, type } of await items.list(datastore))
        found.push(describeItem((await items.content(datastore, guid)) ?? new Uint8Array(), type).label ?? '');
      return found;
    });
  };
  const first = async (): Promise<string | undefined> => {
    const datastore = await scene.datastore('contacts');
    return scene.read(async ({ items }) => (await items.list(datastore))[0]?.guid);
  };
  const seen = (): Promise<string | undefined> => scene.read(async ({ devices }) => (await devices.byUri('IMEI:1'))?.seenCharset);

  it('a whole card tells, is kept under its name, and its echo is no edit', async () => {
    const sent = card('gbk', 'N:王;伟', 'ORG:北京市电话公司', 'TITLE:经理');
    await put(1, sent);
    assert.deepEqual([await labels(), await seen()], [['伟 王'], 'gbk']);
    assert.match((await scene.texts('contacts'))[0] ?? '', /N;CHARSET=GBK:/);
    assert.deepEqual((await put(1, sent, 'Replace')).got, []);
    const other = scene.phone('IMEI:2', 'contacts');
    await other.sync(201);
    await phone.sync(200);
    assert.deepEqual((await other.sync(200)).got, []);
  });

  it('what the device wrote before is evidence for what tells nothing by itself', async () => {
    const name = card('gbk', 'N:岳;珈');
    await put(1, name);
    assert.notDeepEqual(await labels(), ['珈 岳']);
    await put(2, card('gbk', 'N;CHARSET=GB2312:王;伟'));
    assert.equal(await seen(), 'gbk');
    await put(3, name);
    assert.deepEqual((await labels()).slice(1), ['伟 王', '珈 岳']);
    // Sent again, what was taken for Western is put right.
    await put(1, name, 'Replace');
    assert.deepEqual(await labels(), ['珈 岳', '伟 王', '珈 岳']);
  });

  for (const [how, learn] of [
    ['from the device', () => put(2, card('windows-1251', 'N;CHARSET=WINDOWS-1251:Иванова;Анна'))],
    ['from where the user is', () => setCountry(scene.temp.store, 'anna', 'RU')],
  ] as const)
    it(`what is told later, ${how}, makes no second item in a slow sync or a refresh from the client, whose anchors are gone`, async () => {
      const name = card('windows-1251', 'N:;Юля', 'TEL:123');
      await put(1, name);
      const guid = await first();
      await learn();
      const others =
        how === 'from the device' ? [change('Add 2 ', { meta, content: card('windows-1251', 'N;CHARSET=WINDOWS-1251:Иванова;Анна') })] : [];
      for (const type of [201, 203] as const) {
        phone.last = undefined;
        const { got } = await phone.sync(type, [change('Add 1 ', { meta, content: name }), ...others]);
        assert.deepEqual((await labels()).slice(0, 1), ['Юля']);
        assert.equal((await labels()).length, 1 + others.length);
        assert.equal(await first(), guid);
        assert.deepEqual(got, []);
      }
    });

  it('and so is the country of the user; Western names stay Western', async () => {
    await setCountry(scene.temp.store, 'anna', 'RU');
    await put(1, card('windows-1251', 'N:;Юля'));
    await put(2, card('windows-1252', 'N:Müller;Zoé'));
    assert.deepEqual(await labels(), ['Юля', 'Zoé Müller']);
  });
});
