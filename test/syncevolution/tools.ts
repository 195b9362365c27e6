import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Programs of the distribution that the proofs in this folder drive or read messages with. */
const PROGRAMS = ['syncevolution', 'wbxml2xml', 'cc'] as const;

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** The programs of {@link PROGRAMS} that this machine does not have; empty when every proof can run. */
export function missingTools(): readonly string[] {
  return PROGRAMS.filter((program) => !onPath(program));
}

/**
 * `describe` for proofs that need the real client. Without it, one visible line says what was not proven and the case
 * passes; with MOORAGE_REQUIRE_TOOLS=1 (what the CI sets after installing them) the case fails instead.
 */
export function describeWithClient(title: string, body: (this: Mocha.Suite) => void): void {
  const missing = missingTools();
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  describe(title, () => {
    it(`needs ${missing.join(', ')}`, () => {
      const line = `${title}: not run, this machine has no ${missing.join(', no ')}`;
      if (process.env['MOORAGE_REQUIRE_TOOLS'] === '1') throw new Error(line);
      console.log(`    ${line}`);
    });
  });
}

let library: string | undefined;

/** Path of the compiled transport-fix.c; compiled once for each process. @throws {Error} with the compiler's words. */
export function transportFix(): string {
  if (library !== undefined) return library;
  const folder = mkdtempSync(join(tmpdir(), 'moorage-fix-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const output = join(folder, 'transport-fix.so');
  const source = fileURLToPath(new URL('transport-fix.c', import.meta.url));
  const run = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', output, source, '-ldl'], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`cc could not compile transport-fix.c: ${run.stderr || String(run.error)}`);
  library = output;
  return output;
}
