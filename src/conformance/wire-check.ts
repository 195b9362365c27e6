/**
 * The suite reads WBXML with the project's own codec. Where libwbxml's tool is installed, a sample of the messages is read by it too:
 * a codec that is wrong the same way in both directions would otherwise never show.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WireError } from '../model/errors.js';
import { decodeMessage } from '../wire/decode.js';
import type { SessionTrace } from './lab/trace.js';

export interface WireCheckResult {
  /** Undefined: the tool is not installed. */
  readonly compared: number | undefined;
  /** Messages the two readers disagree on, in words. */
  readonly differ: readonly string[];
}

const TOOL = 'wbxml2xml';
const TIMEOUT_MS = 10_000;
/** Messages compared in a variant: each costs a process. */
const MOST_COMPARED = 60;

interface Sample {
  readonly where: string;
  readonly bytes: Uint8Array;
}

function samplesOf(sessions: readonly SessionTrace[]): readonly Sample[] {
  const samples: Sample[] = [];
  const cases = new Set<string>();
  for (const { caseId, exchanges } of sessions) {
    const exchange = exchanges.findLast(({ odd, answer, responseEncoding }) => !odd && answer && responseEncoding === 'wbxml');
    if (!exchange?.response || cases.has(caseId)) continue;
    cases.add(caseId);
    if (exchange.request && !('Content-Encoding' in exchange.requestHeaders))
      samples.push({ where: `${caseId}, request`, bytes: exchange.requestBody });
    samples.push({ where: `${caseId}, response`, bytes: exchange.response.body });
  }
  const step = Math.max(1, samples.length / MOST_COMPARED);
  return Array.from({ length: Math.min(samples.length, MOST_COMPARED) }, (_, n) => samples[Math.floor(n * step)] as Sample);
}

/** What the tool and the specification write differently without meaning anything by it. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8').replaceAll('\r', '').trim();
  if (typeof value === 'string') return value.replace('devinf+wbxml', 'devinf+xml').trim();
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, member]) => [key, plain(member)]),
  );
}

/** The message as text; undefined where it cannot be read. */
function meaning(bytes: Uint8Array, encoding: 'xml' | 'wbxml'): string | undefined {
  try {
    return JSON.stringify(plain(decodeMessage(bytes, encoding).message));
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

const run = (args: readonly string[]): Promise<'ok' | 'failed' | 'missing'> =>
  new Promise((resolve) => {
    execFile(TOOL, args, { timeout: TIMEOUT_MS }, (error) => {
      if (!error) resolve('ok');
      else resolve((error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'failed');
    });
  });

/** Compares messages of these sessions. Never throws over a message: what cannot be compared is a difference. */
export async function wireCheck(sessions: readonly SessionTrace[]): Promise<WireCheckResult> {
  const samples = samplesOf(sessions);
  if (samples.length === 0) return { compared: 0, differ: [] };
  const folder = mkdtempSync(join(tmpdir(), 'moorage-conformance-'));
  try {
    const [from, to] = [join(folder, 'in'), join(folder, 'out')];
    const differ: string[] = [];
    for (const { where, bytes } of samples) {
      writeFileSync(from, bytes);
      const outcome = await run(['-m', '0', '-k', '-o', to, from]);
      if (outcome === 'missing') return { compared: undefined, differ: [] };
      if (outcome === 'failed') differ.push(`${where}: libwbxml refuses it`);
      else {
        const other = meaning(readFileSync(to), 'xml');
        if (other === undefined) differ.push(`${where}: what libwbxml makes of it cannot be read`);
        else if (other !== meaning(bytes, 'wbxml')) differ.push(`${where}: libwbxml reads something else`);
      }
    }
    return { compared: samples.length, differ };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
