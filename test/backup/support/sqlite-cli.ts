/** SQLite's own command line, in a process of its own, on a file where it lies: an application as far as locks go. */
import { execFile, spawn } from 'node:child_process';

/** Output of one command. @throws {Error} with the program's words. */
export function ask(path: string, sql: string, ...options: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('sqlite3', ['-batch', ...options, path, sql], { maxBuffer: 1 << 28, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error) reject(new Error(`sqlite3 ${path}: ${error.message.slice(0, 500)} ${stderr.slice(0, 500)}`));
      else resolve(stdout);
    });
  });
}

export const rows = async <T>(path: string, sql: string): Promise<readonly T[]> =>
  JSON.parse((await ask(path, sql, '-json', '-readonly')) || '[]') as readonly T[];

export const dump = (path: string): Promise<string> => ask(path, '.dump', '-readonly');

/** Runs statements one after another; one that fails changes nothing and the next one runs. Resolves with what was said of those. */
export function run(path: string, sql: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('sqlite3', ['-batch', path], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (part: Buffer) => (said += part.toString('utf8')));
    child.once('error', reject);
    child.once('close', () => resolve(said));
    child.stdin.end(`.timeout 20000\n${sql}`);
  });
}

/** All of them, or an error. */
export async function must(path: string, sql: string): Promise<void> {
  const said = await run(path, sql);
  if (said !== '') throw new Error(said.slice(0, 2000));
}
