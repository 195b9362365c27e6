import { echoProperty, KINDS } from './echoes.js';

describe('phones: what they send back, through the server', function () {
  this.timeout(120_000);
  for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[])
    it(`${kind}: an echo changes nothing, an edit just that, on every device, for any item and any phone`, () =>
      echoProperty(kind, { numRuns: 12 }));
});
