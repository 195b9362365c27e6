/**
 * What a server does that keeps a device's database as one sealed, compressed file: read it whole, open, gunzip, load, apply, export, gzip, seal, write.
 * A process of its own, for its memory is measured; prints one line of JSON. Arguments: the file, the number of its rows.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync, openSync, fsyncSync, closeSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import initSqlJs from 'sql.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const key = randomBytes(32);

function seal(bytes: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function open(bytes: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}

const [, , path = '', rows = '0'] = process.argv;
const sealed = `${path}.sealed`;
writeFileSync(sealed, seal(gzipSync(readFileSync(path))));
const { Database } = await initSqlJs();
const cpu = process.cpuUsage();
const began = performance.now();
const stored = readFileSync(sealed);
const db = new Database(gunzipSync(open(stored)));
for (let i = 0; i < 5; i += 1) {
  const at = 1 + Math.floor((i * Number(rows)) / 5);
  db.run('DELETE FROM contacts WHERE id = ?', [at]);
  db.run("UPDATE contacts SET name = 'changed' WHERE id = ?", [at + 1]);
  db.run("INSERT INTO contacts (name) VALUES ('new')");
}
const written = seal(gzipSync(db.export()));
writeFileSync(`${sealed}.new`, written);
const file = openSync(`${sealed}.new`, 'r');
fsyncSync(file);
closeSync(file);
renameSync(`${sealed}.new`, sealed);
const ms = performance.now() - began;
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    ms,
    cpuMs: (user + system) / 1000,
    read: stored.length,
    written: written.length,
    rssKb: process.resourceUsage().maxRSS,
  }),
);
rmSync(sealed);
