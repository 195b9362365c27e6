/**
 * The S3 server of the tests, a process of its own: `s3-server.ts FOLDER PORT`. It is s3rver, whose HTTP and listings are used
 * as they are. What it does unlike every service is replaced: it writes objects in place, answers before they are written, keeps what was
 * cut off on the way, ignores Content-MD5 and signatures of version 4, and fails to remove what is not there.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { signatureFault } from './s3-signature.js';

interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly content: Readable | Buffer;
  readonly metadata: Readonly<Record<string, string | undefined>>;
}
interface FileStore {
  getResourcePath(bucket: string, key: string, resource: string): string;
  putMetadata(bucket: string, key: string, metadata: object, md5: string): Promise<void>;
  existsObject(bucket: string, key: string): Promise<boolean>;
  putObject(this: FileStore, object: StoredObject): Promise<{ size: number; md5: string }>;
  deleteObject(this: FileStore, bucket: string, key: string): Promise<void>;
}
interface Context {
  readonly method: string;
  readonly path: string;
  readonly querystring: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}
interface Server {
  readonly middleware: ((ctx: Context, next: () => Promise<void>) => Promise<void>)[];
  run(): Promise<{ port: number }>;
}

const require = createRequire(import.meta.url);
const S3rver = require('s3rver') as new (options: object) => Server;
const { prototype: store } = require('s3rver/lib/stores/filesystem') as { prototype: FileStore };
const { ALLOWED_METADATA } = require('s3rver/lib/models/object') as { ALLOWED_METADATA: string[] };
const S3Error = require('s3rver/lib/models/error') as new (code: string, message: string) => Error;

ALLOWED_METADATA.push('content-md5');

store.putObject = async function (object) {
  const bytes = Buffer.isBuffer(object.content) ? object.content : await buffer(object.content);
  const digest = createHash('md5').update(bytes).digest();
  const { 'content-md5': said, 'content-length': length } = object.metadata;
  if (length !== undefined && bytes.length !== Number(length)) throw new S3Error('IncompleteBody', 'Fewer bytes than announced');
  if (said !== undefined && said !== digest.toString('base64')) throw new S3Error('BadDigest', 'Not the bytes of this Content-MD5');
  const path = this.getResourcePath(object.bucket, object.key, 'object');
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, bytes);
  const md5 = digest.toString('hex');
  await this.putMetadata(object.bucket, object.key, object.metadata, md5);
  await rename(draft, path);
  return { size: bytes.length, md5 };
};

store.deleteObject = async function (bucket, key) {
  if (!(await this.existsObject(bucket, key))) return;
  // Emptied folders are left: removing them meets uploads that are about to write there.
  const path = (resource: string): string => this.getResourcePath(bucket, key, resource);
  await Promise.all(['object', 'object.md5', 'metadata.json'].map((resource) => rm(path(resource), { force: true })));
};

const [folder, port] = process.argv.slice(2);
const server = new S3rver({
  address: '127.0.0.1',
  port: Number(port),
  silent: true,
  directory: folder,
  vhostBuckets: false,
  configureBuckets: [{ name: 'backups' }],
});
server.middleware.unshift(async ({ method, path, querystring, headers }, next) => {
  const fault = signatureFault({ method, path, query: querystring, headers }, { S3RVER: 'S3RVER' });
  if (fault !== undefined) throw new S3Error(fault, 'The request is not signed as it should be');
  await next();
});
const { port: taken } = await server.run();
process.stdout.write(`${taken}\n`);
