/** For every leniency: a client that needs it, and what it gets by default and in strict mode. */
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { ExchangeAnswer } from '../../../src/exchange/exchange.js';
import { createApp } from '../../../src/http/app.js';
import { startListening } from '../../../src/http/server.js';
import type { LeniencyName } from '../../../src/model/leniency.js';
import type { Cred, Message, SyncHdr } from '../../../src/model/message.js';
import { createLogger } from '../../../src/runtime/logger.js';
import { MEDIA_TYPES } from '../../../src/wire/media-type.js';
import {
  add,
  alert,
  changeItems,
  get,
  headerOk,
  map,
  openAlert,
  part,
  putDevInf,
  remove,
  replace,
  status,
  statusesFor,
  sync,
  type Draft,
} from '../../engine/support/messages.js';
import { basic, kinds, PASSWORD, statuses, USER, type Bench, type Client, type ClientOptions } from './bench.js';

export interface Case {
  /** Configuration beside `strict`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** @returns in a few words what the client got. */
  readonly play: (bench: Bench) => Promise<string>;
  readonly lenient: string;
  readonly strict: string;
}

const CARD = 'BEGIN:VCARD\r\nVERSION:2.1\r\nN:Doe;Jane\r\nEND:VCARD\r\n';
const notes = (commands: readonly Draft[] = [], store = 'notes'): Draft => sync(commands, { store, from: './N' });
const openNotes = (type = 201, next = 'A', last?: string): Draft => openAlert(type, 'notes', './N', next, last);
const notesMap = (pairs: Readonly<Record<string, string>>): Draft => map(pairs, { target: { uri: 'notes' }, source: { uri: './N' } });

const say = (client: Client, answer: ExchangeAnswer): string =>
  answer.httpStatus === 200 ? statuses(client.decode(answer)) : `HTTP ${answer.httpStatus}`;

/** Sends without holding the answer to the rules of conforming sessions. */
async function send(client: Client, body: readonly Draft[], header: Partial<SyncHdr> = {}, final = true): Promise<Message> {
  const message = client.decode(await client.post(client.encode(client.message(body, { header, final }))));
  client.follow(message);
  return message;
}

/** The Statuses for a first message that opens notes, with this header. */
const withHeader =
  (header: Partial<SyncHdr>, options: ClientOptions = {}) =>
  async (bench: Bench): Promise<string> =>
    statuses(await send(bench.client(options), [openNotes()], header));
const withCred = (cred: Cred, name?: string) => withHeader({ cred, source: { uri: 'IMEI:1', ...(name === undefined ? {} : { name }) } });

/** The Statuses for the first message after something was done to its bytes. */
const withBytes =
  (encoding: 'xml' | 'wbxml', change: (bytes: Buffer) => Uint8Array, header: Partial<SyncHdr> = {}) =>
  async (bench: Bench): Promise<string> => {
    const client = bench.client({ encoding });
    return say(client, await client.post(change(Buffer.from(client.encode(client.message([openNotes()], { header }))))));
  };
const inText = (change: (text: string) => string) => withBytes('xml', (bytes) => Buffer.from(change(bytes.toString('utf8'))));
const inHex = (from: string, to: string, header: Partial<SyncHdr> = {}) =>
  withBytes('wbxml', (bytes) => Buffer.from(bytes.toString('hex').replaceAll(from, to), 'hex'), header);

/** The Statuses for package 3 of a slow sync of notes. */
const inPackage3 =
  (body: readonly Draft[], options: ClientOptions = {}) =>
  async (bench: Bench): Promise<string> => {
    const client = bench.client(options);
    const two = await send(client, [openNotes()]);
    return statuses(await send(client, [...statusesFor(two), ...body]));
  };
/** The Statuses for a first message with these commands. */
const inPackage1 =
  (body: readonly Draft[], options: ClientOptions = {}) =>
  async (bench: Bench): Promise<string> =>
    statuses(await send(bench.client(options), body));

/** A whole sync of notes. @returns the answer to package 3. */
async function whole(
  client: Client,
  type: number,
  last: string | undefined,
  next: string,
  changes: readonly Draft[] = [],
): Promise<Message> {
  const two = await send(client, [openNotes(type, next, last)]);
  const four = await send(client, [...statusesFor(two), notes(changes)]);
  const maps = Object.fromEntries(addsOf(four).map((guid) => [guid, `luid-${guid}`]));
  await send(client, [...statusesFor(four), ...(Object.keys(maps).length > 0 ? [notesMap(maps)] : [])]);
  return four;
}
const changesOf = (message: Message) => message.body.flatMap((c) => (c.kind === 'Sync' ? c.commands : []));
const addsOf = (message: Message): string[] => changesOf(message).flatMap((c) => (c.kind === 'Add' ? (c.items[0]?.source?.uri ?? []) : []));

const md5 = (text: string | Buffer): Buffer => createHash('md5').update(text).digest();
const twoLines = (a: string, b: string): string => `${a}; ${b}`;
/** Made with the empty nonce of first contact. */
const NEW_FORMULA = md5(`${md5(`${USER}:${PASSWORD}`).toString('base64')}:`);
const OLD_FORMULA = md5(`${USER}:${PASSWORD}:`);
const md5Cred = (data: string): Cred => ({ meta: { format: 'b64', type: 'syncml:auth-md5' }, data });

const GOOD = 'SyncHdr 212, Alert 200';
const BAD = 'SyncHdr 400, Alert 400';
const NO = 'SyncHdr 401, Alert 401';

export const DEVIATIONS: Readonly<Record<LeniencyName, Case>> = {
  'generic-content-type': {
    play: async (bench) => {
      const client = bench.client();
      return say(client, await client.post(client.encode(client.message([openNotes()])), { contentType: 'application/xml' }));
    },
    lenient: GOOD,
    strict: 'HTTP 415',
  },
  'accept-charset-latin1': { play: overHttp, lenient: 'HTTP 200', strict: 'HTTP 406' },
  'child-order': {
    play: inText((text) => text.replace(/(<SessionID>.*<\/SessionID>)(<MsgID>.*<\/MsgID>)/, '$2$1')),
    lenient: GOOD,
    strict: BAD,
  },
  'element-case': { play: inText((text) => text.replaceAll('LocURI', 'locuri')), lenient: GOOD, strict: BAD },
  // Meta with content, then the switch to page 1: the switch goes.
  'metinf-code-page': { play: inHex('5a0001', '5a'), lenient: GOOD, strict: BAD },
  // The number of SyncML 1.2 becomes one nobody knows.
  'wbxml-public-id': { play: inHex('a4016a', 'a47f6a'), lenient: GOOD, strict: BAD },
  'wbxml-stray-bytes': { play: withBytes('wbxml', (bytes) => Buffer.concat([bytes, Buffer.from([0])])), lenient: GOOD, strict: BAD },
  'not-utf8': { play: inHex('c3a9', 'e9', { source: { uri: 'IMEI:é' } }), lenient: GOOD, strict: BAD },
  'errata-version': {
    play: async (bench) =>
      twoLines(await withHeader({ verDtd: '1.2.1' })(bench), await withHeader({ verProto: 'syncml/1.2' }, { device: 'IMEI:2' })(bench)),
    lenient: twoLines(GOOD, GOOD),
    strict: twoLines('SyncHdr 505, Alert 505', 'SyncHdr 513, Alert 513'),
  },
  'header-incomplete': { play: withHeader({ verProto: '' }), lenient: GOOD, strict: BAD },
  'long-session-id': {
    play: async (bench) =>
      twoLines(
        await withHeader({ sessionId: '12345' })(bench),
        await withHeader({ sessionId: '12345' }, { version: '1.0', device: 'IMEI:2' })(bench),
      ),
    lenient: twoLines(GOOD, GOOD),
    strict: twoLines(BAD, GOOD),
  },
  'message-too-large': {
    settings: { 'limits.maxMsgSize': 2000 },
    play: inPackage3([notes([add('1', 'x'.repeat(2000))])]),
    lenient: 'SyncHdr 200, Sync 200, Add 201',
    strict: 'SyncHdr 413, Sync 413, Add 413',
  },
  'no-resp-uri': {
    play: inPackage3([notes([add('1', 'one')])], { keepsToken: false }),
    lenient: 'SyncHdr 200, Sync 200, Add 201',
    strict: 'SyncHdr 407, Sync 407, Add 407',
  },
  'auth-type-unprefixed': {
    play: withCred({ ...basic(), meta: { format: 'b64', type: 'auth-basic' } }),
    lenient: GOOD,
    strict: 'SyncHdr 406, Alert 406',
  },
  'basic-in-clear': { play: withCred({ ...basic(), data: `${USER}:${PASSWORD}` }), lenient: GOOD, strict: NO },
  'basic-without-name': { play: withCred(basic(''), USER), lenient: GOOD, strict: NO },
  'md5-twice-base64': {
    play: withCred(md5Cred(Buffer.from(NEW_FORMULA.toString('base64')).toString('base64')), USER),
    lenient: GOOD,
    strict: NO,
  },
  'md5-without-name': { play: withCred(md5Cred(NEW_FORMULA.toString('base64'))), lenient: GOOD, strict: NO },
  'md5-other-formula': { play: withCred(md5Cred(OLD_FORMULA.toString('base64')), USER), lenient: GOOD, strict: NO },
  'user-name-spelling': { play: withCred(basic(USER.toUpperCase())), lenient: GOOD, strict: NO },
  'cmdid-missing': {
    play: inPackage3([{ ...notesMap({ nobody: '1' }), cmdId: '' }, notes()]),
    lenient: 'SyncHdr 200, Map 404, Sync 200',
    strict: 'SyncHdr 200, Map 400, Sync 200',
  },
  'cmdid-zero': {
    play: inPackage3([notes([{ ...add('1', 'one'), cmdId: '0' }])]),
    lenient: 'SyncHdr 200, Sync 200, Add 201',
    strict: 'SyncHdr 200, Sync 200, Add 400',
  },
  'cmdid-repeated': {
    play: inPackage3([
      notes([
        { ...add('1', 'one'), cmdId: '77' },
        { ...add('2', 'two'), cmdId: '77' },
      ]),
    ]),
    lenient: 'SyncHdr 200, Sync 200, Add 201, Add 201',
    strict: 'SyncHdr 200, Sync 200, Add 201, Add 400',
  },
  'msgref-zero': { play: answersWithMsgRef0, lenient: 'nothing again', strict: 'Replace again' },
  'status-by-name': { play: disagreesByName, lenient: 'SyncHdr 200, Sync 200, Delete 403', strict: 'SyncHdr 200, Sync 200, Delete 211' },
  'no-final': {
    play: async (bench) => {
      const client = bench.client();
      let answer = await send(client, [openNotes()], {}, false);
      for (let i = 0; i < 2; i += 1) answer = await send(client, [headerOk(Number(answer.header.msgId))], {}, false);
      return kinds(answer);
    },
    lenient: 'SyncHdr 200, Get, Final',
    strict: 'SyncHdr 200, Alert 222',
  },
  'early-final': { play: finalTooEarly, lenient: 'SyncHdr 200, more to come', strict: 'SyncHdr 400, session over' },
  'no-sync': {
    play: async (bench) => {
      await whole(bench.client(), 201, undefined, 'A');
      const client = bench.client({ sessionId: '2' });
      const two = await send(client, [openNotes(200, 'B', 'A')]);
      return kinds(await send(client, statusesFor(two)));
    },
    lenient: 'SyncHdr 200, Sync, Final',
    strict: 'SyncHdr 200, Final',
  },
  'notified-type': { play: inPackage1([openNotes(206)]), lenient: 'SyncHdr 212, Alert 508', strict: 'SyncHdr 212, Alert 406' },
  'suspend-before-12': {
    play: inPackage1([alert(224, { target: 'notes', source: './N' })], { version: '1.1' }),
    lenient: GOOD,
    strict: 'SyncHdr 212, Alert 406',
  },
  'store-name': {
    play: inPackage1([
      openAlert(201, 'http://sync.example/Notes', './N', 'A', undefined),
      openAlert(201, 'memo', './M', 'A', undefined),
      openAlert(201, './contacts', './C', 'A', undefined),
    ]),
    lenient: 'SyncHdr 212, Alert 200, Alert 200, Alert 200',
    strict: 'SyncHdr 212, Alert 404, Alert 404, Alert 200',
  },
  'store-query': {
    play: inPackage1([openAlert(201, 'notes?/dr(-30,90)', './N', 'A', undefined)]),
    lenient: GOOD,
    strict: 'SyncHdr 212, Alert 422',
  },
  'sync-names': {
    play: inPackage3([notes([], '/NOTES')]),
    lenient: 'SyncHdr 200, Sync 200',
    strict: 'SyncHdr 200, Sync 403',
  },
  'item-in-target': {
    play: inPackage3([notes([changeItems('Add', [{ target: '1', data: 'one' }], { meta: { type: 'text/plain' } })])]),
    lenient: 'SyncHdr 200, Sync 200, Add 201',
    strict: 'SyncHdr 200, Sync 200, Add 400',
  },
  'item-type-guessed': {
    play: combined(add('1', CARD, { meta: {} }), add('2', CARD.replace('Jane', 'Jim'), { meta: { type: 'application/*' } })),
    lenient: 'SyncHdr 212, Alert 200, Sync 200, Add 201, Add 201',
    strict: 'SyncHdr 212, Alert 200, Sync 200, Add 415, Add 415',
  },
  'item-type-alias': {
    play: combined(add('1', CARD, { meta: { type: 'text/x-versit' } })),
    lenient: 'SyncHdr 212, Alert 200, Sync 200, Add 201',
    strict: 'SyncHdr 212, Alert 200, Sync 200, Add 415',
  },
  'devinf-uri': {
    play: inPackage1([{ ...putDevInf(), items: [{ ...putDevInf().items[0], source: { uri: 'devinf11' } }] }, get('./devinf11')]),
    lenient: 'SyncHdr 212, Put 200, Get 200',
    strict: 'SyncHdr 212, Put 405, Get 404',
  },
  'devinf-type': {
    play: inPackage1([{ ...putDevInf(), meta: {} }]),
    lenient: 'SyncHdr 212, Put 200',
    strict: 'SyncHdr 212, Put 415',
  },
  'size-one-too-many': {
    play: inParts(part('1', 'abc', { size: 7 }), part('1', 'def', { last: true })),
    lenient: 'SyncHdr 200, Sync 200, Add 201',
    strict: 'SyncHdr 200, Sync 200, Add 424',
  },
  'size-repeated': {
    play: inParts(part('1', 'abc', { size: 6 }), part('1', 'def', { size: 6, last: true })),
    lenient: 'SyncHdr 200, Sync 200, Add 201',
    strict: 'SyncHdr 200, Sync 200, Add 424',
  },
};

/** Cards in a slow sync of contacts that initializes and syncs in one package. */
function combined(...changes: readonly Draft[]): Case['play'] {
  return inPackage1([openAlert(201, 'contacts', './C', 'A', undefined), sync(changes)]);
}

/** The Statuses for the second part. */
function inParts(first: Draft, second: Draft): Case['play'] {
  return async (bench) => {
    const client = bench.client();
    const two = await send(client, [openNotes()]);
    await send(client, [...statusesFor(two), notes([first])], {}, false);
    return statuses(await send(client, [headerOk(2), notes([second])]));
  };
}

/** A Replace of ours is answered with MsgRef 0: does it come again in the next sync? */
async function answersWithMsgRef0(bench: Bench): Promise<string> {
  const [one, two] = ['IMEI:1', 'IMEI:2'];
  await whole(bench.client({ device: one }), 201, undefined, 'A', [add('1', 'one')]);
  await whole(bench.client({ device: two }), 201, undefined, 'A');
  await whole(bench.client({ device: one, sessionId: '2' }), 200, 'A', 'B', [replace('1', 'uno')]);
  const client = bench.client({ device: two, sessionId: '2' });
  const init = await send(client, [openNotes(200, 'B', 'A')]);
  const four = await send(client, [...statusesFor(init), notes()]);
  await send(
    client,
    statusesFor(four).map((s) => (s.kind === 'Status' ? { ...s, msgRef: '0' } : s)),
  );
  const again = changesOf(await whole(bench.client({ device: two, sessionId: '3' }), 200, 'B', 'C'));
  return `${again[0]?.kind ?? 'nothing'} again`;
}

/** 508 for an Alert that is named by its datastores only: is the Sync beside it a slow one, in which nothing may be deleted? */
async function disagreesByName(bench: Bench): Promise<string> {
  await whole(bench.client(), 201, undefined, 'A');
  const client = bench.client({ sessionId: '2' });
  await send(client, [openNotes(200, 'B', 'A')]);
  const disagreement = status(1, 99, 'Alert', 508, { targetRefs: ['./N'], sourceRefs: ['notes'] });
  return statuses(await send(client, [headerOk(1), disagreement, notes([remove('1')])]));
}

/** Final beside the Statuses for a part of our package 4. */
async function finalTooEarly(bench: Bench): Promise<string> {
  const many = Array.from({ length: 30 }, (_, i) => add(String(i), `note ${i} ${'x'.repeat(60)}`));
  await whole(bench.client({ device: 'IMEI:2' }), 201, undefined, 'A', many);
  const client = bench.client({ maxMsgSize: 2500 });
  const two = await send(client, [openNotes()]);
  let answer = await send(client, [...statusesFor(two), notes()]);
  if (answer.final) return 'package 4 was complete at once';
  answer = await send(client, statusesFor(answer));
  const sessions = await bench.temp.store.read((tx) => tx.sessions.ofAccount(bench.account, 1));
  return `${statuses(answer)}, ${sessions[0]?.ended === true ? 'session over' : 'more to come'}`;
}

async function overHttp(bench: Bench): Promise<string> {
  const logger = createLogger('silent');
  const config = { ...bench.config, port: 0 };
  const told = (log: object): void => void bench.told.push({ ...log });
  const app = createApp({
    exchange: { handle: (request) => bench.handle(request) },
    config,
    logger: { ...logger, info: (_event, fields = {}) => told(fields) },
    health: async () => ({}),
  });
  const listener = await startListening({ app, config, logger });
  const client = bench.client();
  const body = client.encode(client.message([openNotes()]));
  const headers = { 'Content-Type': MEDIA_TYPES.xml, 'Accept-Charset': 'iso-8859-1' };
  const code = await new Promise<number>((resolve, reject) => {
    const request = httpRequest(listener.url, { method: 'POST', headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', reject);
    request.end(body);
  });
  await listener.close();
  return `HTTP ${code}`;
}
