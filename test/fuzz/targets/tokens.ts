/** Where the tokens of a document begin. Lenient: the document may be damaged. */

/** Tags, and the texts between them. */
export function xmlTokens(input: Uint8Array): readonly number[] {
  const starts: number[] = [];
  let insideTag = false;
  for (let at = 0; at < input.length; at += 1) {
    const byte = input[at];
    if (byte === 0x3c) {
      starts.push(at);
      insideTag = true;
    } else if (byte === 0x3e && insideTag) {
      insideTag = false;
      if (at + 1 < input.length && input[at + 1] !== 0x3c) starts.push(at + 1);
    }
  }
  return starts;
}

const numberEnd = (input: Uint8Array, from: number): number => {
  let at = from;
  while (at < input.length && (input[at] ?? 0) >= 0x80) at += 1;
  return at + 1;
};

/** Tags, ends, strings and opaques of the body. [WBXML 1.3, "Global Tokens"] */
export function wbxmlTokens(input: Uint8Array): readonly number[] {
  let at = numberEnd(input, 1);
  if (input[1] === 0) at = numberEnd(input, at);
  at = numberEnd(input, at);
  const table = at;
  at = numberEnd(input, at);
  let length = 0;
  for (let i = table; i < at && i < input.length; i += 1) length = length * 128 + ((input[i] ?? 0) & 0x7f);
  at += length;
  const starts: number[] = [];
  while (at < input.length) {
    starts.push(at);
    const byte = input[at] ?? 0;
    at += 1;
    if (byte === 0x00) at += 1;
    else if (byte === 0x03) {
      const nul = input.indexOf(0, at);
      at = nul < 0 ? input.length : nul + 1;
    } else if (byte === 0x02 || byte === 0x83 || byte === 0x04 || byte === 0x44 || byte === 0x84 || byte === 0xc4)
      at = numberEnd(input, at);
    else if (byte === 0xc3) {
      const end = numberEnd(input, at);
      let size = 0;
      for (let i = at; i < end && i < input.length; i += 1) size = size * 128 + ((input[i] ?? 0) & 0x7f);
      at = end + size;
    }
  }
  return starts;
}

/** Lines. */
export function lineTokens(input: Uint8Array): readonly number[] {
  const starts = [0];
  for (let at = input.indexOf(0x0a); at >= 0 && at + 1 < input.length; at = input.indexOf(0x0a, at + 1)) starts.push(at + 1);
  return starts;
}
