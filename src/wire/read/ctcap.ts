import type { CtCap, CtParam, CtProperty } from '../../model/devinf.js';
import { skipElement, Token, type TokenReader } from '../tokens.js';
import { DEVINF, DEVINF_SIZE } from '../wbxml/tables.js';
import { type Mutable, readFlag, readNumber, readText, readWord } from './leaf.js';

type GrowingProperty = Mutable<Omit<CtProperty, 'params' | 'valEnum'>> & { params?: GrowingParam[]; valEnum?: string[] };
type GrowingParam = Mutable<Omit<CtParam, 'valEnum'>> & { valEnum?: string[] };
type GrowingCap = Mutable<Omit<CtCap, 'properties'>> & { properties: GrowingProperty[] };

/** Where the next ValEnum, DataType, size or DisplayName belongs. */
interface Place {
  caps: GrowingCap[];
  property: GrowingProperty | undefined;
  last: GrowingProperty | GrowingParam | undefined;
}

/**
 * One CTCap, nested (1.2: Property, PropParam) or flat (1.0, 1.1: every PropName starts a property, every ParamName after it is its
 * parameter, and what follows belongs to the last of either). A flat one may describe several types.
 *
 * @param sizeIsMaxSize what WBXML token 0x1c means outside Property.
 */
export function readCtCap(reader: TokenReader, sizeIsMaxSize: boolean): CtCap[] {
  const place: Place = { caps: [], property: undefined, last: undefined };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    switch (reader.tag) {
      case DEVINF.CTType:
        place.caps.push({ ctType: readWord(reader), properties: [] });
        place.property = place.last = undefined;
        break;
      case DEVINF.VerCT:
        cap(place).verCt = readWord(reader);
        break;
      case DEVINF.FieldLevel:
        cap(place).fieldLevel = readFlag(reader);
        break;
      case DEVINF.Property:
        readProperty(reader, place);
        break;
      default:
        readDetail(reader, place, sizeIsMaxSize);
    }
  }
  return place.caps;
}

function cap(place: Place): GrowingCap {
  const last = place.caps.at(-1);
  if (last) return last;
  const unnamed: GrowingCap = { ctType: '', properties: [] };
  place.caps.push(unnamed);
  return unnamed;
}

function readProperty(reader: TokenReader, place: Place): void {
  place.property = place.last = undefined;
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    readDetail(reader, place, true);
    // What follows a PropParam belongs to the property again; a bare ParamName in a Property (Nokia 2630) keeps what follows it.
  }
  place.property = place.last = undefined;
}

function readParam(reader: TokenReader, place: Place): void {
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token === Token.Start) readDetail(reader, place, false);
  }
  place.last = place.property;
}

/** A member of Property or PropParam, or of a flat CTCap. */
function readDetail(reader: TokenReader, place: Place, sizeIsMaxSize: boolean): void {
  switch (reader.tag) {
    case DEVINF.PropName: {
      place.property = place.last = { name: readWord(reader) };
      cap(place).properties.push(place.property);
      return;
    }
    case DEVINF.PropParam:
      readParam(reader, place);
      return;
    case DEVINF.ParamName: {
      const param: GrowingParam = { name: readWord(reader) };
      if (place.property) (place.property.params ??= []).push(param);
      place.last = param;
      return;
    }
    default:
      if (place.last) readMember(reader, place.last, place.last === place.property ? place.property : undefined, sizeIsMaxSize);
      else skipElement(reader);
  }
}

function readMember(
  reader: TokenReader,
  target: GrowingProperty | GrowingParam,
  property: GrowingProperty | undefined,
  sizeIsMaxSize: boolean,
): void {
  switch (reader.tag) {
    case DEVINF.DataType:
      target.dataType = readWord(reader);
      return;
    case DEVINF.DisplayName:
      target.displayName = readText(reader);
      return;
    case DEVINF.ValEnum:
      (target.valEnum ??= []).push(readText(reader));
      return;
    case DEVINF_SIZE:
      setNumber(target, readNumber(reader), 'size');
      return;
    case DEVINF.MaxSize: {
      // XML says which of the two it is; WBXML has one token for both.
      const isMaxSize = property !== undefined && (sizeIsMaxSize || reader.encoding === 'xml');
      const value = readNumber(reader);
      if (isMaxSize && property) setNumber(property, value, 'maxSize');
      else setNumber(target, value, 'size');
      return;
    }
    case DEVINF.MaxOccur: {
      const value = readNumber(reader);
      if (property) setNumber(property, value, 'maxOccur');
      return;
    }
    case DEVINF.NoTruncate:
      readFlag(reader);
      if (property) property.noTruncate = true;
      return;
    default:
      skipElement(reader);
  }
}

function setNumber<K extends string>(target: { [key in K]?: number }, value: number | undefined, key: K): void {
  if (value !== undefined) target[key] = value;
}
