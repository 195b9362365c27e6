import assert from 'node:assert/strict';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CommandLine } from './run.js';

describe('moorage snapshot', () => {
  let line: CommandLine;
  beforeEach(async () => {
    line = new CommandLine();
    await line.ok('user', 'add', 'anna', '--password', 'secret-word-7');
  });
  afterEach(() => {
    line.remove();
  });

  it('creates, verifies and restores; the restored data is a store that doctor finds in order', async () => {
    const [folder, data] = [join(line.root, 'snapshot'), join(line.root, 'again')];
    assert.match(await line.ok('snapshot', 'create', folder), /The snapshot is complete: 1 file, .* as of 2023-11-14T22:13:20\.000Z/);
    assert.match(await line.ok('snapshot', 'verify', folder), /The snapshot is whole/);
    assert.match(await line.ok('snapshot', 'restore', folder, '--data', data), /is restored/);
    // A folder of another name looks for a key of its own.
    const [key = ''] = readdirSync(join(line.root, '.config/moorage'));
    const at = ['--data', data, '--key-file', join(line.root, '.config/moorage', key)];
    assert.match(await line.ok('doctor', ...at), /The store is in order/);
    assert.match(await line.ok('user', 'list', ...at), /anna/);
    const again = await line.run(['snapshot', 'restore', folder, '--data', data]);
    assert.equal(again.code, 1);
    assert.match(again.err, /There is a store in/);
  });

  it('exit code 1, and what is wrong, for a damaged one', async () => {
    const folder = join(line.root, 'snapshot');
    await line.ok('snapshot', 'create', folder);
    appendFileSync(join(folder, 'moorage.db'), 'x');
    const { code, out } = await line.run(['snapshot', 'verify', folder]);
    assert.equal(code, 1);
    assert.match(out, /^moorage\.db has \d+ bytes instead of \d+\n$/);
  });
});
