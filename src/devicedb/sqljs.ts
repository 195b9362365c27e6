/**
 * sql.js from below: the C functions its build exports, and its memory. Its own Statement stops texts at a NUL, repairs what is not UTF-8 and
 * has no 64-bit integers; a copy has to be exact. Every job has a fresh instance, so that nothing of one account's file is there for the next.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';
import { wasm, type WasmInstance, type WasmMemory } from './wasm.js';

/** Addresses and handles are numbers. */
export interface SqlJs {
  readonly Database: new (contents?: Uint8Array) => SqlJsDatabase;
  /** Grows: `buffer` is to be asked for anew. */
  readonly memory: WasmMemory;
  UTF8ToString(address: number): string;
  stackSave(): number;
  stackRestore(address: number): void;
  stackAlloc(bytes: number): number;
  _malloc(bytes: number): number;
  _free(address: number): void;
  _sqlite3_prepare_v2(db: number, sql: number, bytes: number, statement: number, tail: number): number;
  _sqlite3_step(statement: number): number;
  _sqlite3_reset(statement: number): number;
  _sqlite3_finalize(statement: number): number;
  _sqlite3_clear_bindings(statement: number): number;
  _sqlite3_bind_int(statement: number, index: number, value: number): number;
  _sqlite3_bind_double(statement: number, index: number, value: number): number;
  _sqlite3_bind_text(statement: number, index: number, address: number, bytes: number, destructor: number): number;
  _sqlite3_bind_blob(statement: number, index: number, address: number, bytes: number, destructor: number): number;
  _sqlite3_column_count(statement: number): number;
  _sqlite3_column_type(statement: number, column: number): number;
  _sqlite3_column_double(statement: number, column: number): number;
  _sqlite3_column_text(statement: number, column: number): number;
  _sqlite3_column_blob(statement: number, column: number): number;
  _sqlite3_column_bytes(statement: number, column: number): number;
  _sqlite3_errmsg(db: number): number;
}

export interface SqlJsDatabase {
  /** The handle. */
  readonly db: number;
  close(): void;
  /** The file's bytes. Changes some of the header: only where bytes do not matter. */
  export(): Uint8Array;
}

type Exports = (settings: object) => Promise<Omit<SqlJs, 'memory'>>;
type Wrapper = (exports: object, require: NodeJS.Require, module: { exports: object }, filename: string, dirname: string) => void;

/** Makes instances; compiled once a thread. */
export function loadSqlJs(): () => Promise<SqlJs> {
  const require = createRequire(import.meta.url);
  const file = require.resolve('sql.js/dist/sql-wasm.js');
  const compiled = new wasm.Module(readFileSync(require.resolve('sql.js/dist/sql-wasm.wasm')));
  // The package makes one instance and hands it out again and again; read anew, it makes another.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'utf8')}\n})`;
  const wrapper = new Script(source, { filename: file }).runInThisContext() as Wrapper;
  return async () => {
    const module = { exports: {} };
    wrapper(module.exports, require, module, file, dirname(file));
    let memory: WasmMemory | undefined;
    const made = await (module.exports as Exports)({
      // SQLite's functions and no others: a schema that needs more is not one stock SQLite can write.
      useOldExtensionFunctions: false,
      instantiateWasm: (imports: object, done: (instance: WasmInstance) => void) => {
        const instance = new wasm.Instance(compiled, imports);
        memory = Object.values(instance.exports).find((one): one is WasmMemory => one instanceof wasm.Memory);
        done(instance);
        return instance.exports;
      },
    });
    if (memory === undefined) throw new Error('this build of sql.js does not export its memory');
    return Object.assign(made, { memory });
  };
}
