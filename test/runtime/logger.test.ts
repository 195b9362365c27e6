import assert from 'node:assert/strict';
import { StoreError } from '../../src/model/errors.js';
import { createLogger, errorFields } from '../../src/runtime/logger.js';

function capture(): { readonly lines: string[]; write(line: string): void } {
  const lines: string[] = [];
  return { lines, write: (line) => void lines.push(line) };
}

describe('log', () => {
  it('writes one JSON line an event', () => {
    const to = capture();
    createLogger('info', to).info('message', { ms: 3, statuses: { 200: 2 } });
    assert.equal(to.lines.length, 1);
    const { time, ...rest } = JSON.parse(to.lines[0] ?? '') as Record<string, unknown>;
    assert.deepEqual(rest, { level: 'info', event: 'message', ms: 3, statuses: { 200: 2 } });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
  });

  it('leaves out what is below its level', () => {
    const to = capture();
    const log = createLogger('warn', to);
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    assert.equal(to.lines.length, 2);
  });

  it('hides fields that name credentials or content, should one slip in', () => {
    const to = capture();
    createLogger('info', to).info('slip', { password: 'pw-1', user: { password: 'pw-2', cred: 'pw-3' }, content: 'pw-4', nonce: 'pw-5' });
    assert.ok(!/pw-\d/.test(to.lines.join('')), to.lines.join(''));
  });

  it("repeats the message of an error only when it is ours: a parser's quotes what it read", () => {
    let quoted: unknown;
    try {
      JSON.parse('BEGIN:VCARD of somebody');
    } catch (error) {
      quoted = error;
    }
    const fields = JSON.stringify(errorFields(quoted));
    assert.ok(fields.includes('SyntaxError'));
    assert.ok(!fields.includes('VCARD'));
    assert.match(JSON.stringify(errorFields(new StoreError('unavailable', 'disk full'))), /disk full/);
    assert.deepEqual(errorFields('text'), { error: 'string' });
  });
});
