import type { Anchor, Meta } from '../../model/message.js';
import { METINF, SYNCML } from '../wbxml/tables.js';
import { type ElementWriter, flagIf, numberIf, textIf } from './element-writer.js';

/** Meta in the order of MetInf's DTD. */
export function writeMeta(writer: ElementWriter, meta: Meta): void {
  writer.start(SYNCML.Meta);
  flagIf(writer, METINF.FieldLevel, meta.fieldLevel);
  textIf(writer, METINF.Format, meta.format);
  textIf(writer, METINF.Type, meta.type);
  textIf(writer, METINF.Mark, meta.mark);
  numberIf(writer, METINF.Size, meta.size);
  if (meta.anchor) writeAnchor(writer, meta.anchor);
  textIf(writer, METINF.Version, meta.version);
  textIf(writer, METINF.NextNonce, meta.nextNonce);
  numberIf(writer, METINF.MaxMsgSize, meta.maxMsgSize);
  numberIf(writer, METINF.MaxObjSize, meta.maxObjSize);
  for (const emi of meta.emi ?? []) writer.text(METINF.EMI, emi);
  if (meta.mem) {
    writer.start(METINF.Mem);
    flagIf(writer, METINF.SharedMem, meta.mem.sharedMem);
    numberIf(writer, METINF.FreeMem, meta.mem.freeMem);
    numberIf(writer, METINF.FreeID, meta.mem.freeId);
    writer.end();
  }
  writer.end();
}

export function writeMetaIf(writer: ElementWriter, meta: Meta | undefined): void {
  if (meta) writeMeta(writer, meta);
}

export function writeAnchor(writer: ElementWriter, anchor: Anchor): void {
  writer.start(METINF.Anchor);
  textIf(writer, METINF.Last, anchor.last);
  textIf(writer, METINF.Next, anchor.next);
  writer.end();
}
