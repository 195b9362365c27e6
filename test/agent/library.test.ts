/** `import { Agent } from 'moorage/agent'` as somebody else's program does it. Needs dist (`npm run build`). */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent } from '../../src/agent/agent.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('agent: as a library', () => {
  it('is imported with its types by its name', function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'moorage-library-'));
    try {
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(root, join(folder, 'node_modules/moorage'));
      symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'));
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      const program = `import { Agent, type JobReport } from 'moorage/agent';
const agent = Agent.open({ state: 'state' });
const reports: JobReport[] = await agent.backup();
// @ts-expect-error -- a report has no such member: the types are there, and not any
const wrong = reports[0]?.nonsense;
console.log(reports.length, agent.status().length, typeof wrong);
agent.close();
`;
      writeFileSync(join(folder, 'program.ts'), program);
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const options = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--skipLibCheck'];
      execFileSync(process.execPath, [tsc, ...options, 'program.ts'], { cwd: folder, stdio: 'pipe' });
      const out = execFileSync(process.execPath, ['program.js'], { cwd: folder, encoding: 'utf8' });
      assert.equal(out.trim(), '0 0 undefined');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('has fewer than ten methods', () => {
    const methods = Object.getOwnPropertyNames(Agent.prototype).filter((name) => name !== 'constructor' && name !== 'device');
    assert.deepEqual(methods.sort(), ['add', 'backup', 'close', 'history', 'remove', 'restore', 'run', 'status']);
  });
});
