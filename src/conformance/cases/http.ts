/** The HTTP binding. [SyncML HTTP Binding 1.2.1] */
import { gzipSync } from 'node:zlib';
import { Alert } from '../../model/alert.js';
import { MEDIA_TYPES } from '../../wire/media-type.js';
import { active, scan, type ConformanceCase } from '../case.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession, SendOptions } from '../lab/session.js';
import type { ExchangeTrace } from '../lab/trace.js';

/** Package 1 of a new device, with these HTTP headers. */
async function firstMessage(lab: Lab, options: SendOptions): Promise<{ readonly session: LabSession; readonly trace: ExchangeTrace }> {
  const session = lab.device().session();
  const { message } = session.compose([session.alert(Alert.SlowSync)], options);
  return { session, trace: await session.post(message, options) };
}

async function isTaken(lab: Lab, options: SendOptions, what: string): Promise<void> {
  const { trace } = await firstMessage(lab, options);
  lab.check(trace.answer !== undefined, `${what} is answered with a SyncML message`, trace.fault ?? 'a message');
}

const encodingIs = (encoding: 'xml' | 'wbxml') => async (lab: Lab) => {
  const { trace } = await firstMessage(lab, {});
  const type = trace.response?.headers['content-type'] ?? 'no Content-Type';
  lab.check(trace.response?.status === 200, 'HTTP status is 200', trace.fault ?? '200');
  lab.check(type.toLowerCase().startsWith(MEDIA_TYPES[encoding]), `the response is ${MEDIA_TYPES[encoding]}`, type);
  lab.check(trace.answer !== undefined, 'its body is such a message', trace.fault ?? 'it is');
};

export const HTTP_CASES: readonly ConformanceCase[] = [
  active('HTTP-001', async (lab) => {
    const { trace } = await firstMessage(lab, {});
    lab.equal(trace.response?.status, 200, 'HTTP status');
    lab.check(trace.answer !== undefined, 'the body is a SyncML message', trace.fault ?? 'it is');
  }),
  active('HTTP-002', encodingIs('xml'), { encodings: ['xml'] }),
  active('HTTP-003', encodingIs('wbxml'), { encodings: ['wbxml'] }),
  active('HTTP-004', async (lab) => {
    const other = lab.variant.encoding === 'xml' ? 'wbxml' : 'xml';
    const { trace } = await firstMessage(lab, { http: { headers: { Accept: MEDIA_TYPES[other] } } });
    const type = trace.response?.headers['content-type'] ?? 'no Content-Type';
    lab.check(type.toLowerCase().startsWith(MEDIA_TYPES[other]), `Accept names ${MEDIA_TYPES[other]} only, and so is the response`, type);
    lab.check(trace.answer !== undefined, 'its body is such a message', trace.fault ?? 'it is');
  }),
  active('HTTP-005', (lab) => isTaken(lab, { http: { headers: { 'Accept-Charset': 'UTF-8' } } }, 'Accept-Charset: UTF-8')),
  active('HTTP-006', async (lab) => {
    const { trace } = await firstMessage(lab, { http: { headers: { 'Accept-Charset': 'x-none' } }, odd: true });
    lab.equal(trace.response?.status, 406, 'HTTP status for Accept-Charset: x-none');
    lab.check(trace.answer === undefined, 'the response has no SyncML body', trace.answer ? 'a message' : 'none');
  }),
  scan('HTTP-007', ({ exchanges }) => {
    const seen = exchanges.filter(({ answer }) => answer !== undefined);
    const broken = seen.filter(({ response }) => !/no-store|private/i.test(response?.headers['cache-control'] ?? ''));
    return {
      applied: seen.length,
      broken: broken.map(({ response }) => `Cache-Control: ${response?.headers['cache-control'] ?? 'missing'}`),
    };
  }),
  active('HTTP-008', (lab) => isTaken(lab, { http: { chunked: true } }, 'a request in chunks')),
  scan('HTTP-009', ({ exchanges }) => {
    const seen = exchanges.filter(({ response }) => response?.status === 200);
    return { applied: seen.length, broken: seen.flatMap(({ answer, fault }) => (answer ? [] : [fault ?? 'no message'])) };
  }),
  scan('HTTP-010', ({ exchanges }) => {
    const types = exchanges.flatMap(({ response }) => (response ? [response.headers['content-type'] ?? ''] : []));
    return { applied: types.length, broken: types.filter((type) => /^multipart\//i.test(type)) };
  }),
  active('HTTP-011', async (lab) => {
    const device = lab.device();
    const session = device.session();
    const own = { http: { ownConnection: true } };
    await session.openStore(Alert.SlowSync, own);
    const add = lab.add('1', lab.name());
    await session.pull(await session.push([add], own), own);
    lab.success(session.code(add), 'an Add of a session with a connection for each message');
    await session.close(own);
    lab.equal(await lab.held(), ['item001'], 'the server holds');
  }),
  active('HTTP-012', async (lab) => {
    const { trace } = await firstMessage(lab, { editBytes: (bytes) => gzipSync(bytes), http: { headers: { 'Content-Encoding': 'gzip' } } });
    if (trace.response?.status === 415) lab.unsupported('HTTP 415 for Content-Encoding: gzip');
    lab.check(
      trace.answer !== undefined,
      'a compressed request is answered with a SyncML message, or with HTTP 415',
      trace.fault ?? 'a message',
    );
  }),
  active('HTTP-013', async (lab) => {
    await isTaken(lab, { http: { headers: { 'User-Agent': 'Nokia 6230i/2.0 (03.80) "odd"; (((' } } }, 'an odd User-Agent');
    await isTaken(lab, { http: { headers: { 'User-Agent': '' } } }, 'an empty User-Agent');
  }),
  scan('HTTP-014', ({ exchanges }) => {
    const seen = exchanges.filter(({ answer }) => answer !== undefined);
    const broken = seen.filter(({ response }) => response?.headers['content-length'] !== String(response?.body.byteLength));
    return {
      applied: seen.length,
      broken: broken.map(({ response }) => `Content-Length: ${response?.headers['content-length'] ?? 'missing'}`),
    };
  }),
  active('HTTP-015', async (lab) => {
    const session = lab.device().session();
    const { message } = session.compose([session.alert(Alert.SlowSync)]);
    const whole = await session.post(message);
    lab.given(whole.answer !== undefined, 'the whole message is not answered');
    const bodies: readonly (readonly [string, Uint8Array])[] = [
      ['an empty body', new Uint8Array(0)],
      ['random bytes', Uint8Array.from({ length: 200 }, (_, i) => (i * 151 + 87) % 256)],
      ['a message cut in SyncHdr', whole.requestBody.subarray(0, 60)],
    ];
    for (const [what, body] of bodies) {
      const trace = await session.postBytes(body);
      lab.equal(trace.response?.status, 400, `HTTP status for ${what}`);
    }
    await isTaken(lab, {}, 'a good message after that');
  }),
  active('HTTP-016', async (lab) => {
    const session = lab.device().session();
    const trace = await session.postBytes(Buffer.from('<html><body>hello</body></html>'), {
      http: { headers: { 'Content-Type': 'text/html' } },
    });
    lab.equal(trace.response?.status, 415, 'HTTP status for text/html');
  }),
  active('HTTP-017', async (lab) => {
    const type = MEDIA_TYPES[lab.variant.encoding];
    for (const form of [`${type}; charset="UTF-8"`, `${type};charset=utf-8`, `${type.toUpperCase()}; CHARSET=UTF-8`])
      await isTaken(lab, { http: { headers: { 'Content-Type': form } } }, `Content-Type: ${form}`);
  }),
];
