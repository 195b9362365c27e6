/** Which characters XML 1.0 has. [XML 1.0, "Characters"] */

/** Finds a character XML has no place for, half a surrogate pair included. */
// eslint-disable-next-line no-control-regex
export const NOT_XML =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

export function isXmlText(text: string): boolean {
  return !NOT_XML.test(text);
}

export function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}
