/** Profiles from files: those of this release, and those of a folder of the operator's, which are read again when they change. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Library } from './library.js';
import { parseProfiles, ProfileFault, type ProfileFile } from './profile.js';

/** Beside `src` and `dist` alike. */
const OWN = fileURLToPath(new URL('../../handsets/', import.meta.url));

interface NamedFile {
  readonly name: string;
  readonly file: ProfileFile;
}

function readFolder(folder: string): NamedFile[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch (error) {
    throw new ProfileFault([`the folder ${folder} cannot be read (${error instanceof Error ? error.message : String(error)})`]);
  }
  const faults: string[] = [];
  const files = names.sort().flatMap((name): NamedFile[] => {
    try {
      return [{ name: name.slice(0, -'.json'.length), file: parseProfiles(readFileSync(join(folder, name), 'utf8'), name) }];
    } catch (error) {
      faults.push(...(error instanceof ProfileFault ? error.faults : [`${name}: ${String(error)}`]));
      return [];
    }
  });
  if (faults.length > 0) throw new ProfileFault(faults);
  return files;
}

/** @param folder the operator's, whose profiles take the place of ours of the same id. @throws {ProfileFault} */
export const openLibrary = (folder?: string): Library =>
  new Library([...readFolder(OWN), ...(folder === undefined ? [] : readFolder(folder))]);

/** Which files there are and as of when; the same text means nothing has changed. */
function stateOf(folder: string): string {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => {
        const { mtimeMs, size } = statSync(join(folder, name));
        return `${name} ${mtimeMs} ${size}`;
      })
      .join('\n');
  } catch (error) {
    return String(error);
  }
}

export interface HandsetOptions {
  readonly folder?: string | undefined;
  /** Milliseconds; how often the folder is looked at is counted by it. */
  readonly clock: () => number;
  /** A named fact for the log: the profiles were read again, or could not be. */
  readonly note: (event: string, fields: object) => void;
}

const LOOK_EVERY_MS = 5000;

/** The profiles as they are now. Files that are at fault change nothing: the last good ones hold. */
export class Handsets {
  readonly #options: HandsetOptions;
  #library: Library;
  #state: string;
  #lookedAt: number;

  /** @throws {ProfileFault} when they cannot be used at the beginning. */
  constructor(options: HandsetOptions) {
    this.#options = options;
    const { folder, clock } = options;
    this.#state = folder === undefined ? '' : stateOf(folder);
    this.#library = openLibrary(folder);
    this.#lookedAt = clock();
  }

  get library(): Library {
    const { folder, clock, note } = this.#options;
    const now = clock();
    if (folder === undefined || Math.abs(now - this.#lookedAt) < LOOK_EVERY_MS) return this.#library;
    this.#lookedAt = now;
    const state = stateOf(folder);
    if (state === this.#state) return this.#library;
    this.#state = state;
    try {
      this.#library = openLibrary(folder);
      note('handset-profiles-read', { folder, profiles: this.#library.ids.length });
    } catch (error) {
      if (!(error instanceof ProfileFault)) throw error;
      note('handset-profiles-faulty', { folder, faults: error.faults });
    }
    return this.#library;
  }
}
