import type { Choices } from './choices.js';

/**
 * What is fuzzed. A new codec joins with one file in `targets/` and one line in `targets/all.ts`.
 *
 * Everything that must hold is checked inside `run`: it returns for an input that was taken or refused as it should be, and throws for
 * anything else. Time, memory and prototypes are watched from outside.
 */
export interface Target {
  readonly name: string;
  /** Inputs known to be good: mutation begins with them. */
  seeds(): readonly Uint8Array[];
  /** An input from the grammar, mostly valid. */
  generate(choices: Choices): Uint8Array;
  /** @param everything also what is too slow to be checked for each of many inputs. */
  run(input: Uint8Array, everything?: boolean): void | Promise<void>;
  /** Where a token of the input begins, ascending: whole tokens are dropped, doubled, swapped and taken from other inputs. */
  tokens?(input: Uint8Array): readonly number[];
  /** Bytes that mean something in this language. */
  readonly words?: readonly Uint8Array[];
  /** Longest input that is made, bytes. Default 8192. */
  readonly maxBytes?: number;
  /** What an execution may take. Default 200 ms and 4 ms a kB. */
  readonly patience?: { readonly ms: number; readonly msPerKib: number };
  /** Called once after the last execution. */
  close?(): Promise<void>;
}

/** What a target's oracle says: not what the code under test threw. */
export class OracleFailure extends Error {
  override readonly name = 'OracleFailure';
  readonly oracle: string;
  constructor(oracle: string, detail: string, options?: ErrorOptions) {
    super(`${oracle}: ${detail}`, options);
    this.oracle = oracle;
  }
}
