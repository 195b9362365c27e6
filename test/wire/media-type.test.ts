import { strict as assert } from 'node:assert';
import { Tolerance } from '../../src/model/leniency.js';
import { answerEncoding, encodingOf } from '../../src/wire/media-type.js';
import { hex, utf8 } from './support/fixtures.js';

const xml = utf8('<?xml version="1.0"?>\n<!-- x --><!DOCTYPE SyncML PUBLIC "a" "b">\n<SyncML xmlns="SYNCML:SYNCML1.1"><SyncHdr>');
const wbxml = hex('02 9F 53 6A 00 6D 6C');
const withTable = hex(`02 00 00 6A 1D ${Buffer.from('-//SYNCML//DTD SyncML 1.0//EN').toString('hex')} 6D`);
const other = utf8('hello');

describe('media types of requests', () => {
  for (const { type, body, expected } of [
    { type: 'application/vnd.syncml+xml', body: other, expected: 'xml' },
    { type: 'application/vnd.syncml+wbxml', body: other, expected: 'wbxml' },
    { type: 'Application/Vnd.SyncML+WBXML', body: other, expected: 'wbxml' },
    { type: 'application/vnd.syncml+xml; charset=utf-8', body: other, expected: 'xml' },
    { type: 'application/vnd.syncml+xml;charset="utf-8"', body: other, expected: 'xml' },
    { type: '"application/vnd.syncml+xml"', body: other, expected: 'xml' },
    { type: 'application/vnd.syncml+xml', body: wbxml, expected: 'xml' },
    { type: undefined, body: xml, expected: 'xml' },
    { type: '', body: wbxml, expected: 'wbxml' },
    { type: 'application/octet-stream', body: withTable, expected: 'wbxml' },
    { type: 'text/xml; charset=utf-8', body: xml, expected: 'xml' },
    { type: 'application/xml', body: xml, expected: 'xml' },
    { type: 'text/plain', body: wbxml, expected: 'wbxml' },
    { type: undefined, body: Buffer.from('\ufeff<SyncML>', 'utf16le'), expected: 'xml' },
    { type: undefined, body: utf8('\ufeff<s:SyncML xmlns:s="x">'), expected: 'xml' },
    { type: undefined, body: other, expected: undefined },
    { type: undefined, body: utf8(''), expected: undefined },
    { type: 'text/xml', body: utf8('<html><SyncML>'), expected: undefined },
    { type: 'text/xml', body: utf8('<SyncMLish>'), expected: undefined },
    { type: 'application/octet-stream', body: hex('02 9F 54 6A 00 4A'), expected: undefined },
    { type: 'application/octet-stream', body: hex('02 00'), expected: undefined },
    { type: 'application/vnd.syncml.dm+xml', body: xml, expected: undefined },
    { type: 'application/vnd.syncml.dm+wbxml', body: wbxml, expected: undefined },
    { type: 'application/vnd.syncml.notification', body: wbxml, expected: undefined },
    { type: 'text/html', body: xml, expected: undefined },
  ] as const) {
    it(`${type ?? 'none'} with ${
      Buffer.from(body)
        .toString('latin1')
        .replace(/[^ -~]/g, '')
        .slice(0, 12)
        .trim() || 'nothing'
    }… is ${expected ?? 'no message'}`, () => {
      assert.equal(encodingOf(type, body, new Tolerance(false)), expected);
    });
  }
});

describe('media type of the answer', () => {
  for (const { accept, expected } of [
    { accept: undefined, expected: 'wbxml' },
    { accept: '', expected: 'wbxml' },
    { accept: '*/*', expected: 'wbxml' },
    { accept: 'application/vnd.syncml+wbxml, application/vnd.syncml+xml', expected: 'wbxml' },
    { accept: 'application/vnd.syncml+xml', expected: 'xml' },
    { accept: 'APPLICATION/VND.SYNCML+XML;q=0.5', expected: 'xml' },
    { accept: 'application/vnd.syncml+xml, application/vnd.syncml+wbxml;q=0', expected: 'xml' },
    { accept: 'application/vnd.syncml+xml, */*', expected: 'wbxml' },
    { accept: 'text/html', expected: 'wbxml' },
  ] as const) {
    it(`to a WBXML request with Accept "${accept ?? ''}" is ${expected}`, () => assert.equal(answerEncoding('wbxml', accept), expected));
  }

  it('to an XML request with Accept for WBXML only is WBXML', () => {
    assert.equal(answerEncoding('xml', 'application/vnd.syncml+wbxml; q=1'), 'wbxml');
    assert.equal(answerEncoding('xml', undefined), 'xml');
  });
});
