import type { Anchor, Meta } from '../../model/message.js';
import { skipElement, Token, type TokenReader } from '../tokens.js';
import { METINF } from '../wbxml/tables.js';
import { append, type Mutable, readFlag, readNumber, readSecret, readText, readWord } from './leaf.js';

/** Meta, or the MetInf element some write inside it. [MetInf 1.2.2, "MetInf"] */
export function readMeta(reader: TokenReader): Meta {
  const meta: Mutable<Meta> = {};
  readInto(reader, meta);
  return meta;
}

function readInto(reader: TokenReader, meta: Mutable<Meta>): void {
  for (;;) {
    const token = reader.next();
    if (token === Token.Start) readMember(reader, meta);
    else if (token === Token.End || token === Token.Eof) return;
  }
}

function readMember(reader: TokenReader, meta: Mutable<Meta>): void {
  switch (metInfTag(reader)) {
    case METINF.MetInf:
      readInto(reader, meta);
      break;
    case METINF.Type:
      meta.type = readWord(reader);
      break;
    case METINF.Format:
      meta.format = readWord(reader);
      break;
    case METINF.Mark:
      meta.mark = readWord(reader);
      break;
    case METINF.Version:
      meta.version = readWord(reader);
      break;
    case METINF.NextNonce:
      meta.nextNonce = readSecret(reader).text;
      break;
    case METINF.Size:
      setNumber(meta, 'size', readNumber(reader));
      break;
    case METINF.MaxMsgSize:
      setNumber(meta, 'maxMsgSize', readNumber(reader));
      break;
    case METINF.MaxObjSize:
      setNumber(meta, 'maxObjSize', readNumber(reader));
      break;
    case METINF.Anchor:
      meta.anchor = readAnchor(reader);
      break;
    case METINF.EMI:
      meta.emi = append(meta.emi, [readText(reader)]);
      break;
    case METINF.Mem:
      meta.mem = readMem(reader);
      break;
    case METINF.FieldLevel:
      meta.fieldLevel = readFlag(reader);
      break;
    default:
      skipElement(reader);
  }
}

/** @NOTE Sync4j PDA and others forget the switch to page 1; nothing of page 0 can stand in Meta. */
function metInfTag(reader: TokenReader): number {
  const { encoding, tag } = reader;
  if (encoding !== 'wbxml' || tag <= 0 || tag >= 0x40) return tag;
  reader.deviations.add('metinf-code-page');
  return tag | 0x40;
}

function setNumber(meta: Mutable<Meta>, key: 'size' | 'maxMsgSize' | 'maxObjSize', value: number | undefined): void {
  if (value !== undefined) meta[key] = value;
}

/** Last and Next in any order. Anchors are opaque text: kept to the character. */
export function readAnchor(reader: TokenReader): Anchor {
  const anchor: Mutable<Anchor> = {};
  for (;;) {
    const token = reader.next();
    if (token === Token.Start) {
      const tag = metInfTag(reader);
      if (tag === METINF.Last) anchor.last = readText(reader);
      else if (tag === METINF.Next) anchor.next = readText(reader);
      else skipElement(reader);
    } else if (token === Token.End || token === Token.Eof) return anchor;
  }
}

function readMem(reader: TokenReader): NonNullable<Meta['mem']> {
  const mem: Mutable<NonNullable<Meta['mem']>> = {};
  for (;;) {
    const token = reader.next();
    if (token === Token.Start) {
      if (reader.tag === METINF.SharedMem) mem.sharedMem = readFlag(reader);
      else if (reader.tag === METINF.FreeMem || reader.tag === METINF.FreeID) {
        const key = reader.tag === METINF.FreeMem ? 'freeMem' : 'freeId';
        const value = readNumber(reader);
        if (value !== undefined) mem[key] = value;
      } else skipElement(reader);
    } else if (token === Token.End || token === Token.Eof) return mem;
  }
}
