/** Starts a script of this folder as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly process: ChildProcess;
  /** What it writes, line by line. */
  readonly lines: Interface;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

export function startChild(script: string, input: object): Child {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, JSON.stringify(input)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(code ?? signal ?? 'unknown');
    });
  });
  return { process: child, lines: createInterface({ input: child.stdout }), ended };
}
