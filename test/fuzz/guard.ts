/** What must hold for every execution whatever the target: bounded time, bounded memory, prototypes as they were. */
import { OracleFailure, type Target } from './target.js';

const PATIENCE = { ms: 200, msPerKib: 4 };
/** Repeats that must all be slow before an execution counts as slow: other processes run on this machine. */
const CONFIRMATIONS = 3;
/** Memory beyond this, and this often the input's size, is too much. Bytes. */
export const MEMORY_BYTES = 64 * 1024 * 1024;
const MEMORY_FACTOR = 2000;

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype, Function.prototype, Map.prototype, Uint8Array.prototype] as const;
const namesOf = (prototype: object): string => Object.getOwnPropertyNames(prototype).join(' ');
const NAMES = PROTOTYPES.map(namesOf);

export function checkPrototypes(): void {
  for (const [at, prototype] of PROTOTYPES.entries()) {
    if (namesOf(prototype) === NAMES[at]) continue;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (!NAMES[at]?.split(' ').includes(name)) delete (prototype as unknown as Record<string, unknown>)[name];
    }
    throw new OracleFailure('prototype', 'a prototype has other properties than before');
  }
}

export const budgetMs = (target: Target, bytes: number): number => {
  const { ms, msPerKib } = target.patience ?? PATIENCE;
  return ms + (msPerKib * bytes) / 1024;
};

/** Bytes on the heap and in buffers. */
export const heldBytes = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Runs `input` under all oracles. @throws what the target throws, and {OracleFailure}. */
export async function runGuarded(target: Target, input: Uint8Array, everything = false): Promise<void> {
  const startedAt = performance.now();
  const running = target.run(input, everything);
  if (running) await running;
  const took = performance.now() - startedAt;
  // An inherited property shows up in every object.
  for (const name in {}) throw new OracleFailure('prototype', `Object.prototype has ${name}`);
  if (took > budgetMs(target, input.length)) await confirmSlow(target, input);
}

/** By processor time: on a busy machine much time passes between two instructions. */
async function confirmSlow(target: Target, input: Uint8Array): Promise<void> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < CONFIRMATIONS; i += 1) {
    const before = process.cpuUsage();
    await target.run(input);
    const { user, system } = process.cpuUsage(before);
    fastest = Math.min(fastest, (user + system) / 1000);
    if (fastest <= budgetMs(target, input.length)) return;
  }
  throw new OracleFailure('time', `${Math.round(fastest)} ms for ${input.length} bytes`);
}

/** One execution that looks at memory too: too dear for each. @throws {OracleFailure}, and what the target throws */
export async function checkMemory(target: Target, input: Uint8Array): Promise<void> {
  const before = heldBytes();
  await target.run(input);
  const grown = heldBytes() - before;
  if (grown > MEMORY_BYTES + MEMORY_FACTOR * input.length) throw new OracleFailure('memory', `${grown} bytes more for ${input.length}`);
}
