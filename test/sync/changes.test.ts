/** The client's Add, Replace and Delete in a normal sync: statuses, conflicts under each policy, deletes of every kind, limits. */
import assert from 'node:assert/strict';
import type { ConflictPolicy } from '../../src/storage/ports/datastores.js';
import { change, Scene, type Phone } from './support/scene.js';

async function started(options: Parameters<typeof Scene.open>[0] = {}, store = 'notes'): Promise<{ scene: Scene; phone: Phone }> {
  const scene = await Scene.open(options);
  const phone = scene.phone('IMEI:1', store);
  await phone.sync(201, store === 'notes' ? ['Add 1 one\ntext'] : []);
  return { scene, phone };
}

describe('sync: client changes', () => {
  let scene: Scene;
  let phone: Phone;
  beforeEach(async () => {
    ({ scene, phone } = await started());
  });
  afterEach(() => scene.close());

  it('Add 201, Replace 200, Replace of an unknown LUID 201, Delete 200, Delete of an unknown LUID 211', async () => {
    const { statuses } = await phone.sync(200, ['Add 2 two', 'Replace 1 uno', 'Replace 9 nine', 'Delete 2', 'Delete 77']);
    assert.deepEqual(statuses, [201, 200, 201, 200, 211]);
    assert.deepEqual(await scene.texts(), ['nine', 'uno']);
  });

  it('an Add of a known LUID is a Replace to us and an Add to its sender', async () => {
    assert.deepEqual((await phone.sync(200, ['Add 1 other', 'Add 1 other'])).statuses, [201, 201]);
    assert.deepEqual(await scene.texts(), ['other']);
  });

  it('a deleted LUID may be used again', async () => {
    const { statuses } = await phone.sync(200, ['Delete 1', 'Add 1 new', 'Delete 1', 'Delete 1']);
    assert.deepEqual(statuses, [200, 201, 200, 200]);
    assert.deepEqual((await phone.sync(200, ['Delete 1'])).statuses, [211]);
  });

  it('reaches another device, and never comes back to its sender', async () => {
    const other = scene.phone('IMEI:2');
    await other.sync(201);
    await phone.sync(200, ['Replace 1 changed', 'Add 2 two']);
    assert.deepEqual([...(await other.sync(200)).got].sort(), ['Add two', 'Replace 101 changed']);
    assert.deepEqual((await phone.sync(200)).got, []);
    await other.sync(200, ['Delete 101']);
    assert.deepEqual((await phone.sync(200)).got, ['Delete 1']);
    assert.deepEqual((await phone.sync(200)).got, []);
  });

  it('equal content is no change, however it is written', async () => {
    await phone.sync(200, ['Replace 1 one\r\ntext  ']);
    const guid = await scene.guidWith('one\ntext');
    const datastore = await scene.datastore();
    assert.equal((await scene.read(async (r) => r.items.get(datastore, guid)))?.revision, 1);
  });

  it('a bad item gets its own status, and those beside it are done', async () => {
    const cards = scene.phone('IMEI:1', 'contacts');
    await cards.open(201);
    const codes = await cards.codes(
      change('Add 1 x', { meta: { type: 'image/x-none' } }),
      change('Add 2 x', { meta: { type: 'text/x-vcard' } }),
      change('Add 3 BEGIN:VCARD', { meta: { type: 'text/x-vcard', format: 'b64' } }),
      change('Add 4 x', { meta: { type: 'text/x-vcard', format: 'weird' } }),
      change('Add 5 BEGIN:VCARD\r\nVERSION:2.1\r\nN:a\r\nEND:VCARD', { meta: { type: 'text/x-vcard' } }),
    );
    assert.deepEqual(codes, [415, 415, 412, 415, 201]);
    const [first] = await cards.change(change('Add 9 x', { meta: { type: 'image/x-none' } }));
    assert.equal(first?.detail, 'image/x-none');
  });

  it('content in Base64 is stored decoded', async () => {
    await phone.sync(200, [change(`Add 2 ${Buffer.from('zwei').toString('base64')}`, { meta: { type: 'text/plain', format: 'b64' } })]);
    assert.deepEqual(await scene.texts(), ['one\ntext', 'zwei']);
  });

  it('413 above MaxObjSize, 420 above the quota; what fits goes on', async () => {
    scene.limits.maxObjSize = 50;
    assert.deepEqual((await phone.sync(200, [`Add 2 ${'x'.repeat(50)}`, `Add 3 ${'x'.repeat(51)}`])).statuses, [201, 413]);
    scene.limits.quotaBytes = 90;
    assert.deepEqual((await phone.sync(200, [`Add 4 ${'y'.repeat(40)}`, `Add 5 ${'y'.repeat(10)}`, 'Delete 2'])).statuses, [420, 201, 200]);
  });

  it('Archive keeps a copy in the journal', async () => {
    await phone.sync(200, [change('Delete 1', { archive: true })]);
    assert.deepEqual(await scene.conflicts(), [{ cause: 'archive', decision: 'client', lost: 'one\ntext', kept: undefined }]);
  });

  it('soft delete: the item stays, no update of it is sent, a real Delete is', async () => {
    assert.deepEqual((await phone.sync(200, [change('Delete 1', { sftDel: true })])).statuses, [200]);
    await scene.edit('one\ntext', 'one, edited');
    assert.deepEqual((await phone.sync(200)).got, []);
    await scene.edit('one, edited', undefined);
    assert.deepEqual((await phone.sync(200)).got, ['Delete 1']);
  });

  it('soft delete of what is gone here: 423; of an unknown LUID: 211', async () => {
    await scene.edit('one\ntext', undefined);
    assert.deepEqual(
      (await phone.sync(200, [change('Delete 1', { sftDel: true }), change('Delete 9', { sftDel: true })])).statuses,
      [423, 211],
    );
  });
});

interface Conflict {
  readonly status: number;
  readonly here: readonly string[];
  readonly got: readonly string[];
  readonly journal: readonly string[];
}
const won: Conflict = { status: 208, here: ['one\nphone'], got: [], journal: ['update-update client'] };
const lost: Conflict = { status: 419, here: ['one\nserver'], got: ['Replace 1 one\nserver'], journal: ['update-update server'] };

describe('sync: conflicts', () => {
  const updateUpdate: Record<ConflictPolicy, Conflict> = {
    'client-wins': won,
    'client-wins-item': won,
    'server-wins': lost,
    'newest-wins': won,
    'keep-both': { status: 209, here: ['one\nphone', 'one\nserver'], got: ['Add one\nserver'], journal: ['update-update both'] },
    // The longer text.
    merge: lost,
  };
  const kept: Conflict = { status: 419, here: ['one\nserver'], got: ['Add one\nserver'], journal: ['update-delete server'] };
  const updateDelete: Record<ConflictPolicy, Conflict> = {
    'client-wins': kept,
    'client-wins-item': { status: 200, here: [], got: [], journal: ['update-delete client'] },
    'server-wins': kept,
    'newest-wins': kept,
    'keep-both': kept,
    merge: kept,
  };
  const back: Conflict = { status: 208, here: ['one\nphone'], got: [], journal: ['delete-update client'] };
  const deleteUpdate: Record<ConflictPolicy, Conflict> = {
    'client-wins': back,
    'client-wins-item': back,
    'server-wins': { status: 419, here: [], got: ['Delete 1'], journal: ['delete-update server'] },
    'newest-wins': back,
    'keep-both': back,
    merge: back,
  };

  const check = (name: string, table: Record<ConflictPolicy, Conflict>, server: string | undefined, phoneSays: string): void => {
    for (const [policy, expected] of Object.entries(table) as [ConflictPolicy, Conflict][]) {
      it(`${name} under ${policy}: ${expected.status}`, async () => {
        const { scene, phone } = await started({ policy });
        await scene.edit('one\ntext', server);
        const { statuses, got } = await phone.sync(200, [phoneSays]);
        assert.deepEqual(statuses, [expected.status]);
        assert.deepEqual(await scene.texts(), expected.here);
        assert.deepEqual(got, expected.got);
        assert.deepEqual(
          (await scene.conflicts()).map((c) => `${c.cause} ${c.decision}`),
          expected.journal,
        );
        // Nothing is left over, on either side.
        assert.deepEqual((await phone.sync(200)).got, []);
        await scene.close();
      });
    }
  };
  check('both changed it', updateUpdate, 'one\nserver', 'Replace 1 one\nphone');
  check('changed here, deleted there', updateDelete, 'one\nserver', 'Delete 1');
  check('deleted here, changed there', deleteUpdate, undefined, 'Replace 1 one\nphone');

  it('what loses is in the journal, whole', async () => {
    const { scene, phone } = await started();
    await scene.edit('one\ntext', 'one\nserver');
    await phone.sync(200, ['Replace 1 one\nphone']);
    assert.deepEqual(await scene.conflicts(), [{ cause: 'update-update', decision: 'client', lost: 'one\nserver', kept: 'one\nphone' }]);
    await scene.close();
  });

  it('newest wins by what the contents say of themselves; the change that arrives where one says nothing', async () => {
    const card = (note: string, rev: string) => `BEGIN:VCARD\r\nVERSION:2.1\r\nN:Doe;Ann\r\nNOTE:${note}\r\nREV:${rev}\r\nEND:VCARD`;
    for (const [here, there, status] of [
      ['20240105T000000Z', '20240104T000000Z', 419],
      ['20240104T000000Z', '20240105T000000Z', 208],
      ['', '20240105T000000Z', 208],
    ] as const) {
      const { scene, phone } = await started({ policy: 'newest-wins' }, 'contacts');
      const meta = { type: 'text/x-vcard' };
      await phone.sync(200, [change(`Add 1 ${card('first', '20240101T000000Z')}`, { meta })]);
      await scene.edit(card('first', '20240101T000000Z'), card('here', here), 'contacts');
      assert.deepEqual((await phone.sync(200, [change(`Replace 1 ${card('there', there)}`, { meta })])).statuses, [status], here);
      await scene.close();
    }
  });

  it('the same edit on both sides is no conflict', async () => {
    const { scene, phone } = await started();
    await scene.edit('one\ntext', 'one\nsame');
    assert.deepEqual((await phone.sync(200, ['Replace 1 one\nsame'])).statuses, [200]);
    assert.deepEqual(await scene.conflicts(), []);
    await scene.close();
  });

  it('a Replace that repeats what the device had is no change: ours goes out', async () => {
    const { scene, phone } = await started();
    await scene.edit('one\ntext', 'one\nserver');
    const { statuses, got } = await phone.sync(200, ['Replace 1 one\ntext']);
    assert.deepEqual([statuses, got], [[200], ['Replace 1 one\nserver']]);
    await scene.close();
  });

  it('deleted on both sides: 211, and nothing goes out', async () => {
    const { scene, phone } = await started();
    await scene.edit('one\ntext', undefined);
    const { statuses, got } = await phone.sync(200, ['Delete 1']);
    assert.deepEqual([statuses, got], [[211], []]);
    await scene.close();
  });
});
