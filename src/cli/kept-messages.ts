/** Messages that were kept with a session: decoded for a person, or as they were, in the form of captures. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, WireError } from '../model/errors.js';
import type { NumberedMessage, WireSide } from '../storage/ports/messages.js';
import type { Encoding } from '../wire/dialect.js';
import { MEDIA_TYPES } from '../wire/media-type.js';
import { readableXml, withoutToken } from '../wire/readable.js';
import { printable, printableLines, when } from './output.js';

const encodingOf = ({ headers, body }: WireSide): Encoding => {
  const type = (headers['Content-Type'] ?? '').toLowerCase();
  if (type.startsWith(MEDIA_TYPES.wbxml)) return 'wbxml';
  return type.startsWith(MEDIA_TYPES.xml) || (body[0] ?? 0) > 3 ? 'xml' : 'wbxml';
};
const lengthOf = (side: WireSide): number => side.leftOut ?? side.body.length;
const numberOf = ({ n }: NumberedMessage): string => String(n).padStart(2, '0');

const indented = (text: string): string => text.replace(/^(?=.)/gm, '    ');

function decoded(side: WireSide): string {
  if (side.leftOut !== undefined) return '(left out: more than is kept of a session)';
  try {
    return printableLines(readableXml(side.body, encodingOf(side)));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return `(not to be read: ${error.message})`;
  }
}

/** The one that is a credential is named only. */
const headerLines = ({ headers }: WireSide): string =>
  Object.entries(headers)
    .map(([name, value]) => `  ${name}: ${name === 'x-syncml-hmac' ? '(hidden)' : printable(value)}\n`)
    .join('');

/** Every message indented, credentials, nonces and session tokens hidden. */
export function messagesText(messages: readonly NumberedMessage[]): string {
  const of = (side: WireSide): string => `${encodingOf(side) === 'wbxml' ? 'WBXML' : 'XML'}, ${lengthOf(side)} bytes`;
  return messages
    .map(
      (message) =>
        `\n${numberOf(message)} ${when(message.at)}  the device: POST ${printable(withoutToken(message.path))} (${of(message.request)})\n` +
        `${headerLines(message.request)}${indented(decoded(message.request))}\n` +
        `${numberOf(message)} the server: HTTP ${message.httpStatus} (${of(message.response)})\n` +
        `${headerLines(message.response)}${indented(decoded(message.response))}\n`,
    )
    .join('');
}

/** The same as JSON; with `raw` bodies in Base64, and nothing is hidden. */
export function messagesJson(messages: readonly NumberedMessage[], raw: boolean): unknown {
  const side = (one: WireSide): object => ({
    headers: raw ? one.headers : { ...one.headers, ...('x-syncml-hmac' in one.headers ? { 'x-syncml-hmac': '(hidden)' } : {}) },
    encoding: encodingOf(one),
    bytes: lengthOf(one),
    ...(raw ? { body: Buffer.from(one.body).toString('base64') } : { xml: decoded(one) }),
  });
  return messages.map((message) => ({
    n: message.n,
    at: message.at,
    path: raw ? message.path : withoutToken(message.path),
    request: side(message.request),
    httpStatus: message.httpStatus,
    response: side(message.response),
  }));
}

/** HTTP in the form of `headers.txt` of captures. */
function headersText(message: NumberedMessage): string {
  const lines = (side: WireSide): string =>
    [...Object.entries(side.headers), ['Content-Length', String(lengthOf(side))]].map(([name, value]) => `  ${name}: ${value}\n`).join('');
  const { path, request, response, httpStatus } = message;
  return (
    `${numberOf(message)} POST ${path} HTTP/1.1 (${lengthOf(request)} body bytes)\n${lines(request)}` +
    `${numberOf(message)} -> ${httpStatus} (${lengthOf(response)} body bytes)\n${lines(response)}\n`
  );
}

/** Bodies as they are: XML as text, WBXML in hex. */
export function rawText(messages: readonly NumberedMessage[]): string {
  const body = (side: WireSide): string => Buffer.from(side.body).toString(encodingOf(side) === 'xml' ? 'utf8' : 'hex');
  return messages.map((m) => `${headersText(m)}${body(m.request)}\n\n${body(m.response)}\n\n`).join('');
}

/**
 * Writes `01-request.wbxml`, `01-response.wbxml`, …, and `headers.txt` into a folder that is made, or empty.
 * @throws {UserError} when it is not.
 */
export function exportMessages(folder: string, messages: readonly NumberedMessage[]): readonly string[] {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (readdirSync(folder).length > 0) throw new UserError(`${folder} is not empty. Name another folder with --out.`);
    const files = messages.flatMap((message) =>
      (['request', 'response'] as const)
        .filter((which) => message[which].leftOut === undefined)
        .map((which) => ({ name: `${numberOf(message)}-${which}.${encodingOf(message[which])}`, body: message[which].body })),
    );
    for (const { name, body } of files) writeFileSync(join(folder, name), body, { mode: 0o600 });
    writeFileSync(join(folder, 'headers.txt'), messages.map(headersText).join(''), { mode: 0o600 });
    return [...files.map(({ name }) => name), 'headers.txt'];
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${folder} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'}).`);
  }
}
