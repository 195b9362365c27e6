/*
 * QUOTED-PRINTABLE and BASE64 as phones write them. Input and output are binary strings (one char per byte).
 */

/**
 * Undoes QUOTED-PRINTABLE of a value without soft breaks. An `=` that is not followed by two hexadecimal digits stands for itself.
 *
 * @NOTE Nokia N9: the CR LF of soft breaks was encoded once more, `==0D=0A`; it stands for nothing.
 */
export function decodeQuotedPrintable(value: string): string {
  if (!value.includes('=')) return value;
  return value.replace(/==0[Dd]=0[Aa]|=([0-9A-Fa-f]{2})/g, (_, hex: string | undefined) =>
    hex === undefined ? '' : String.fromCharCode(parseInt(hex, 16)),
  );
}

/** The bytes of a BASE64 value (white space allowed anywhere), or undefined when it is not BASE64. */
export function decodeBase64(value: string): Buffer | undefined {
  const compact = value.replace(/\s+/g, '');
  const padding = compact.endsWith('==') ? 2 : compact.endsWith('=') ? 1 : 0;
  const digits = compact.length - padding;
  if (digits % 4 === 1 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined;
  return Buffer.from(compact, 'base64');
}
