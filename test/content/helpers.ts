import assert from 'node:assert/strict';
import { describe } from '../../src/content/describe.js';

/** UTF-8 bytes of `text`, in which U+F700..U+F7FF (private use) stand for single raw bytes. */
export function bytesOf(text: string): Buffer {
  return Buffer.concat(
    text
      .split(/([\uf700-\uf7ff])/)
      .map((part) => (/^[\uf700-\uf7ff]$/.test(part) ? Buffer.from([part.charCodeAt(0) - 0xf700]) : Buffer.from(part, 'utf8'))),
  );
}

/** A vCard of the given property lines; line ends inside of `lines` become `newline` too. */
export function card(version: string, lines: readonly string[], newline = '\r\n'): Buffer {
  const text = ['BEGIN:VCARD', `VERSION:${version}`, ...lines, 'END:VCARD', ''].join('\r\n');
  return bytesOf(text.replaceAll('\r\n', newline));
}

/** A calendar of one component with the given property lines. */
export function calendar(version: string, component: string, lines: readonly string[], around: readonly string[] = []): Buffer {
  const text = [
    'BEGIN:VCALENDAR',
    `VERSION:${version}`,
    ...around,
    `BEGIN:${component}`,
    ...lines,
    `END:${component}`,
    'END:VCALENDAR',
    '',
  ];
  return bytesOf(text.join('\r\n'));
}

function canonical(bytes: Uint8Array, mediaType: string): string {
  // Separators made visible, for the failure message.
  return Buffer.from(describe(bytes, mediaType).canonical)
    .toString('utf8')
    .replaceAll('\x1d', '\n')
    .replaceAll('\x1e', ' = ')
    .replaceAll('\x1f', '|');
}

export function assertEqualItems(left: Uint8Array, right: Uint8Array, mediaType: string): void {
  const [a, b] = [describe(left, mediaType), describe(right, mediaType)];
  assert.equal(a.parsed, true);
  assert.equal(canonical(left, mediaType), canonical(right, mediaType));
  assert.deepEqual(a.canonical, b.canonical);
  assert.equal(a.identity, b.identity);
}

export function assertOtherItems(left: Uint8Array, right: Uint8Array, mediaType: string): void {
  const [a, b] = [describe(left, mediaType), describe(right, mediaType)];
  assert.notDeepEqual(a.canonical, b.canonical, canonical(left, mediaType));
}
