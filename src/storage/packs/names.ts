/** A pack by its name in rows: the storage location, a colon, the object there: `local:3/12/k3Jx…`, account and copy in front. */
import { randomBytes } from 'node:crypto';
import type { AccountId, CopyId } from '../../model/ids.js';

export interface PackName {
  readonly location: string;
  readonly object: string;
}

/** Names are never used twice: packs do not change. */
export const newPack = (location: string, account: AccountId, copy: CopyId): PackName => ({
  location,
  object: `${account}/${copy}/${randomBytes(16).toString('hex')}`,
});

export const packText = ({ location, object }: PackName): string => `${location}:${object}`;

export function packOf(text: string): PackName {
  const colon = text.indexOf(':');
  return { location: text.slice(0, colon), object: text.slice(colon + 1) };
}

/** Whose pack an object is; undefined when it is none of ours. */
export function ownerOf(object: string): { readonly account: AccountId; readonly copy: CopyId } | undefined {
  const match = /^(\d+)\/(\d+)\/[0-9a-f]{32}$/.exec(object);
  return match === null ? undefined : { account: Number(match[1]) as AccountId, copy: Number(match[2]) as CopyId };
}
