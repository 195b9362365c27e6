/**
 * A pack by its name in rows: the storage location, a colon, the object there: `local:5e0c…/3/12/k3Jx…`. In front stands the store, then account and
 * copy: several stores may share a location, and none takes another's packs for its own orphans.
 */
import { randomBytes } from 'node:crypto';
import type { AccountId, CopyId } from '../../model/ids.js';

export interface PackName {
  readonly location: string;
  readonly object: string;
}

/** Names are never used twice: packs do not change. @param store letters and digits. */
export const newPack = (location: string, store: string, account: AccountId, copy: CopyId): PackName => ({
  location,
  object: `${store}/${account}/${copy}/${randomBytes(16).toString('hex')}`,
});

export const packText = ({ location, object }: PackName): string => `${location}:${object}`;

export function packOf(text: string): PackName {
  const colon = text.indexOf(':');
  return { location: text.slice(0, colon), object: text.slice(colon + 1) };
}

/** Whose pack an object is; undefined when it is no pack of this store. */
export function ownerOf(store: string, object: string): { readonly account: AccountId; readonly copy: CopyId } | undefined {
  const [of, account = '', copy = '', name = '', ...more] = object.split('/');
  if (of !== store || more.length > 0 || !/^[0-9a-f]{32}$/.test(name) || !/^\d+$/.test(account) || !/^\d+$/.test(copy)) return undefined;
  return { account: Number(account) as AccountId, copy: Number(copy) as CopyId };
}
