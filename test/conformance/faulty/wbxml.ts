/** Faults in WBXML: decoders that know a part of it, and encoders that write something else. */
import {
  mapTokens,
  mbUint32,
  readTokens,
  writeTokens,
  type WbxmlDocument,
  type WbxmlToken,
  type WritingStyle,
} from '../../../src/conformance/lab/wbxml-tokens.js';
import type { ExchangeAnswer, ExchangeRequest } from '../../../src/exchange/exchange.js';
import type { Message } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { MessageEncoder } from '../../../src/wire/encode.js';
import { MEDIA_TYPES } from '../../../src/wire/media-type.js';
import { around, both, editCommands, editHttp, readMessage, rewrite, type Fault, type Wrap } from './faulty.js';

const unreadable: ExchangeAnswer = { httpStatus: 400, contentType: 'text/plain', body: Buffer.from('no message'), log: {} };

/** Undefined for what is no WBXML, or is cut. */
function documentOf(bytes: Uint8Array): WbxmlDocument | undefined {
  try {
    return readTokens(bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Cannot read requests of this kind. */
const cannotRead = (what: (bytes: Uint8Array, document: WbxmlDocument) => boolean): Wrap =>
  around((request, _message, inner) => {
    const document = documentOf(request.body);
    return document && what(request.body, document) ? Promise.resolve(unreadable) : inner(request);
  });
/** Reads requests as something else. */
const reads = (as: (document: WbxmlDocument, request: ExchangeRequest) => WbxmlDocument): Wrap =>
  around((request, _message, inner) => {
    const document = documentOf(request.body);
    const other = document && as(document, request);
    return inner(other && other !== document ? { ...request, body: writeTokens(other) } : request);
  });
/** Writes its answers otherwise. */
const writes = (as: (document: WbxmlDocument) => Uint8Array): Wrap =>
  editHttp((answer) => {
    const document = answer.contentType === MEDIA_TYPES.wbxml ? documentOf(answer.body) : undefined;
    return document ? { ...answer, body: as(document) } : answer;
  });

const isText = (token: WbxmlToken | undefined): boolean => token?.kind === 'text' || token?.kind === 'opaque' || token?.kind === 'entity';
const isLiteral = ({ kind }: WbxmlToken): boolean => kind === 'literal';
const FINAL = 0x12;
const SEARCH = 0x23;
const SEQUENCE = 0x24;
/** On page 1. */
const METINF = 0x0e;

const isSmall = (answer: Message): boolean => Buffer.byteLength(JSON.stringify(answer)) < 2500;

/** Device information as XML text. */
function devInfXml(message: Message): string | undefined {
  return /<DevInf.*<\/DevInf>/s.exec(
    Buffer.from(new MessageEncoder({ version: '1.2', encoding: 'xml' }).encode(message)).toString('utf8'),
  )?.[0];
}

const MORE_DATA = 0x34;
const withoutLong = (document: WbxmlDocument, id: number): WbxmlDocument => {
  const isLong = (token: WbxmlToken | undefined): boolean => token?.kind === 'tag' && token.page === 0 && token.id === id && token.content;
  const tokens = document.tokens.filter((token, at) => !isLong(token) && !isLong(document.tokens[at - 1]));
  return tokens.length === document.tokens.length ? document : { ...document, tokens };
};

const inFront = (bytes: Uint8Array, document: WbxmlDocument): boolean =>
  Buffer.compare(bytes, writeTokens(document, { pages: 'early' })) === 0 && Buffer.compare(bytes, writeTokens(document)) !== 0;
const fiveBytes = (bytes: Uint8Array, document: WbxmlDocument): boolean =>
  Buffer.compare(bytes, writeTokens(document, { number: (value) => mbUint32(value, value > 0 ? 5 : 1) })) === 0;
const hasTag = ({ tokens }: WbxmlDocument, page: number, least: number, most = least): boolean =>
  tokens.some((token) => token.kind === 'tag' && token.page === page && token.id >= least && token.id <= most);

/** First pieces of texts, no Final with content, and Search taken for Sequence. */
function misread(document: WbxmlDocument): WbxmlDocument {
  const { tokens } = document;
  const isLongFinal = (token: WbxmlToken | undefined): boolean =>
    token?.kind === 'tag' && token.page === 0 && token.id === FINAL && token.content;
  const kept = tokens.filter(
    (token, at) => !(isText(token) && isText(tokens[at - 1])) && !isLongFinal(token) && !isLongFinal(tokens[at - 1]),
  );
  if (kept.length === tokens.length && !hasTag(document, 0, SEARCH)) return document;
  return mapTokens({ ...document, tokens: kept }, (token) =>
    token.kind === 'tag' && token.page === 0 && token.id === SEARCH ? [{ ...token, id: SEQUENCE }] : [token],
  );
}

const isStyled = (style: WritingStyle) => (bytes: Uint8Array, document: WbxmlDocument) =>
  Buffer.compare(bytes, writeTokens(document, style)) === 0 && Buffer.compare(bytes, writeTokens(document)) !== 0;
const always = isStyled({ pages: 'always' });
const inTable = isStyled({ table: true });
const isContent = (token: WbxmlToken): boolean =>
  (token.kind === 'text' || token.kind === 'opaque') && Buffer.from(token.bytes).includes('BEGIN:');
const hasTextOnly = ({ tokens }: WbxmlDocument): boolean => tokens.some((token) => token.kind === 'text' && isContent(token));
const hasOpaqueOnly = ({ tokens }: WbxmlDocument): boolean => !tokens.some(({ kind }) => kind === 'text');

/** Reads a message that was cut as far as it goes: whatever is open where an item ends is closed there. */
const readsCut = (): Wrap =>
  around((request, message, inner) => {
    if (message || request.contentType !== MEDIA_TYPES.wbxml) return inner(request);
    const ITEM_END = 'END:VCARD\r\n';
    const end = Buffer.from(request.body).lastIndexOf(ITEM_END);
    for (let open = 1; end >= 0 && open < 10; open += 1) {
      const body = Buffer.concat([request.body.subarray(0, end + ITEM_END.length), Buffer.alloc(open, 1)]);
      if (readMessage(body, 'wbxml')) return inner({ ...request, body });
    }
    return inner(request);
  });

/** Says 200 for the SyncHdr of a message it could not read to its end. */
const overlooksCut = (): Wrap =>
  around(async (request, message, inner) => {
    const answer = await inner(request);
    const said = message ? undefined : readMessage(answer.body, 'wbxml');
    if (!said) return answer;
    const body = said.body.map((command) =>
      command.kind === 'Status' && command.cmdRef === '0' ? { ...command, code: Status.Ok } : command,
    );
    return { ...answer, body: rewrite(answer.body, 'wbxml', { ...said, body }) };
  });

export const WBXML_FAULTS: readonly Fault[] = [
  { name: 'says 200 to a message that was cut behind its header', red: ['WBX-008c'], wrap: overlooksCut },
  {
    name: 'reads code pages, texts and content in the usual way only',
    red: ['WBX-004c', 'WBX-005a', 'WBX-005b', 'WBX-006a'],
    wrap: () =>
      cannotRead(
        (bytes, document) => always(bytes, document) || inTable(bytes, document) || hasTextOnly(document) || hasOpaqueOnly(document),
      ),
  },
  { name: 'carries out what it can read of a message that was cut', red: ['WBX-008d'], wrap: readsCut },
  {
    name: 'overlooks a MoreData that has content',
    red: ['WBX-010c'],
    wrap: () => reads((document) => withoutLong(document, MORE_DATA)),
  },

  {
    name: 'reads the headers of WBXML 1.2 with a number only, and short numbers',
    red: ['WBX-002a', 'WBX-002b', 'WBX-002c', 'WBX-007a', 'WBX-009a', 'WBX-009c'],
    wrap: () => cannotRead((bytes, document) => document.publicId === undefined || document.version !== 2 || fiveBytes(bytes, document)),
  },
  {
    name: 'stumbles over a switch of pages in front of END, over names of tags, and over MetInf',
    red: ['MET-001g', 'WBX-004b', 'WBX-006c', 'WBX-006d'],
    wrap: () => cannotRead((bytes, document) => inFront(bytes, document) || document.tokens.some(isLiteral) || hasTag(document, 1, METINF)),
  },
  {
    name: 'reads the first piece of a text, no Final with content, and Search as Sequence',
    red: ['WBX-005c', 'WBX-006b', 'WBX-010b', 'WBX-013a'],
    alsoRed: ['HDR-005a'],
    inCompany: true,
    wrap: () => reads(misread),
  },
  {
    name: 'writes WBXML 1.3 without a public identifier, whatever the client reads',
    red: ['WBX-011a', 'WBX-011b', 'WBX-011c'],
    wrap: () => writes((document) => writeTokens({ ...document, version: 3, publicId: 1 })),
  },
  {
    name: 'takes tokens of 1.2 for mistakes in 1.1, and writes them',
    red: ['WBX-012', 'WBX-013d'],
    variant: { version: '1.1', encoding: 'wbxml' },
    wrap: () =>
      both(
        cannotRead((_bytes, document) => hasTag(document, 0, 0x35, 0x3c)),
        // In small answers only, or they grow beyond what the client takes.
        editCommands((command, _request, answer) =>
          command.kind === 'Add' && isSmall(answer)
            ? { ...command, items: command.items.map((item) => ({ ...item, targetParent: '/' })) }
            : command,
        ),
      ),
  },
  {
    name: 'reads numbers of any length',
    red: ['WBX-007b'],
    wrap: () =>
      around((request, _message, inner) => {
        const document = documentOf(request.body);
        const long = document && Buffer.compare(request.body, writeTokens(document, { length: (value) => mbUint32(value, 6) })) === 0;
        return inner(long ? { ...request, body: writeTokens(document) } : request);
      }),
  },
  {
    name: 'breaks when a message is cut',
    red: ['HTTP-015', 'WBX-007b', 'WBX-007c', 'WBX-008a', 'WBX-008b'],
    wrap: () => editHttp((answer) => (answer.httpStatus === 400 ? { ...answer, httpStatus: 500 } : answer)),
  },
  {
    name: 'gives device information as XML in WBXML',
    red: ['WBX-003b'],
    wrap: () =>
      editCommands((command, _request, answer) => {
        const xml = command.kind === 'Results' ? devInfXml(answer) : undefined;
        if (command.kind !== 'Results' || xml === undefined) return command;
        return { ...command, items: command.items.map((item) => ({ ...item, data: { kind: 'content', bytes: Buffer.from(xml) } })) };
      }),
  },
];
