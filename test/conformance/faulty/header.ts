/** Servers that go wrong in SyncHdr, in the document around it, or with NoResp. */
import { readFileSync } from 'node:fs';
import type { ExchangeAnswer } from '../../../src/exchange/exchange.js';
import type { Command, Message, StatusCommand, SyncHdr } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import {
  around,
  both,
  editAnswer,
  editCommands,
  editHttp,
  editRequest,
  editStatuses,
  mapCommands,
  type Fault,
  type Wrap,
} from './faulty.js';

const XML = { version: '1.2', encoding: 'xml' } as const;

const editHeader = (edit: (header: SyncHdr, request: Message) => Partial<SyncHdr>): Wrap =>
  editAnswer((answer, request) => ({ ...answer, header: { ...answer.header, ...edit(answer.header, request) } }));

const editText = (edit: (xml: string) => string): Wrap =>
  editHttp((answer) =>
    answer.contentType?.includes('xml')
      ? { ...answer, body: Buffer.from(edit(Buffer.from(answer.body).toString('utf8')), 'utf8') }
      : answer,
  );

const badRequest: ExchangeAnswer = { httpStatus: 400, body: Buffer.from('What is this?\n'), log: {} };

/** HTTP 400 for requests of this kind. */
const refuse = (is: (message: Message | undefined, body: Buffer, token: string | undefined) => boolean): Wrap =>
  around((request, message, inner) =>
    is(message, Buffer.from(request.body), request.token) ? Promise.resolve(badRequest) : inner(request),
  );

const editHeaderStatus = (code: number, edit: (status: StatusCommand) => Partial<StatusCommand>): Wrap =>
  editStatuses((status) => (status.cmdRef === '0' && status.code === code ? { ...status, ...edit(status) } : status));

/** What a parser does that believes in document types. */
const expandEntities = (declaration: RegExp, valueOf: (literal: string) => string): Wrap =>
  around((request, _message, inner) => {
    const xml = Buffer.from(request.body).toString('utf8');
    const found = declaration.exec(xml);
    if (!found) return inner(request);
    const expanded = xml.replace(/<!DOCTYPE[^[]*\[[^\]]*\]>/, '').replaceAll(`&${found[1]};`, valueOf(found[2] ?? ''));
    return inner({ ...request, body: Buffer.from(expanded, 'utf8') });
  });

const isQuiet = (command: Command): boolean => 'noResp' in command && command.noResp === true;
const withoutNoResp = (command: Command): Command => {
  if (!isQuiet(command)) return command;
  const { noResp: _noResp, ...rest } = command as Command & { readonly noResp?: boolean };
  return rest;
};
const emptySyncs = (body: readonly Command[], keep: (command: Command) => boolean): readonly Command[] =>
  body.map((command) => (command.kind === 'Sync' ? { ...command, commands: command.commands.filter(keep) } : command));

/** The device that came last with a SessionID gets all answers of sessions of that name. */
function mixedSessions(): Wrap {
  const devices = new Map<string, string>();
  return editHeader(({ target, sessionId }, request) => {
    if (request.header.msgId === '1') devices.set(sessionId, target.uri);
    return { target: { uri: devices.get(sessionId) ?? target.uri } };
  });
}

/** Counts its messages from 2. */
const countsFromTwo = (): Wrap =>
  both(
    editHeader(({ msgId }) => ({ msgId: String(Number(msgId) + 1) })),
    editRequest((request) => ({
      ...request,
      body: request.body.map((command) =>
        (command.kind === 'Status' || command.kind === 'Results') && command.msgRef !== undefined
          ? { ...command, msgRef: String(Number(command.msgRef) - 1) }
          : command,
      ),
    })),
  );

const PLAIN = /^[\w.-]*$/;

export const HEADER_FAULTS: readonly Fault[] = [
  {
    name: 'says VerProto in its first message only',
    red: ['HDR-001', 'HDR-007'],
    wrap: () => editHeader(({ msgId }) => (msgId === '1' ? {} : { verProto: '' })),
  },
  {
    name: 'writes MsgID before SessionID',
    red: ['HDR-002'],
    variant: XML,
    wrap: () => editText((xml) => xml.replace(/(<SessionID>.*?<\/SessionID>)(<MsgID>.*?<\/MsgID>)/, '$2$1')),
  },
  { name: 'has SessionIDs of its own', red: ['HDR-003'], wrap: () => editHeader(({ sessionId }) => ({ sessionId: `s${sessionId}` })) },
  { name: 'counts its messages from 2', red: ['HDR-004'], wrap: countsFromTwo },
  {
    name: 'answers a command that was not sent, where a Map was',
    red: ['HDR-005a'],
    wrap: () =>
      editAnswer((answer, request) => {
        const status = answer.body.find((command) => command.kind === 'Status' && command.cmd === 'Map');
        if (!status || !request.final) return answer;
        return { ...answer, body: [...answer.body, { ...status, cmdId: '901', cmdRef: '900' } as StatusCommand] };
      }),
  },
  {
    name: 'has MsgRef 1 in all Results',
    red: ['HDR-005b', 'HDR-005c'],
    wrap: () => editCommands((command) => (command.kind === 'Results' ? { ...command, msgRef: '1' } : command)),
  },
  {
    name: 'has a Source of its own, whatever it was called',
    red: ['HDR-006b'],
    wrap: () => editHeader(() => ({ source: { uri: 'http://other.example/' } })),
  },
  {
    name: 'says VerDTD 1.2 in sessions of 1.1',
    red: ['HDR-008'],
    alsoRed: ['DEV-006'],
    variant: { version: '1.1', encoding: 'wbxml' },
    wrap: () => editHeader(() => ({ verDtd: '1.2' })),
  },
  {
    name: 'says SyncML/1.1 in sessions of 1.0',
    red: ['HDR-009'],
    variant: { version: '1.0', encoding: 'wbxml' },
    wrap: () => editHeader(() => ({ verProto: 'SyncML/1.1' })),
  },
  {
    name: 'answers versions it does not have with 400',
    red: ['HDR-010a', 'HDR-011a'],
    wrap: () =>
      both(
        editHeaderStatus(Status.DtdVersionNotSupported, () => ({ code: Status.BadRequest })),
        editHeaderStatus(Status.ProtocolVersionNotSupported, () => ({ code: Status.BadRequest })),
      ),
  },
  {
    name: 'lists no versions with 505 and 513',
    red: ['HDR-010b', 'HDR-011b'],
    wrap: () =>
      both(
        editHeaderStatus(Status.DtdVersionNotSupported, () => ({ items: [] })),
        editHeaderStatus(Status.ProtocolVersionNotSupported, () => ({ items: [] })),
      ),
  },
  {
    name: 'writes the namespace of the root in lower case',
    red: ['HDR-012a'],
    variant: XML,
    wrap: () => editText((xml) => xml.replace('SYNCML:SYNCML1', 'syncml:syncml1')),
  },
  {
    name: 'writes meta information without its namespace',
    red: ['HDR-012b'],
    variant: XML,
    wrap: () => editText((xml) => xml.replaceAll(' xmlns="syncml:metinf"', '')),
  },
  {
    name: 'wants an XML prolog',
    red: ['HDR-013a'],
    variant: XML,
    wrap: () => refuse((message, body) => message !== undefined && !body.toString('utf8').startsWith('<?xml')),
  },
  { name: 'takes no RespURI', red: ['HDR-014'], wrap: () => refuse((message) => message?.header.respUri !== undefined) },
  {
    name: 'sends a RespURI without scheme and host',
    red: ['HDR-015a'],
    wrap: () => editHeader(({ respUri }) => (respUri === undefined ? {} : { respUri: respUri.replace(/^https?:\/\/[^/]*/, '') })),
  },
  {
    name: 'overlooks NoResp in SyncHdr',
    red: ['HDR-016a'],
    wrap: () => editRequest((request) => (request.header.noResp ? { ...request, header: { ...request.header, noResp: false } } : request)),
  },
  {
    name: 'does not carry out what comes with NoResp in SyncHdr',
    red: ['HDR-016b'],
    wrap: () => editRequest((request) => (request.header.noResp ? { ...request, body: emptySyncs(request.body, () => false) } : request)),
  },
  {
    name: 'overlooks NoResp of commands',
    red: ['HDR-017a', 'HDR-017d'],
    wrap: () => editRequest((request) => ({ ...request, body: mapCommands(request.body, withoutNoResp) })),
  },
  {
    name: 'does not carry out commands with NoResp',
    red: ['HDR-017c'],
    wrap: () => editRequest((request) => ({ ...request, body: emptySyncs(request.body, (command) => !isQuiet(command)) })),
  },
  {
    name: 'takes no device whose name is anything but one plain word',
    red: ['HDR-018a', 'HDR-018b', 'HDR-018c', 'HDR-018d'],
    alsoRed: ['AUT-019a', 'DEV-008'],
    wrap: () => refuse((message) => message !== undefined && !PLAIN.test(message.header.source.uri)),
  },
  {
    name: 'takes no LUID that is anything but one plain word',
    red: ['HDR-018e'],
    wrap: () =>
      editStatuses((status) =>
        status.cmd === 'Add' && !status.sourceRefs.every((ref) => PLAIN.test(ref)) ? { ...status, code: Status.BadRequest } : status,
      ),
  },
  {
    name: 'gives no Status to what stands beside a command with NoResp',
    red: ['HDR-017b'],
    alsoRed: ['STA-002a'],
    wrap: () =>
      editStatuses((status, request) => {
        const sync = request.body.find((command) => command.kind === 'Sync' && command.commands.some(isQuiet));
        return sync?.kind === 'Sync' && sync.commands.some(({ cmdId }) => cmdId === status.cmdRef) ? undefined : status;
      }),
  },
  {
    name: 'writes device information without its namespace',
    red: ['HDR-012c'],
    variant: XML,
    wrap: () => editText((xml) => xml.replaceAll(' xmlns="syncml:devinf"', '')),
  },
  {
    name: 'takes no message with a DOCTYPE',
    red: ['HDR-013b'],
    variant: XML,
    wrap: () => refuse((_message, body) => body.includes('<!DOCTYPE')),
  },
  {
    name: 'takes no session that begins with another MsgID than 1',
    red: ['HDR-019'],
    // A log-in that is repeated has MsgID 2, and no session yet.
    alsoRed: [
      'AUT-002',
      'AUT-007a',
      'AUT-007b',
      'AUT-011',
      'AUT-012',
      'AUT-013a',
      'AUT-013b',
      'AUT-016',
      'AUT-019a',
      'AUT-019b',
      'AUT-024b',
      'AUT-025',
    ],
    wrap: () => refuse((message, _body, token) => token === undefined && message !== undefined && message.header.msgId !== '1'),
  },
  { name: 'tells sessions apart by their SessionID alone', red: ['HDR-006a', 'HDR-020'], wrap: mixedSessions },
  {
    name: 'expands entities of an internal subset',
    red: ['HDR-021a'],
    variant: XML,
    wrap: () => expandEntities(/<!ENTITY (\w+) "([^"]*)">/, (literal) => literal),
  },
  {
    name: 'reads files for external entities',
    red: ['HDR-021b'],
    variant: XML,
    wrap: () =>
      expandEntities(
        /<!ENTITY (\w+) SYSTEM "file:\/\/([^"]*)">/,
        (path) => readFileSync(path, 'utf8').split('\n')[0]?.replace(/[<&]/g, '') ?? '',
      ),
  },
  {
    name: 'takes no elements it does not know',
    red: ['HDR-022a', 'HDR-022c'],
    variant: XML,
    wrap: () => refuse((_message, body) => body.includes('<Probe')),
  },
];
