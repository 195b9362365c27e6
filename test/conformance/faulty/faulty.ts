/**
 * Deliberately faulty servers: ours with one thing put wrong between HTTP and the exchange. Each names the cases it must turn red, and the
 * suite has to find these and no others.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Middleware } from 'koa';
import type { MessageHandler } from '../../../src/http/app.js';
import type { ExchangeAnswer, ExchangeRequest } from '../../../src/exchange/exchange.js';
import { Tolerance } from '../../../src/model/leniency.js';
import type { Command, Message, StatusCommand } from '../../../src/model/message.js';
import type { Variant } from '../../../src/conformance/case.js';
import { decodeMessage, type Decoded } from '../../../src/wire/decode.js';
import type { Encoding } from '../../../src/wire/dialect.js';
import { MessageEncoder } from '../../../src/wire/encode.js';
import { encodingOf, MEDIA_TYPES } from '../../../src/wire/media-type.js';

export type Wrap = (inner: MessageHandler) => MessageHandler;

export interface Fault {
  /** What the server does wrong. */
  readonly name: string;
  /** Cases that have to fail, and no others may. */
  readonly red: readonly string[];
  /** Cases of areas it is not about that fail with it. */
  readonly alsoRed?: readonly string[];
  /** A case of it goes wrong only behind others: all that it changes are run each time. */
  readonly inCompany?: true;
  /** The variant it is shown in; 1.2 in WBXML when left out. */
  readonly variant?: Variant;
  /** Settings that make or allow the fault. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** In front of the application, for what it does with HTTP itself. */
  readonly front?: Middleware;
  /** Made anew for each server, so that it may keep state. */
  readonly wrap?: () => Wrap;
}

export const DEFAULT_VARIANT: Variant = { version: '1.2', encoding: 'wbxml' };

/** What was read before: a fault is made of several edits, and each looks at the same message. */
const READ: Readonly<Record<Encoding, WeakMap<Uint8Array, Decoded>>> = { xml: new WeakMap(), wbxml: new WeakMap() };

/** @throws {WireError} */
function decoded(bytes: Uint8Array, encoding: Encoding): Decoded {
  const known = READ[encoding].get(bytes);
  if (known) return known;
  const read = decodeMessage(bytes, encoding);
  READ[encoding].set(bytes, read);
  return read;
}

/** Undefined for bytes that are no message. */
export function readMessage(bytes: Uint8Array, encoding: Encoding | undefined): Message | undefined {
  if (!encoding) return undefined;
  try {
    return decoded(bytes, encoding).message;
  } catch {
    return undefined;
  }
}

export const encodingOfRequest = ({ contentType, body }: ExchangeRequest): Encoding | undefined =>
  encodingOf(contentType, body, new Tolerance(false));
const requestOf = (request: ExchangeRequest): Message | undefined => readMessage(request.body, encodingOfRequest(request));
const encodingOfAnswer = ({ contentType }: ExchangeAnswer): Encoding | undefined =>
  contentType === MEDIA_TYPES.xml ? 'xml' : contentType === MEDIA_TYPES.wbxml ? 'wbxml' : undefined;

/** A changed message, written as the one it was made from; that one's bytes where nothing is changed. */
export function rewrite(original: Uint8Array, encoding: Encoding, edited: Message): Uint8Array {
  const { message, dialect } = decoded(original, encoding);
  return isDeepStrictEqual(message, edited) ? original : new MessageEncoder(dialect).encode(edited);
}

/** Changes what the server sends, as a message. Answers that are no messages pass. The answer itself: nothing is changed. */
export const editAnswer =
  (edit: (answer: Message, request: Message) => Message): Wrap =>
  (inner) => ({
    handle: async (request, signal) => {
      const asked = requestOf(request);
      const answer = await inner.handle(request, signal);
      const encoding = encodingOfAnswer(answer);
      const said = readMessage(answer.body, encoding);
      if (!asked || !said || !encoding) return answer;
      const edited = edit(said, asked);
      return edited === said ? answer : { ...answer, body: rewrite(answer.body, encoding, edited) };
    },
  });

/** Changes each Status; undefined leaves it out. */
export const editStatuses = (edit: (status: StatusCommand, request: Message) => StatusCommand | undefined): Wrap =>
  editAnswer((answer, request) => {
    const body = answer.body.flatMap((command): Command[] => {
      if (command.kind !== 'Status') return [command];
      const edited = edit(command, request);
      return edited ? [edited] : [];
    });
    return body.every((command, at) => command === answer.body[at]) && body.length === answer.body.length ? answer : { ...answer, body };
  });

/** Changes every command of the answer, those inside Sync included; undefined leaves it out. */
export function mapCommands(commands: readonly Command[], edit: (command: Command) => Command | undefined): Command[] {
  return commands.flatMap((command) => {
    const edited = edit(command);
    if (!edited) return [];
    return ['commands' in edited ? { ...edited, commands: mapCommands(edited.commands, edit) } : edited];
  });
}

export const editCommands = (edit: (command: Command, request: Message, answer: Message) => Command | undefined): Wrap =>
  editAnswer((answer, request) => ({ ...answer, body: mapCommands(answer.body, (command) => edit(command, request, answer)) }));

/** Changes what the server gets, as a message. One with a command that has no name here cannot be written again, and passes as it is. */
export const editRequest =
  (edit: (request: Message) => Message): Wrap =>
  (inner) => ({
    handle: (request, signal) => {
      const encoding = encodingOfRequest(request);
      const asked = requestOf(request);
      if (!asked || !encoding || asked.body.some(({ kind }) => kind === 'Unknown')) return inner.handle(request, signal);
      const edited = edit(asked);
      return inner.handle(edited === asked ? request : { ...request, body: rewrite(request.body, encoding, edited) }, signal);
    },
  });

/** Changes the HTTP response. */
export const editHttp =
  (edit: (answer: ExchangeAnswer, request: ExchangeRequest) => ExchangeAnswer): Wrap =>
  (inner) => ({
    handle: async (request, signal) => edit(await inner.handle(request, signal), request),
  });

/** Both ways: `inner` runs where it is called, if at all. */
export const around =
  (
    handle: (
      request: ExchangeRequest,
      message: Message | undefined,
      inner: (request: ExchangeRequest) => Promise<ExchangeAnswer>,
    ) => Promise<ExchangeAnswer>,
  ): Wrap =>
  (inner) => ({
    handle: (request, signal) => handle(request, requestOf(request), (one) => inner.handle(one, signal)),
  });

export const both =
  (outer: Wrap, inside: Wrap): Wrap =>
  (inner) =>
    outer(inside(inner));
