/** Objects of the client that come in parts. [Sync Protocol 1.1, "Large Objects"] */
import assert from 'node:assert/strict';
import { messageOf, part, sync } from '../engine/support/messages.js';
import { chunk, Scene, type Phone } from './support/scene.js';

describe('sync: large objects from the client', () => {
  let scene: Scene;
  let phone: Phone;
  beforeEach(async () => {
    scene = await Scene.open({ maxObjSize: 40 });
    phone = scene.phone();
    await phone.sync(201);
    await phone.open(200);
  });
  afterEach(() => scene.close());
  const first = (text: string, size: number) => chunk('1', text, { last: false, size });
  const more = (text: string, position?: number) => chunk('1', text, { last: false, ...(position === undefined ? {} : { position }) });
  const last = (text: string, position?: number) => chunk('1', text, { last: true, ...(position === undefined ? {} : { position }) });

  it('213 for each part, and one item of all', async () => {
    assert.deepEqual(await phone.codes(first('abc', 9), more('def')), [213, 213]);
    assert.deepEqual(await scene.texts(), []);
    assert.deepEqual(await phone.codes(last('ghi')), [201]);
    assert.deepEqual(await scene.texts(), ['abcdefghi']);
  });

  it('as Replace too', async () => {
    await phone.codes('Add 1 small');
    assert.deepEqual(
      await phone.codes(chunk('1', 'abc', { last: false, size: 6 }, {}, 'Replace'), chunk('1', 'def', { last: true }, {}, 'Replace')),
      [213, 200],
    );
    assert.deepEqual(await scene.texts(), ['abcdef']);
  });

  it('Type and Format stand in the first part', async () => {
    const text = Buffer.from('some words').toString('base64');
    const begin = { ...first(text.slice(0, 6), text.length), meta: { type: 'text/plain', format: 'b64', size: text.length } };
    assert.deepEqual(await phone.codes(begin, { ...last(text.slice(6)), meta: {} }), [213, 201]);
    assert.deepEqual(await scene.texts(), ['some words']);
  });

  it('411 without Size', async () => {
    assert.deepEqual(await phone.codes(more('abc')), [411]);
  });
  it('412 without data', async () => {
    assert.deepEqual(await phone.codes(first('', 9)), [412]);
  });
  it('416 where the announced Size is too big, 413 where more comes than announced and allowed', async () => {
    assert.deepEqual(await phone.codes(first('abc', 41)), [416]);
    assert.deepEqual(await phone.codes(first('abc', 40), more('x'.repeat(38))), [213, 413]);
    assert.deepEqual(await scene.texts(), []);
  });
  it('420 at once where the announced Size is beyond the quota', async () => {
    scene.limits.quotaBytes = 20;
    assert.deepEqual(await phone.codes(first('abc', 21)), [420]);
    assert.deepEqual(await phone.codes(first('abc', 20), last('x'.repeat(17))), [213, 201]);
  });
  it('424 where the sum is not the Size; nothing is stored, and it may come again', async () => {
    assert.deepEqual(await phone.codes(first('abc', 16), last('def')), [213, 424]);
    assert.deepEqual(await scene.texts(), []);
    assert.deepEqual(await phone.codes(first('abc', 6), last('def')), [213, 201]);
  });
  it('a Size of one byte too many is let pass (SCTS 1301)', async () => {
    assert.deepEqual(await phone.codes(first('abc', 7), last('def')), [213, 201]);
  });
  it('a last part with a Size of its own has to be that long', async () => {
    assert.deepEqual(await phone.codes(chunk('2', 'abc', { last: true, size: 6 })), [424]);
    assert.deepEqual(await phone.codes(chunk('2', 'abcdef', { last: true, size: 6 })), [201]);
  });
  it('Size repeated in every part is no new beginning', async () => {
    assert.deepEqual(await phone.codes(first('abc', 9), first('def', 9), chunk('1', 'ghi', { last: true, size: 9 })), [213, 213, 201]);
    assert.deepEqual(await scene.texts(), ['abcdefghi']);
  });
  it('the first part again is a new beginning', async () => {
    assert.deepEqual(await phone.codes(first('abc', 9), more('def'), first('abc', 9), more('def'), last('ghi')), [213, 213, 213, 213, 201]);
    assert.deepEqual(await scene.texts(), ['abcdefghi']);
    assert.deepEqual(await phone.codes(first('abc', 9), first('xyz', 6), last('uvw')), [213, 213, 201]);
    assert.deepEqual(await scene.texts(), ['xyzuvw']);
  });
  it('a part that comes twice because its 213 was lost is taken once', async () => {
    assert.deepEqual(await phone.codes(first('abc', 9), more('def'), last('defghi')), [213, 213, 201]);
    assert.deepEqual(await scene.texts(), ['abcdefghi']);
  });
  it('the same in Base64, where what was prepared had it twice', async () => {
    scene.limits.maxObjSize = 400;
    const text = Buffer.from('a note of some words, not few').toString('base64');
    const meta = { type: 'text/plain', format: 'b64' };
    const cut = (from: number, to: number, lastPart: boolean) =>
      chunk('1', text.slice(from, to), { last: lastPart, ...(from === 0 ? { size: text.length } : {}) }, meta);
    await phone.codes(cut(0, 8, false), cut(8, 16, false));
    const message = messageOf([sync([part('1', text.slice(8), { last: true, meta })])]);
    await scene.prepare(message, { pair: phone.pair, luid: '1', meta });
    const [container] = message.body;
    const [command] = container?.kind === 'Sync' ? container.commands : [];
    const item = command?.kind === 'Add' ? command.items[0] : undefined;
    assert.ok(item && scene.prepared.has(item));
    assert.deepEqual(await phone.codes({ ...cut(8, text.length, true), item }), [201]);
    assert.deepEqual(await scene.texts(), ['a note of some words, not few']);
  });
  it('datapos: in place, the last part again, and 426 for a hole', async () => {
    assert.deepEqual(await phone.codes(first('abc', 9), more('def', 3), more('def', 3), last('ghi', 6)), [213, 213, 213, 201]);
    assert.deepEqual(await scene.texts(), ['abcdefghi']);
    assert.deepEqual(await phone.codes(first('abc', 9), more('ghi', 6)), [213, 426]);
    assert.deepEqual(await phone.codes(more('def', 3)), [426]);
  });
  it('dropped when something else came between', async () => {
    await phone.codes(first('abc', 6));
    await phone.ask('dropIncoming', { pair: phone.pair });
    assert.deepEqual(await phone.codes(more('def')), [411]);
  });
  it('goes on in a resumed session after its last part', async () => {
    await phone.codes(first('abc', 9), more('def'));
    const resumed = await phone.open('resume');
    assert.deepEqual(resumed.kind === 'opened' && resumed.resumed, { received: false, incoming: { luid: '1' } });
    assert.deepEqual(await phone.codes(last('ghi', 6)), [201]);
    assert.deepEqual(await scene.texts(), ['abcdefghi']);
  });
  it('leaves nothing behind when another sync begins', async () => {
    await phone.codes(first('abc', 9));
    await phone.open(200);
    assert.deepEqual(await phone.codes(more('def')), [411]);
  });
});
