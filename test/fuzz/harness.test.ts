/** The fuzzer finds what was planted: whoever trusts its silence has to know that it can speak. */
import assert from 'node:assert/strict';
import { runCampaign, type CampaignResult } from './campaign.js';
import { Random, Tape } from './choices.js';
import { minimise } from './minimise.js';
import { mutate } from './mutate.js';
import { OracleFailure, type Target } from './target.js';
import { runInStages } from './stages.js';
import { runWatched } from './watched.js';

const planted = (name: string): string => new URL(`./planted/${name}.ts`, import.meta.url).href;
const plain: Target = { name: 'plain', seeds: () => [Buffer.from('seed')], generate: (choices) => choices.bytes(4), run: () => undefined };
const run = (target: Partial<Target>, executions = 2000): Promise<CampaignResult> =>
  runCampaign({ ...plain, ...target }, { seed: 1, executions, until: performance.now() + 20_000 });
const signatures = (result: CampaignResult): readonly string[] => result.failures.map(({ signature }) => signature);

describe('the fuzzer', function () {
  this.timeout(300_000);

  it('finds a fault by the code its inputs reach, which inputs without that knowledge do not', async () => {
    const options = { target: planted('maze'), seed: 5, executions: 60_000, ms: 280_000 };
    const guided = await runWatched({ ...options, guided: true });
    assert.match(guided.failures[0]?.signature ?? '', /^TypeError/);
    assert.deepEqual(Buffer.from(guided.failures[0]?.input ?? []).toString(), 'MOORA');
    const blind = await runWatched({ ...options, guided: false });
    assert.deepEqual(blind.failures, []);
    assert.equal(blind.executions, 60_000);
  });

  it('goes on without coverage from what was found with it', async () => {
    // A stage with coverage that is too short for all five doors, and one without that alone would not pass the second.
    const options = { target: planted('maze'), seed: 5, executions: 100_000, ms: 280_000 };
    const result = await runInStages({ ...options, guided: 0.01 });
    assert.equal(result.executions, 100_000);
    assert.ok(result.pool.length > 1);
    const after = await runWatched({ ...options, guided: false, pool: [Buffer.from('MOOR56')] });
    assert.match(after.failures[0]?.signature ?? '', /^TypeError/);
  });

  it('sees an execution without end, and says with which input', async () => {
    const result = await runWatched({
      target: planted('endless'),
      seed: 1,
      executions: 10_000,
      ms: 60_000,
      guided: false,
      hangsAfterMs: 4000,
    });
    assert.deepEqual(signatures(result), ['hang']);
    assert.equal(result.failures[0]?.input[0], 0x5a);
  });

  it('sees that memory is spent, and says with which input', async () => {
    const result = await runWatched({ target: planted('greedy'), seed: 1, executions: 10_000, ms: 60_000, guided: false, heapMb: 48 });
    assert.deepEqual(signatures(result), ['out of memory']);
    assert.equal(result.failures[0]?.input[0], 0x5a);
  });

  it('sees a property that turned up in every object, and takes it away again', async () => {
    const result = await run({ run: (input) => void (input[0] === 1 && Object.assign(Object.prototype, { polluted: true })) });
    assert.ok(signatures(result).includes('prototype'));
    assert.equal('polluted' in {}, false);
  });

  it('sees an execution that takes too long for its size', async () => {
    const busy = (input: Uint8Array): void => {
      // Processor time is what counts.
      const before = process.cpuUsage();
      while (input[0] === 7 && process.cpuUsage(before).user < 30_000);
    };
    assert.deepEqual(signatures(await run({ run: busy, patience: { ms: 10, msPerKib: 0 }, generate: (c) => Uint8Array.of(c.below(16)) })), [
      'time',
    ]);
  });

  it('sees buffers that grow far beyond the input', async () => {
    // Kept until the next input: a collection must not come before the look at the memory.
    const held = { bytes: new Uint8Array(0) };
    const grow = (input: Uint8Array): void => {
      held.bytes = new Uint8Array(input[0] === 1 ? 80_000_000 : 0);
    };
    const result = await run({ run: grow, generate: (c) => Uint8Array.of(c.below(16)) }, 400);
    assert.deepEqual(signatures(result), ['memory']);
  });

  it('tells failures apart by their cause and reports each once', async () => {
    const fails = (input: Uint8Array): void => {
      if (input[0] === 1) throw new OracleFailure('first', `${input.length}`);
      if (input[0] === 2) throw new OracleFailure('second', `${input.length}`);
    };
    assert.deepEqual([...signatures(await run({ run: fails }))].sort(), ['first', 'second']);
  });

  it('makes a failing input as short as it can', async () => {
    const long = Buffer.from(`${'x'.repeat(500)}A${'y'.repeat(300)}B${'z'.repeat(77)}`);
    const short = await minimise(long, async (input) => /A.*B/.test(Buffer.from(input).toString()));
    assert.equal(Buffer.from(short).toString(), 'AB');
  });

  it('makes the same inputs from the same seed', () => {
    const make = (seed: number): string => {
      const random = new Random(seed);
      return Array.from({ length: 50 }, () =>
        Buffer.from(mutate(random, Buffer.from('one input'), Buffer.from('another'), plain)).toString('hex'),
      ).join();
    };
    assert.equal(make(3), make(3));
    assert.notEqual(make(3), make(4));
  });

  it('reads the bytes of an input as choices, and zeros after its end', () => {
    const tape = new Tape(Uint8Array.of(5, 250));
    assert.deepEqual([tape.below(4), tape.chance(60), tape.spent, tape.u8(), tape.pick(['a', 'b'])], [1, true, true, 0, 'a']);
  });
});
