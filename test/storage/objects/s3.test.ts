/** Against a real S3 server, a process of its own, with its own credentials; then with all that can go wrong in between. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Objects } from '../../../src/storage/objects/s3.js';
import { fails, names, noise, objectsContract } from './contract.js';
import { FaultProxy, type Fault } from './support/fault-proxy.js';
import { S3Process } from './support/s3-process.js';

describe('S3 (R92, R93)', () => {
  const server = new S3Process();
  before(async function () {
    this.timeout(30_000);
    await server.start();
  });
  after(() => server.remove());

  objectsContract(
    'an S3 bucket (R92)',
    () => {
      const place = { ...server.location(), page: 3 };
      const objects = server.objects(place);
      return Promise.resolve({ objects, again: () => server.objects(place), close: () => objects.close() });
    },
    3,
  );

  describe('faults', () => {
    const proxy = new FaultProxy(() => server.port);
    /** Past the proxy. */
    let sound: S3Objects;
    let objects: S3Objects;
    let retries: { location: string; fault: string; attempt: number }[];
    const bytes = noise(300_000);
    const always = (fault: Fault): void => proxy.fail(() => fault);
    const times = (count: number, fault: Fault): void => proxy.fail((n) => (n <= count ? fault : undefined));
    const through = (more: Parameters<S3Process['objects']>[0] = {}): S3Objects =>
      server.objects({ port: proxy.port, attempts: 3, onRetry: (fields) => retries.push(fields), ...more });
    before(() => proxy.start());
    after(() => proxy.stop());
    beforeEach(async () => {
      const place = server.location();
      retries = [];
      sound = server.objects(place);
      objects = through(place);
      proxy.fail(() => undefined);
      await sound.put('there', bytes);
    });

    const same = (one: Uint8Array): void => assert.ok(Buffer.compare(one, bytes) === 0);

    for (const fault of [
      { kind: 'cut-request', after: 100_000 },
      { kind: 'cut-request', after: 0 },
      { kind: 'lose-response' },
      { kind: 'damage' },
      { kind: 'answer', status: 503, body: '<Error><Code>SlowDown</Code></Error>' },
      { kind: 'answer', status: 500 },
      { kind: 'answer', status: 429 },
      { kind: 'answer', status: 400, body: '<Error><Code>RequestTimeout</Code></Error>' },
    ] as const satisfies readonly Fault[]) {
      it(`puts all the same after two of ${JSON.stringify(fault)}`, async () => {
        times(2, fault);
        await objects.put('new', bytes);
        assert.equal(proxy.count, 3);
        assert.deepEqual(
          retries.map(({ location, attempt }) => [location, attempt]),
          [
            ['cloud', 1],
            ['cloud', 2],
          ],
        );
        same(await sound.get('new'));
      });

      it(`says unavailable after three of ${JSON.stringify(fault)}, and shows nothing half`, async () => {
        always(fault);
        await assert.rejects(objects.put('new', bytes), fails('unavailable'));
        assert.equal(proxy.count, 3);
        // Lost answers leave the object behind, whole; all others leave none.
        if (fault.kind === 'lose-response') same(await sound.get('new'));
        else await assert.rejects(sound.get('new'), fails('corrupt'));
        assert.deepEqual(await names(sound), fault.kind === 'lose-response' ? ['new', 'there'] : ['there']);
      });

      it(`leaves the older object whole when putting it again meets ${JSON.stringify(fault)}`, async () => {
        if (fault.kind === 'lose-response') return;
        always(fault);
        await assert.rejects(objects.put('there', noise(300_000, 'other')), fails('unavailable'));
        same(await sound.get('there'));
      });
    }

    for (const fault of [
      { kind: 'cut-response', after: 70_000 },
      { kind: 'cut-response', after: 0 },
      { kind: 'lose-response' },
      { kind: 'answer', status: 503 },
    ] as const satisfies readonly Fault[]) {
      it(`reads, parts too, lists and removes all the same after two of ${JSON.stringify(fault)}`, async () => {
        times(2, fault);
        same(await objects.get('there'));
        times(2, fault);
        assert.deepEqual(await objects.get('there', { offset: 5, length: 200_000 }), new Uint8Array(bytes.subarray(5, 200_005)));
        times(2, { ...fault, ...('after' in fault ? { after: Math.min(fault.after, 100) } : {}) });
        assert.deepEqual(await names(objects), ['there']);
        if (fault.kind === 'cut-response') return;
        times(2, fault);
        await objects.remove('there');
        assert.deepEqual(await names(sound), []);
      });

      it(`says unavailable, never corrupt or empty, after three of ${JSON.stringify(fault)}`, async () => {
        always({ ...fault, ...('after' in fault ? { after: Math.min(fault.after, 100) } : {}) });
        await assert.rejects(objects.get('there'), fails('unavailable'));
        await assert.rejects(objects.get('there', { offset: 0, length: 200_000 }), fails('unavailable'));
        await assert.rejects(names(objects), fails('unavailable'));
      });
    }

    it('waits no longer than it may for a service that does not answer, and tries again', async () => {
      const patient = through({ ...server.location(), timeoutMs: 100 });
      times(1, { kind: 'stall' });
      await patient.put('new', bytes);
      assert.equal(retries[0]?.fault, 'no answer in time');
      always({ kind: 'stall' });
      const from = performance.now();
      await assert.rejects(patient.get('new'), fails('unavailable'));
      const took = performance.now() - from;
      assert.ok(took >= 290 && took < 5000, `${took}`);
    });

    it('has patience with one that is slow', async () => {
      always({ kind: 'slow', ms: 150 });
      await objects.put('new', bytes);
      same(await objects.get('new'));
      assert.equal(retries.length, 0);
    });

    it('ends waiting between tries when it is closed', async () => {
      const slow = through({ ...server.location(), backOffMs: 60_000, attempts: 10 });
      always({ kind: 'answer', status: 503 });
      const putting = assert.rejects(slow.put('new', bytes), fails('unavailable'));
      while (retries.length === 0) await sleep(5);
      await slow.close();
      await putting;
      assert.ok(proxy.count <= 2);
    });

    it('is refused at once with another secret, and with a key nobody has; neither is in the error (R93)', async () => {
      for (const credentials of [{ secretAccessKey: 'another-secret' }, { accessKeyId: 'NOBODY', secretAccessKey: 'another-secret' }]) {
        proxy.fail(() => undefined);
        const stranger = through(credentials);
        for (const work of [
          () => stranger.put('new', bytes),
          () => stranger.get('there'),
          () => names(stranger),
          () => stranger.remove('there'),
        ])
          await assert.rejects(work(), (error: Error) => {
            fails('unavailable')(error);
            assert.match(error.message, /SignatureDoesNotMatch|InvalidAccessKeyId/);
            const all = JSON.stringify([error.message, error.stack, error.cause]);
            assert.ok(!/another-secret|NOBODY|S3RVER/.test(all), all);
            return true;
          });
        assert.equal(proxy.count, 4, 'it was tried again');
      }
    });

    it('says unavailable for a bucket that is not there, never corrupt', async () => {
      const none = server.objects({ endpoint: `http://127.0.0.1:${server.port}/nothing` });
      for (const work of [() => none.put('new', bytes), () => none.get('there'), () => names(none)])
        await assert.rejects(work(), fails('unavailable'));
    });

    for (const { why, answer } of [
      { why: 'a page of a portal', answer: { status: 200, body: '<html><body>Log in to this network</body></html>' } },
      { why: 'nothing at all', answer: { status: 200, body: '' } },
      { why: 'another way to go', answer: { status: 307, headers: { location: 'http://127.0.0.1:1/' } } },
      { why: 'a listing that stops in the middle', answer: { status: 200, body: '<ListBucketResult><Contents><Key>a</Key>' } },
    ] as const)
      it(`takes ${why} for no upload and no listing`, async () => {
        always({ kind: 'answer', ...answer });
        await assert.rejects(objects.put('new', bytes), fails('unavailable'));
        await assert.rejects(names(objects), fails('unavailable'));
        proxy.fail(() => undefined);
        assert.deepEqual(await names(sound), ['there']);
      });

    it('takes part of an answer that is the whole object', async () => {
      const body = 'the whole of it';
      always({ kind: 'answer', status: 200, body });
      assert.equal(Buffer.from(await objects.get('there', { offset: 4, length: 5 })).toString(), 'whole');
      await assert.rejects(objects.get('there', { offset: 10, length: 6 }), fails('corrupt'));
      always({ kind: 'answer', status: 206, body, headers: { 'content-range': 'bytes 2-16/100' } });
      await assert.rejects(objects.get('there', { offset: 4, length: 5 }), fails('unavailable'));
    });

    it('goes on when the server is killed in the middle and started again', async function () {
      this.timeout(60_000);
      const patient = server.objects({ ...server.location(), attempts: 40, backOffMs: 200 });
      const all = Array.from({ length: 60 }, (_, n) => ({ name: `packs/${n}`, bytes: noise(200_000, `${n}`) }));
      let done = 0;
      const putting = Promise.all(
        [0, 1, 2].map(async (lane) => {
          for (const each of all.filter((_, n) => n % 3 === lane)) {
            await patient.put(each.name, each.bytes);
            done += 1;
          }
        }),
      );
      for (const at of [10, 30]) {
        while (done < at) await sleep(2);
        await server.kill();
        await server.start();
      }
      await putting;
      for (const each of all) assert.ok(Buffer.compare(await patient.get(each.name), each.bytes) === 0, each.name);
      assert.equal((await names(patient)).length, all.length);
    });

    it('says unavailable while the server is gone, and is itself again when it is back', async function () {
      this.timeout(30_000);
      await server.kill();
      await assert.rejects(sound.put('new', bytes), fails('unavailable'));
      await assert.rejects(sound.get('there'), fails('unavailable'));
      await assert.rejects(names(sound), fails('unavailable'));
      await assert.rejects(sound.remove('there'), fails('unavailable'));
      await server.start();
      same(await sound.get('there'));
      assert.deepEqual(await names(sound), ['there']);
    });
  });
});
