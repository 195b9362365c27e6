/** `moorage user zone` and `moorage device zone`. */
import assert from 'node:assert/strict';
import { CommandLine } from './run.js';

describe('command line: where phones are', () => {
  let line: CommandLine;
  beforeEach(async () => {
    line = new CommandLine();
    await line.ok('user', 'add', 'anna', '--password', 'pw');
  });
  afterEach(() => line.remove());

  it('sets a zone for a user, shows it, and forgets it', async () => {
    const at = ['--set', 'timeZone=Asia/Tokyo'] as const;
    assert.match(await line.ok('user', 'zone', 'anna', ...at), /Asia\/Tokyo, as the configuration says/);
    assert.match(await line.ok('user', 'zone', 'anna', 'europe/berlin', ...at), /are in Europe\/Berlin\.\n.*device reset/);
    assert.deepEqual(JSON.parse(await line.ok('user', 'zone', 'anna', '--json', ...at)), {
      name: 'anna',
      timeZone: 'Europe/Berlin',
      own: true,
    });
    assert.match(await line.ok('user', 'zone', 'anna', 'auto', ...at), /Asia\/Tokyo, as the configuration says/);
  });

  for (const [what, args, says] of [
    ['a name that is none, with one that looks alike', ['user', 'zone', 'anna', 'berlin'], /Is it Europe\/Berlin\?/],
    ['a name like nothing', ['user', 'zone', 'anna', 'Mars/Olympus'], /such as Europe\/Berlin/],
    ['a user that is none', ['user', 'zone', 'bob', 'Europe/Berlin'], /no user "bob"/],
    ['a device that is none', ['device', 'zone', 'x', 'Europe/Berlin', '--user', 'anna'], /no device "x"/],
  ] as const)
    it(`says what to do about ${what}`, async () => {
      const { code, err } = await line.run(args);
      assert.equal(code, 1);
      assert.match(err, says);
    });
});
