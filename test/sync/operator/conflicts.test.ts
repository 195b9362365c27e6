import assert from 'node:assert/strict';
import { UserError } from '../../../src/model/errors.js';
import { guid, type Guid } from '../../../src/model/ids.js';
import type { ConflictRecord } from '../../../src/storage/ports/conflicts.js';
import { newItem } from '../../../src/sync/operator/content.js';
import { listConflicts, showConflict, undoConflict } from '../../../src/sync/operator/conflicts.js';
import { listItems, showItem } from '../../../src/sync/operator/items.js';
import { bytes, card, createCard, onContacts, openFixture, text, type Fixture } from './fixture.js';

describe('conflict journal (W11)', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const OLD = card('Doe', '1');
  const NEW = card('Doe', '2');

  const journal = (entry: Partial<ConflictRecord> & { guid: Guid }, content: { lost?: string; kept?: string }): Promise<number> =>
    onContacts(fixture, (own, contacts) =>
      own.conflicts.add(
        {
          at: fixture.now,
          datastore: contacts.id,
          cause: 'update-update',
          decision: 'client',
          revision: 2,
          type: 'text/x-vcard',
          ...entry,
        },
        {
          ...(content.lost === undefined ? {} : { lost: bytes(content.lost) }),
          ...(content.kept === undefined ? {} : { kept: bytes(content.kept) }),
        },
      ),
    );
  const replace = (id: Guid, content: string): Promise<unknown> =>
    onContacts(fixture, (own, contacts) => {
      const raw = bytes(content);
      return own.items.replace(contacts.id, id, newItem(own, raw, 'text/x-vcard', { kind: 'inline', bytes: raw }), { now: fixture.now });
    });
  const remove = (id: Guid): Promise<unknown> =>
    onContacts(fixture, (own, contacts) => own.items.remove(contacts.id, id, { now: fixture.now }));
  const undo = (id: number) => undoConflict(fixture.temp.store, 'anna', id, fixture.now);
  const content = async (id: Guid): Promise<string | undefined> =>
    text((await showItem(fixture.temp.store, 'anna', 'contacts', id)).content);
  const entries = () => listConflicts(fixture.temp.store, 'anna', { limit: 100 });

  /** An item whose OLD content lost against NEW. */
  async function lostUpdate(): Promise<{ id: Guid; entry: number }> {
    const id = await createCard(fixture, OLD);
    await replace(id, NEW);
    return { id, entry: await journal({ guid: id }, { lost: OLD, kept: NEW }) };
  }

  it('is listed newest first, with what a person would call the item', async () => {
    const { entry } = await lostUpdate();
    const second = await journal({ guid: guid('1') }, { kept: NEW });
    assert.deepEqual(
      (await entries()).map((each) => [each.id, each.datastore]),
      [
        [second, 'contacts'],
        [entry, 'contacts'],
      ],
    );
    assert.match((await entries())[1]?.label ?? '', /Doe/);
    const shown = await showConflict(fixture.temp.store, 'anna', entry);
    assert.deepEqual([text(shown.lost), text(shown.kept)], [OLD, NEW]);
  });

  it('brings lost content back as a new revision, and journals what stood', async () => {
    const { id, entry } = await lostUpdate();
    assert.deepEqual(await undo(entry), { undone: 1, restored: 1, removed: 0, unchanged: 0 });
    assert.equal(await content(id), OLD);
    assert.equal((await showItem(fixture.temp.store, 'anna', 'contacts', id)).revision, 3);
    const [made, undone] = await entries();
    assert.deepEqual([made?.cause, undone?.undoneAt], ['undo', fixture.now]);
    assert.equal(text((await showConflict(fixture.temp.store, 'anna', made?.id ?? 0)).lost), NEW);
  });

  it('lets an undo be undone', async () => {
    const { id, entry } = await lostUpdate();
    await undo(entry);
    await undo((await entries())[0]?.id ?? 0);
    assert.equal(await content(id), NEW);
  });

  it('undoes an entry once', async () => {
    const { entry } = await lostUpdate();
    await undo(entry);
    await assert.rejects(undo(entry), /was undone already/);
    assert.equal((await entries()).length, 2);
  });

  it('brings a deleted item back under its GUID', async () => {
    const id = await createCard(fixture, OLD);
    await remove(id);
    const entry = await journal({ guid: id, cause: 'update-delete', decision: 'client' }, { lost: OLD });
    assert.equal((await undo(entry)).restored, 1);
    assert.equal(await content(id), OLD);
    assert.equal((await undo((await entries())[0]?.id ?? 0)).removed, 1);
    assert.equal((await listItems(fixture.temp.store, 'anna', 'contacts')).length, 0);
  });

  it('removes the item where a deletion had lost, and journals what it held', async () => {
    const id = await createCard(fixture, OLD);
    const entry = await journal({ guid: id, cause: 'update-delete', decision: 'server' }, { kept: OLD });
    assert.equal((await undo(entry)).removed, 1);
    const [made] = await entries();
    assert.equal(text((await showConflict(fixture.temp.store, 'anna', made?.id ?? 0)).lost), OLD);
    assert.equal((await undo(made?.id ?? 0)).restored, 1);
    assert.equal(await content(id), OLD);
  });

  it('never removes an item because lost content is not at hand any more', async () => {
    const id = await createCard(fixture, NEW);
    const entry = await journal({ guid: id }, { kept: NEW });
    assert.deepEqual(await undo(entry), { undone: 1, restored: 0, removed: 0, unchanged: 1 });
    assert.equal(await content(id), NEW);
  });

  it('undoes all of a refresh together, and that as one again', async () => {
    const gone = await createCard(fixture, card('Gone'));
    const changed = await createCard(fixture, OLD);
    const untouched = await createCard(fixture, card('Other'));
    await remove(gone);
    await replace(changed, NEW);
    const common = { cause: 'refresh', batch: 'refresh-1-2' };
    const first = await journal({ guid: gone, ...common }, { lost: card('Gone') });
    await journal({ guid: changed, ...common }, { lost: OLD });
    await journal({ guid: untouched, cause: 'refresh', batch: 'another' }, { lost: card('Older') });
    assert.deepEqual(await undo(first), { undone: 2, restored: 2, removed: 0, unchanged: 0 });
    assert.deepEqual([await content(gone), await content(changed), await content(untouched)], [card('Gone'), OLD, card('Other')]);
    assert.deepEqual(await undo((await entries())[0]?.id ?? 0), { undone: 2, restored: 1, removed: 1, unchanged: 0 });
    assert.equal(await content(changed), NEW);
    assert.equal((await showItem(fixture.temp.store, 'anna', 'contacts', gone)).deleted, true);
  });

  it('keeps its hands off where both versions stand', async () => {
    const id = await createCard(fixture, OLD);
    const entry = await journal({ guid: id, decision: 'both' }, { lost: NEW, kept: OLD });
    await assert.rejects(undo(entry), /Both versions stand/);
    assert.equal(await content(id), OLD);
  });

  it('takes large content back', async () => {
    const big = card('Doe', `1\r\nNOTE:${'x'.repeat(fixture.temp.store.blobs.inlineLimit)}`);
    const id = await createCard(fixture, NEW);
    const entry = await journal({ guid: id }, { lost: big, kept: NEW });
    await undo(entry);
    assert.equal(await content(id), big);
  });

  it("does not know other users' entries", async () => {
    const { entry } = await lostUpdate();
    await assert.rejects(undoConflict(fixture.temp.store, 'bob', entry, fixture.now), UserError);
    await assert.rejects(undo(entry + 100), /no entry/);
  });
});
