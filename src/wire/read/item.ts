import type { Cred, Filter, Item, Location, MapItem } from '../../model/message.js';
import { skipElement, Token, type TokenReader } from '../tokens.js';
import { SYNCML } from '../wbxml/tables.js';
import { readData } from './data.js';
import { base64, type Mutable, readFlag, readSecret, readUri, readWord } from './leaf.js';
import { readMeta } from './meta.js';

/** Target or Source. [SyncML Representation Protocol 1.2.2, "Target", "Source"] */
export function readLocation(reader: TokenReader): Location {
  const location: Mutable<Location> = { uri: '' };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === SYNCML.LocURI) location.uri = readUri(reader);
    else if (reader.tag === SYNCML.LocName) location.name = readUri(reader);
    else if (reader.tag === SYNCML.Filter) location.filter = readFilter(reader);
    else skipElement(reader);
  }
  return location;
}

function readFilter(reader: TokenReader): Filter {
  const filter: Mutable<Filter> = {};
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === SYNCML.Meta) filter.meta = readMeta(reader);
    else if (reader.tag === SYNCML.Field || reader.tag === SYNCML.Record) {
      const key = reader.tag === SYNCML.Field ? 'field' : 'record';
      const item = readOnlyItem(reader);
      if (item) filter[key] = item;
    } else if (reader.tag === SYNCML.FilterType) filter.type = readWord(reader);
    else skipElement(reader);
  }
  return filter;
}

function readOnlyItem(reader: TokenReader): Item | undefined {
  let item: Item | undefined;
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    // Field's Data may be a device information document cut down to properties.
    if (reader.tag === SYNCML.Item) item = readItem(reader, false);
    else skipElement(reader);
  }
  return item;
}

/** @param maybeDevInf see `readData`. */
export function readItem(reader: TokenReader, maybeDevInf: boolean): Item {
  const item: Mutable<Item> = {};
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    switch (reader.tag) {
      case SYNCML.Target:
        item.target = readLocation(reader);
        break;
      case SYNCML.Source:
        item.source = readLocation(reader);
        break;
      case SYNCML.SourceParent:
        item.sourceParent = readLocation(reader).uri;
        break;
      case SYNCML.TargetParent:
        item.targetParent = readLocation(reader).uri;
        break;
      case SYNCML.Meta:
        item.meta = readMeta(reader);
        break;
      case SYNCML.Data:
        item.data = readData(reader, maybeDevInf);
        break;
      case SYNCML.MoreData:
        item.moreData = readFlag(reader);
        break;
      default:
        skipElement(reader);
    }
  }
  return item;
}

export function readMapItem(reader: TokenReader): MapItem {
  const item: Mutable<MapItem> = { target: { uri: '' }, source: { uri: '' } };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === SYNCML.Target) item.target = readLocation(reader);
    else if (reader.tag === SYNCML.Source) item.source = readLocation(reader);
    else skipElement(reader);
  }
  return item;
}

export function readCred(reader: TokenReader): Cred {
  const cred: Mutable<Cred> = { data: '' };
  let raw: Uint8Array | undefined;
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === SYNCML.Meta) cred.meta = readMeta(reader);
    else if (reader.tag === SYNCML.Data) {
      const secret = readSecret(reader);
      cred.data = secret.text;
      raw = secret.rawBytes;
    } else skipElement(reader);
  }
  // An MD5 digest as 16 bytes that happen to be printable.
  if (raw?.length === 16 && cred.meta?.type?.toLowerCase() === 'syncml:auth-md5') cred.data = base64(raw);
  return cred;
}

/** Chal: its Meta. */
export function readChal(reader: TokenReader): NonNullable<Item['meta']> {
  let meta: NonNullable<Item['meta']> = {};
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === SYNCML.Meta) meta = readMeta(reader);
    else skipElement(reader);
  }
  return meta;
}
