/** One writer per command, members strictly in the order of the DTD: handsets depend on it. [SyncML Representation Protocol 1.2.2, "DTD Definition"] */
import { unreachable } from '../../model/errors.js';
import type { Command, ItemCommand, MapCommand, PutGetCommand, ResultsCommand, SearchCommand, StatusCommand } from '../../model/message.js';
import { SYNCML } from '../wbxml/tables.js';
import { type ElementWriter, flagIf, numberIf, textIf } from './element-writer.js';
import { writeChalIf, writeCredIf, writeItem, writeLocation, writeMapItem, writeQuery } from './item.js';
import { writeMetaIf } from './meta.js';

/** Tag a command is written with. */
export function commandTag(command: Command): number {
  // A command nobody knows is read, answered, and never sent.
  if (command.kind === 'Unknown') throw new Error(`cannot write a command named ${command.name}`);
  return SYNCML[command.kind];
}

/** The commands inside Sync, Atomic or Sequence; undefined for a command that holds none. */
export function childrenOf(command: Command): readonly Command[] | undefined {
  return command.kind === 'Sync' || command.kind === 'Atomic' || command.kind === 'Sequence' ? command.commands : undefined;
}

/** Writes the command's members, without its Start, its End and the commands it holds. A command-level Meta of Alert has no place in the DTD. */
export function writeMembers(writer: ElementWriter, command: Command): void {
  writer.text(SYNCML.CmdID, command.cmdId);
  switch (command.kind) {
    case 'Add':
    case 'Replace':
    case 'Delete':
    case 'Copy':
    case 'Move':
      return writeItemCommand(writer, command);
    case 'Put':
    case 'Get':
      return writePutGet(writer, command);
    case 'Alert':
      flagIf(writer, SYNCML.NoResp, command.noResp);
      writeCredIf(writer, command.cred);
      numberIf(writer, SYNCML.Data, command.code);
      textIf(writer, SYNCML.Correlator, command.correlator);
      for (const item of command.items) writeItem(writer, item);
      return;
    case 'Sync':
      flagIf(writer, SYNCML.NoResp, command.noResp);
      writeCredIf(writer, command.cred);
      writeLocation(writer, SYNCML.Target, command.target);
      writeLocation(writer, SYNCML.Source, command.source);
      writeMetaIf(writer, command.meta);
      numberIf(writer, SYNCML.NumberOfChanges, command.numberOfChanges);
      return;
    case 'Atomic':
    case 'Sequence':
      flagIf(writer, SYNCML.NoResp, command.noResp);
      writeMetaIf(writer, command.meta);
      return;
    case 'Exec':
      flagIf(writer, SYNCML.NoResp, command.noResp);
      writeCredIf(writer, command.cred);
      writeMetaIf(writer, command.meta);
      textIf(writer, SYNCML.Correlator, command.correlator);
      for (const item of command.items) writeItem(writer, item);
      return;
    case 'Map':
      return writeMap(writer, command);
    case 'Results':
      return writeResults(writer, command);
    case 'Search':
      return writeSearch(writer, command);
    case 'Status':
      return writeStatus(writer, command);
    case 'Unknown':
      return;
    default:
      unreachable(command);
  }
}

function writeItemCommand(writer: ElementWriter, command: ItemCommand): void {
  flagIf(writer, SYNCML.NoResp, command.noResp);
  flagIf(writer, SYNCML.Archive, command.archive);
  flagIf(writer, SYNCML.SftDel, command.sftDel);
  writeCredIf(writer, command.cred);
  writeMetaIf(writer, command.meta);
  for (const item of command.items) writeItem(writer, item);
}

function writePutGet(writer: ElementWriter, command: PutGetCommand): void {
  flagIf(writer, SYNCML.NoResp, command.noResp);
  textIf(writer, SYNCML.Lang, command.lang);
  writeCredIf(writer, command.cred);
  writeMetaIf(writer, command.meta);
  for (const item of command.items) writeItem(writer, item);
}

function writeMap(writer: ElementWriter, command: MapCommand): void {
  writeLocation(writer, SYNCML.Target, command.target);
  writeLocation(writer, SYNCML.Source, command.source);
  writeCredIf(writer, command.cred);
  writeMetaIf(writer, command.meta);
  for (const item of command.items) writeMapItem(writer, item);
}

function writeResults(writer: ElementWriter, command: ResultsCommand): void {
  textIf(writer, SYNCML.MsgRef, command.msgRef);
  writer.text(SYNCML.CmdRef, command.cmdRef);
  writeMetaIf(writer, command.meta);
  textIf(writer, SYNCML.TargetRef, command.targetRef);
  textIf(writer, SYNCML.SourceRef, command.sourceRef);
  for (const item of command.items) writeItem(writer, item);
}

function writeSearch(writer: ElementWriter, command: SearchCommand): void {
  flagIf(writer, SYNCML.NoResp, command.noResp);
  flagIf(writer, SYNCML.NoResults, command.noResults);
  writeCredIf(writer, command.cred);
  writeLocation(writer, SYNCML.Target, command.target);
  for (const source of command.sources) writeLocation(writer, SYNCML.Source, source);
  textIf(writer, SYNCML.Lang, command.lang);
  writeMetaIf(writer, command.meta);
  if (command.data) writeQuery(writer, command.data);
}

function writeStatus(writer: ElementWriter, command: StatusCommand): void {
  writer.text(SYNCML.MsgRef, command.msgRef);
  writer.text(SYNCML.CmdRef, command.cmdRef);
  writer.text(SYNCML.Cmd, command.cmd);
  for (const ref of command.targetRefs) writer.text(SYNCML.TargetRef, ref);
  for (const ref of command.sourceRefs) writer.text(SYNCML.SourceRef, ref);
  writeCredIf(writer, command.cred);
  writeChalIf(writer, command.chal);
  writer.text(SYNCML.Data, String(command.code));
  for (const item of command.items) writeItem(writer, item);
}
