import type { Middleware } from 'koa';
import { around, editHttp, type Fault } from './faulty.js';

/** Finds no character set it could write, looks for none, and takes no body whose length it is not told. */
const poorHttp: Middleware = async (context, next) => {
  const charset = context.get('Accept-Charset');
  if (charset === 'UTF-8') context.status = 406;
  else if (context.get('Transfer-Encoding') === 'chunked') context.status = 411;
  else {
    delete context.req.headers['accept-charset'];
    await next();
  }
};

export const HTTP_FAULTS: readonly Fault[] = [
  {
    name: 'does not know UTF-8 by its name, writes it to everybody, and takes no chunks',
    red: ['HTTP-005', 'HTTP-006', 'HTTP-008'],
    front: poorHttp,
  },
  {
    name: 'says what is wrong with a request in a multipart body',
    red: ['HTTP-010'],
    wrap: () =>
      editHttp((answer) =>
        answer.httpStatus === 400
          ? { ...answer, contentType: 'multipart/mixed; boundary=part', body: Buffer.from('--part\r\n\r\nno\r\n--part--\r\n') }
          : answer,
      ),
  },
  {
    name: 'answers in the encoding of the request whatever Accept says',
    red: ['HTTP-004'],
    wrap: () => (inner) => ({
      handle: ({ accept: _accept, ...request }, signal) => inner.handle(request, signal),
    }),
  },
  {
    name: 'takes any media type for a message, and finds it unreadable',
    red: ['HTTP-016'],
    wrap: () => editHttp((answer) => (answer.httpStatus === 415 ? { ...answer, httpStatus: 400 } : answer)),
  },
  {
    name: 'answers what it cannot read with HTTP 200 and a page',
    red: ['HTTP-009', 'HTTP-015'],
    // What these send has to be refused.
    alsoRed: ['WBX-007b', 'WBX-007c', 'WBX-008a', 'WBX-008b'],
    wrap: () =>
      editHttp((answer) =>
        answer.httpStatus === 400 ? { ...answer, httpStatus: 200, contentType: 'text/html', body: Buffer.from('<html></html>') } : answer,
      ),
  },
  {
    name: 'lets answers be cached',
    red: ['HTTP-007'],
    wrap: () => editHttp((answer) => ({ ...answer, headers: { ...answer.headers, 'Cache-Control': 'max-age=60' } })),
  },
  {
    name: 'refuses devices whose User-Agent it does not know',
    red: ['HTTP-013'],
    wrap: () =>
      around((request, _message, inner) =>
        request.userAgent?.startsWith('Nokia') ? Promise.resolve({ httpStatus: 403, body: Buffer.from('who?'), log: {} }) : inner(request),
      ),
  },
  {
    name: 'does not know a media type in capitals',
    red: ['HTTP-017'],
    wrap: () =>
      around((request, _message, inner) =>
        request.contentType?.startsWith('APPLICATION')
          ? Promise.resolve({ httpStatus: 415, body: Buffer.from('what?'), log: {} })
          : inner(request),
      ),
  },
];
