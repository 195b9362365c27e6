import { echoProperty } from './echoes.js';

describe('phones: what they send back, through the server', function () {
  this.timeout(120_000);
  it('an echo changes nothing, an edit just that, on every device, for any contact and any phone', () => echoProperty({ numRuns: 25 }));
});
