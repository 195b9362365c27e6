/** Messages as a person reads them: HTTP in a line, the body as indented XML whatever it was encoded in. */
import { wbxmlToXml } from '../../wire/convert.js';
import type { Encoding } from '../../wire/dialect.js';
import type { ExchangeTrace } from '../lab/trace.js';
import { readableXml } from './readable-xml.js';

const MOST_BYTES_SHOWN = 40_000;

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, 512))
    .toString('hex')
    .replace(/(..)/g, '$1 ')
    .replace(/(.{48})/g, '$1\n');

export function bodyText(bytes: Uint8Array, encoding: Encoding | undefined): string {
  if (bytes.byteLength === 0) return '(no body)';
  const text = Buffer.from(bytes).toString('utf8');
  const cut = (whole: string): string =>
    whole.length > MOST_BYTES_SHOWN ? `${whole.slice(0, MOST_BYTES_SHOWN)}\n… ${whole.length - MOST_BYTES_SHOWN} more` : whole;
  if (encoding === 'wbxml') {
    try {
      return cut(readableXml(wbxmlToXml(bytes)));
    } catch {
      return hex(bytes);
    }
  }
  return cut(encoding === 'xml' ? readableXml(text) : text);
}

export interface ExchangeText {
  readonly sent: string;
  readonly request: string;
  readonly came: string;
  readonly response: string;
}

export function exchangeText({
  url,
  requestHeaders,
  requestBody,
  requestEncoding,
  response,
  responseEncoding,
  fault,
}: ExchangeTrace): ExchangeText {
  const path = new URL(url);
  return {
    sent: `POST ${path.pathname}${path.search}, ${requestHeaders['Content-Type'] ?? 'no Content-Type'}, ${requestBody.byteLength} bytes`,
    request: bodyText(requestBody, requestEncoding),
    came: response
      ? `HTTP ${response.status}, ${response.headers['content-type'] ?? 'no Content-Type'}, ${response.body.byteLength} bytes${fault === undefined ? '' : ` (${fault})`}`
      : `no response: ${fault ?? ''}`,
    response: response ? bodyText(response.body, responseEncoding) : '',
  };
}
