/** One phone as it is seen: what it said of itself, the profile it has, and what is believed. */
import type { DevInf } from '../model/devinf.js';
import { believe, type Correction } from './believe.js';
import type { Resolved } from './inheritance.js';
import type { Library } from './library.js';
import type { Identity } from './profile.js';

/** What a phone is known by. */
export interface Known {
  /** Source LocURI of its messages. */
  readonly uri: string;
  readonly userAgent?: string | undefined;
  /** The header `profile` or `x-wap-profile`. */
  readonly wapProfile?: string | undefined;
  /** JSON of its device information. */
  readonly devInf?: string | undefined;
  /** Id of the profile an operator chose. */
  readonly profile?: string | undefined;
}

export interface Handset {
  readonly profile: Resolved;
  /** An operator chose the profile. */
  readonly chosen: boolean;
  readonly claimed?: DevInf;
  readonly believed?: DevInf;
  readonly corrections: readonly Correction[];
}

export function identityOf({ uri, userAgent, wapProfile }: Known, devInf: DevInf | undefined): Identity {
  const named = { ...devInf, userAgent, wapProfile, deviceId: uri };
  const keys = ['man', 'mod', 'oem', 'fwV', 'swV', 'hwV', 'devTyp', 'userAgent', 'wapProfile', 'deviceId'] as const;
  return Object.fromEntries(keys.flatMap((key) => (named[key] === undefined || named[key] === '' ? [] : [[key, named[key]]])));
}

export function handsetOf(library: Library, known: Known): Handset {
  const claimed = known.devInf === undefined ? undefined : (JSON.parse(known.devInf) as DevInf);
  const chosen = known.profile === undefined ? undefined : library.byId(known.profile);
  const profile = chosen ?? library.match(identityOf(known, claimed));
  const belief = claimed && believe(claimed, profile);
  return {
    profile,
    chosen: chosen !== undefined,
    ...(claimed ? { claimed } : {}),
    ...(belief ? { believed: belief.devInf } : {}),
    corrections: belief?.corrections ?? [],
  };
}

/** Phones looked up; more than these are looked up again. */
const REMEMBERED = 500;

/** Handsets by what they are known by, as long as the profiles are the same. */
export class HandsetFinder {
  readonly #source: { readonly library: Library };
  #library: Library | undefined;
  readonly #found = new Map<string, Handset>();

  constructor(source: { readonly library: Library }) {
    this.#source = source;
  }

  of(known: Known): Handset {
    const { library } = this.#source;
    if (library !== this.#library) this.#found.clear();
    this.#library = library;
    const key = JSON.stringify([known.uri, known.userAgent, known.wapProfile, known.profile, known.devInf]);
    const before = this.#found.get(key);
    if (before) return before;
    if (this.#found.size >= REMEMBERED) this.#found.clear();
    const handset = handsetOf(library, known);
    this.#found.set(key, handset);
    return handset;
  }

  /** Does it make its md5 digest without the nonce it was given? */
  lacksNonce(known: Known): boolean {
    return this.of(known).profile.traits.messages?.credentials === 'no-nonce';
  }
}
