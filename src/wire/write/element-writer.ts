import type { DevInf } from '../../model/devinf.js';
import type { Encoding } from '../dialect.js';

/** What WBXML and XML have in common when writing. Tags are the numbers of `wbxml/tables.ts`. */
export interface ElementWriter {
  readonly encoding: Encoding;
  start(tag: number): void;
  end(): void;
  /** An element without content. */
  empty(tag: number): void;
  /** An element with a short text. */
  text(tag: number, value: string): void;
  /** An element with somebody's content, byte for byte. Ask `canCarry` first. */
  content(tag: number, bytes: Uint8Array): void;
  canCarry(bytes: Uint8Array): boolean;
  /** Data that holds device information. */
  devInf(tag: number, devinf: DevInf): void;
}

export function textIf(writer: ElementWriter, tag: number, value: string | undefined): void {
  if (value !== undefined) writer.text(tag, value);
}

export function numberIf(writer: ElementWriter, tag: number, value: number | undefined): void {
  if (value !== undefined) writer.text(tag, String(value));
}

export function flagIf(writer: ElementWriter, tag: number, value: boolean | undefined): void {
  if (value) writer.empty(tag);
}
