/** XML documents as trees in which only what means something differs. */
import { DEFAULT_LIMITS } from '../../../src/wire/dialect.js';
import { nameOf } from '../../../src/wire/tags.js';
import { Token, type TokenReader } from '../../../src/wire/tokens.js';
import { readXml } from '../../../src/wire/xml/reader.js';

export interface Tree {
  readonly name: string;
  readonly text?: string;
  readonly children?: readonly Tree[];
}

const COMMANDS = new Set('Add Alert Atomic Copy Delete Exec Get Map Move Put Replace Results Search Sequence Status Sync'.split(' '));
/** What a DTD demands and some leave out: we write it, empty. */
const DEMANDED = new Set(
  'VerCT VerDTD VerProto SessionID MsgID CmdID MsgRef CmdRef Cmd LocURI Target Source SourceRef SyncCap DevID DevTyp'.split(' '),
);

/** Reads an XML document. Names in the specification's spelling, white space around texts and elements nobody knows left out, members sorted by name. */
export function treeOf(xml: Uint8Array): Tree {
  const reader = readXml(xml, DEFAULT_LIMITS);
  reader.next();
  return element(reader, nameOf(reader.tag) ?? '');
}

function element(reader: TokenReader, name: string): Tree {
  let text = '';
  const children: Tree[] = [];
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) {
      text += reader.text();
      continue;
    }
    const known = nameOf(reader.tag);
    const child = element(reader, known ?? '');
    if (known === 'MetInf') children.push(...(child.children ?? []));
    else if (known !== undefined && !isDemandedOnly(name, child)) children.push(child);
  }
  // Device information as text of its own means the same as its elements.
  if (name === 'Data' && /^\s*(?:<\?[^>]*>\s*)?<DevInf/.test(text)) return { name, children: [treeOf(Buffer.from(text.trim()))] };
  if (children.length === 0) return leaf(name, text);
  return { name, children: arranged(name, name === 'DevInf' ? devInfMembers(children) : children) };
}

function isDemandedOnly(parent: string, { name, text, children }: Tree): boolean {
  return (text === undefined && children === undefined && DEMANDED.has(name)) || (parent === 'Status' && name === 'Data' && text === '0');
}

/** Members by name, then commands as they stand. Flat CTCap is a sequence: its order is its meaning. */
function arranged(parent: string, children: readonly Tree[]): readonly Tree[] {
  if (parent === 'CTCap') return children;
  const isCommand = ({ name }: Tree): boolean => COMMANDS.has(name);
  return [...children.filter((child) => !isCommand(child)).sort((a, b) => a.name.localeCompare(b.name)), ...children.filter(isCommand)];
}

function leaf(name: string, text: string): Tree {
  const plain = text.replace(/\r+\n?/g, '\n').trim();
  if (plain === '') return { name };
  // libwbxml rewrites the type when it converts the document inside.
  return { name, text: name === 'Type' ? plain.replace('devinf+wbxml', 'devinf+xml') : plain };
}

/** CTCap of 1.0 and 1.1 may be one element or several; MaxObjSize in a DataStore is in no DTD. */
function devInfMembers(children: readonly Tree[]): readonly Tree[] {
  const flat = children.filter(({ name }) => name === 'CTCap').flatMap((cap) => cap.children ?? []);
  const rest = children
    .filter(({ name }) => name !== 'CTCap')
    .map((child) =>
      child.name === 'DataStore' ? { ...child, children: (child.children ?? []).filter(({ name }) => name !== 'MaxObjSize') } : child,
    );
  return flat.length === 0 ? rest : [...rest, { name: 'CTCap', children: flat.filter(({ name }) => name !== 'VerCT') }];
}
