/** Device information, written by version. [DevInf 1.2; DevInf 1.1] */
import type { ContentTypeRef, CtCap, CtParam, CtProperty, DevInf, DevInfDataStore } from '../../model/devinf.js';
import type { SyncmlVersion } from '../../model/message.js';
import { DEVINF, DEVINF_SIZE } from '../wbxml/tables.js';
import { type ElementWriter, flagIf, numberIf, textIf } from './element-writer.js';

/**
 * The DevInf element in the order of its DTD. 1.0 and 1.1 take CTCap once for the device, flat and without VerCT; 1.2 takes it in each
 * DataStore. 1.0 has no UTC, SupportLargeObjs and SupportNumberOfChanges. What a version has no element for is left out.
 */
export function writeDevInf(writer: ElementWriter, devinf: DevInf, version: SyncmlVersion): void {
  writer.start(DEVINF.DevInf);
  writer.text(DEVINF.VerDTD, devinf.verDtd === '' ? version : devinf.verDtd);
  textIf(writer, DEVINF.Man, devinf.man);
  textIf(writer, DEVINF.Mod, devinf.mod);
  textIf(writer, DEVINF.OEM, devinf.oem);
  textIf(writer, DEVINF.FwV, devinf.fwV);
  textIf(writer, DEVINF.SwV, devinf.swV);
  textIf(writer, DEVINF.HwV, devinf.hwV);
  writer.text(DEVINF.DevID, devinf.devId);
  writer.text(DEVINF.DevTyp, devinf.devTyp);
  if (version !== '1.0') {
    flagIf(writer, DEVINF.UTC, devinf.utc);
    flagIf(writer, DEVINF.SupportLargeObjs, devinf.supportLargeObjs);
    flagIf(writer, DEVINF.SupportNumberOfChanges, devinf.supportNumberOfChanges);
  }
  for (const store of devinf.dataStores) writeDataStore(writer, store, devinf, version);
  if (version !== '1.2') writeFlatCtCap(writer, allCtCaps(devinf));
  for (const ext of devinf.ext ?? []) {
    writer.start(DEVINF.Ext);
    writer.text(DEVINF.XNam, ext.xNam);
    for (const value of ext.xVal) writer.text(DEVINF.XVal, value);
    writer.end();
  }
  writer.end();
}

function writeDataStore(writer: ElementWriter, store: DevInfDataStore, devinf: DevInf, version: SyncmlVersion): void {
  writer.start(DEVINF.DataStore);
  writer.text(DEVINF.SourceRef, store.sourceRef);
  textIf(writer, DEVINF.DisplayName, store.displayName);
  numberIf(writer, DEVINF.MaxGUIDSize, store.maxGuidSize);
  writeContentType(writer, DEVINF['Rx-Pref'], store.rxPref);
  for (const type of store.rx) writeContentType(writer, DEVINF.Rx, type);
  writeContentType(writer, DEVINF['Tx-Pref'], store.txPref);
  for (const type of store.tx) writeContentType(writer, DEVINF.Tx, type);
  if (version === '1.2') for (const cap of store.ctCaps ?? capsFor(store, devinf.ctCaps ?? [])) writeNestedCtCap(writer, cap);
  if (store.dsMem) {
    writer.start(DEVINF.DSMem);
    flagIf(writer, DEVINF.SharedMem, store.dsMem.sharedMem);
    numberIf(writer, DEVINF.MaxMem, store.dsMem.maxMem);
    numberIf(writer, DEVINF.MaxID, store.dsMem.maxId);
    writer.end();
  }
  if (version === '1.2') flagIf(writer, DEVINF.SupportHierarchicalSync, store.supportHierarchicalSync);
  writer.start(DEVINF.SyncCap);
  for (const type of store.syncCap) writer.text(DEVINF.SyncType, type);
  writer.end();
  if (version === '1.2') writeFilters(writer, store);
  writer.end();
}

function writeFilters(writer: ElementWriter, store: DevInfDataStore): void {
  for (const type of store.filterRx ?? []) writeContentType(writer, DEVINF['Filter-Rx'], type);
  for (const cap of store.filterCaps ?? []) {
    writer.start(DEVINF.FilterCap);
    writer.text(DEVINF.CTType, cap.ctType);
    writer.text(DEVINF.VerCT, cap.verCt);
    for (const keyword of cap.keywords) writer.text(DEVINF.FilterKeyword, keyword);
    for (const name of cap.propNames) writer.text(DEVINF.PropName, name);
    writer.end();
  }
}

function writeContentType(writer: ElementWriter, tag: number, type: ContentTypeRef | undefined): void {
  if (!type) return;
  writer.start(tag);
  writer.text(DEVINF.CTType, type.ctType);
  writer.text(DEVINF.VerCT, type.verCt);
  writer.end();
}

/** Of the device's global descriptions those of types this datastore takes or gives. */
function capsFor(store: DevInfDataStore, caps: readonly CtCap[]): readonly CtCap[] {
  const types = new Set([store.rxPref, store.txPref, ...store.rx, ...store.tx].map((type) => type?.ctType.toLowerCase()));
  return caps.filter((cap) => types.has(cap.ctType.toLowerCase()));
}

/** Every description of the device once: those of the datastores, then the global ones. */
function allCtCaps(devinf: DevInf): readonly CtCap[] {
  const seen = new Set<string>();
  return [...devinf.dataStores.flatMap((store) => store.ctCaps ?? []), ...(devinf.ctCaps ?? [])].filter((cap) => {
    const key = `${cap.ctType}\n${cap.verCt ?? ''}\n${JSON.stringify(cap.properties)}`;
    return !seen.has(key) && seen.add(key);
  });
}

function writeNestedCtCap(writer: ElementWriter, cap: CtCap): void {
  writer.start(DEVINF.CTCap);
  writer.text(DEVINF.CTType, cap.ctType);
  textIf(writer, DEVINF.VerCT, cap.verCt);
  flagIf(writer, DEVINF.FieldLevel, cap.fieldLevel);
  for (const property of cap.properties) {
    writer.start(DEVINF.Property);
    writer.text(DEVINF.PropName, property.name);
    textIf(writer, DEVINF.DataType, property.dataType);
    numberIf(writer, DEVINF.MaxOccur, property.maxOccur);
    numberIf(writer, DEVINF.MaxSize, property.maxSize ?? property.size);
    flagIf(writer, DEVINF.NoTruncate, property.noTruncate);
    for (const value of property.valEnum ?? []) writer.text(DEVINF.ValEnum, value);
    textIf(writer, DEVINF.DisplayName, property.displayName);
    for (const param of property.params ?? []) {
      writer.start(DEVINF.PropParam);
      writer.text(DEVINF.ParamName, param.name);
      textIf(writer, DEVINF.DataType, param.dataType);
      for (const value of param.valEnum ?? []) writer.text(DEVINF.ValEnum, value);
      textIf(writer, DEVINF.DisplayName, param.displayName);
      writer.end();
    }
    writer.end();
  }
  writer.end();
}

/** One CTCap for all types: PropName and ParamName start what follows them. */
function writeFlatCtCap(writer: ElementWriter, caps: readonly CtCap[]): void {
  if (caps.length === 0) return;
  writer.start(DEVINF.CTCap);
  for (const cap of caps) {
    writer.text(DEVINF.CTType, cap.ctType);
    for (const property of cap.properties) {
      writer.text(DEVINF.PropName, property.name);
      writeFlatDetails(writer, property, property.size ?? property.maxSize);
      for (const param of property.params ?? []) {
        writer.text(DEVINF.ParamName, param.name);
        writeFlatDetails(writer, param, param.size);
      }
    }
  }
  writer.end();
}

/** The values, or a type with its size: never both. */
function writeFlatDetails(writer: ElementWriter, of: CtParam | CtProperty, size: number | undefined): void {
  if (of.valEnum && of.valEnum.length > 0) for (const value of of.valEnum) writer.text(DEVINF.ValEnum, value);
  else {
    textIf(writer, DEVINF.DataType, of.dataType);
    numberIf(writer, DEVINF_SIZE, size);
  }
  textIf(writer, DEVINF.DisplayName, of.displayName);
}
