import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('npm run demo', () => {
  it('plays both recorded sessions to their end and shows what the server holds', function () {
    this.timeout(60_000);
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'demo/demo.ts'], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    assert.equal(stdout.match(/log-in accepted for this session/g)?.length, 2);
    assert.equal(stdout.match(/^ {2}Device, message/gm)?.length, 6);
    const last = stdout.slice(stdout.indexOf('After:'));
    const held = [...last.matchAll(/^\S+ {2,}(.+?) {2,}(\d) /gm)].map(([, name, revision]) => [name, revision]);
    assert.deepEqual(held, [
      ['Fjóla Prøvesen 100', '2'],
      ['Changed Pavel Vanja Örnek 0', '2'],
      ['Bela Exemplo 2', '1'],
      ['Bela Placeholder 3', '1'],
      ['Dorte Jörn Exemplo 4', '1'],
      ['Wenzel Próbny 150', '1'],
      ['Cosmo Prøvesen 50', '1'],
    ]);
  });
});
