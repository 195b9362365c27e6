/*
 * QUOTED-PRINTABLE and BASE64 as phones write them. Input and output are binary strings (one char per byte).
 */

/**
 * Undoes QUOTED-PRINTABLE of a value without soft breaks. An `=` that is not followed by two hexadecimal digits stands for itself.
 *
 * @NOTE Nokia N9: the CR LF of soft breaks was encoded once more, `==0D=0A`; it stands for nothing.
 */
export function decodeQuotedPrintable(value: string): string {
  let at = value.indexOf('=');
  if (at < 0) return value;
  let text = '';
  let from = 0;
  while (at >= 0) {
    const byte = hexByte(value, at + 1);
    if (byte >= 0) {
      text += value.slice(from, at) + String.fromCharCode(byte);
      from = at + 3;
    } else if (
      hexByte(value, at + 2) === 0x0d &&
      hexByte(value, at + 5) === 0x0a &&
      value.charAt(at + 1) === '=' &&
      value.charAt(at + 4) === '='
    ) {
      text += value.slice(from, at);
      from = at + 7;
    } else {
      text += value.slice(from, at + 1);
      from = at + 1;
    }
    at = value.indexOf('=', from);
  }
  return text + value.slice(from);
}

/** The byte that two hexadecimal digits at `at` give, or a negative number. */
function hexByte(value: string, at: number): number {
  const high = hexDigit(value.charCodeAt(at));
  const low = hexDigit(value.charCodeAt(at + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x37;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}

/** The bytes of a BASE64 value (white space allowed anywhere), or undefined when it is not BASE64. */
export function decodeBase64(value: string): Buffer | undefined {
  const compact = value.replace(/\s+/g, '');
  const padding = compact.endsWith('==') ? 2 : compact.endsWith('=') ? 1 : 0;
  const digits = compact.length - padding;
  // The platform also reads the alphabet of URLs, and passes over what is no digit: then bytes are missing. Photos are long, and this is
  // several times as fast as a pattern.
  if (digits % 4 === 1 || compact.includes('-') || compact.includes('_')) return undefined;
  const bytes = Buffer.from(compact, 'base64');
  return bytes.length === Math.floor((digits * 3) / 4) ? bytes : undefined;
}
