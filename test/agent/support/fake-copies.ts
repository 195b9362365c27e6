/** The server's copies as a fake keeps them: whole files in memory, changed with an ordinary SQLite in a file of its own. */
import { DatabaseSync } from '@photostructure/sqlite';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readChanges, type Changes } from '../../../src/records/changes.js';
import { decodeContent, splitCoding } from '../../../src/records/codings.js';
import { databaseDigest, isInDigest, rowHash, schemaHash, TableSum, type SchemaRow, type TableFacts } from '../../../src/records/digest.js';
import { parseKey, parseRecordUri } from '../../../src/records/keys.js';
import { parseManifest, type Manifest } from '../../../src/records/manifest.js';
import { applyPages, readPages } from '../../../src/records/ranges.js';
import { chunkMarks, RECEIPT_CHUNK_BYTES, type Receipt } from '../../../src/records/receipt.js';
import { parseSchemaChange, type SchemaChange } from '../../../src/records/schema.js';
import { fromJson, parseRecord, TextBytes, type JsonRecord, type SqlValue } from '../../../src/records/values.js';

export interface Generation {
  readonly number: number;
  readonly modification: number;
  readonly bytes: Buffer;
  readonly manifest: Manifest;
  readonly at: number;
}

export interface Copy {
  readonly generations: Generation[];
  draft?: { bytes: Buffer; base: number | undefined } | undefined;
}

export interface Answer {
  readonly code: number;
  readonly detail?: string;
  readonly receipt?: Receipt;
}

const MAX = 1 << 30;
const q = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const bound = (value: SqlValue): null | string | Uint8Array | bigint | number => (value instanceof TextBytes ? value.bytes : value);

export const newest = (copy: Copy): Generation | undefined => copy.generations.at(-1);

/** Works on a file for a while and gives its bytes back. */
function withDatabase(bytes: Buffer, work: (db: InstanceType<typeof DatabaseSync>) => void): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'fake-copy-'));
  const path = join(folder, 'copy.db');
  writeFileSync(path, bytes);
  try {
    const db = new DatabaseSync(path);
    try {
      db.exec('PRAGMA foreign_keys = OFF; PRAGMA journal_mode = DELETE; PRAGMA defer_foreign_keys = ON');
      work(db);
    } finally {
      db.close();
    }
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The digest as docs/device-backup-protocol.md words it, by plain SELECTs of the test's own. */
export function digestOfBytes(bytes: Buffer): { digest: string; tables: Record<string, TableFacts> } {
  let found = { digest: '', tables: {} as Record<string, TableFacts> };
  withDatabase(bytes, (db) => {
    const rows = db
      .prepare('SELECT type, name, tbl_name AS tblName, sql FROM sqlite_schema WHERE sql IS NOT NULL')
      .all() as unknown as SchemaRow[];
    const tables: Record<string, TableFacts> = {};
    for (const row of db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").all() as { name: string; sql: string }[]) {
      if (!isInDigest(row.name, /^\s*CREATE\s+VIRTUAL/i.test(row.sql))) continue;
      const columns = db.prepare('SELECT name, pk FROM pragma_table_xinfo(?) WHERE hidden = 0').all(row.name) as {
        name: string;
        pk: number;
      }[];
      const wr =
        (db.prepare("SELECT wr FROM pragma_table_list WHERE name = ? AND schema = 'main'").get(row.name) as { wr: number }).wr === 1;
      const isIpk =
        !wr &&
        columns.filter(({ pk }) => pk > 0).length === 1 &&
        db.prepare("SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'").get(row.name) === undefined;
      const free = ['rowid', '_rowid_', 'oid'].find((n) => !columns.some(({ name }) => name.toLowerCase() === n)) ?? 'rowid';
      const list = [...(wr || isIpk ? [] : [free]), ...columns.map(({ name }) => q(name))];
      const texts = columns.map(({ name }) => `CASE WHEN typeof(${q(name)}) = 'text' THEN CAST(${q(name)} AS BLOB) END`);
      const select = db.prepare(`SELECT ${[...list, ...texts].join(', ')} FROM ${q(row.name)}`);
      select.setReadBigInts(true);
      select.setReturnArrays(true);
      const sum = new TableSum();
      for (const one of select.all() as SqlValue[][]) {
        const values = one.slice(0, list.length);
        for (const [i, bytes] of one.slice(list.length).entries())
          if (bytes instanceof Uint8Array) values[i + list.length - columns.length] = new TextBytes(bytes);
        sum.add(rowHash(values));
      }
      tables[row.name] = sum.facts();
    }
    const pragma = (name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() as object)[0]);
    found = { digest: databaseDigest(schemaHash(pragma('user_version'), pragma('application_id'), rows), tables), tables };
  });
  return found;
}

export class FakeCopies {
  readonly copies = new Map<string, Copy>();
  /** Each item that was taken, as it came. */
  readonly items: { file: string; uri: string; type: string; bytes: Buffer; kind: string }[] = [];
  /** Spoils what is applied by records, so that the digests differ. */
  spoil = false;
  /** Asks for the whole file instead of pages. */
  asksFull = false;
  exactOnly: string | undefined;

  copy(file: string): Copy {
    const found = this.copies.get(file) ?? { generations: [] };
    this.copies.set(file, found);
    return found;
  }

  /** One whole item. */
  take(file: string, kind: string, uri: string, type: string, bytes: Buffer): Answer {
    this.items.push({ file, uri, type, bytes, kind });
    const copy = this.copy(file);
    const { coding } = splitCoding(type);
    if (uri === '.') {
      copy.draft = { bytes: Buffer.from(decodeContent(bytes, coding, MAX)), base: undefined };
      return { code: 200 };
    }
    if (uri === 'manifest') return this.#manifest(copy, parseManifest(bytes.toString('utf8')));
    if (uri.startsWith('changes/')) return this.#change(copy, readChanges(decodeContent(bytes, coding, MAX)));
    if (uri.startsWith('pages/')) {
      const pages = readPages(decodeContent(bytes, coding, MAX));
      const draft = copy.draft?.base === undefined && copy.draft ? copy.draft : undefined;
      const base = draft?.bytes ?? copy.generations.findLast(({ modification }) => modification === pages.base)?.bytes;
      if (!base) return conflict(copy);
      copy.draft = { bytes: Buffer.from(applyPages(pages, base)), base: pages.base };
      return { code: 200 };
    }
    return this.#record(copy, kind, uri, bytes);
  }

  #begin(copy: Copy, base: number | undefined): Buffer | undefined {
    if (copy.draft) return copy.draft.bytes;
    const from = base === undefined ? newest(copy) : copy.generations.findLast(({ modification }) => modification === base);
    if (!from) return undefined;
    copy.draft = { bytes: from.bytes, base: from.modification };
    return from.bytes;
  }

  #change(copy: Copy, changes: Changes): Answer {
    copy.draft = undefined;
    const bytes = this.#begin(copy, changes.base);
    if (!bytes || changes.base === undefined || !this.#isBase(copy, changes.base)) {
      copy.draft = undefined;
      return conflict(copy);
    }
    try {
      const after = withDatabase(bytes, (db) => {
        db.exec('BEGIN');
        const triggers = takeTriggers(db);
        for (const change of changes.schema) applySchema(db, change, triggers);
        for (const { name, deletes, replaces } of changes.tables)
          for (const key of [...deletes, ...replaces.map((record) => keyOf(db, name, record))]) remove(db, name, key);
        for (const { name, replaces, adds } of changes.tables) for (const record of [...replaces, ...adds]) insert(db, name, record);
        if (this.spoil)
          db.exec(
            `DELETE FROM ${q(changes.tables[0]?.name ?? '')} WHERE rowid = (SELECT min(rowid) FROM ${q(changes.tables[0]?.name ?? '')})`,
          );
        for (const sql of triggers.values()) db.exec(sql);
        db.exec('COMMIT');
      });
      copy.draft = { bytes: after, base: changes.base };
      return { code: 200 };
    } catch (error) {
      copy.draft = undefined;
      return { code: /^\d{3}$/.test((error as Error).message) ? Number((error as Error).message) : 500, detail: (error as Error).message };
    }
  }

  #isBase(copy: Copy, base: number): boolean {
    const full = copy.generations.findLast(({ manifest }) => manifest.base === undefined);
    return newest(copy)?.modification === base || full?.modification === base;
  }

  #record(copy: Copy, kind: string, uri: string, bytes: Buffer): Answer {
    const before = this.#begin(copy, undefined);
    if (!before) return conflict(copy);
    try {
      const after = withDatabase(before, (db) => {
        const triggers = takeTriggers(db);
        if (uri.startsWith('schema/')) applySchema(db, parseSchemaChange(bytes.toString('utf8')), triggers);
        else {
          const { table, key } = parseRecordUri(uri);
          const columns = declaredKey(db, table);
          const where = columns.map((column) => `${q(column)} IS ?`).join(' AND ');
          if (kind !== 'Add') {
            const done = db.prepare(`DELETE FROM ${q(table)} WHERE ${where}`).run(...parseKey(key).map(bound));
            if (done.changes !== 1) throw new Error('404');
          }
          if (kind !== 'Delete') insert(db, table, parseRecord(bytes.toString('utf8')));
        }
        for (const sql of triggers.values()) db.exec(sql);
      });
      if (copy.draft) copy.draft.bytes = after;
      return { code: kind === 'Add' ? 201 : 200 };
    } catch (error) {
      return { code: (error as Error).message === '404' ? 404 : 500, detail: (error as Error).message };
    }
  }

  #manifest(copy: Copy, manifest: Manifest): Answer {
    if (manifest.base !== undefined && !copy.draft && !this.#begin(copy, manifest.base)) return conflict(copy);
    const { draft } = copy;
    if (!draft) return conflict(copy);
    if (manifest.base !== undefined && draft.base !== manifest.base) {
      copy.draft = undefined;
      return conflict(copy);
    }
    const sha256 = createHash('sha256').update(draft.bytes).digest('hex');
    const digest = manifest.way === 'logical' ? digestOfBytes(draft.bytes).digest : undefined;
    const same =
      manifest.way === 'logical' ? digest === manifest.digest : sha256 === manifest.sha256 && draft.bytes.length === manifest.size;
    const number = (newest(copy)?.number ?? 0) + 1;
    const receipt: Receipt = {
      job: `job-${number}`,
      generation: number,
      modification: manifest.modification,
      way: manifest.way,
      size: draft.bytes.length,
      need: 'none',
      ...(digest === undefined ? {} : { digest }),
      ...(this.exactOnly === undefined ? {} : { exactOnly: this.exactOnly }),
    };
    if (same) {
      copy.generations.push({ number, modification: manifest.modification, bytes: draft.bytes, manifest, at: Date.now() });
      copy.draft = undefined;
      return { code: 200, receipt };
    }
    draft.base = undefined;
    if (this.asksFull) return { code: 200, receipt: { ...receipt, need: 'full', reason: 'the digests differ' } };
    const hashes: Buffer[] = [];
    for (let at = 0; at < draft.bytes.length; at += RECEIPT_CHUNK_BYTES)
      hashes.push(
        createHash('sha256')
          .update(draft.bytes.subarray(at, at + RECEIPT_CHUNK_BYTES))
          .digest(),
      );
    // The follow-up is made from this very draft.
    this.#draftModification.set(copy, manifest.modification);
    return { code: 200, receipt: { ...receipt, need: 'pages', chunks: chunkMarks(Buffer.concat(hashes)), reason: 'the digests differ' } };
  }

  readonly #draftModification = new Map<Copy, number>();
}

const conflict = (copy: Copy): Answer => ({ code: 409, detail: String(newest(copy)?.modification ?? '') });

type Db = InstanceType<typeof DatabaseSync>;

/** Triggers must not fire here: they are put back at the end. */
function takeTriggers(db: Db): Map<string, string> {
  const rows = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all() as { name: string; sql: string }[];
  for (const { name } of rows) db.exec(`DROP TRIGGER ${q(name)}`);
  return new Map(rows.map(({ name, sql }) => [name, sql]));
}

function applySchema(db: Db, change: SchemaChange, triggers: Map<string, string>): void {
  if (change.op === 'set') {
    if (change.userVersion !== undefined) db.exec(`PRAGMA user_version = ${change.userVersion}`);
    if (change.applicationId !== undefined) db.exec(`PRAGMA application_id = ${change.applicationId}`);
  } else if (change.op === 'extend') {
    const old = db.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?").get(change.name) as { sql: string };
    let prefix = 0;
    while (old.sql[prefix] === change.sql[prefix]) prefix += 1;
    const added = change.sql.slice(prefix, change.sql.length - (old.sql.length - prefix)).replace(/^\s*,\s*|\s*,\s*$/g, '');
    db.exec(`ALTER TABLE ${q(change.name)} ADD COLUMN ${added}`);
  } else if (change.type === 'trigger') {
    if (change.op === 'drop') triggers.delete(change.name);
    else triggers.set(change.name, change.sql);
  } else if (change.op === 'drop') {
    db.exec(`DROP ${change.type} ${q(change.name)}`);
    if (change.type === 'table')
      for (const [name, sql] of triggers) if (new RegExp(`\\bON\\s+"?${change.name}\\b`, 'i').test(sql)) triggers.delete(name);
  } else db.exec(change.sql);
}

function declaredKey(db: Db, table: string): string[] {
  const columns = db.prepare('SELECT name, pk FROM pragma_table_xinfo(?) WHERE pk > 0 ORDER BY pk').all(table) as { name: string }[];
  return columns.length > 0 ? columns.map(({ name }) => name) : ['rowid'];
}

/** The key of a record in a batch: the rowid by any name, or the primary key. */
function keyOf(db: Db, table: string, record: JsonRecord): JsonRecord {
  const rowid = ['rowid', '_rowid_', 'oid'].find((name) => name in record && !isColumn(db, table, name));
  if (rowid !== undefined) return { [rowid]: record[rowid] ?? null };
  return Object.fromEntries(declaredKey(db, table).map((column) => [column, record[column] ?? null]));
}

const isColumn = (db: Db, table: string, name: string): boolean =>
  db.prepare('SELECT 1 FROM pragma_table_xinfo(?) WHERE lower(name) = ?').get(table, name) !== undefined;

function remove(db: Db, table: string, key: JsonRecord): void {
  const where = Object.keys(key).map((column) => `${q(column)} IS ?`);
  const done = db
    .prepare(`DELETE FROM ${q(table)} WHERE ${where.join(' AND ')}`)
    .run(...Object.values(key).map((value) => bound(fromJson(value))));
  if (done.changes !== 1) throw new Error('404');
}

function insert(db: Db, table: string, record: JsonRecord): void {
  const columns = Object.keys(record);
  const values = columns.map((column) => fromJson(record[column]));
  const places = values.map((value) => (value instanceof TextBytes ? 'CAST(? AS TEXT)' : '?'));
  db.prepare(`INSERT INTO ${q(table)} (${columns.map(q).join(', ')}) VALUES (${places.join(', ')})`).run(...values.map(bound));
}
