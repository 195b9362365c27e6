/** What sealed values are bound to: table and row, so that they cannot be moved. Changing one of these makes what is stored unreadable. */
import type { AccountId, CopyId, DatastoreId, DeviceId, Guid, PairId, SessionToken } from '../../model/ids.js';

export const credentialAad = (account: AccountId): string => `credential/${account}`;
export const deviceAad = (account: AccountId, device: DeviceId): string => `device/${account}/${device}`;
export const devInfAad = (account: AccountId, device: DeviceId): string => `${deviceAad(account, device)}/devinf`;
export const itemAad = (account: AccountId, datastore: DatastoreId, guid: Guid, revision: number): string =>
  `item/${account}/${datastore}/${guid}/${revision}`;
export const stagedAad = (account: AccountId, pair: PairId, luid: string): string => `staged/${account}/${pair}/${luid}`;
export const chunkAad = (account: AccountId, owner: string, seq: number): string => `chunk/${account}/${owner}/${seq}`;
export const conflictAad = (account: AccountId, id: number, side: 'lost' | 'kept'): string => `conflict/${account}/${id}/${side}`;
export const stateAad = (account: AccountId, token: SessionToken): string => `session/${account}/${token}`;
export const responseAad = (account: AccountId, token: SessionToken): string => `response/${account}/${token}`;
export const messageAad = (account: AccountId, token: SessionToken, n: number): string => `message/${account}/${token}/${n}`;
export const blobAad = (account: AccountId, name: string): string => `blob/${account}/${name}`;
export const copyAad = (account: AccountId, copy: CopyId): string => `copy/${account}/${copy}`;
/** Everything a generation's row says in the clear, but for its flags. */
export const generationAad = (account: AccountId, copy: CopyId, clear: readonly (string | number | null)[]): string =>
  `copy-generation/${account}/${copy}/${clear.join('/')}`;
/** The same for a draft. */
export const draftAad = (account: AccountId, copy: CopyId, clear: readonly (string | number | null)[]): string =>
  `copy-draft/${account}/${copy}/${clear.join('/')}`;
export const updateAad = (account: AccountId, copy: CopyId, generation: number, name: string, part: 'head' | 'content'): string =>
  `copy-update/${account}/${copy}/${generation}/${part}/${name}`;
