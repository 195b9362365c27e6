/**
 * All targets. A new one needs a line here and nothing else. The files are imported when a campaign begins, since coverage has to be on before the
 * code under test is loaded.
 */
import type { Target } from '../target.js';

export const TARGETS = {
  wbxml: { weight: 40, load: async () => (await import('./wbxml.js')).wbxml },
  xml: { weight: 12, load: async () => (await import('./xml.js')).xml },
  devinf: { weight: 18, load: async () => (await import('./devinf.js')).devinf },
  session: { weight: 0.2, load: async () => (await import('./session.js')).session },
  backup: { weight: 0.1, least: 40, load: async () => (await import('./backup.js')).backup },
  content: { weight: 30, load: async () => (await import('./content.js')).content },
} as const satisfies Readonly<Record<string, { readonly weight: number; readonly least?: number; readonly load: () => Promise<Target> }>>;

export type TargetName = keyof typeof TARGETS;

/** @param name or the `file:` URL of a module that exports a `target`. @throws {RangeError} when there is none of that name. */
export async function targetNamed(name: string): Promise<Target> {
  if (name.startsWith('file:')) return ((await import(name)) as { readonly target: Target }).target;
  if (!(name in TARGETS)) throw new RangeError(`no fuzz target ${name}`);
  return TARGETS[name as TargetName].load();
}
