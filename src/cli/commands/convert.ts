import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { UserError, WireError } from '../../model/errors.js';
import { wbxmlToXml, xmlToWbxml } from '../../wire/convert.js';
import { argument, flagOption, leaf, textOption } from '../command.js';
import type { Rooms } from '../rooms.js';

/** XML begins with `<`, after white space or a byte order mark at most; WBXML with its version, 0 to 3. */
const isXml = (bytes: Uint8Array): boolean => /^(?:\uFEFF)?\s*</.test(Buffer.from(bytes.subarray(0, 256)).toString('utf8'));

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UserError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'}).`);
  }
}

export function convertCommand(rooms: Rooms, program: Command): void {
  const command = program
    .command('convert')
    .argument('<file>', 'a SyncML or DevInf document; - for standard input')
    .option('--out <file>', 'where to; left out: standard output (WBXML as hex there)')
    .option('--pretty', 'XML with indentation')
    .description('WBXML to XML, or XML to WBXML');
  leaf(rooms, command, async (run) => {
    const path = argument(run, 0);
    const bytes = path === '-' ? await rooms.streams.readInput() : read(path);
    const out = textOption(run, 'out');
    try {
      const toWbxml = isXml(bytes);
      const result = toWbxml ? xmlToWbxml(bytes) : Buffer.from(wbxmlToXml(bytes, { pretty: flagOption(run, 'pretty') }), 'utf8');
      if (out !== undefined) {
        writeFileSync(out, result);
        return { text: `${result.length} bytes of ${toWbxml ? 'WBXML' : 'XML'} in ${out}.\n`, json: { out, bytes: result.length } };
      }
      const text = Buffer.from(result).toString(toWbxml ? 'hex' : 'utf8');
      return { text: `${text}\n`, json: toWbxml ? { wbxml: text } : { xml: text } };
    } catch (error) {
      if (error instanceof WireError) throw new UserError(`${path}: ${error.message}.`);
      throw error;
    }
  });
}
