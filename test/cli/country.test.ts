/** `moorage user country` and `moorage device country`. */
import assert from 'node:assert/strict';
import { CommandLine } from './run.js';

describe('command line: where telephone numbers are', () => {
  let line: CommandLine;
  beforeEach(async () => {
    line = new CommandLine();
    await line.ok('user', 'add', 'anna', '--password', 'pw');
  });
  afterEach(() => line.remove());

  it('sets a country for a user, by code or name, shows it, and forgets it', async () => {
    const at = ['--set', 'country=FR'] as const;
    assert.match(await line.ok('user', 'country', 'anna'), /of no country: numbers are compared as they are written/);
    assert.match(await line.ok('user', 'country', 'anna', ...at), /France \(FR\), as the configuration says/);
    assert.match(await line.ok('user', 'country', 'anna', 'de', ...at), /are of Germany \(DE\)\.\n.*next sync/);
    assert.match(await line.ok('user', 'country', 'anna', 'united states', ...at), /United States \(US\)/);
    assert.deepEqual(JSON.parse(await line.ok('user', 'country', 'anna', '--json', ...at)), { name: 'anna', country: 'US', own: true });
    assert.match(await line.ok('user', 'country', 'anna', 'auto', ...at), /France \(FR\), as the configuration says/);
  });

  for (const [what, args, says] of [
    ['a name that is none, with one that looks alike', ['user', 'country', 'anna', 'zealand'], /Is it New Zealand \(NZ\)\?/],
    ['a code that is none', ['user', 'country', 'anna', 'XX'], /two letters, such as DE/],
    ['a user that is none', ['user', 'country', 'bob', 'DE'], /no user "bob"/],
    ['a device that is none', ['device', 'country', 'x', 'DE', '--user', 'anna'], /no device "x"/],
  ] as const)
    it(`says what to do about ${what}`, async () => {
      const { code, err } = await line.run(args);
      assert.equal(code, 1);
      assert.match(err, says);
    });
});
