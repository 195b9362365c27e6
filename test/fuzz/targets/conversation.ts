/** Sessions whose messages are made from a tape of choices. Whatever was said: no HTTP 500, and for every readable header a SyncML answer. */
import { WireError } from '../../../src/model/errors.js';
import type { ExchangeAnswer } from '../../../src/exchange/exchange.js';
import type { Message, SyncHdr } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { decodeMessage } from '../../../src/wire/decode.js';
import type { Dialect, Encoding } from '../../../src/wire/dialect.js';
import { MessageEncoder } from '../../../src/wire/encode.js';
import { MEDIA_TYPES } from '../../../src/wire/media-type.js';
import { basic, ENDPOINT } from '../../exchange/support/bench.js';
import type { Choices, Tape } from '../choices.js';
import { mutate } from '../mutate.js';
import { OracleFailure } from '../target.js';
import { PASSWORD, type World } from './world.js';

const MOST_MESSAGES = 10;
const MOST_BYTES = 1_000_000;

/** Where a conversation stands. */
export interface At {
  readonly header: Partial<SyncHdr>;
  /** The server's last answer. */
  readonly last: Message | undefined;
}

export interface Client {
  readonly user: string;
  readonly device: string;
  readonly make: (choices: Choices, at: At) => Message;
  /** Mostly begins anew when the server says that the session is over. */
  readonly beginsAnew?: boolean;
}

/** @param make the next message, mostly well-formed. @param device the URI by which the server knows it. */
export async function converse(at: World, { user, device, make, beginsAnew = false }: Client, tape: Tape): Promise<void> {
  const encoding: Encoding = tape.chance(60) ? 'wbxml' : 'xml';
  const version = tape.pick(['1.2', '1.2', '1.1', '1.0'] as const);
  const dialect: Dialect = { encoding, version, ...(encoding === 'wbxml' ? { wbxml: { version: 2, publicId: 'number' as const } } : {}) };
  let last: Message | undefined;
  let token: string | undefined;
  let sessionId = 1;
  let msgId = 0;
  for (let n = 0; n < MOST_MESSAGES && !tape.spent; n += 1) {
    if (tape.chance(6) || (beginsAnew && isOver(last) && tape.chance(75))) {
      // It begins again, as if nothing had been.
      [last, token, msgId, sessionId] = [undefined, undefined, 0, sessionId + 1];
    }
    msgId += 1;
    at.now += 1000;
    const credentials = msgId === 1 || tape.chance(5);
    const header = {
      ...{
        verDtd: version,
        verProto: `SyncML/${version}`,
        sessionId: String(sessionId),
        msgId: String(msgId),
        target: { uri: ENDPOINT },
        source: { uri: device },
      },
      ...(credentials ? { cred: basic(user, tape.chance(95) ? PASSWORD : 'wrong') } : {}),
    };
    const body = encoded(tape, make(tape, { header, last }), dialect);
    const copies = tape.chance(6) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) last = await ask(at, body, encoding, token);
    const uri = last?.header.respUri;
    if (uri !== undefined && tape.chance(90)) token = new URL(uri).searchParams.get('s') ?? undefined;
  }
}

const isOver = (last: Message | undefined): boolean =>
  last?.body.some(
    (c) =>
      c.kind === 'Status' &&
      (c.code === Status.OperationCancelledEarly || c.code === Status.SynchronizationFailed || c.code === Status.Forbidden),
  ) ?? false;

function encoded(choices: Choices, message: Message, dialect: Dialect): Uint8Array {
  const bytes = new MessageEncoder(dialect).encode(message);
  return choices.chance(8) ? mutate(choices, bytes, bytes, { maxBytes: MOST_BYTES }) : bytes;
}

/** The answer, where there is a SyncML one. @throws {OracleFailure} */
async function ask(at: World, body: Uint8Array, encoding: Encoding, token: string | undefined): Promise<Message | undefined> {
  let answer: ExchangeAnswer;
  try {
    answer = await at.send(body, MEDIA_TYPES[encoding], token);
  } catch (error) {
    throw new OracleFailure('HTTP 500', String(error), { cause: error });
  }
  const readable = hasHeader(body, encoding);
  if (answer.httpStatus !== 200) {
    if (readable) throw new OracleFailure('no SyncML answer', `HTTP ${answer.httpStatus}`);
    return undefined;
  }
  try {
    return decodeMessage(answer.body, answer.contentType === MEDIA_TYPES.xml ? 'xml' : 'wbxml').message;
  } catch (error) {
    throw new OracleFailure('unreadable answer', String(error), { cause: error });
  }
}

function hasHeader(body: Uint8Array, encoding: Encoding): boolean {
  try {
    decodeMessage(body, encoding);
    return true;
  } catch (error) {
    return error instanceof WireError && error.header !== undefined;
  }
}
