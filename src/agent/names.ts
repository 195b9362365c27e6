/** Names of files on the server. [docs/device-backup-protocol.md, "Datastores"] */
import { createHash } from 'node:crypto';
import { UserError } from '../model/errors.js';

const MAX_NAME_BYTES = 200;
// eslint-disable-next-line no-control-regex -- control characters are what is refused
const FORBIDDEN = /[/\\\u0000-\u001f\u007f]/;

/** @throws {UserError} when a file cannot be called so. */
export function checkName(name: string): string {
  const bytes = Buffer.byteLength(name, 'utf8');
  if (bytes < 1 || bytes > MAX_NAME_BYTES || FORBIDDEN.test(name) || name === '.' || name === '..')
    throw new UserError(
      `${name} is no name of a file on the server: 1 to ${MAX_NAME_BYTES} bytes, without / and \\. Give one with --name.`,
    );
  return name;
}

/** The name of a file in a folder: its parts joined by colons. A name that would be too long is cut, and told apart by a digest. */
export function nameInFolder(folder: string, relative: string): string {
  const parts = relative.split(/[/\\]/).map((part) => part.replace(/[%:]/g, (c) => (c === '%' ? '%25' : '%3A')));
  const name = [folder, ...parts].join(':');
  if (Buffer.byteLength(name, 'utf8') <= MAX_NAME_BYTES) return name;
  const digest = createHash('sha256').update(relative).digest('hex').slice(0, 16);
  let head = name;
  while (Buffer.byteLength(head, 'utf8') > MAX_NAME_BYTES - 17) head = head.slice(0, -1);
  return `${head}~${digest}`;
}
