/** Messages for a person's eyes: both encodings alike, and nothing in them that lets the reader in. */
import assert from 'node:assert/strict';
import { WireError } from '../../src/model/errors.js';
import type { Message } from '../../src/model/message.js';
import type { Dialect } from '../../src/wire/dialect.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import { readableXml, withoutToken } from '../../src/wire/readable.js';
import { add, messageOf, status, sync } from '../engine/support/messages.js';

const XML: Dialect = { encoding: 'xml', version: '1.2' };
const WBXML: Dialect = { encoding: 'wbxml', version: '1.2', wbxml: { version: 2, publicId: 'number' } };
const TOKEN = 'c2VjcmV0LXRva2VuLXNlY3JldA';
const SECRETS = ['Y3JlZA==', 'bm9uY2U=', 'Y29tbWFuZC1jcmVk', TOKEN];

const MESSAGE: Message = messageOf(
  [
    status(1, 0, 'SyncHdr', 212, {
      targetRefs: [`http://sync.example/sync?s=${TOKEN}`],
      chal: { type: 'syncml:auth-md5', format: 'b64', nextNonce: 'bm9uY2U=' },
    }),
    sync([add('1', 'a <note> & more\r\non two lines', { cred: { data: 'Y29tbWFuZC1jcmVk' } })]),
  ],
  {
    header: {
      target: { uri: `http://sync.example/sync?s=${TOKEN}` },
      respUri: `http://sync.example/sync?x=1&s=${TOKEN}&y=2`,
      cred: { meta: { type: 'syncml:auth-md5', format: 'b64' }, data: 'Y3JlZA==' },
    },
  },
);

describe('readable XML', () => {
  const texts = [XML, WBXML].map((dialect) => readableXml(new MessageEncoder(dialect).encode(MESSAGE), dialect.encoding));

  it('has a line for each element, and the content as it is', () => {
    for (const text of texts) {
      assert.match(text, /more\non two lines<\/Data>/);
      assert.match(text, /\n {4}<VerDTD>1\.2<\/VerDTD>\n/);
      assert.match(text, /a &lt;note(&gt;|>) &amp; more/);
      assert.ok(text.split('\n').length > 40);
    }
  });

  it('is the same of both encodings, but for the declaration', () => {
    const [xml = '', wbxml = ''] = texts.map((text) => text.slice(text.indexOf('<SyncML')));
    assert.equal(xml, wbxml);
  });

  it('hides credentials, nonces and session tokens wherever they stand', () => {
    for (const text of texts) {
      for (const secret of SECRETS) assert.ok(!text.includes(secret), secret);
      assert.equal(text.match(/\(hidden\)/g)?.length, 6);
      assert.match(text, /<RespURI>http:\/\/sync\.example\/sync\?x=1&amp;s=\(hidden\)&amp;y=2<\/RespURI>/);
    }
  });

  it('says of bytes that are no message what is wrong', () => {
    assert.throws(() => readableXml(Buffer.from('<SyncML><oops'), 'xml'), WireError);
    assert.throws(() => readableXml(Buffer.from([3, 1, 0x6a]), 'wbxml'), WireError);
  });

  it('leaves other queries alone', () => {
    assert.equal(withoutToken('/sync?ss=1&x=s=2'), '/sync?ss=1&x=s=2');
    assert.equal(withoutToken('/sync?s=abc#d'), '/sync?s=(hidden)#d');
  });
});
