/**
 * Every edit of every item, who made it and on top of which versions: from that follows what may stand when all devices have synced.
 *
 * An edit made on top of another supersedes it. Of edits of one field that did not know each other one stands (the client wins, so the one that came
 * last); edits of different fields stand both, so what a device edits next is on top of two. Data stands against a deletion. An edit counts only
 * until its device gives it up, as a refresh from the server asks.
 */
import type { StoreName } from '../model-client/profile.js';
import { fieldsOf, keyOf } from '../faults/labels.js';

interface Version {
  readonly label: string;
  readonly gone: boolean;
  /** What the device held. */
  readonly before: string | undefined;
  /** Several where that was merged. */
  readonly parents: readonly Version[];
  /** Made before the device could deliver the one below: they go together. */
  readonly chained: boolean;
  /** Nobody has to keep it any more: its device gave it up before it was delivered. */
  givenUp: boolean;
}

interface History {
  readonly versions: Version[];
  /** A refresh from a device that held the item: any version of it may stand. */
  refreshed: boolean;
  /** A refresh from a device that did not hold it: it may be gone too. */
  mayGo: boolean;
}

/** Where an edit was made. */
export interface Place {
  readonly device: string;
  readonly store: StoreName;
}

const madeKey = ({ device, store }: Place, label: string, gone: boolean): string => `${device}/${store}/${label}/${gone}`;

export type Verdict = { readonly kind: 'loss' | 'undead'; readonly detail: string } | undefined;

export class Ledger {
  /** By user, store and key. */
  readonly #histories = new Map<string, History>();
  readonly #made = new Map<string, Version>();

  /**
   * `before`: the label of what the device held; undefined for a new item. `after`: undefined for a deletion. `chained`: an edit of the same
   * item is still to be delivered.
   */
  edited(place: Place & { readonly user: string }, before: string | undefined, after: string | undefined, chained: boolean): void {
    const key = keyOf(after ?? before ?? '');
    const history = this.#history(place.user, place.store, key);
    const parents = before === undefined ? [] : madeOf(history.versions, before, place.store);
    const label = after ?? before ?? '';
    const version: Version = { label, gone: after === undefined, before, parents, chained, givenUp: false };
    history.versions.push(version);
    this.#made.set(madeKey(place, label, version.gone), version);
  }

  /** The device dropped an edit of its own before it was delivered: `label` is what it would have brought, or what it had deleted. */
  gaveUp(place: Place, label: string, gone: boolean): void {
    let version = this.#made.get(madeKey(place, label, gone));
    while (version) {
      version.givenUp = true;
      version = version.chained ? version.parents[0] : undefined;
    }
  }

  /** A refresh from client may replace what the server holds with these labels, at once or later. */
  refreshed(user: string, store: StoreName, held: readonly string[]): void {
    const keys = new Set(held.map((label) => keyOf(label)));
    for (const [name, history] of this.#histories) {
      if (!name.startsWith(`${user}/${store}/`)) continue;
      history.refreshed = true;
      history.mayGo ||= !keys.has(name.slice(`${user}/${store}/`.length));
    }
  }

  /** Holds what stands in a store against the edits. @param labels what the server and all devices hold. */
  verdict(user: string, store: StoreName, labels: readonly string[]): Verdict {
    const standing = new Map(labels.map((label) => [keyOf(label), label]));
    for (const [name, history] of this.#histories) {
      if (!name.startsWith(`${user}/${store}/`)) continue;
      const key = name.slice(`${user}/${store}/`.length);
      const verdict = judge(history, standing.get(key), store);
      standing.delete(key);
      if (verdict) return { kind: verdict.kind, detail: `${store} of ${user}: ${key}: ${verdict.detail}` };
    }
    const [stranger] = standing.values();
    return stranger === undefined ? undefined : { kind: 'undead', detail: `${store} of ${user}: nobody made ${stranger}` };
  }

  /** All agree: what stands is the beginning of what comes. */
  settled(user: string, store: StoreName, labels: readonly string[]): void {
    const standing = new Map(labels.map((label) => [keyOf(label), label]));
    for (const [name, history] of this.#histories) {
      if (!name.startsWith(`${user}/${store}/`)) continue;
      const label = standing.get(name.slice(`${user}/${store}/`.length));
      const last: Version = {
        label: label ?? '',
        gone: label === undefined,
        before: undefined,
        parents: [],
        chained: false,
        givenUp: false,
      };
      history.versions.splice(0, history.versions.length, last);
      history.refreshed = false;
      history.mayGo = false;
    }
    this.#made.clear();
  }

  #history(user: string, store: StoreName, key: string): History {
    const name = `${user}/${store}/${key}`;
    let history = this.#histories.get(name);
    if (!history) {
      history = { versions: [], refreshed: false, mayGo: false };
      this.#histories.set(name, history);
    }
    return history;
  }
}

/** The version of this label; else the newest ones that its fields are from. */
function madeOf(versions: readonly Version[], label: string, store: StoreName): readonly Version[] {
  const exact = versions.findLast((version) => version.label === label && !version.gone);
  if (exact) return [exact];
  return fieldsOf(store, label).flatMap((value, at) => {
    const from = versions.findLast((version) => !version.gone && fieldsOf(store, version.label)[at] === value);
    return from ? [from] : [];
  });
}

function judge({ versions, refreshed, mayGo }: History, label: string | undefined, store: StoreName): Verdict {
  const told = versions.map((v) => `${v.gone ? `deletion of ${v.label}` : v.label}${v.givenUp ? ' (given up)' : ''}`).join(', ');
  if (label === undefined) {
    // Who deletes an older version that a refresh brought back deletes the item.
    if (mayGo || (refreshed && versions.some((v) => v.gone && !v.givenUp))) return undefined;
    // Any edit that counts and that nothing was made on top of has to stand, unless it is a deletion, or another device's edit beside it could
    // take its place and was deleted.
    const deletions = versions.filter((v) => v.gone && !v.givenUp);
    const owed = versions.find(
      (v) =>
        !v.gone &&
        !v.givenUp &&
        !versions.some((later) => isBelow(v, later)) &&
        !deletions.some(({ parents }) => parents.some((p) => isBeside(v, p))),
    );
    if (owed) return { kind: 'loss', detail: `${owed.label} is gone; edits: ${told}` };
    const deletable = versions.some((v) => v.gone) || versions.every((v) => v.givenUp);
    return deletable ? undefined : { kind: 'loss', detail: `gone although nobody deleted it; edits: ${told}` };
  }
  for (const [at, value] of fieldsOf(store, label).entries()) {
    const field = (version: Version): string | undefined => fieldsOf(store, version.label)[at];
    // Those that made it so, not those that left it so.
    const was = ({ before }: Version): string | undefined => (before === undefined ? undefined : fieldsOf(store, before)[at]);
    const from = versions.filter((v) => !v.gone && field(v) === value && was(v) !== value);
    if (from.length === 0) return { kind: 'undead', detail: `${label} stands, which was gone before or never made; edits: ${told}` };
    if (refreshed) continue;
    // What was taken out of a field comes back where two versions met that have none in common: that it was taken out nobody can tell.
    const replaced = from.map((v) => versions.find((w) => !w.gone && !w.givenUp && isBelow(v, w) && field(w) !== value && field(w) !== ''));
    if (!replaced.includes(undefined))
      return { kind: 'loss', detail: `${label} stands although ${replaced[0]?.label} was made on top of it; edits: ${told}` };
  }
  if (refreshed) return undefined;
  const isDeleted = (version: Version): boolean => versions.some((w) => w.gone && !w.givenUp && isBelow(version, w));
  return versions.some((v) => !v.gone && !isDeleted(v))
    ? undefined
    : { kind: 'undead', detail: `${label} stands although it was deleted; edits: ${told}` };
}

/** Was `version` made, directly or not, on top of `ancestor`? */
const isBelow = (ancestor: Version, { parents }: Version): boolean =>
  parents.some((parent) => parent === ancestor || isBelow(ancestor, parent));

/** Does `other` know nothing of `version`, which has nothing on top of it, nor the other way round? */
const isBeside = (version: Version, other: Version): boolean => other !== version && !isBelow(other, version);
