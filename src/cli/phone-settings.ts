/** What a person types into a phone. */
import { networkInterfaces } from 'node:os';
import type { Config } from '../runtime/config.js';
import { facts } from './output.js';

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const LOOPBACK = /^(?:127\.|::1$|localhost$)/;

/** Addresses of this machine that phones in its networks can reach. */
function reachable(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => !entry.internal && entry.family === 'IPv4')
    .map((entry) => entry.address);
}

/** URLs phones can be given, likeliest first. */
export function phoneUrls(config: Pick<Config, 'publicUrl'>, listening: { host: string; port: number; url: string }): readonly string[] {
  if (config.publicUrl !== undefined) return [config.publicUrl];
  if (!EVERYWHERE.has(listening.host)) return [listening.url];
  const found = reachable().map((address) => `http://${address}:${listening.port}/sync`);
  return found.length === 0 ? [listening.url] : found;
}

export interface SettingsFacts {
  readonly config: Pick<Config, 'publicUrl' | 'datastores'>;
  readonly listening: { readonly host: string; readonly port: number; readonly url: string };
  readonly user?: string;
  readonly password?: string;
}

/** The settings as lines, each as it is typed. */
export function phoneSettings({ config, listening, user, password }: SettingsFacts): string {
  const urls = phoneUrls(config, listening);
  const lines = facts([
    ['  Server address (URL)', urls.join('  or  ')],
    ['  Port, if it asks', config.publicUrl === undefined ? String(listening.port) : undefined],
    ['  User name', user ?? 'as made with "moorage user add NAME"'],
    ['  Password', password],
    ...config.datastores.map((store): [string, string] => [`  ${store.displayName ?? store.uri}`, store.uri]),
  ]);
  const loopback = config.publicUrl === undefined && LOOPBACK.test(listening.host);
  const note = loopback ? 'This address works on this machine only. For phones in your network start with --host 0.0.0.0.\n' : '';
  return `Settings for a phone:\n${lines}${note}`;
}
