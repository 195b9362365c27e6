/**
 * A device's SQLite file, made and changed by SQLite's own command line or driver; its digest is computed here from docs/device-backup-protocol.md,
 * "Digest of a database", without the server's code.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { DatabaseSync } from '@photostructure/sqlite';

type Row = Record<string, unknown>;

export class PhoneDatabase {
  readonly #folder = mkdtempSync(join(tmpdir(), 'moorage-phone-'));
  readonly path = join(this.#folder, 'phone.db');
  #database: InstanceType<typeof DatabaseSync> | undefined;

  constructor(sql = '', bytes?: Uint8Array) {
    if (bytes) writeFileSync(this.path, bytes);
    if (sql !== '') this.exec(sql);
  }

  get #open(): InstanceType<typeof DatabaseSync> {
    this.#database ??= new DatabaseSync(this.path);
    return this.#database;
  }

  exec(sql: string): void {
    this.#open.exec(sql);
  }

  all(sql: string): readonly Row[] {
    const statement = this.#open.prepare(sql);
    statement.setReadBigInts(true);
    return statement.all() as Row[];
  }

  bytes(): Buffer {
    this.#database?.close();
    this.#database = undefined;
    return readFileSync(this.path);
  }

  remove(): void {
    this.#database?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  digest(): string {
    const int32 = (n: bigint): Buffer => {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(Number(BigInt.asIntN(32, n)));
      return bytes;
    };
    const pragma = (name: string): bigint => (this.all(`PRAGMA ${name}`)[0]?.[name] as bigint | undefined) ?? 0n;
    const objects = this.all(
      `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    );
    const sorted = [...objects].sort((a, b) => compare(text(a['type']), text(b['type'])) || compare(text(a['name']), text(b['name'])));
    const schema = createHash('sha256');
    schema.update(int32(pragma('user_version'))).update(int32(pragma('application_id')));
    for (const o of sorted) for (const column of ['type', 'name', 'tbl_name', 'sql']) schema.update(text(o[column]));
    const digest = createHash('sha256').update('moorage-digest-1').update(schema.digest());
    const tables = this.all(`SELECT name, sql FROM sqlite_schema WHERE type = 'table'`)
      .filter(
        ({ name, sql }) =>
          !/^create virtual/i.test(String(sql)) &&
          (!String(name).startsWith('sqlite_') || ['sqlite_sequence', 'sqlite_stat1'].includes(String(name))),
      )
      .map(({ name }) => String(name))
      .sort((a, b) => compare(text(a), text(b)));
    for (const table of tables) {
      const { rows, sum } = this.#table(table);
      const count = Buffer.alloc(8);
      count.writeBigUInt64BE(BigInt(rows));
      digest
        .update(text(table))
        .update(count)
        .update(Buffer.from(sum.toString(16).padStart(64, '0'), 'hex'));
    }
    return digest.digest('hex');
  }

  #table(table: string): { rows: number; sum: bigint } {
    const columns = this.all(`PRAGMA table_xinfo("${table}")`).filter(({ hidden }) => hidden === 0n);
    const keys = columns.filter(({ pk }) => pk !== 0n);
    const listed = this.all(`PRAGMA table_list("${table}")`)[0];
    const withoutRowid = listed?.['wr'] === 1n;
    const integerKey = keys.length === 1 && /^integer$/i.test(String(keys[0]?.['type']));
    const names = columns.map(({ name }) => `"${String(name)}"`);
    const wanted = withoutRowid || integerKey ? names : ['rowid', ...names];
    // A value alone does not tell 1 from 1.0: its type is asked for too.
    const selected = wanted.flatMap((name, i) => [`typeof(${name}) AS t${i}`, `${name} AS v${i}`]).join(', ');
    let sum = 0n;
    let rows = 0;
    for (const row of this.all(`SELECT ${selected} FROM "${table}"`)) {
      const hash = createHash('sha256');
      for (let i = 0; i < wanted.length; i += 1) hash.update(encoded(String(row[`t${i}`]), row[`v${i}`]));
      sum = BigInt.asUintN(256, sum + BigInt(`0x${hash.digest('hex')}`));
      rows += 1;
    }
    return { rows, sum };
  }
}

function encoded(type: string, value: unknown): Buffer {
  const number = Buffer.alloc(9);
  switch (type) {
    case 'null':
      return Buffer.from([0]);
    case 'integer':
      number[0] = 1;
      number.writeBigInt64BE(BigInt(value as bigint), 1);
      return number;
    case 'real':
      number[0] = 2;
      number.writeDoubleBE(Number(value), 1);
      return number;
    case 'text':
      return Buffer.concat([Buffer.from([3]), text(value)]);
    default:
      return Buffer.concat([Buffer.from([4]), withLength(Buffer.from(value as Uint8Array))]);
  }
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
const text = (value: unknown): Buffer => withLength(Buffer.from(String(value), 'utf8'));
/** Bytewise: the lengths in front do not count. */
const compare = (a: Buffer, b: Buffer): number => Buffer.compare(a.subarray(4), b.subarray(4));

/** What SQLite's own command line says of a file. */
export function sqlite3(bytes: Uint8Array, command: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-cli-'));
  try {
    writeFileSync(join(folder, 'x.db'), bytes);
    const run = spawnSync('sqlite3', ['-batch', join(folder, 'x.db'), command], { maxBuffer: 1 << 28, encoding: 'utf8' });
    if (run.error) throw run.error;
    if (run.status !== 0) throw new Error(run.stderr);
    return run.stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** False, with one line that says what is not tested, where a program is not installed. */
export function has(program: string, version = '--version'): boolean {
  const there = spawnSync(program, [version]).error === undefined;
  if (!there) console.log(`      no ${program} command: backups of databases it writes are not tested`);
  return there;
}

export const hasSqlite3 = has('sqlite3', '-version');
