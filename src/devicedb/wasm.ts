/** As much of WebAssembly's types as is used here; the libraries this is compiled with have none. */
export interface WasmMemory {
  /** Replaced by another one when the memory grows. */
  readonly buffer: ArrayBuffer;
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

interface Wasm {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => WasmInstance;
  readonly Memory: new (limits: { readonly initial: number }) => WasmMemory;
  readonly RuntimeError: new (message?: string) => Error;
}

export const wasm = (globalThis as unknown as { readonly WebAssembly: Wasm }).WebAssembly;
