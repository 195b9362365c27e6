/** Speed of the wire codecs, next to libwbxml's tools doing the same work where they are installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Message } from '../src/model/message.js';
import { wbxmlToXml, xmlToWbxml } from '../src/wire/convert.js';
import { decodeMessage } from '../src/wire/decode.js';
import type { Dialect } from '../src/wire/dialect.js';
import { MessageEncoder } from '../src/wire/encode.js';

const WBXML: Dialect = { encoding: 'wbxml', version: '1.2', wbxml: { version: 2, publicId: 'number' } };
const XML: Dialect = { encoding: 'xml', version: '1.2' };
const TOOL_TIMEOUT_MS = 60_000;

/** A Sync with this many Adds, each a vCard of about 750 bytes. */
export function syncMessage(adds: number): Message {
  const photo = 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\r\n '.repeat(5);
  return {
    header: {
      verDtd: '1.2',
      verProto: 'SyncML/1.2',
      sessionId: '1',
      msgId: '2',
      target: { uri: 'http://sync.example.com/' },
      source: { uri: 'IMEI:490154203237518' },
      meta: { maxMsgSize: 2_000_000 },
    },
    body: [
      {
        kind: 'Sync',
        cmdId: '1',
        target: { uri: './contacts' },
        source: { uri: './C:Contacts.cdb' },
        numberOfChanges: adds,
        commands: Array.from({ length: adds }, (_, index) => ({
          kind: 'Add' as const,
          cmdId: String(index + 2),
          meta: { type: 'text/x-vcard' },
          items: [
            {
              source: { uri: String(index + 1000) },
              data: {
                kind: 'content' as const,
                bytes: new TextEncoder().encode(
                  `BEGIN:VCARD\r\nVERSION:2.1\r\nN:Müller & Söhne ${index};Anna;;;\r\nFN:Anna <Müller> ${index}\r\nTEL;CELL;VOICE:+1555010${index}\r\n` +
                    `EMAIL;INTERNET:anna${index}@example.com\r\nADR;HOME:;;Hauptstraße ${index};Berlin;;10115;Germany\r\nPHOTO;ENCODING=BASE64:\r\n ${photo}\r\nEND:VCARD\r\n`,
                ),
              },
            },
          ],
        })),
      },
    ],
    final: true,
  };
}

/** Milliseconds a run takes: the median of runs over about half a second, after warming up. */
export function time(run: () => unknown): number {
  for (const end = performance.now() + 200; performance.now() < end;) run();
  const runs: number[] = [];
  for (const end = performance.now() + 500; performance.now() < end || runs.length < 3;) {
    const start = performance.now();
    run();
    runs.push(performance.now() - start);
  }
  return runs.sort((a, b) => a - b)[Math.floor(runs.length / 2)] ?? 0;
}

/** Milliseconds of a tool, process start included; undefined where it is not installed or does not end in time. */
function toolTime(command: string, args: readonly string[]): number | undefined {
  const runs: number[] = [];
  for (let count = 0; count < 15; count += 1) {
    const start = performance.now();
    const { status, error } = spawnSync(command, args, { stdio: 'ignore', timeout: TOOL_TIMEOUT_MS });
    if (error || status !== 0) return undefined;
    runs.push(performance.now() - start);
  }
  // The fastest: a process start waits for everything else on the machine.
  return Math.min(...runs);
}

function line(what: string, bytes: number, ms: number, against?: { readonly name: string; readonly ms: number | undefined }): void {
  const ratio =
    against === undefined
      ? ''
      : against.ms === undefined
        ? `   (${against.name} not installed)`
        : `   ${(against.ms / ms).toFixed(1)}x ${against.name} (${against.ms.toFixed(1)} ms)`;
  console.log(`  ${what.padEnd(34)} ${ms.toFixed(2).padStart(8)} ms ${(bytes / ms / 1000).toFixed(0).padStart(6)} MB/s${ratio}`);
}

export async function codecBench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-bench-'));
  try {
    const tiny = join(folder, 'tiny.wbxml');
    const tinyXml = join(folder, 'tiny.xml');
    writeFileSync(tiny, new MessageEncoder(WBXML).encode(syncMessage(0)));
    writeFileSync(tinyXml, wbxmlToXml(new MessageEncoder(WBXML).encode(syncMessage(0))));
    const out = join(folder, 'out');
    // What a tool takes for a message with next to nothing in it is its start.
    const startDecode = toolTime('wbxml2xml', ['-o', out, tiny]);
    const startEncode = toolTime('xml2wbxml', ['-n', '-o', out, tinyXml]);
    for (const adds of [200, 2400]) {
      const message = syncMessage(adds);
      const wbxml = new MessageEncoder(WBXML).encode(message);
      const xml = new MessageEncoder(XML).encode(message);
      const inWbxml = join(folder, 'in.wbxml');
      const inXml = join(folder, 'in.xml');
      writeFileSync(inWbxml, wbxml);
      writeFileSync(inXml, xml);
      const toXml = toolTime('wbxml2xml', ['-o', out, inWbxml]);
      const toWbxml = toolTime('xml2wbxml', ['-n', '-o', out, inXml]);
      const wbxml2xml = { name: 'wbxml2xml', ms: net(toXml, startDecode) };
      const xml2wbxml = { name: 'xml2wbxml -n', ms: net(toWbxml, startEncode) };
      console.log(`codec, ${adds} Adds: ${wbxml.length} bytes of WBXML, ${xml.length} bytes of XML (tools: net of process start)`);
      line(
        'WBXML decode to Message',
        wbxml.length,
        time(() => decodeMessage(wbxml, 'wbxml')),
        wbxml2xml,
      );
      line(
        'WBXML encode from Message',
        wbxml.length,
        time(() => new MessageEncoder(WBXML).encode(message)),
        xml2wbxml,
      );
      line(
        'WBXML to XML text (same work)',
        wbxml.length,
        time(() => new MessageEncoder(XML).encode(decodeMessage(wbxml, 'wbxml').message)),
        wbxml2xml,
      );
      line(
        'XML text to WBXML (same work)',
        xml.length,
        time(() => new MessageEncoder(WBXML).encode(decodeMessage(xml, 'xml').message)),
        xml2wbxml,
      );
      line(
        'convert, WBXML to XML',
        wbxml.length,
        time(() => wbxmlToXml(wbxml)),
        wbxml2xml,
      );
      line(
        'convert, XML to WBXML',
        xml.length,
        time(() => xmlToWbxml(xml)),
        xml2wbxml,
      );
      line(
        'XML decode to Message',
        xml.length,
        time(() => decodeMessage(xml, 'xml')),
      );
      line(
        'XML encode from Message',
        xml.length,
        time(() => new MessageEncoder(XML).encode(message)),
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function net(ms: number | undefined, start: number | undefined): number | undefined {
  return ms === undefined || start === undefined ? undefined : Math.max(0.1, ms - start);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await codecBench();
