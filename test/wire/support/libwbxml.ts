import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TIMEOUT_MS = 20_000;

/** libwbxml's command-line tools, each run with a time limit. */
export interface Libwbxml {
  /** XML of a WBXML document; undefined where libwbxml refuses it. */
  toXml(wbxml: Uint8Array): Uint8Array | undefined;
  /** WBXML of an XML document, without a string table: with one the tool takes minutes. Undefined where it refuses. */
  toWbxml(xml: Uint8Array): Uint8Array | undefined;
  close(): void;
}

/** Undefined, and one line, where the tools are not installed. With MOORAGE_REQUIRE_TOOLS=1 that is an error. */
export function openLibwbxml(): Libwbxml | undefined {
  if (spawnSync('wbxml2xml', ['-h'], { stdio: 'ignore', timeout: TIMEOUT_MS }).error) {
    if (process.env['MOORAGE_REQUIRE_TOOLS'] === '1') throw new Error('libwbxml (wbxml2xml, xml2wbxml) is not installed');
    console.log('    note: libwbxml (wbxml2xml, xml2wbxml) is not installed; nothing was compared with it');
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'moorage-libwbxml-'));
  const run = (command: string, args: readonly string[], input: Uint8Array): Uint8Array | undefined => {
    const from = join(folder, 'in');
    const to = join(folder, 'out');
    rmSync(to, { force: true });
    writeFileSync(from, input);
    const { status } = spawnSync(command, [...args, '-o', to, from], { stdio: 'ignore', timeout: TIMEOUT_MS });
    return status === 0 ? new Uint8Array(readFileSync(to)) : undefined;
  };
  return {
    toXml: (wbxml) => run('wbxml2xml', ['-m', '0', '-k'], wbxml),
    toWbxml: (xml) => run('xml2wbxml', ['-n', '-v', '1.2'], xml),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
