import { examine } from '../../src/doctor/examine.js';
import type { Config } from '../../src/runtime/config.js';
import { findingsOf, type InspectableStore } from '../../src/storage/ports/inspection.js';

/** What `moorage doctor` finds in a store, in words. The machine around it is not looked at. */
export async function examined(store: InspectableStore, now: number, ages: Config['retention']): Promise<readonly string[]> {
  const found = findingsOf(await examine(store, { now, ages, surroundings: false }));
  return found.map(({ check, what, user, datastore, guid }) => [`${check}: ${what}`, user, datastore, guid].filter(Boolean).join(' '));
}
