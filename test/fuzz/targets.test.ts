/** A short run over every target, and everything again that failed once. The long runs are `npm run fuzz`. */
import assert from 'node:assert/strict';
import { runCampaign } from './campaign.js';
import { fuzzFixtures } from './fixtures.js';
import { runGuarded } from './guard.js';
import { TARGETS, targetNamed, type TargetName } from './targets/all.js';

/** Executions in all, shared out by the weights. The seed is fixed: a failure here comes again. */
const EXECUTIONS = 12_000;
const LEAST = 100;
const SEED = 20_240_101;

describe('hostile input', function () {
  this.timeout(120_000);
  const weights = Object.values(TARGETS).reduce((sum, { weight }) => sum + weight, 0);

  for (const name of Object.keys(TARGETS) as TargetName[]) {
    it(`of kind ${name} breaks nothing`, async () => {
      const { least = LEAST } = TARGETS[name] as { readonly least?: number };
      const executions = Math.max(least, Math.ceil((EXECUTIONS * TARGETS[name].weight) / weights));
      const result = await runCampaign(await targetNamed(name), { seed: SEED, executions, until: Number.POSITIVE_INFINITY });
      assert.deepEqual(
        result.failures.map(({ detail, input }) => `${detail}\n${Buffer.from(input).toString('base64')}`),
        [],
      );
      assert.equal(result.executions, executions);
    });

    it(`of kind ${name} that once broke something does so no longer`, async () => {
      const target = await targetNamed(name);
      for (const { name: file, input } of fuzzFixtures(name)) {
        try {
          await runGuarded(target, input, true);
        } catch (error) {
          throw new Error(`fixtures/fuzz/${name}/${file}`, { cause: error });
        }
      }
      await target.close?.();
    });
  }
});
