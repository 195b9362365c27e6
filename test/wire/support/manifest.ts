/**
 * What every captured body decodes to, as one line of text. `npx tsx test/wire/support/manifest.ts` writes the file anew; read the difference
 * before it is committed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WireError } from '../../../src/model/errors.js';
import type { Command, Message } from '../../../src/model/message.js';
import { decodeMessage } from '../../../src/wire/decode.js';
import { allFixtures, type Fixture, fixtureEncoding, MANIFEST } from './fixtures.js';

export function loadManifest(): Record<string, string> {
  return JSON.parse(readFileSync(MANIFEST, 'utf8')) as Record<string, string>;
}

/** `wbxml 1.2 session 4 message 1: Status Sync(Add*5) final`, `error malformed at 877, header read`, or `not a message`. */
export function outcome(fixture: Fixture): string {
  const bytes = fixture.read();
  const encoding = fixtureEncoding(fixture.key, bytes);
  if (encoding === undefined) return 'not a message';
  try {
    const { message, skipped } = decodeMessage(bytes, encoding);
    return `${encoding} ${summary(message)}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return `error ${error.fault} at ${error.offset}${error.header ? ', header read' : ''}`;
  }
}

function summary(message: Message): string {
  const { header, body, final } = message;
  return [`${header.verDtd} session ${header.sessionId} message ${header.msgId}:`, ...kinds(body), ...(final ? ['final'] : [])].join(' ');
}

function kinds(commands: readonly Command[]): string[] {
  const names = commands.map((command) =>
    'commands' in command
      ? `${command.kind}(${kinds(command.commands).join(' ')})`
      : command.kind === 'Unknown'
        ? `?${command.name}`
        : command.kind,
  );
  const runs: { name: string; count: number }[] = [];
  for (const name of names) {
    const last = runs.at(-1);
    if (last?.name === name) last.count += 1;
    else runs.push({ name, count: 1 });
  }
  return runs.map(({ name, count }) => (count > 1 ? `${name}*${count}` : name));
}

/** Writes the manifest from what the decoder says now. */
export function acceptManifest(): void {
  const entries = allFixtures().map((fixture) => [fixture.key, outcome(fixture)] as const);
  writeFileSync(MANIFEST, `${JSON.stringify(Object.fromEntries(entries), null, 1)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) acceptManifest();
