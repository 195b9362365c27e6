import type { Cred, Data, Item, Location, MapItem, Meta, SyncHdr } from '../../model/message.js';
import { SYNCML } from '../wbxml/tables.js';
import { type ElementWriter, flagIf, textIf } from './element-writer.js';
import { writeAnchor, writeMeta, writeMetaIf } from './meta.js';

/** SyncHdr in the order of the DTD. */
export function writeHeader(writer: ElementWriter, header: SyncHdr): void {
  writer.start(SYNCML.SyncHdr);
  writer.text(SYNCML.VerDTD, header.verDtd);
  writer.text(SYNCML.VerProto, header.verProto);
  writer.text(SYNCML.SessionID, header.sessionId);
  writer.text(SYNCML.MsgID, header.msgId);
  writeLocation(writer, SYNCML.Target, header.target);
  writeLocation(writer, SYNCML.Source, header.source);
  textIf(writer, SYNCML.RespURI, header.respUri);
  flagIf(writer, SYNCML.NoResp, header.noResp);
  writeCredIf(writer, header.cred);
  writeMetaIf(writer, header.meta);
  writer.end();
}

export function writeLocation(writer: ElementWriter, tag: number, location: Location | undefined): void {
  if (!location) return;
  writer.start(tag);
  writer.text(SYNCML.LocURI, location.uri);
  textIf(writer, SYNCML.LocName, location.name);
  const { filter } = location;
  if (filter) {
    writer.start(SYNCML.Filter);
    writeMetaIf(writer, filter.meta);
    writeWrapped(writer, SYNCML.Field, filter.field);
    writeWrapped(writer, SYNCML.Record, filter.record);
    textIf(writer, SYNCML.FilterType, filter.type);
    writer.end();
  }
  writer.end();
}

function writeWrapped(writer: ElementWriter, tag: number, item: Item | undefined): void {
  if (!item) return;
  writer.start(tag);
  writeItem(writer, item);
  writer.end();
}

export function writeCredIf(writer: ElementWriter, cred: Cred | undefined): void {
  if (!cred) return;
  writer.start(SYNCML.Cred);
  writeMetaIf(writer, cred.meta);
  writer.text(SYNCML.Data, cred.data);
  writer.end();
}

export function writeChalIf(writer: ElementWriter, meta: Meta | undefined): void {
  if (!meta) return;
  writer.start(SYNCML.Chal);
  writeMeta(writer, meta);
  writer.end();
}

/** Item in the order of the DTD. Content that the encoding cannot carry goes as Base64, with Format b64 in the Item's own Meta. */
export function writeItem(writer: ElementWriter, item: Item): void {
  const { data } = item;
  const asBase64 = data?.kind === 'content' && !writer.canCarry(data.bytes);
  writer.start(SYNCML.Item);
  writeLocation(writer, SYNCML.Target, item.target);
  writeLocation(writer, SYNCML.Source, item.source);
  if (item.sourceParent !== undefined) writeLocation(writer, SYNCML.SourceParent, { uri: item.sourceParent });
  if (item.targetParent !== undefined) writeLocation(writer, SYNCML.TargetParent, { uri: item.targetParent });
  writeMetaIf(writer, asBase64 ? { ...item.meta, format: 'b64' } : item.meta);
  if (asBase64) writer.content(SYNCML.Data, base64Of(data.bytes));
  else if (data) writeData(writer, data);
  flagIf(writer, SYNCML.MoreData, item.moreData);
  writer.end();
}

/** Data whose content the encoding can carry. */
function writeData(writer: ElementWriter, data: Data): void {
  switch (data.kind) {
    case 'content':
      writer.content(SYNCML.Data, data.bytes);
      return;
    case 'anchor':
      writer.start(SYNCML.Data);
      writeAnchor(writer, data.anchor);
      writer.end();
      return;
    case 'devinf':
      writer.devInf(SYNCML.Data, data.devinf);
  }
}

/** Data of a Search: a query, which no Item's Meta could declare to be Base64. */
export function writeQuery(writer: ElementWriter, data: Data): void {
  if (data.kind === 'content' && !writer.canCarry(data.bytes)) writer.content(SYNCML.Data, base64Of(data.bytes));
  else writeData(writer, data);
}

function base64Of(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'), 'latin1');
}

export function writeMapItem(writer: ElementWriter, item: MapItem): void {
  writer.start(SYNCML.MapItem);
  writeLocation(writer, SYNCML.Target, item.target);
  writeLocation(writer, SYNCML.Source, item.source);
  writer.end();
}
