/** Servers that log in wrongly. */
import type { Cred, Message } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { editAnswer, editRequest, editStatuses, type Fault, type Wrap } from './faulty.js';
import { PASSWORD, USER } from '../support/our-server.js';

const MD5 = 'syncml:auth-md5';
const isRefused = (answer: Message): boolean =>
  answer.body.some(
    (c) => c.kind === 'Status' && c.cmdRef === '0' && (c.code === Status.InvalidCredentials || c.code === Status.MissingCredentials),
  );

const RIGHT: Cred = {
  meta: { type: 'syncml:auth-basic', format: 'b64' },
  data: Buffer.from(`${USER}:${PASSWORD}`).toString('base64'),
};
const WRONG: Cred = { meta: RIGHT.meta ?? {}, data: Buffer.from(`${USER}:?`).toString('base64') };

/** Takes other credentials for those of the header; undefined: as they are. */
const editCred = (edit: (cred: Cred, request: Message) => Cred | undefined): Wrap =>
  editRequest((request) => {
    const { cred } = request.header;
    const edited = cred && edit(cred, request);
    return edited ? { ...request, header: { ...request.header, cred: edited } } : request;
  });

/** As if no credentials had come: wrong ones would be counted, and in the end lock others out. */
const forgetCred = (when: (request: Message) => boolean): Wrap =>
  editRequest((request) => {
    const { cred, ...header } = request.header;
    return cred && when(request) ? { ...request, header } : request;
  });

/** Whatever digest comes, this server has worked out another. */
const otherFormula = editCred((cred) => (cred.meta?.type === MD5 ? { ...cred, data: Buffer.alloc(16, 7).toString('base64') } : undefined));

export const AUTHENTICATION_FAULTS: readonly Fault[] = [
  {
    name: 'decodes Base64 twice where Format says b64',
    red: ['AUT-001', 'AUT-021a'],
    wrap: () => editCred((cred) => (cred.meta?.format === 'b64' && cred.meta.type === 'syncml:auth-basic' ? WRONG : undefined)),
  },
  {
    name: 'takes basic credentials without Format as plain text',
    red: ['AUT-021b'],
    wrap: () =>
      editCred((cred) => (cred.meta && cred.meta.format === undefined && cred.meta.type === 'syncml:auth-basic' ? WRONG : undefined)),
  },
  {
    name: 'knows no default type of credentials',
    red: ['AUT-020'],
    wrap: () => editCred((cred) => (cred.meta?.type === undefined ? { ...cred, meta: { type: 'none' } } : undefined)),
  },
  {
    name: 'answers missing credentials like wrong ones',
    red: ['AUT-003a'],
    wrap: () =>
      editStatuses((status) => (status.code === Status.MissingCredentials ? { ...status, code: Status.InvalidCredentials } : status)),
  },
  {
    name: 'answers wrong credentials like missing ones',
    red: ['AUT-004a', 'AUT-004b', 'AUT-004c'],
    alsoRed: ['AUT-022b'],
    wrap: () =>
      editStatuses((status) => (status.code === Status.InvalidCredentials ? { ...status, code: Status.MissingCredentials } : status)),
  },
  {
    name: 'sends no Chal with 407',
    red: ['AUT-003b'],
    wrap: () => editStatuses(({ chal, ...status }) => (status.code === Status.MissingCredentials || !chal ? status : { ...status, chal })),
  },
  {
    name: 'sends no Chal with 401',
    red: ['AUT-004d', 'AUT-024a'],
    wrap: () => editStatuses(({ chal, ...status }) => (status.code === Status.InvalidCredentials || !chal ? status : { ...status, chal })),
  },
  {
    name: 'asks a device for its information before it is let in',
    red: ['AUT-005a', 'AUT-005b'],
    wrap: () =>
      editAnswer((answer) =>
        isRefused(answer)
          ? {
              ...answer,
              body: [
                ...answer.body,
                {
                  kind: 'Get',
                  cmdId: '90',
                  meta: { type: 'application/vnd.syncml-devinf+wbxml' },
                  items: [{ target: { uri: './devinf12' } }],
                },
              ],
            }
          : answer,
      ),
  },
  {
    name: 'answers the SyncHdr of a refused message only',
    red: ['AUT-006a', 'AUT-006b'],
    wrap: () => editAnswer((answer) => (isRefused(answer) ? { ...answer, body: answer.body.slice(0, 1) } : answer)),
  },
  {
    name: 'refuses whoever was refused before in this session',
    variant: { version: '1.0', encoding: 'wbxml' },
    settings: { 'auth.challenge': 'basic' },
    red: ['AUT-007a', 'AUT-007b', 'AUT-027'],
    wrap: () => {
      const dead = new Set<string>();
      const key = ({ header }: Message): string => `${header.source.uri} ${header.sessionId}`;
      return (inner) =>
        editAnswer((answer, request) => {
          if (isRefused(answer)) dead.add(key(request));
          return answer;
        })(forgetCred((request) => dead.has(key(request)))(inner));
    },
  },
  {
    name: 'answers every SyncHdr with 212',
    red: ['AUT-009', 'AUT-025'],
    wrap: () =>
      editStatuses((status) => (status.cmdRef === '0' && status.code === Status.Ok ? { ...status, code: Status.AuthAccepted } : status)),
  },
  {
    name: 'wants a new digest with each message and gives no nonce for it',
    settings: { 'auth.perMessage': true },
    red: ['AUT-011'],
    wrap: () =>
      editStatuses(({ chal, ...status }) =>
        status.code === Status.Ok && chal?.type === MD5 ? status : { ...status, ...(chal ? { chal } : {}) },
      ),
  },
  {
    name: 'forgets the nonce it gave for the next session',
    red: ['AUT-012'],
    wrap: () =>
      editStatuses((status) =>
        status.code === Status.AuthAccepted && status.chal?.nextNonce !== undefined
          ? { ...status, chal: { ...status.chal, nextNonce: Buffer.from('another nonce...').toString('base64') } }
          : status,
      ),
  },
  {
    name: 'has another md5 formula than the specification',
    red: ['AUT-002', 'AUT-013a'],
    wrap: () => otherFormula,
  },
  {
    name: 'has another md5 formula than SyncML 1.0',
    variant: { version: '1.0', encoding: 'xml' },
    red: ['AUT-014a'],
    wrap: () => otherFormula,
  },
  {
    name: 'takes a digest of SyncML 1.0 without its nonce for right',
    variant: { version: '1.0', encoding: 'xml' },
    red: ['AUT-014b', 'AUT-004c', 'AUT-019b'],
    wrap: () => editCred((cred) => (cred.meta?.type === MD5 ? RIGHT : undefined)),
  },
  {
    name: 'gives a RespURI with its refusal that leads nowhere',
    red: [
      'AUT-008',
      'AUT-007a',
      'AUT-002',
      'AUT-011',
      'AUT-012',
      'AUT-013a',
      'AUT-013b',
      'AUT-016',
      'AUT-019a',
      'AUT-019b',
      'AUT-024b',
      'AUT-025',
    ],
    wrap: () =>
      editAnswer((answer, request) =>
        isRefused(answer) && !request.header.cred ? { ...answer, header: { ...answer.header, respUri: 'http://127.0.0.1:1/' } } : answer,
      ),
  },
  {
    name: 'takes any md5 digest for right',
    red: ['AUT-004c', 'AUT-013b', 'AUT-016', 'AUT-019b'],
    wrap: () => editCred((cred) => (cred.meta?.type === MD5 ? RIGHT : undefined)),
  },
  {
    name: 'wants Format b64 with a digest',
    variant: { version: '1.1', encoding: 'xml' },
    red: ['AUT-015'],
    wrap: () => editCred((cred) => (cred.meta?.type === MD5 && cred.meta.format === undefined ? WRONG : undefined)),
  },
  {
    name: 'writes NextNonce without the padding of Base64',
    red: ['AUT-017'],
    wrap: () =>
      editStatuses((status) =>
        status.chal?.nextNonce === undefined
          ? status
          : { ...status, chal: { ...status.chal, nextNonce: status.chal.nextNonce.replace(/=+$/, '') } },
      ),
  },
  {
    name: 'challenges for md5 without saying so',
    red: ['AUT-018'],
    wrap: () =>
      editStatuses((status) => {
        if (status.chal?.nextNonce === undefined) return status;
        const { type: _type, ...chal } = status.chal;
        return { ...status, chal };
      }),
  },
  {
    name: 'takes an IMEI for the name of the user',
    red: ['AUT-019a'],
    wrap: () =>
      editRequest((request) => {
        const { source } = request.header;
        return source.uri.startsWith('IMEI:')
          ? { ...request, header: { ...request.header, source: { ...source, name: source.uri } } }
          : request;
      }),
  },
  {
    name: 'does not look at the credentials of an Alert',
    red: ['AUT-022b'],
    wrap: () =>
      editRequest((request) =>
        request.body.some((c) => c.kind === 'Alert' && c.cred)
          ? {
              ...request,
              body: request.body.map((c) => {
                if (c.kind !== 'Alert') return c;
                const { cred: _cred, ...alert } = c;
                return alert;
              }),
            }
          : request,
      ),
  },
  {
    name: 'does not log in to a client that asks for it',
    red: ['AUT-023a', 'AUT-023b'],
    wrap: () =>
      editAnswer((answer) => {
        const { cred, ...header } = answer.header;
        return cred ? { ...answer, header } : answer;
      }),
  },
  {
    name: 'gives the nonce of a second md5 challenge to nobody',
    red: ['AUT-024b'],
    wrap: () =>
      editStatuses((status, request) =>
        status.code === Status.InvalidCredentials && status.chal?.nextNonce !== undefined && request.header.cred?.meta?.type === MD5
          ? { ...status, chal: { ...status.chal, nextNonce: Buffer.from('another nonce...').toString('base64') } }
          : status,
      ),
  },
  {
    name: 'lets credentials it cannot check pass',
    red: ['AUT-026'],
    wrap: () => editCred((cred) => (cred.meta?.type === 'syncml:auth-x509' ? RIGHT : undefined)),
  },
  {
    name: 'lets anybody guess passwords forever',
    settings: { 'auth.maxAttempts': 100 },
    red: ['AUT-027'],
    wrap: () => (inner) => inner,
  },
];
