import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { answerChunks } from '../../src/devicedb/chunk-exchange.js';
import { sharedBytes, STATE, type ChunkRequest } from '../../src/devicedb/messages.js';
import { CHUNK_BYTES } from '../../src/storage/ports/copies.js';
import { sourceOf } from './support/files.js';

const TSX = pathToFileURL(join(createRequire(import.meta.url).resolve('tsx/package.json'), '../dist/esm/api/index.mjs')).href;
const EXCHANGE = new URL('../../src/devicedb/chunk-exchange.ts', import.meta.url).href;

/** Reads chunk 1 of a file of two. */
const READER = `import(${JSON.stringify(TSX)}).then(async ({ register }) => {
  register();
  const { remoteChunks } = await import(${JSON.stringify(EXCHANGE)});
  const { parentPort, workerData: { shared, size } } = require('node:worker_threads');
  const [bytes] = remoteChunks(parentPort, shared, 0, size).read([1]);
  parentPort.postMessage({ kind: 'read', first: bytes[0], length: bytes.length });
});`;

describe('devicedb: chunks from another thread', function () {
  this.timeout(30_000);

  it('takes a wake-up that came late, from the request before, for none', async () => {
    const bytes = new Uint8Array(CHUNK_BYTES + 100).fill(7, CHUNK_BYTES);
    const shared = new SharedArrayBuffer(sharedBytes(CHUNK_BYTES));
    const worker = new Worker(READER, { eval: true, workerData: { shared, size: bytes.length } });
    try {
      const [request] = (await once(worker, 'message')) as [ChunkRequest];
      const head = new Int32Array(shared, 0, 2);
      // Until it slept, and was woken for nothing; it may not be asleep yet when it has asked.
      while (Atomics.notify(head, STATE) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const heard = once(worker, 'message');
      // Time to go wrong: it says so by an error of the worker.
      await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, 50))]);
      await answerChunks(shared, sourceOf(bytes), request);
      assert.deepEqual(await heard, [{ kind: 'read', first: 7, length: 100 }]);
    } finally {
      await worker.terminate();
    }
  });
});
