/** One reader per command. Members in any order: handsets do not keep to the DTD's. [SyncML Representation Protocol 1.2.2, "Protocol Command Elements"] */
import type {
  AlertCommand,
  Command,
  Cred,
  ExecCommand,
  GroupCommand,
  Item,
  ItemCommand,
  MapCommand,
  MapItem,
  Meta,
  PutGetCommand,
  ResultsCommand,
  SearchCommand,
  StatusCommand,
  SyncCommand,
  UnknownCommand,
} from '../../model/message.js';
import { skipElement, Token, type TokenReader } from '../tokens.js';
import { SYNCML } from '../wbxml/tables.js';
import { readData } from './data.js';
import { readChal, readCred, readItem, readLocation, readMapItem } from './item.js';
import { type Mutable, readFlag, readNumber, readUri, readWord } from './leaf.js';
import { readMeta } from './meta.js';

/** Reads the command whose Start was last; anything else as `Unknown` with its CmdID. */
export function readCommand(reader: TokenReader): Command {
  switch (reader.tag) {
    case SYNCML.Add:
      return readItemCommand(reader, 'Add');
    case SYNCML.Replace:
      return readItemCommand(reader, 'Replace');
    case SYNCML.Delete:
      return readItemCommand(reader, 'Delete');
    case SYNCML.Copy:
      return readItemCommand(reader, 'Copy');
    case SYNCML.Move:
      return readItemCommand(reader, 'Move');
    case SYNCML.Alert:
      return readAlert(reader);
    case SYNCML.Sync:
      return readSync(reader);
    case SYNCML.Atomic:
      return readGroup(reader, 'Atomic');
    case SYNCML.Sequence:
      return readGroup(reader, 'Sequence');
    case SYNCML.Map:
      return readMap(reader);
    case SYNCML.Put:
      return readPutGet(reader, 'Put');
    case SYNCML.Get:
      return readPutGet(reader, 'Get');
    case SYNCML.Results:
      return readResults(reader);
    case SYNCML.Exec:
      return readExec(reader);
    case SYNCML.Search:
      return readSearch(reader);
    case SYNCML.Status:
      return readStatus(reader);
    default:
      return readUnknown(reader);
  }
}

interface Common {
  cmdId: string;
  noResp?: boolean;
  cred?: Cred;
  meta?: Meta;
}

/** CmdID, NoResp, Cred and Meta, which most commands have. False where the member is another. */
function readCommon(reader: TokenReader, command: Common): boolean {
  switch (reader.tag) {
    case SYNCML.CmdID:
      command.cmdId = readWord(reader);
      return true;
    case SYNCML.NoResp:
      command.noResp = readFlag(reader);
      return true;
    case SYNCML.Cred:
      command.cred = readCred(reader);
      return true;
    case SYNCML.Meta:
      command.meta = readMeta(reader);
      return true;
    default:
      return false;
  }
}

function readItemCommand(reader: TokenReader, kind: ItemCommand['kind']): ItemCommand {
  const items: Item[] = [];
  const command: Mutable<ItemCommand> = { kind, cmdId: '', items };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start || readCommon(reader, command)) continue;
    if (reader.tag === SYNCML.Item) items.push(readItem(reader, false));
    else if (reader.tag === SYNCML.Archive) command.archive = readFlag(reader);
    else if (reader.tag === SYNCML.SftDel) command.sftDel = readFlag(reader);
    else skipElement(reader);
  }
  return command;
}

function readAlert(reader: TokenReader): AlertCommand {
  const items: Item[] = [];
  const command: Mutable<AlertCommand> = { kind: 'Alert', cmdId: '', items };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start || readCommon(reader, command)) continue;
    if (reader.tag === SYNCML.Item) items.push(readItem(reader, false));
    else if (reader.tag === SYNCML.Data) {
      const code = readNumber(reader);
      if (code !== undefined) command.code = code;
    } else if (reader.tag === SYNCML.Correlator) command.correlator = readWord(reader);
    else skipElement(reader);
  }
  return command;
}

function readSync(reader: TokenReader): SyncCommand {
  const commands: Command[] = [];
  const command: Mutable<SyncCommand> = { kind: 'Sync', cmdId: '', commands };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start || readCommon(reader, command)) continue;
    if (reader.tag === SYNCML.Target) command.target = readLocation(reader);
    else if (reader.tag === SYNCML.Source) command.source = readLocation(reader);
    else if (reader.tag === SYNCML.NumberOfChanges) {
      const count = readNumber(reader);
      if (count !== undefined) command.numberOfChanges = count;
    } else commands.push(readCommand(reader));
  }
  return command;
}

function readGroup(reader: TokenReader, kind: GroupCommand['kind']): GroupCommand {
  const commands: Command[] = [];
  const command: Mutable<GroupCommand> = { kind, cmdId: '', commands };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start || readCommon(reader, command)) continue;
    commands.push(readCommand(reader));
  }
  return command;
}

function readMap(reader: TokenReader): MapCommand {
  const items: MapItem[] = [];
  const command: Mutable<MapCommand> = { kind: 'Map', cmdId: '', items };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === SYNCML.CmdID) command.cmdId = readWord(reader);
    else if (reader.tag === SYNCML.Target) command.target = readLocation(reader);
    else if (reader.tag === SYNCML.Source) command.source = readLocation(reader);
    else if (reader.tag === SYNCML.Cred) command.cred = readCred(reader);
    else if (reader.tag === SYNCML.Meta) command.meta = readMeta(reader);
    else if (reader.tag === SYNCML.MapItem) items.push(readMapItem(reader));
    else skipElement(reader);
  }
  return command;
}

function readPutGet(reader: TokenReader, kind: PutGetCommand['kind']): PutGetCommand {
  const items: Item[] = [];
  const command: Mutable<PutGetCommand> = { kind, cmdId: '', items };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start || readCommon(reader, command)) continue;
    if (reader.tag === SYNCML.Item) items.push(readItem(reader, true));
    else if (reader.tag === SYNCML.Lang) command.lang = readWord(reader);
    else skipElement(reader);
  }
  return command;
}

function readResults(reader: TokenReader): ResultsCommand {
  const items: Item[] = [];
  const command: Mutable<ResultsCommand> = { kind: 'Results', cmdId: '', cmdRef: '', items };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === SYNCML.CmdID) command.cmdId = readWord(reader);
    else if (reader.tag === SYNCML.MsgRef) command.msgRef = readWord(reader);
    else if (reader.tag === SYNCML.CmdRef) command.cmdRef = readWord(reader);
    else if (reader.tag === SYNCML.Meta) command.meta = readMeta(reader);
    else if (reader.tag === SYNCML.TargetRef) command.targetRef = readUri(reader);
    else if (reader.tag === SYNCML.SourceRef) command.sourceRef = readUri(reader);
    else if (reader.tag === SYNCML.Item) items.push(readItem(reader, true));
    else skipElement(reader);
  }
  return command;
}

function readExec(reader: TokenReader): ExecCommand {
  const items: Item[] = [];
  const command: Mutable<ExecCommand> = { kind: 'Exec', cmdId: '', items };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start || readCommon(reader, command)) continue;
    if (reader.tag === SYNCML.Item) items.push(readItem(reader, false));
    else if (reader.tag === SYNCML.Correlator) command.correlator = readWord(reader);
    else skipElement(reader);
  }
  return command;
}

function readSearch(reader: TokenReader): SearchCommand {
  const sources: SearchCommand['sources'][number][] = [];
  const command: Mutable<SearchCommand> = { kind: 'Search', cmdId: '', sources };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start || readCommon(reader, command)) continue;
    if (reader.tag === SYNCML.NoResults) command.noResults = readFlag(reader);
    else if (reader.tag === SYNCML.Target) command.target = readLocation(reader);
    else if (reader.tag === SYNCML.Source) sources.push(readLocation(reader));
    else if (reader.tag === SYNCML.Lang) command.lang = readWord(reader);
    else if (reader.tag === SYNCML.Data) command.data = readData(reader, false);
    else skipElement(reader);
  }
  return command;
}

/** A Data that is no number reads as code 0, which no version defines. */
function readStatus(reader: TokenReader): StatusCommand {
  const targetRefs: string[] = [];
  const sourceRefs: string[] = [];
  const items: Item[] = [];
  const command: Mutable<StatusCommand> = {
    kind: 'Status',
    cmdId: '',
    msgRef: '',
    cmdRef: '',
    cmd: '',
    targetRefs,
    sourceRefs,
    code: 0,
    items,
  };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    switch (reader.tag) {
      case SYNCML.CmdID:
        command.cmdId = readWord(reader);
        break;
      case SYNCML.MsgRef:
        command.msgRef = readWord(reader);
        break;
      case SYNCML.CmdRef:
        command.cmdRef = readWord(reader);
        break;
      case SYNCML.Cmd:
        command.cmd = readWord(reader);
        break;
      case SYNCML.TargetRef:
        targetRefs.push(readUri(reader));
        break;
      case SYNCML.SourceRef:
        sourceRefs.push(readUri(reader));
        break;
      case SYNCML.Cred:
        command.cred = readCred(reader);
        break;
      case SYNCML.Chal:
        command.chal = readChal(reader);
        break;
      case SYNCML.Data:
        command.code = readNumber(reader) ?? 0;
        break;
      case SYNCML.Item:
        items.push(readItem(reader, false));
        break;
      default:
        skipElement(reader);
    }
  }
  return command;
}

function readUnknown(reader: TokenReader): UnknownCommand {
  const name = reader.name();
  let cmdId = '';
  reader.skipped += 1;
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    if (reader.tag === SYNCML.CmdID) cmdId = readWord(reader);
    else skipElement(reader);
  }
  return { kind: 'Unknown', cmdId, name };
}
