/**
 * Device information, the superset of DevInf 1.0, 1.1 and 1.2. [SyncML Device Information 1.2]
 * In 1.0 and 1.1 CTCap stands once for the whole device (`ctCaps` of DevInf, flat on the wire); in 1.2 it stands in each DataStore.
 */
export interface DevInf {
  readonly verDtd: string;
  readonly man?: string;
  readonly mod?: string;
  readonly oem?: string;
  readonly fwV?: string;
  readonly swV?: string;
  readonly hwV?: string;
  readonly devId: string;
  readonly devTyp: string;
  readonly utc?: boolean;
  readonly supportLargeObjs?: boolean;
  readonly supportNumberOfChanges?: boolean;
  readonly dataStores: readonly DevInfDataStore[];
  readonly ctCaps?: readonly CtCap[];
  readonly ext?: readonly Ext[];
}

export interface ContentTypeRef {
  readonly ctType: string;
  readonly verCt: string;
}

export interface DevInfDataStore {
  readonly sourceRef: string;
  readonly displayName?: string;
  /** Bytes; a client's limit on our temporary GUIDs. */
  readonly maxGuidSize?: number;
  /** Bytes; not in any DTD, sent by one client. */
  readonly maxObjSize?: number;
  readonly rxPref?: ContentTypeRef;
  readonly rx: readonly ContentTypeRef[];
  readonly txPref?: ContentTypeRef;
  readonly tx: readonly ContentTypeRef[];
  readonly ctCaps?: readonly CtCap[];
  readonly dsMem?: { readonly sharedMem?: boolean; readonly maxMem?: number; readonly maxId?: number };
  readonly supportHierarchicalSync?: boolean;
  /** SyncType values, 1..7 and vendors' own. */
  readonly syncCap: readonly string[];
  readonly filterRx?: readonly ContentTypeRef[];
  readonly filterCaps?: readonly FilterCap[];
}

export interface FilterCap extends ContentTypeRef {
  readonly keywords: readonly string[];
  readonly propNames: readonly string[];
}

export interface CtCap {
  readonly ctType: string;
  readonly verCt?: string;
  readonly fieldLevel?: boolean;
  readonly properties: readonly CtProperty[];
}

export interface CtParam {
  readonly name: string;
  readonly dataType?: string;
  readonly valEnum?: readonly string[];
  readonly displayName?: string;
  /** 1.0 and 1.1 only. */
  readonly size?: number;
}

export interface CtProperty extends CtParam {
  readonly maxOccur?: number;
  readonly maxSize?: number;
  readonly noTruncate?: boolean;
  readonly params?: readonly CtParam[];
}

export interface Ext {
  readonly xNam: string;
  readonly xVal: readonly string[];
}
