/** Alert codes. [SyncML Sync Protocol 1.1, "Alert Codes"; 224 and 225 since DS 1.2] */
export const Alert = {
  Display: 100,
  TwoWay: 200,
  SlowSync: 201,
  OneWayFromClient: 202,
  RefreshFromClient: 203,
  OneWayFromServer: 204,
  RefreshFromServer: 205,
  TwoWayByServer: 206,
  OneWayFromClientByServer: 207,
  RefreshFromClientByServer: 208,
  OneWayFromServerByServer: 209,
  RefreshFromServerByServer: 210,
  Result: 221,
  NextMessage: 222,
  NoEndOfData: 223,
  Suspend: 224,
  Resume: 225,
} as const;

/** The six sync types a session can run. */
export const SYNC_TYPES = [200, 201, 202, 203, 204, 205] as const;
export type SyncType = (typeof SYNC_TYPES)[number];

export const isSyncType = (code: number): code is SyncType => code >= Alert.TwoWay && code <= Alert.RefreshFromServer;

/** 206..210 are the server's wishes of package 0; a client that repeats one means the plain type. */
export function plainSyncType(code: number): SyncType | undefined {
  if (isSyncType(code)) return code;
  const plain: Record<number, SyncType> = { 206: 200, 207: 202, 208: 203, 209: 204, 210: 205 };
  return plain[code];
}

/** Does the client send its changes (or all its items) in package 3? */
export const clientSends = (type: SyncType): boolean => type <= Alert.RefreshFromClient;
/** Does the server send changes (or all its items) in package 4? */
export const serverSends = (type: SyncType): boolean => type === Alert.TwoWay || type === Alert.SlowSync || type >= Alert.OneWayFromServer;
/** Types that start a new map epoch because one side's whole set is compared or replaced. */
export const opensEpoch = (type: SyncType): boolean =>
  type === Alert.SlowSync || type === Alert.RefreshFromClient || type === Alert.RefreshFromServer;
