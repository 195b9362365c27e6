/** Every way WBXML has to say a message is understood. [Representation Protocol 1.2.2, "WBXML Definition"; WBXML 1.3] */
import { Alert } from '../../model/alert.js';
import type { SyncmlVersion } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, CaseFailed, type ActiveCase, type ConformanceCase } from '../case.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import { isRefusal, type LabSession, type SendOptions, type SessionOptions } from '../lab/session.js';
import {
  mapTokens,
  mbUint32,
  readTokens,
  writeTokens,
  type WbxmlDocument,
  type WbxmlToken,
  type WritingStyle,
} from '../lab/wbxml-tokens.js';
import { partsOf } from './large-objects.js';

type Edit = (bytes: Uint8Array) => Uint8Array;

const FINAL = 0x12;
const SESSION_ID = 0x25;
const CMD_ID = 0x0b;
const MSG_ID = 0x1b;
const ITEM = 0x14;
const PUBLIC_IDS: Record<SyncmlVersion, { readonly number: number; readonly text: string }> = {
  '1.0': { number: 0x0fd1, text: '-//SYNCML//DTD SyncML 1.0//EN' },
  '1.1': { number: 0x0fd3, text: '-//SYNCML//DTD SyncML 1.1//EN' },
  '1.2': { number: 0x1201, text: '-//SYNCML//DTD SyncML 1.2//EN' },
};

const restyled =
  (style: WritingStyle, change: (document: WbxmlDocument) => WbxmlDocument = (document) => document): Edit =>
  (bytes) =>
    writeTokens(change(readTokens(bytes)), style);
const retold = (map: (token: WbxmlToken) => readonly WbxmlToken[]): Edit => restyled({}, (document) => mapTokens(document, map));

/** Package 1, with the log-in repeated where the server asks for it. */
async function packageOne(lab: Lab, session: LabSession, what: string, options: SendOptions): Promise<void> {
  const { device } = session;
  const alert = session.alert(Alert.SlowSync);
  let answer = await session.send([device.putDevInf(), alert], options);
  for (let tries = 0; isRefusal(answer.headerCode) && tries < 2; tries += 1)
    answer = await session.send([device.putDevInf(), alert], options);
  device.devInfSent = true;
  const code = session.code(alert);
  lab.check(code === Status.Ok || code === Status.RefreshRequired, `package 1 with ${what} is understood`, `${answer.summary}`);
  lab.check(answer.final, 'its Final is seen', answer.summary);
}

/** A whole sync in which every message of the client is written in this way. */
async function understood(lab: Lab, what: string, edit: Edit | undefined, options: SessionOptions = {}): Promise<LabSession> {
  // What the rules for ordinary messages would find is this case's own finding.
  const session = lab.device().session({ odd: true, ...options });
  const send: SendOptions = edit ? { editBytes: edit } : {};
  await packageOne(lab, session, what, send);
  const name = lab.name();
  const add = lab.add('1', name);
  const answer = await session.push([add], send);
  lab.success(session.code(add), `an Add with ${what}`);
  await session.pull(answer);
  await session.close(send);
  lab.equal(await lab.held(), [name], 'the server holds');
  return session;
}

const told =
  (what: string, edit: Edit): ActiveCase['run'] =>
  async (lab) => {
    await understood(lab, what, edit);
  };

const inForm = (version: number, publicId: 'number' | 'string'): SessionOptions => ({ dialect: { wbxml: { version, publicId } } });

/** The answer to package 1 in this form. @throws {Inconclusive} when the server does not read it. */
async function answerTo(lab: Lab, form: SessionOptions): Promise<WbxmlDocument> {
  const session = lab.device().session(form);
  try {
    await session.openStore(Alert.SlowSync);
  } catch (error) {
    if (!(error instanceof CaseFailed)) throw error;
    lab.given(false, `the server does not read the form of the request: ${error.message}`);
  }
  return readTokens(session.last?.http.body ?? new Uint8Array(0));
}

/** A message that cannot be read is refused, and the server goes on to work. `edit` gets package 1. */
async function refused(lab: Lab, what: string, edit: Edit): Promise<void> {
  const session = lab.device().session();
  const { message } = session.compose([session.device.putDevInf(), session.alert(Alert.SlowSync)]);
  const trace = await session.post(message, { editBytes: edit, odd: true });
  const status = trace.response?.status;
  const header = trace.answer?.body.find((command) => command.kind === 'Status' && command.cmdRef === '0');
  const code = header?.kind === 'Status' ? header.code : undefined;
  // A challenge is the answer to a message that was understood.
  const rejected = (status !== undefined && status >= 400 && status < 500) || (code !== undefined && code >= 400 && !isRefusal(code));
  lab.check(rejected, `${what} is refused`, trace.answer ? `SyncHdr ${code ?? 'without Status'}` : (trace.fault ?? ''));
  const next = lab.device().session();
  await next.openStore(Alert.SlowSync);
}

/** All text as OPAQUE, with its length written in this way. */
const opaqueLength = (length: (value: number) => readonly number[]): Edit =>
  restyled({ length }, (document) =>
    mapTokens(document, (token) => (token.kind === 'text' ? [{ kind: 'opaque', bytes: token.bytes }] : [token])),
  );

/** The public identifier in the string table, with its NUL, behind another string or in front. */
const identifiedByText =
  (before: string): Edit =>
  (bytes) => {
    const document = readTokens(bytes);
    const { text } = Object.values(PUBLIC_IDS).find(({ number }) => number === document.publicId) ?? PUBLIC_IDS['1.2'];
    return writeTokens(document, { tableHead: Buffer.from(`${before}${text}\0`), publicIdAt: before.length });
  };

const hasNul = (bytes: Uint8Array): boolean => bytes.includes(0);
const LITERALS: Readonly<Record<number, string>> = { [SESSION_ID]: 'SessionID', [CMD_ID]: 'CmdID', [MSG_ID]: 'MsgID' };

const encodings = ['wbxml'] as const;
const titled = (title: string) => ({ title, encodings });

const HEADERS: readonly ConformanceCase[] = [
  active(
    'WBX-001',
    async (lab) => {
      const { number } = PUBLIC_IDS[lab.variant.version];
      await understood(lab, `public identifier ${number.toString(16).toUpperCase()}`, (bytes) => {
        lab.given(readTokens(bytes).publicId === number, 'the suite writes another public identifier');
        return bytes;
      });
    },
    { encodings },
  ),
  active(
    'WBX-002a',
    async (lab) => {
      await understood(lab, 'the public identifier in the string table, 29 bytes', undefined, inForm(2, 'string'));
    },
    titled('String-table public id without NUL'),
  ),
  active(
    'WBX-002b',
    told('the public identifier in the string table, with NUL', identifiedByText('')),
    titled('String-table public id with NUL'),
  ),
  active(
    'WBX-002c',
    told('the public identifier behind another string of the table', identifiedByText('x-lab\0')),
    titled('String-table public id at another index than 0'),
  ),
  ...[1, 2, 3].map((version) =>
    active(
      `WBX-009${'abc'[version - 1]}`,
      async (lab) => {
        await understood(lab, `WBXML 1.${version}`, undefined, inForm(version, 'number'));
      },
      titled(`WBXML 1.${version} accepted`),
    ),
  ),
  active(
    'WBX-011a',
    async (lab) => {
      for (const version of [1, 2, 3]) {
        const answer = await answerTo(lab, inForm(version, 'number'));
        lab.equal(answer.version, version, `version byte of the answer to WBXML 1.${version}`);
      }
    },
    titled('Response has the WBXML version of the request'),
  ),
  active(
    'WBX-011b',
    async (lab) => {
      const answer = await answerTo(lab, inForm(2, 'number'));
      lab.equal(answer.publicId, PUBLIC_IDS[lab.variant.version].number, 'public identifier of the answer to one by number');
    },
    titled('Response to a numeric public id has a numeric one'),
  ),
  active(
    'WBX-011c',
    async (lab) => {
      const answer = await answerTo(lab, inForm(2, 'string'));
      const { text } = PUBLIC_IDS[lab.variant.version];
      lab.equal(answer.publicIdText, text, 'public identifier of the answer to one in the string table');
    },
    titled('Response to a string-table public id has one of that form'),
  ),
];

const TOKENS: readonly ConformanceCase[] = [
  active(
    'WBX-004a',
    told('code pages switched in front of the next tag', restyled({ pages: 'late' })),
    titled('Code page stays in force across END'),
  ),
  active('WBX-004b', told('code pages switched in front of END', restyled({ pages: 'early' })), titled('Code page switched before END')),
  active(
    'WBX-004c',
    told('code pages switched in front of every tag', restyled({ pages: 'always' })),
    titled('Code page switched to the page in force'),
  ),
  active(
    'WBX-005a',
    told(
      'all text as OPAQUE',
      retold((token) => (token.kind === 'text' ? [{ kind: 'opaque', bytes: token.bytes }] : [token])),
    ),
    titled('Text as OPAQUE'),
  ),
  active(
    'WBX-005b',
    told(
      'content as STR_I',
      retold((token) => (token.kind === 'opaque' && !hasNul(token.bytes) ? [{ kind: 'text', bytes: token.bytes }] : [token])),
    ),
    titled('Content as STR_I'),
  ),
  active(
    'WBX-005c',
    told(
      'text in two pieces, STR_I and OPAQUE',
      retold((token) =>
        token.kind === 'text' && token.bytes.length > 1
          ? [
              { kind: 'text', bytes: token.bytes.subarray(0, 1) },
              { kind: 'opaque', bytes: token.bytes.subarray(1) },
            ]
          : [token],
      ),
    ),
    titled('Text in pieces of both kinds is put together'),
  ),
  active('WBX-006a', told('texts in the string table', restyled({ table: true })), titled('STR_T decoded')),
  active(
    'WBX-006b',
    told(
      'a character of each text as ENTITY',
      retold((token) =>
        token.kind === 'text' && (token.bytes[0] ?? 0x80) < 0x80
          ? [
              { kind: 'entity', code: token.bytes[0] ?? 0 },
              ...(token.bytes.length > 1 ? [{ kind: 'text' as const, bytes: token.bytes.subarray(1) }] : []),
            ]
          : [token],
      ),
    ),
    titled('ENTITY decoded'),
  ),
  active(
    'WBX-006c',
    told(
      'SessionID, MsgID and CmdID by name',
      retold((token) => {
        const name = token.kind === 'tag' && token.page === 0 ? LITERALS[token.id] : undefined;
        return name !== undefined && token.kind === 'tag' ? [{ kind: 'literal', name, content: token.content }] : [token];
      }),
    ),
    titled('LITERAL decoded: a name SyncML has'),
  ),
  active(
    'WBX-006d',
    told(
      'an element of another name in each Item',
      retold((token) =>
        token.kind === 'tag' && token.page === 0 && token.id === ITEM && token.content
          ? [token, { kind: 'literal', name: 'X-Lab', content: true }, { kind: 'text', bytes: Buffer.from('1') }, { kind: 'end' }]
          : [token],
      ),
    ),
    titled('LITERAL decoded: a name nobody has is skipped'),
  ),
  active(
    'WBX-007a',
    told('numbers of five bytes', restyled({ number: (value) => mbUint32(value, value > 0 ? 5 : 1) })),
    titled('mb_u_int32 of 5 bytes'),
  ),
  active(
    'WBX-007b',
    (lab) =>
      refused(
        lab,
        'a length of six bytes',
        opaqueLength((value) => mbUint32(value, 6)),
      ),
    titled('mb_u_int32 of more than 5 bytes rejected'),
  ),
  active(
    'WBX-007c',
    (lab) =>
      refused(
        lab,
        'a length of more than 32 bits',
        opaqueLength(() => [0x9f, 0xff, 0xff, 0xff, 0x7f]),
      ),
    titled('mb_u_int32 of more than 32 bits rejected'),
  ),
  active(
    'WBX-008a',
    (lab) => refused(lab, 'a message cut in its header', (bytes) => bytes.subarray(0, 3)),
    titled('Truncated in the header: rejected'),
  ),
  active(
    'WBX-008b',
    (lab) => refused(lab, 'a message cut in a text', (bytes) => bytes.subarray(0, Buffer.from(bytes).indexOf('SyncML/') + 4)),
    titled('Truncated in a string: rejected'),
  ),
  active(
    'WBX-008c',
    (lab) => refused(lab, 'a message cut in its DevInf', (bytes) => bytes.subarray(0, Buffer.from(bytes).indexOf('Laboratory') + 4)),
    titled('Truncated in an OPAQUE: rejected'),
  ),
  active(
    'WBX-008d',
    async (lab) => {
      const session = lab.device().session();
      await session.openStore(Alert.SlowSync);
      const { message } = session.compose([drafts.sync(session.device.store.names, [lab.add('1', lab.name()), lab.add('2', lab.name())])]);
      const trace = await session.post(message, {
        odd: true,
        editBytes: (bytes) => bytes.subarray(0, Buffer.from(bytes).lastIndexOf('item002')),
      });
      lab.given(trace.response !== undefined, 'no response comes');
      lab.equal(await lab.held(), [], 'the server holds, after a message that was cut within its second Add');
    },
    titled('Truncated message: nothing of it is carried out'),
  ),
  active('WBX-010a', told('empty elements without content', restyled({ longEmpty: () => false })), titled('Final in short form')),
  active(
    'WBX-010b',
    told('Final with content and END', restyled({ longEmpty: ({ page, id }) => page === 0 && id === FINAL })),
    titled('Final in long form'),
  ),
  active(
    'WBX-010c',
    async (lab) => {
      const inForm = async (long: boolean): Promise<number | undefined> => {
        const session = lab.device().session();
        await session.openStore(Alert.SlowSync);
        const part = partsOf(lab, '1', lab.name()).drafts[0] as Draft;
        await session.push([part], { final: false, editBytes: restyled({ longEmpty: () => long }) });
        return session.code(part);
      };
      lab.needsLargeObjects();
      const short = await inForm(false);
      lab.given(short !== undefined && short < 300, `a part is answered with ${short ?? 'no Status'}`);
      lab.equal(await inForm(true), short, 'Status of a part whose MoreData has content and END, as that of one without');
    },
    { title: 'MoreData in long form', encodings, versions: ['1.1', '1.2'] },
  ),
  active(
    'WBX-012',
    async (lab) => {
      const name = lab.name();
      const add = drafts.change('Add', [{ source: '1', sourceParent: '/', data: lab.kind.make(name) }], { meta: { type: lab.kind.type } });
      const session = lab.device().session();
      await session.openStore(Alert.SlowSync);
      const answer = await session.push([add]);
      lab.success(session.code(add), 'an Add with SourceParent, which is of 1.2');
      await session.pull(answer);
      await session.close();
      lab.equal(await lab.held(), [name], 'the server holds');
    },
    { encodings, versions: ['1.0', '1.1'] },
  ),
];

export const WBXML_CASES: readonly ConformanceCase[] = [...HEADERS, ...TOKENS];
