/** The element grammar of SyncML, MetInf and DevInf as a table, and trees made from it: mostly valid, now and then with an element where it has no place. */
import { METINF, SYNCML, DEVINF } from '../../../src/wire/wbxml/tables.js';
import type { Choices } from '../choices.js';

export interface Tree {
  readonly name: string;
  readonly children: readonly Tree[];
  /** Instead of children. */
  readonly text?: string;
}

const META = [
  'Format',
  'Type',
  'Mark',
  'Size',
  'Anchor',
  'Version',
  'NextNonce',
  'MaxMsgSize',
  'MaxObjSize',
  'EMI',
  'Mem',
  'FieldLevel',
  'MetInf',
];
const COMMON = ['CmdID', 'NoResp', 'Cred', 'Meta', 'Item'];
const CHANGES = ['Add', 'Replace', 'Delete', 'Copy', 'Move', 'Atomic', 'Sequence', 'Map'];
const COMMANDS = [...CHANGES, 'Alert', 'Status', 'Results', 'Put', 'Get', 'Sync', 'Sync', 'Exec', 'Search', 'Final'];

/** What an element may hold. No row: text. */
const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  SyncML: ['SyncHdr', 'SyncBody'],
  SyncHdr: ['VerDTD', 'VerProto', 'SessionID', 'MsgID', 'Target', 'Source', 'RespURI', 'NoResp', 'Cred', 'Meta'],
  SyncBody: COMMANDS,
  Target: ['LocURI', 'LocName', 'Filter'],
  Source: ['LocURI', 'LocName'],
  SourceParent: ['LocURI'],
  TargetParent: ['LocURI'],
  Filter: ['Meta', 'Field', 'Record', 'FilterType'],
  Field: ['Item'],
  Record: ['Item'],
  Cred: ['Meta', 'Data'],
  Chal: ['Meta'],
  Meta: META,
  MetInf: META,
  Anchor: ['Last', 'Next'],
  Mem: ['SharedMem', 'FreeMem', 'FreeID'],
  Item: ['Target', 'Source', 'SourceParent', 'TargetParent', 'Meta', 'Data', 'MoreData'],
  Add: COMMON,
  Replace: COMMON,
  Copy: COMMON,
  Move: COMMON,
  Delete: [...COMMON, 'Archive', 'SftDel'],
  Alert: [...COMMON, 'Data', 'Correlator'],
  Exec: [...COMMON, 'Correlator'],
  Put: [...COMMON, 'Lang'],
  Get: [...COMMON, 'Lang'],
  Results: ['CmdID', 'MsgRef', 'CmdRef', 'Meta', 'TargetRef', 'SourceRef', 'Item'],
  Status: ['CmdID', 'MsgRef', 'CmdRef', 'Cmd', 'TargetRef', 'SourceRef', 'Cred', 'Chal', 'Data', 'Item'],
  Search: ['CmdID', 'NoResp', 'NoResults', 'Cred', 'Target', 'Source', 'Lang', 'Meta', 'Data'],
  Map: ['CmdID', 'Target', 'Source', 'Cred', 'Meta', 'MapItem'],
  MapItem: ['Target', 'Source'],
  Atomic: ['CmdID', 'NoResp', 'Meta', ...CHANGES],
  Sequence: ['CmdID', 'NoResp', 'Meta', ...CHANGES],
  Sync: ['CmdID', 'NoResp', 'Cred', 'Target', 'Source', 'Meta', 'NumberOfChanges', ...CHANGES],
  DevInf: [
    'VerDTD',
    'Man',
    'Mod',
    'OEM',
    'FwV',
    'SwV',
    'HwV',
    'DevID',
    'DevTyp',
    'UTC',
    'SupportLargeObjs',
    'SupportNumberOfChanges',
    'DataStore',
    'CTCap',
    'Ext',
  ],
  DataStore: [
    ...['SourceRef', 'DisplayName', 'MaxGUIDSize', 'Rx-Pref', 'Rx', 'Tx-Pref', 'Tx', 'DSMem', 'SyncCap', 'CTCap'],
    ...['Filter-Rx', 'FilterCap', 'SupportHierarchicalSync', 'MaxObjSize'],
  ],
  'Rx-Pref': ['CTType', 'VerCT'],
  Rx: ['CTType', 'VerCT'],
  'Tx-Pref': ['CTType', 'VerCT'],
  Tx: ['CTType', 'VerCT'],
  'Filter-Rx': ['CTType', 'VerCT'],
  FilterCap: ['CTType', 'VerCT', 'FilterKeyword', 'PropName'],
  DSMem: ['SharedMem', 'MaxMem', 'MaxID'],
  SyncCap: ['SyncType'],
  CTCap: ['CTType', 'VerCT', 'FieldLevel', 'Property', 'PropName', 'DataType', 'Size', 'ValEnum', 'ParamName', 'DisplayName'],
  Property: ['PropName', 'DataType', 'MaxOccur', 'MaxSize', 'NoTruncate', 'ValEnum', 'DisplayName', 'PropParam'],
  PropParam: ['ParamName', 'DataType', 'ValEnum', 'DisplayName'],
  Ext: ['XNam', 'XVal'],
};
const ALL_NAMES = [...new Set([...Object.keys(SYNCML), ...Object.keys(METINF), ...Object.keys(DEVINF), 'NoSuchElement'])];
const EMPTY = new Set([
  'Final',
  'NoResp',
  'MoreData',
  'Archive',
  'SftDel',
  'NoResults',
  'UTC',
  'SupportLargeObjs',
  'SupportNumberOfChanges',
  'FieldLevel',
  'SharedMem',
]);

const TEXTS: Readonly<Record<string, readonly string[]>> = {
  VerDTD: ['1.0', '1.1', '1.2', '1.1.2', '2.0', ''],
  VerProto: ['SyncML/1.0', 'SyncML/1.1', 'SyncML/1.2', 'SyncML/9'],
  SessionID: ['1', '2', '0', 'FF', ''],
  MsgID: ['1', '2', '3', '0', '-1', '1e3', 'x', '99999999999999999999'],
  CmdID: ['1', '2', '3', '0', '', '4294967296'],
  Data: [
    '200',
    '201',
    '212',
    '401',
    '508',
    '100',
    '222',
    '223',
    '225',
    'BEGIN:VCARD\r\nVERSION:2.1\r\nN:A;B\r\nEND:VCARD\r\n',
    'YW5uYTp4',
    '',
  ],
  LocURI: ['./contacts', 'notes', 'IMEI:1', './devinf12', './devinf11', 'http://sync.example/sync', '../../x', '1', '2', ''],
  Format: ['b64', 'chr', 'bin', 'xml', 'none'],
  Type: [
    'text/x-vcard',
    'text/plain',
    'application/vnd.syncml-devinf+wbxml',
    'application/vnd.syncml-devinf+xml',
    'syncml:auth-basic',
    'syncml:auth-md5',
  ],
  Cmd: ['SyncHdr', 'Add', 'Sync', 'Alert', 'Put'],
  Size: ['0', '10', '99999999999999', '-1', 'x'],
  MaxMsgSize: ['0', '1', '1500', '16000', '99999999999999999'],
  MaxObjSize: ['0', '100', '4294967295'],
  SyncType: ['1', '2', '7', '0', '99'],
  CTType: ['text/x-vcard', 'text/vcard', 'text/calendar'],
};
const ANY_TEXT = ['', '0', '7', 'x', 'ä€😀', ' blank ', '__proto__', 'constructor', 'toString', '<&>"\'', ']]>', '\n\r\n', 'a'.repeat(80)];

/** Elements of a tree, about: small inputs are many inputs. */
const SIZE = 60;

/** A tree under `name`. */
export const treeOf = (choices: Choices, name: string): Tree => grow(choices, name, 0, { left: SIZE });

function grow(choices: Choices, name: string, depth: number, room: { left: number }): Tree {
  room.left -= 1;
  const children = CHILDREN[name];
  if (name === 'Data' && choices.chance(8))
    return { name, children: [grow(choices, choices.pick(['DevInf', 'Anchor', 'Item', 'NoSuchElement']), depth + 1, room)] };
  if (children === undefined || depth > 12 || room.left < 0) return leaf(choices, name);
  const held: Tree[] = [];
  for (const child of children) {
    const times = choices.chance(needed(child) ? 92 : depth < 3 ? 15 : 25) ? (choices.chance(88) ? 1 : choices.below(4)) : 0;
    for (let n = 0; n < times; n += 1) held.push(grow(choices, child, depth + 1, room));
  }
  if (choices.chance(4)) held.splice(choices.below(held.length + 1), 0, grow(choices, choices.pick(ALL_NAMES), depth + 3, room));
  if (choices.chance(3)) held.reverse();
  return { name, children: held };
}

const NEEDED = new Set([
  'SyncHdr',
  'SyncBody',
  'VerDTD',
  'VerProto',
  'SessionID',
  'MsgID',
  'Target',
  'Source',
  'LocURI',
  'CmdID',
  'Data',
  'MsgRef',
  'CmdRef',
  'Cmd',
  'CTType',
]);
const needed = (name: string): boolean => NEEDED.has(name);

function leaf(choices: Choices, name: string): Tree {
  if (EMPTY.has(name) && choices.chance(90)) return { name, children: [] };
  const own = TEXTS[name];
  return { name, children: [], text: own && choices.chance(85) ? choices.pick(own) : choices.pick(ANY_TEXT) };
}
