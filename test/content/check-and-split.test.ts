import assert from 'node:assert/strict';
import { acceptable } from '../../src/content/check.js';
import { describe as describeItem } from '../../src/content/describe.js';
import { normalizeMediaType } from '../../src/content/media-type.js';
import { splitItems } from '../../src/content/split.js';
import { bytesOf, calendar, card } from './helpers.js';

describe('normalizeMediaType', () => {
  for (const [type, normal] of [
    ['Text/X-vCard; charset=UTF-8', 'text/x-vcard'],
    ['text/directory;profile=vCard', 'text/vcard'],
    ['text/directory; profile="VCALENDAR"', 'text/calendar'],
    ['text/x-calendar', 'text/calendar'],
    [' text/plain ', 'text/plain'],
    ['', ''],
  ] as const) {
    it(`reads ${JSON.stringify(type)} as ${JSON.stringify(normal)}`, () => {
      assert.equal(normalizeMediaType(type), normal);
    });
  }
});

describe('acceptable', () => {
  for (const { why, bytes, type, ok } of [
    { why: 'a card', bytes: card('2.1', ['N:a']), type: 'text/x-vcard', ok: true },
    { why: 'a card that is cut off', bytes: bytesOf('begin:vcard\nN:'), type: 'text/vcard', ok: true },
    { why: 'a card after a byte order mark and text', bytes: bytesOf('\ufeffx\n  BEGIN:VCARD\n'), type: 'text/vcard', ok: true },
    { why: 'a card in UTF-16', bytes: Buffer.from('\ufeffBEGIN:VCARD\r\nEND:VCARD\r\n', 'utf16le'), type: 'text/x-vcard', ok: true },
    { why: 'a calendar as a card', bytes: calendar('1.0', 'VEVENT', []), type: 'text/x-vcard', ok: false },
    { why: 'a calendar', bytes: calendar('1.0', 'VEVENT', []), type: 'text/calendar', ok: true },
    { why: 'a picture as a card', bytes: bytesOf('\uf7ff\uf7d8\uf7ff\uf7e0'), type: 'text/x-vcard', ok: false },
    { why: 'nothing', bytes: Buffer.alloc(0), type: 'text/x-vcard', ok: false },
    { why: 'nothing as a note', bytes: Buffer.alloc(0), type: 'text/plain', ok: false },
    { why: 'a note', bytes: bytesOf('hello'), type: 'text/plain', ok: true },
    { why: 'a picture as a note', bytes: bytesOf('\uf7ff\uf7d8\0\uf7e0'), type: 'text/plain', ok: false },
    { why: 'a SIF contact', bytes: bytesOf('<?xml version="1.0"?><!-- a --><contact/>'), type: 'text/x-s4j-sifc', ok: true },
    { why: 'a SIF task as a SIF contact', bytes: bytesOf('<task/>'), type: 'text/x-s4j-sifc', ok: false },
    { why: 'a picture as a picture', bytes: bytesOf('\uf7ff\uf7d8'), type: 'image/jpeg', ok: true },
  ]) {
    it(`${ok ? 'takes' : 'refuses'} ${why}`, () => {
      assert.equal(acceptable(bytes, type).ok, ok);
    });
  }
});

describe('splitItems', () => {
  it('cuts cards out byte for byte, agents and all', () => {
    const first = card('2.1', ['N:a', 'AGENT:', 'BEGIN:VCARD', 'N:agent', 'END:VCARD', 'X-JUNK:  ;\uf7ff']);
    const second = card('3.0', ['N:b'], '\n');
    const items = splitItems(Buffer.concat([first, bytesOf('\r\n'), second]), 'text/x-vcard');
    assert.deepEqual(
      items.map((item) => Buffer.from(item)),
      [first, second],
    );
  });

  it('starts a new card where an END is missing', () => {
    const items = splitItems(bytesOf('BEGIN:VCARD\nN:a\nBEGIN:VCARD\nN:b\nEND:VCARD\n'), 'text/vcard');
    assert.deepEqual(
      items.map((item) => Buffer.from(item).toString()),
      ['BEGIN:VCARD\nN:a\n', 'BEGIN:VCARD\nN:b\nEND:VCARD\n'],
    );
  });

  it('gives a calendar for each series, with its zones and the properties of the calendar', () => {
    const text = [
      'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:p',
      'BEGIN:VTIMEZONE', 'TZID:Mine', 'END:VTIMEZONE',
      'BEGIN:VTIMEZONE', 'TZID:Other', 'END:VTIMEZONE',
      'BEGIN:VEVENT', 'UID:1', 'DTSTART;TZID=Mine:20070929T120000', 'END:VEVENT',
      'BEGIN:VTODO', 'UID:2', 'SUMMARY:t', 'END:VTODO',
      'BEGIN:VEVENT', 'UID:1', 'RECURRENCE-ID;TZID=Mine:20071001T120000', 'END:VEVENT',
      'BEGIN:VEVENT', 'SUMMARY:none', 'END:VEVENT',
      'BEGIN:VEVENT', 'SUMMARY:none', 'END:VEVENT',
      'END:VCALENDAR', '',
    ].join('\r\n'); // prettier-ignore
    const items = splitItems(bytesOf(text), 'text/calendar').map((item) => Buffer.from(item));
    assert.equal(items.length, 4);
    assert.equal(
      items[0]?.toString(),
      [
        'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:p',
        'BEGIN:VTIMEZONE', 'TZID:Mine', 'END:VTIMEZONE',
        'BEGIN:VEVENT', 'UID:1', 'DTSTART;TZID=Mine:20070929T120000', 'END:VEVENT',
        'BEGIN:VEVENT', 'UID:1', 'RECURRENCE-ID;TZID=Mine:20071001T120000', 'END:VEVENT',
        'END:VCALENDAR', '',
      ].join('\r\n'), // prettier-ignore
    );
    assert.deepEqual(
      items.map((item) => describeItem(item, 'text/calendar').kind),
      ['vevent', 'vtodo', 'vevent', 'vevent'],
    );
  });

  it('leaves a calendar of one series as it is', () => {
    const bytes = calendar('2.0', 'VEVENT', ['UID:1', 'SUMMARY:a']);
    assert.deepEqual(
      splitItems(bytes, 'text/calendar').map((item) => Buffer.from(item)),
      [bytes],
    );
  });

  it('gives nothing for a file without items, and other types whole', () => {
    assert.deepEqual(splitItems(bytesOf('hello'), 'text/vcard'), []);
    assert.equal(splitItems(bytesOf('hello'), 'text/plain').length, 1);
  });
});
