/** The inspection: every check of the store, its blobs and its folder, in short reads; see `ports/checks.ts` for what they are. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { StoreError } from '../../../model/errors.js';
import type { Keyring } from '../../../sealing/keyring.js';
import type { DiskBlobs } from '../../blobs/disk.js';
import { CHECKS, type CheckName } from '../../ports/checks.js';
import { FINDINGS_KEPT, type CheckResult, type Finding, type Inspection, type InspectOptions } from '../../ports/inspection.js';
import { auditBlobs } from './blobs.js';
import { blobFiles } from './content.js';
import { auditCopies, type CopyAuditRooms } from './copies.js';
import { FOREIGN_KEYS, INTEGRITY, ORPHAN_KEYS, SHAPE, type StoreRule } from './database.js';
import { blobRights, clock, permissions, room, strayBlob, strayFiles, type FolderFacts } from './folder.js';
import { GRACE_MS, overdue, overdueRows } from './overdue.js';
import { findingOf, type Sql, type Terms } from './rule.js';
import { walkAll, type Here, type Sighting } from './walk.js';

export interface AuditRooms extends CopyAuditRooms {
  readonly blobs: DiskBlobs;
  readonly keyring: Keyring;
  readonly folder: string;
  /** File names in it. */
  readonly database: string;
  readonly blobFolder: string;
  readonly packFolder: string;
}

/** A read is cut off after so long and goes on in another one. Milliseconds. */
const READ_MS = 10;

export const STORE_RULES: readonly StoreRule[] = [SHAPE, INTEGRITY, FOREIGN_KEYS, ORPHAN_KEYS];

/** What the rules go by; see `Terms.lastLife`. */
export function termsOf(
  sql: Sql,
  options: Pick<InspectOptions, 'now' | 'ages' | 'readers'>,
  depth: Terms['depth'],
  blobs: DiskBlobs,
): Terms {
  const lived = sql.get<{ at: number | null }>(
    'SELECT MAX(at) AS at FROM (SELECT MAX(updated_at) AS at FROM session UNION ALL SELECT MAX(last_access_at) FROM device)',
  );
  const { now, ages, readers } = options;
  return { now, ages, readers, depth, lastLife: Math.min(now, lived?.at ?? 0), blobs: blobFiles((name) => blobs.pathsOf(name)) };
}

export async function audit(rooms: AuditRooms, options: InspectOptions): Promise<Inspection> {
  const terms = await rooms.read((sql) => termsOf(sql, options, options.depth, rooms.blobs));
  return new Audit(rooms, options, terms).run();
}

class Audit {
  readonly #rooms: AuditRooms;
  readonly #options: InspectOptions;
  readonly #terms: Terms;
  readonly #results = new Map<CheckName, { looked: number; count: number; findings: Finding[] }>();
  readonly #known = new Set<string>();
  #changedMeanwhile = 0;

  constructor(rooms: AuditRooms, options: InspectOptions, terms: Terms) {
    this.#rooms = rooms;
    this.#options = options;
    this.#terms = terms;
    for (const name of namesOf(options)) this.#look(name, 0);
  }

  async run(): Promise<Inspection> {
    const { account, depth, surroundings } = this.#options;
    if (account === undefined) await this.#whole();
    await this.#rows();
    if (depth === 'full') await this.#blobContents();
    await this.#copies();
    if (account === undefined) {
      await this.#overdue();
      await this.#blobFolder();
      if (surroundings !== false) await this.#surroundings();
    }
    return { checks: this.#inOrder(), changedMeanwhile: this.#changedMeanwhile };
  }

  async #whole(): Promise<void> {
    const names = { shape: 'schema', integrity: 'database', 'foreign-keys': 'foreign-keys', 'orphan-keys': 'account-keys' } as const;
    for (const rule of STORE_RULES) {
      if (rule === INTEGRITY && this.#options.depth !== 'full') continue;
      const check = names[rule.id as keyof typeof names];
      this.#look(check, 1);
      this.#add(...(await this.#guarded(() => this.#rooms.read((sql) => rule.find(sql)))));
    }
  }

  async #rows(): Promise<void> {
    const here: Here = { sql: { get: () => undefined, all: () => [] } };
    const steps = walkAll(here, this.#rooms.keyring, this.#options.account, this.#terms);
    for (let done = false; !done;) {
      this.#options.signal?.throwIfAborted();
      const sightings: Sighting[] = [];
      await this.#rooms.read((sql) => {
        here.sql = sql;
        const until = performance.now() + READ_MS;
        for (let step = steps.next(); ; step = steps.next()) {
          done = step.done === true;
          if (step.done === true) return;
          for (const check of step.value.checks) if (step.value.rows > 0) this.#look(check, step.value.rows);
          sightings.push(...step.value.sightings);
          if (step.value.broken !== undefined) this.#add(unreadable(step.value.broken));
          if (performance.now() > until) return;
        }
      });
      this.#add(...(await this.#confirmed(sightings)));
    }
  }

  /** Looks again, in a later read: what a server was changing is in order by then. */
  async #confirmed(sightings: readonly Sighting[]): Promise<readonly Finding[]> {
    const confirmed: Finding[] = [];
    for (let at = 0; at < sightings.length; at += 20) {
      const some = sightings.slice(at, at + 20);
      const again = await this.#rooms.read((sql) =>
        some.flatMap(({ rule, ground, suspect }) =>
          rule
            .find(sql, ground, suspect.key, suspect.key, this.#terms)
            .slice(0, 1)
            .map((found) => findingOf(rule, ground, found)),
        ),
      );
      this.#changedMeanwhile += some.length - again.length;
      confirmed.push(...again);
    }
    return confirmed;
  }

  async #blobContents(): Promise<void> {
    const { account, signal } = this.#options;
    for await (const sighting of auditBlobs(this.#rooms, this.#terms, account, signal)) {
      this.#look('item-content', 0);
      if (sighting !== undefined) this.#add(...(await this.#confirmed([sighting])));
    }
  }

  async #copies(): Promise<void> {
    for await (const { check, looked, finding } of auditCopies(this.#rooms, this.#options)) {
      this.#look(check, looked);
      if (finding !== undefined) this.#add(finding);
    }
  }

  async #overdue(): Promise<void> {
    this.#look('overdue', 1);
    this.#add(...(await this.#guarded(() => this.#rooms.read((sql) => [...overdueRows(sql, this.#terms)]))));
  }

  /** What lies in the blob folder: orphans, strangers, rights. */
  async #blobFolder(): Promise<void> {
    const { blobs, folder } = this.#rooms;
    const due = this.#terms.lastLife - this.#terms.ages.orphanBlobAge - GRACE_MS;
    const owner = (await stat(folder)).uid;
    let orphans = 0;
    let bytes = 0;
    for await (const file of blobs.files(this.#options.signal)) {
      this.#look('blob-files', 1);
      if (file.name === undefined && !file.passing) this.#add(strayBlob(file, folder));
      if (this.#options.surroundings !== false) for await (const finding of blobRights(file, owner, folder)) this.#add(finding);
      if (file.modifiedAt >= due || (file.name === undefined && !file.passing)) continue;
      const { name, passing } = file;
      if (!passing && name !== undefined && (await this.#rooms.read((sql) => isNamed(sql, name)))) continue;
      orphans += 1;
      bytes += file.bytes;
    }
    if (orphans > 0) this.#add(overdue(`${orphans} blobs (${Math.ceil(bytes / 1024)} kB) that no row names`));
  }

  async #surroundings(): Promise<void> {
    const { folder, database, blobFolder, packFolder } = this.#rooms;
    const facts: FolderFacts = {
      folder,
      database: basename(database),
      blobs: blobFolder,
      packs: packFolder,
      keyFile: this.#options.keyFile,
    };
    for (const check of SURROUNDINGS) this.#look(check, 1);
    for (const part of [strayFiles(facts), permissions(facts), room(facts)]) for await (const finding of part) this.#add(finding);
    this.#add(...(await this.#rooms.read((sql) => [...clock(sql, this.#options.now)])));
  }

  /** What cannot be read because the database is damaged is a finding; the rest is looked at all the same. */
  async #guarded(work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault !== 'corrupt') throw error;
      return [unreadable(error.message)];
    }
  }

  #of(check: CheckName): { looked: number; count: number; findings: Finding[] } {
    let result = this.#results.get(check);
    if (result === undefined) this.#results.set(check, (result = { looked: 0, count: 0, findings: [] }));
    return result;
  }

  #look(check: CheckName, rows: number): void {
    const result = this.#of(check);
    result.looked += rows;
    this.#options.progress?.(check, result.looked);
  }

  #add(...findings: readonly Finding[]): void {
    for (const finding of findings) {
      // A row may be met twice: in its table, and by the blob it names.
      const place = JSON.stringify([finding.at.rule, finding.at.key, finding.what]);
      if (this.#known.has(place)) continue;
      this.#known.add(place);
      const result = this.#of(finding.check);
      result.count += 1;
      if (result.findings.length < FINDINGS_KEPT) result.findings.push(finding);
    }
  }

  #inOrder(): readonly CheckResult[] {
    return CHECKS.flatMap(({ name }) => {
      const result = this.#results.get(name);
      return result === undefined ? [] : [{ check: name, ...result }];
    });
  }
}

const WHOLE: readonly CheckName[] = ['database', 'schema', 'foreign-keys', 'overdue', 'blob-files'];
const SURROUNDINGS: readonly CheckName[] = ['stray-files', 'permissions', 'disk-space', 'log-size', 'clock'];
const SLOW: readonly CheckName[] = ['database', 'item-keys'];

/** The checks that are made, also where there is nothing to look at. */
function namesOf({ account, depth, surroundings }: InspectOptions): readonly CheckName[] {
  const left = new Set([
    ...(account === undefined ? [] : [...WHOLE, ...SURROUNDINGS]),
    ...(surroundings === false ? SURROUNDINGS : []),
    ...(depth === 'full' ? [] : SLOW),
  ]);
  return CHECKS.map(({ name }) => name).filter((name) => !left.has(name));
}

const unreadable = (why: string): Finding => ({
  check: 'database',
  what: `a part of the database cannot be read (${why})`,
  next: 'Stop the servers, keep a copy of the data folder as it is, and restore a snapshot.',
  at: { rule: 'integrity', key: [] },
});

const isNamed = (sql: Sql, name: string): boolean =>
  sql.get('SELECT 1 FROM item_version WHERE blob = ?1 UNION ALL SELECT 1 FROM staged WHERE blob = ?1 LIMIT 1', name) !== undefined;
