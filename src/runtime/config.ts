/**
 * The settings, read once: flags before environment before file before defaults. Whatever is wrong is reported in one go,
 * each fault with its key, where it came from and what to write instead.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { CONFIG_KEYS, configSchema, SECRET_KEYS, SECRET_NAMES, type ConfigKey } from './config-schema.js';

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

type Parsed = DeepReadonly<z.output<typeof configSchema>>;
/** `data` and `key.file` are absolute paths; `auth.challenge` is one of `auth.methods`. */
export type Config = Omit<Parsed, 'key' | 'auth'> & {
  readonly key: { readonly file: string; readonly text?: string };
  readonly auth: Omit<Parsed['auth'], 'challenge'> & { readonly challenge: AuthMethod };
};
export type AuthMethod = Parsed['auth']['methods'][number];
export type LocationConfig = Config['locations'][number];
export type DatastoreConfig = Config['datastores'][number];

/** The settings cannot be used. `faults` has one line for each thing that is wrong; the message has them all. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

export interface ConfigSources {
  /** From the command line, by key: `{ 'limits.maxMsgSize': 20000 }`; text is read like the environment's. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** JSON file; when absent, `<data>/moorage.json` is read if it is there. */
  readonly file?: string;
  readonly workingFolder?: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Things that were ignored and may be mistakes: one line each. */
  readonly warnings: readonly string[];
}

interface Gathered {
  readonly tree: Record<string, unknown>;
  /** Key → where its value came from, for faults. */
  readonly origin: Map<string, string>;
  readonly faults: string[];
}

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function put(gathered: Gathered, path: string, value: unknown, origin: string): void {
  const names = path.split('.');
  let at = gathered.tree;
  for (const name of names.slice(0, -1)) {
    const next = at[name];
    if (isTree(next)) {
      at = next;
      continue;
    }
    const made: Record<string, unknown> = {};
    at[name] = made;
    at = made;
  }
  at[names[names.length - 1] ?? path] = value;
  gathered.origin.set(path, origin);
}

/** Text of a flag or a variable as the value the schema checks; text that cannot be one stays text, for the schema to refuse. */
function fromText(key: ConfigKey, written: string): unknown {
  switch (key.type) {
    case 'text':
      return written;
    case 'number':
      return /^\s*-?\d+\s*$/.test(written) ? Number(written) : written;
    case 'boolean':
      return { true: true, false: false, '1': true, '0': false, yes: true, no: false }[written.trim().toLowerCase()] ?? written;
    case 'list':
      return written
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'json':
      try {
        return JSON.parse(written) as unknown;
      } catch {
        return written;
      }
  }
}

function readFile(gathered: Gathered, path: string): void {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    gathered.faults.push(
      `${path}: ${error instanceof SyntaxError ? 'is not JSON; write {"port": 8080} and the like' : `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`}`,
    );
    return;
  }
  if (!isTree(content)) {
    gathered.faults.push(`${path}: is not a JSON object; write {"port": 8080} and the like`);
    return;
  }
  const walk = (tree: Record<string, unknown>, prefix: string): void => {
    for (const [name, value] of Object.entries(tree)) {
      const key = prefix === '' ? name : `${prefix}.${name}`;
      const known = CONFIG_KEYS.some((entry) => entry.path === key);
      if (!known && isTree(value) && CONFIG_KEYS.some((entry) => entry.path.startsWith(`${key}.`))) walk(value, key);
      else if (!known) gathered.faults.push(`${key} (in ${path}): there is no such key${didYouMean(key)}`);
      else put(gathered, key, value, path);
    }
  };
  walk(content, '');
}

/** Edit distance, for suggestions only. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function nearest(written: string, names: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const ranked = names.map((name) => ({ name, far: distance(plain(written), plain(name)) })).sort((a, b) => a.far - b.far);
  const best = ranked[0];
  return best !== undefined && best.far <= Math.max(2, written.length / 4) ? best.name : undefined;
}

function didYouMean(key: string): string {
  const last = key.split('.').at(-1) ?? key;
  const best = nearest(
    key,
    CONFIG_KEYS.map((entry) => entry.path),
  );
  const sameName = CONFIG_KEYS.find((entry) => entry.path.split('.').at(-1) === last)?.path;
  const found = best ?? sameName;
  return found === undefined ? '' : `; did you mean ${found}?`;
}

/** Variables of ours that are read elsewhere and are no settings. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(['MOORAGE_CONFIG', 'MOORAGE_REQUIRE_TOOLS']);

/** A variable nobody reads is a warning, not a fault: container platforms set names such as MOORAGE_SERVICE_HOST on their own. */
function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set(CONFIG_KEYS.map((key) => key.variable));
  return Object.keys(environment)
    .filter((name) => name.startsWith('MOORAGE_') && !known.has(name) && !OTHER_VARIABLES.has(name))
    .map((name) => {
      const best = nearest(name, [...known]);
      return `${name} is not read by this server${best === undefined ? '' : `; did you mean ${best}?`}`;
    });
}

/** Folder → file name: one key for each data folder, outside of it, so that a copy of the folder does not carry its key. */
function defaultKeyFile(data: string, environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment['XDG_CONFIG_HOME'];
  const folder = base !== undefined && base !== '' ? base : join(environment['HOME'] ?? homedir(), '.config');
  const name = createHash('sha256').update(data).digest('hex').slice(0, 16);
  return join(folder, 'moorage', `${name}.key`);
}

const HIDDEN = '(hidden)';
/** Lists that hold secrets: text that was to be one is not shown either. */
const LISTS_WITH_SECRETS: ReadonlySet<string> = new Set(['locations']);

function withoutSecrets(value: unknown, path = ''): unknown {
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (value !== undefined && (SECRET_KEYS.has(path) || SECRET_NAMES.has(name))) return HIDDEN;
  if (typeof value === 'string' && LISTS_WITH_SECRETS.has(path.replace(/\.\d+$/, ''))) return HIDDEN;
  if (Array.isArray(value)) return value.map((one: unknown, at) => withoutSecrets(one, `${path}.${at}`));
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutSecrets(one, path === '' ? key : `${path}.${key}`)]));
}

function shown(path: string, value: unknown): string {
  const json = JSON.stringify(withoutSecrets(value, path)) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}

function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = tree;
  for (const name of path) at = typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[name] : undefined;
  return at;
}

function describeIssue(issue: z.core.$ZodIssue, gathered: Gathered): string {
  const full = issue.path.map(String).join('.');
  const key = CONFIG_KEYS.find((entry) => full === entry.path || full.startsWith(`${entry.path}.`));
  const origin = key === undefined ? undefined : gathered.origin.get(key.path);
  const where = origin === undefined ? '' : ` (from ${origin})`;
  if (issue.code === 'unrecognized_keys') return `${full}${where}: there is no ${issue.keys.map((name) => `"${name}"`).join(', ')} here`;
  const inside = key !== undefined && full !== key.path ? `${issue.message}; ` : '';
  return `${full}${where}: ${shown(full, valueAt(gathered.tree, issue.path))} cannot be used; ${inside}write ${key?.hint ?? issue.message}`;
}

/** Faults that show only when several settings are seen together. */
function crossFaults(config: z.output<typeof configSchema>): string[] {
  const faults: string[] = [];
  if (config.auth.challenge !== undefined && !config.auth.methods.includes(config.auth.challenge))
    faults.push(
      `auth.challenge: "${config.auth.challenge}" is not among auth.methods (${config.auth.methods.join(', ')}); write one of these, or allow it`,
    );
  const seen = new Map<string, string>();
  for (const store of config.datastores)
    for (const name of new Set([store.uri, ...store.aliases].map((text) => text.toLowerCase()))) {
      const other = seen.get(name);
      if (other !== undefined)
        faults.push(`datastores: the name "${name}" stands for both ${other} and ${store.uri}; each name may stand for one datastore`);
      seen.set(name, store.uri);
    }
  const ids = config.locations.map(({ id }) => id);
  for (const id of new Set(ids))
    if (id === 'local') faults.push('locations: "local" is the one in the data folder, which is always there; choose another id');
    else if (ids.filter((other) => other === id).length > 1) faults.push(`locations: there are two of the id "${id}"`);
  if (config.location !== 'local' && !ids.includes(config.location))
    faults.push(`location: there is no location "${config.location}"; write ${['local', ...ids].join(' or ')}`);
  if ((config.accountService.url === undefined) !== (config.accountService.token === undefined))
    faults.push('accountService: url and token belong together; write both, or neither');
  if (config.http.headersTimeoutMs > config.http.requestTimeoutMs)
    faults.push('http.headersTimeoutMs: is longer than http.requestTimeoutMs, the time for the whole request; write a shorter one');
  if (config.limits.maxBodyBytes < config.limits.maxMsgSize)
    faults.push(
      'limits.maxBodyBytes: is smaller than limits.maxMsgSize, the size phones are told they may send; raise it, or lower limits.maxMsgSize',
    );
  return faults;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

/**
 * Reads and checks all settings. This is the only place that looks at the process's environment.
 * @throws {ConfigError} with every fault there is.
 */
export function loadConfig(sources: ConfigSources = {}): LoadedConfig {
  const environment = sources.environment ?? process.env;
  const base = sources.workingFolder ?? process.cwd();
  const gathered: Gathered = { tree: {}, origin: new Map(), faults: [] };
  const written = (key: ConfigKey): { value: unknown; origin: string } | undefined => {
    const value = sources.flags?.[key.path];
    if (value !== undefined) return { value: typeof value === 'string' ? fromText(key, value) : value, origin: 'the command line' };
    const variable = environment[key.variable];
    return variable === undefined || variable === '' ? undefined : { value: fromText(key, variable), origin: key.variable };
  };

  const dataKey = CONFIG_KEYS.find((key) => key.path === 'data');
  const said = dataKey === undefined ? undefined : written(dataKey);
  const file = sources.file ?? environment['MOORAGE_CONFIG'];
  const beside = join(resolve(base, typeof said?.value === 'string' ? said.value : String(dataKey?.fallback)), 'moorage.json');
  const configFile = file !== undefined && file !== '' ? resolve(base, file) : existsSync(beside) ? beside : undefined;
  if (configFile !== undefined) readFile(gathered, configFile);
  for (const key of CONFIG_KEYS) {
    const found = written(key);
    if (found !== undefined) put(gathered, key.path, found.value, found.origin);
  }

  const parsed = configSchema.safeParse(gathered.tree);
  const faults = [
    ...gathered.faults,
    ...(parsed.success ? crossFaults(parsed.data) : parsed.error.issues.map((issue) => describeIssue(issue, gathered))),
  ];
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);

  // Paths in a file are relative to the file, others to where the command runs.
  const absolute = (path: string, key: string): string =>
    resolve(configFile !== undefined && gathered.origin.get(key) === configFile ? dirname(configFile) : base, path);
  const data = absolute(parsed.data.data, 'data');
  const { file: keyFile, text: keyText } = parsed.data.key;
  const key = {
    file: keyFile === undefined ? defaultKeyFile(data, environment) : absolute(keyFile, 'key.file'),
    ...(keyText === undefined ? {} : { text: keyText }),
  };
  const profiles = parsed.data.handsets.folder;
  const handsets = profiles === undefined ? {} : { folder: absolute(profiles, 'handsets.folder') };
  const { auth } = parsed.data;
  const challenge = auth.challenge ?? (auth.methods.includes('md5') ? 'md5' : 'basic');
  const locations = parsed.data.locations.map((one) => (one.kind === 'disk' ? { ...one, folder: absolute(one.folder, 'locations') } : one));
  return {
    config: freeze({ ...parsed.data, data, key, locations, handsets, auth: { ...auth, challenge } }),
    warnings: unknownVariables(environment),
  };
}

/** The settings as JSON text with secrets hidden. */
export function printConfig(config: Config): string {
  return JSON.stringify(withoutSecrets(config), undefined, 2);
}
