/** XML as a person reads it: indented, without the log-in. In one pass: what is shown may be what a broken server sent. */

/** Levels that are shown by their place; those below stand there, too. */
const MOST_INDENTED = 40;

/** Tags, sections of CDATA and texts. What begins like a tag and does not end is the last text. */
function* tokensOf(xml: string): Generator<string> {
  for (let at = 0; at < xml.length;) {
    const isCdata = xml.startsWith('<![CDATA[', at);
    const mark = isCdata ? ']]>' : xml[at] === '<' ? '>' : '<';
    const found = xml.indexOf(mark, at);
    const end = found < 0 ? xml.length : mark === '<' ? found : found + mark.length;
    yield xml.slice(at, end);
    at = end;
  }
}

const isTag = (token: string): boolean => token.startsWith('<') && !token.startsWith('<![CDATA[');

/** A log-in in clear is not for a page that goes from hand to hand: the Data of a Cred, but for a digest. */
function* masked(tokens: Iterable<string>): Generator<string> {
  let inCred = false;
  let inData = false;
  let isDigest = false;
  for (const token of tokens) {
    if (/^<Cred\b/.test(token)) [inCred, isDigest] = [true, false];
    else if (token.startsWith('</Cred')) inCred = false;
    else if (!isTag(token) && token.includes('auth-md5')) isDigest = true;
    if (token.startsWith('</Data') || !inCred) inData = false;
    if (!inData) yield token;
    if (!inData && inCred && !isDigest && /^<Data\b/.test(token) && !token.endsWith('/>')) {
      inData = true;
      yield '(hidden)';
    }
  }
}

/** Elements on lines of their own, text kept where it stands. */
export function readableXml(xml: string): string {
  const out: string[] = [];
  let depth = 0;
  let lineIsOpenTag = false;
  for (const token of masked(tokensOf(xml))) {
    if (!isTag(token)) {
      if (token.trim() === '') continue;
      out.push(token);
      lineIsOpenTag = false;
      continue;
    }
    const closes = token.startsWith('</');
    if (closes) depth -= 1;
    // An element with text in it closes on the line it began.
    const inline = closes && out.length > 0 && !(out.at(-1) ?? '').startsWith('\n') && !(out.at(-1) ?? '').startsWith('<');
    const indent = '  '.repeat(Math.max(0, Math.min(depth, MOST_INDENTED)));
    out.push(inline || (closes && lineIsOpenTag) ? token : `\n${indent}${token}`);
    lineIsOpenTag = !closes && !token.endsWith('/>') && !token.startsWith('<?') && !token.startsWith('<!');
    if (lineIsOpenTag) depth += 1;
  }
  return out.join('').trimStart();
}
