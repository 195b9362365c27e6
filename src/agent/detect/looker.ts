/** Has files looked at, each time in a process of its own; see `look.ts`. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Look, LookRequest } from './look.js';
import type { LookAnswer, Question } from './look-process.js';

/** What the file system or SQLite said in that process. */
export class LookFailed extends Error {
  override readonly name = 'LookFailed';
  readonly code: string | undefined;
  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

/** This file and the other one have the same ending, compiled or not. */
const here = fileURLToPath(import.meta.url);
/** What is started for a look. Tests of the sources have the built one started, which takes a tenth of the time. */
export const lookProcess = {
  script: here.replace(/looker(\.[a-z]+)$/, 'look-process$1'),
  // Sources need their loader; anything else that this process was started with, a debugger or --eval, is its own.
  execArgv: here.endsWith('.ts') ? process.execArgv.filter((word) => !word.startsWith('--inspect')) : [],
};

export class Looker {
  readonly #children = new Set<ChildProcess>();

  /** @throws {LookFailed} */
  async look(request: LookRequest): Promise<Look> {
    const { look } = await this.#ask({ kind: 'look', request });
    if (!look) throw new LookFailed('no answer');
    return look;
  }

  /** Names of a database's tables; undefined of any other file. @throws {LookFailed} */
  async tables(path: string): Promise<readonly string[] | undefined> {
    return (await this.#ask({ kind: 'tables', path })).tables;
  }

  /** Of a database that nobody else uses. @throws {LookFailed} when it cannot be read. */
  async digest(path: string): Promise<string> {
    return (await this.#ask({ kind: 'digest', path })).digest ?? '';
  }

  close(): void {
    for (const child of this.#children) child.kill();
  }

  #ask(question: Question): Promise<LookAnswer> {
    return new Promise((resolve, reject) => {
      const { script, execArgv } = lookProcess;
      const child = fork(script, { execArgv, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      this.#children.add(child);
      let answer: LookAnswer | undefined;
      child.on('message', (message) => (answer = message as LookAnswer));
      child.on('error', (error) => reject(new LookFailed(error.message)));
      // Only when it is gone are its locks.
      child.on('close', (code, signal) => {
        this.#children.delete(child);
        if (!answer) reject(new LookFailed(`the process that looks at files ended (${signal ?? code})`));
        else if (answer.error) reject(new LookFailed(answer.error.message, answer.error.code));
        else resolve(answer);
      });
      child.send(question, () => undefined);
    });
  }
}
