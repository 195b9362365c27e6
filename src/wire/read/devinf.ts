/**
 * Device information, read by shape and not by version: handsets announce 1.2 and write the flat CTCap of 1.1, or the other way round.
 * [DevInf 1.2, "Element Definitions"]
 */
import type { ContentTypeRef, DevInf, DevInfDataStore, Ext, FilterCap } from '../../model/devinf.js';
import { versionOf } from '../dialect.js';
import { skipElement, Token, type TokenReader } from '../tokens.js';
import { DEVINF, DEVINF_MAX_OBJ_SIZE, METINF, SYNCML } from '../wbxml/tables.js';
import { readCtCap } from './ctcap.js';
import { append, type Mutable, readFlag, readNumber, readText, readWord } from './leaf.js';

type Growing<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** Reads from behind the Start of DevInf. Members that are missing or unreadable are absent ('' where the type wants a text). */
export function readDevInf(reader: TokenReader): DevInf {
  const devinf: Mutable<DevInf> = { verDtd: '', devId: '', devTyp: '', dataStores: [] };
  const dataStores: DevInfDataStore[] = [];
  const ext: Ext[] = [];
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    switch (reader.tag) {
      case DEVINF.VerDTD:
      case SYNCML.VerDTD:
        devinf.verDtd = readWord(reader);
        break;
      case DEVINF.Man:
        devinf.man = readText(reader);
        break;
      case DEVINF.Mod:
        devinf.mod = readText(reader);
        break;
      case DEVINF.OEM:
        devinf.oem = readText(reader);
        break;
      case DEVINF.FwV:
        devinf.fwV = readText(reader);
        break;
      case DEVINF.SwV:
        devinf.swV = readText(reader);
        break;
      case DEVINF.HwV:
        devinf.hwV = readText(reader);
        break;
      case DEVINF.DevID:
        devinf.devId = readWord(reader);
        break;
      case DEVINF.DevTyp:
        devinf.devTyp = readWord(reader);
        break;
      case DEVINF.UTC:
        devinf.utc = readFlag(reader);
        break;
      case DEVINF.SupportLargeObjs:
        devinf.supportLargeObjs = readFlag(reader);
        break;
      case DEVINF.SupportNumberOfChanges:
        devinf.supportNumberOfChanges = readFlag(reader);
        break;
      case DEVINF.DataStore:
        dataStores.push(readDataStore(reader, devinf.verDtd));
        break;
      case DEVINF.CTCap:
        devinf.ctCaps = append(devinf.ctCaps, readCtCap(reader, sizeIsMaxSize(devinf.verDtd)));
        break;
      case DEVINF.Ext:
        ext.push(readExt(reader));
        break;
      default:
        skipElement(reader);
    }
  }
  devinf.dataStores = dataStores;
  if (ext.length > 0) devinf.ext = ext;
  return devinf;
}

/** Token 0x1c is MaxSize from 1.2 on, and Size before. */
function sizeIsMaxSize(verDtd: string): boolean {
  return (versionOf(verDtd) ?? '1.2') === '1.2';
}

function readDataStore(reader: TokenReader, verDtd: string): DevInfDataStore {
  const store: Growing<DevInfDataStore> = { sourceRef: '', rx: [], tx: [], syncCap: [] };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    switch (reader.tag) {
      case DEVINF.SourceRef:
        store.sourceRef = readText(reader);
        break;
      case DEVINF.DisplayName:
        store.displayName = readText(reader);
        break;
      case DEVINF.MaxGUIDSize:
        setNumber(store, 'maxGuidSize', readNumber(reader));
        break;
      case DEVINF_MAX_OBJ_SIZE:
      case METINF.MaxObjSize:
        setNumber(store, 'maxObjSize', readNumber(reader));
        break;
      case DEVINF['Rx-Pref']:
        store.rxPref = readContentType(reader);
        break;
      case DEVINF['Tx-Pref']:
        store.txPref = readContentType(reader);
        break;
      case DEVINF.Rx:
        store.rx.push(readContentType(reader));
        break;
      case DEVINF.Tx:
        store.tx.push(readContentType(reader));
        break;
      case DEVINF['Filter-Rx']:
        store.filterRx = append(store.filterRx, [readContentType(reader)]);
        break;
      case DEVINF.FilterCap:
        store.filterCaps = append(store.filterCaps, [readFilterCap(reader)]);
        break;
      case DEVINF.CTCap:
        store.ctCaps = append(store.ctCaps, readCtCap(reader, sizeIsMaxSize(verDtd)));
        break;
      case DEVINF.DSMem:
        store.dsMem = readDsMem(reader);
        break;
      case DEVINF.SupportHierarchicalSync:
        store.supportHierarchicalSync = readFlag(reader);
        break;
      case DEVINF.SyncCap:
        store.syncCap = [...store.syncCap, ...readSyncCap(reader)];
        break;
      default:
        skipElement(reader);
    }
  }
  return store;
}

function setNumber(store: Growing<DevInfDataStore>, key: 'maxGuidSize' | 'maxObjSize', value: number | undefined): void {
  if (value !== undefined) store[key] = value;
}

function readContentType(reader: TokenReader): ContentTypeRef {
  const type: Mutable<ContentTypeRef> = { ctType: '', verCt: '' };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === DEVINF.CTType) type.ctType = readWord(reader);
    else if (reader.tag === DEVINF.VerCT) type.verCt = readWord(reader);
    else skipElement(reader);
  }
  return type;
}

function readFilterCap(reader: TokenReader): FilterCap {
  const cap: Growing<FilterCap> = { ctType: '', verCt: '', keywords: [], propNames: [] };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === DEVINF.CTType) cap.ctType = readWord(reader);
    else if (reader.tag === DEVINF.VerCT) cap.verCt = readWord(reader);
    else if (reader.tag === DEVINF.FilterKeyword) cap.keywords.push(readWord(reader));
    else if (reader.tag === DEVINF.PropName) cap.propNames.push(readWord(reader));
    else skipElement(reader);
  }
  return cap;
}

function readDsMem(reader: TokenReader): NonNullable<DevInfDataStore['dsMem']> {
  const mem: Mutable<NonNullable<DevInfDataStore['dsMem']>> = {};
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === DEVINF.SharedMem) mem.sharedMem = readFlag(reader);
    else if (reader.tag === DEVINF.MaxMem || reader.tag === DEVINF.MaxID) {
      const key = reader.tag === DEVINF.MaxMem ? 'maxMem' : 'maxId';
      const value = readNumber(reader);
      if (value !== undefined) mem[key] = value;
    } else skipElement(reader);
  }
  return mem;
}

function readSyncCap(reader: TokenReader): string[] {
  const types: string[] = [];
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === DEVINF.SyncType) types.push(readWord(reader));
    else skipElement(reader);
  }
  return types;
}

function readExt(reader: TokenReader): Ext {
  const ext = { xNam: '', xVal: [] as string[] };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === DEVINF.XNam) ext.xNam = readText(reader);
    else if (reader.tag === DEVINF.XVal) ext.xVal.push(readText(reader));
    else skipElement(reader);
  }
  return ext;
}
