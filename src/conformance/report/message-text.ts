/** Messages as a person reads them: HTTP in a line, the body as indented XML whatever it was encoded in. */
import { wbxmlToXml } from '../../wire/convert.js';
import type { Encoding } from '../../wire/dialect.js';
import type { ExchangeTrace } from '../lab/trace.js';

const MOST_BYTES_SHOWN = 40_000;

/** Elements on lines of their own, text kept where it stands. */
export function indented(xml: string): string {
  const out: string[] = [];
  let depth = 0;
  let lineIsOpenTag = false;
  for (const token of xml.match(/<!\[CDATA\[[^]*?\]\]>|<[^>]*>|[^<]+/g) ?? []) {
    const isTag = token.startsWith('<') && !token.startsWith('<![CDATA[');
    if (!isTag) {
      if (token.trim() === '') continue;
      out.push(token);
      lineIsOpenTag = false;
      continue;
    }
    const closes = token.startsWith('</');
    if (closes) depth -= 1;
    // An element with text in it closes on the line it began.
    const inline = closes && out.length > 0 && !(out.at(-1) ?? '').startsWith('\n') && !(out.at(-1) ?? '').startsWith('<');
    out.push(inline || (closes && lineIsOpenTag) ? token : `\n${'  '.repeat(Math.max(0, depth))}${token}`);
    lineIsOpenTag = !closes && !token.endsWith('/>') && !token.startsWith('<?') && !token.startsWith('<!');
    if (lineIsOpenTag) depth += 1;
  }
  return out.join('').trimStart();
}

/** A log-in in clear is not for a page that goes from hand to hand. */
const masked = (xml: string): string =>
  xml.replace(
    /(<Cred\b(?:(?!<\/Cred>)[^])*?<Data\b[^>]*>)(?:(?!<\/Data>)[^])*(<\/Data>)/g,
    (whole: string, before: string, after: string) => (before.includes('auth-md5') ? whole : `${before}(hidden)${after}`),
  );

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
      return cut(masked(indented(wbxmlToXml(bytes))));
    } catch {
      return hex(bytes);
    }
  }
  return cut(encoding === 'xml' ? masked(indented(text)) : text);
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
