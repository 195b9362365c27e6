/** A failure as it is kept: enough to see it again. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FailureKind, TortureFailure } from './failure.js';
import type { TortureScript } from './script.js';

export interface Found {
  readonly kind: FailureKind;
  readonly detail: string;
  /** Where it was found; in processes the instant of a kill is not part of the script. */
  readonly engine: 'in-process' | 'processes';
  readonly shrunk: 'fully' | 'in part' | 'not';
  readonly script: TortureScript;
}

export const foundOf = (
  failure: Pick<TortureFailure, 'kind' | 'message'>,
  engine: Found['engine'],
  script: TortureScript,
  shrunk: Found['shrunk'],
): Found => ({ kind: failure.kind, detail: failure.message, engine, shrunk, script });

/** @returns the file's path. */
export function saveFound(folder: string, found: Found): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${found.kind.replaceAll(' ', '-')}-${found.script.name.replaceAll('/', '-')}.json`);
  writeFileSync(path, `${formatFound(found)}\n`);
  return path;
}

/** One event a line, so that a person can read it. */
export function formatFound(found: Found): string {
  const { script, ...head } = found;
  const { events, devices, ...rest } = script;
  const lines = (entries: readonly string[]): string => entries.map((line) => `      ${line}`).join(',\n');
  const plain = (value: object): string => JSON.stringify(value).slice(1, -1);
  const who = Object.entries(devices).map(([name, setup]) => `${JSON.stringify(name)}: ${JSON.stringify(setup)}`);
  return [
    '{',
    `  ${plain(head)},`,
    '  "script": {',
    `    ${plain(rest)},`,
    `    "devices": {\n${lines(who)}\n    },`,
    `    "events": [\n${lines(events.map((event) => JSON.stringify(event)))}\n    ]`,
    '  }',
    '}',
  ].join('\n');
}

/** A file that was saved, or a script alone. @throws {Error} when it is neither. */
export function readScript(text: string): TortureScript {
  const parsed = JSON.parse(text) as Partial<Found> & Partial<TortureScript>;
  const script = parsed.script ?? parsed;
  if (!script.events || !script.devices) throw new Error('that is no torture script');
  return script as TortureScript;
}

export const readScriptFile = (path: string): TortureScript => readScript(readFileSync(path, 'utf8'));
