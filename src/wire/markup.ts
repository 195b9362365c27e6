/** Elements back to XML text: for markup in a Data that is somebody else's content. */
import { Token, type TokenReader } from './tokens.js';

/** Text as XML character data. CR becomes a reference, or a reader would turn CR LF into LF. */
export function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character);
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;', '"': '&quot;' };

/** XML text of the element whose Start was last, up to and with its End. */
export function markupOf(reader: TokenReader): string {
  const parts: string[] = [];
  const open: string[] = [];
  let token: Token = Token.Start;
  for (;;) {
    if (token === Token.Start) {
      const name = reader.name();
      const attributes = Object.entries(reader.attributes()).map(
        ([key, value]) => ` ${key}="${value.replace(/[&<>"\r]/g, (c) => ESCAPES[c] ?? c)}"`,
      );
      parts.push(`<${name}${attributes.join('')}>`);
      open.push(name);
    } else if (token === Token.End) {
      parts.push(`</${open.pop() ?? ''}>`);
      if (open.length === 0) return parts.join('');
    } else if (token === Token.Eof) {
      return parts.join('');
    } else {
      parts.push(escapeText(reader.text()));
    }
    token = reader.next();
  }
}
