/** Has files looked at in a process of its own, started when it is first needed. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Look, LookRequest } from './look.js';
import type { LookAnswer, Question } from './look-process.js';

interface Waiting {
  resolve(answer: LookAnswer): void;
  reject(error: Error): void;
}

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
const SCRIPT = here.replace(/looker(\.[a-z]+)$/, 'look-process$1');

export class Looker {
  #child: ChildProcess | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;

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

  close(): void {
    this.#child?.disconnect();
    this.#child = undefined;
  }

  #ask(question: Question): Promise<LookAnswer> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const child = (this.#child ??= this.#start());
      child.ref();
      child.channel?.ref();
      child.send({ id, question }, (error) => {
        if (error) this.#settle({ id, error: { message: error.message } });
      });
    });
  }

  #start(): ChildProcess {
    // What the debugger listens on is this process's own.
    const execArgv = process.execArgv.filter((word) => !word.startsWith('--inspect'));
    const child = fork(SCRIPT, { execArgv, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.on('message', (answer) => this.#settle(answer as LookAnswer));
    child.on('error', (error) => this.#ended(child, error.message));
    child.on('exit', (code, signal) => this.#ended(child, `the process that looks at files ended (${signal ?? code})`));
    return child;
  }

  #settle(answer: LookAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    const { error } = answer;
    if (error) waiting?.reject(new LookFailed(error.message, error.code));
    else waiting?.resolve(answer);
    if (this.#waiting.size > 0) return;
    // Idle, it keeps nobody from ending.
    this.#child?.unref();
    this.#child?.channel?.unref();
  }

  #ended(child: ChildProcess, why: string): void {
    if (this.#child === child) this.#child = undefined;
    for (const id of [...this.#waiting.keys()]) this.#settle({ id, error: { message: why } });
  }
}
