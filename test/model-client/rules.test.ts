/** The rules themselves: one good exchange, and every way of spoiling its answer that they must notice. */
import assert from 'node:assert/strict';
import type { AlertCommand, Command, Message, StatusCommand, SyncHdr } from '../../src/model/message.js';
import { Findings } from './rules/findings.js';
import { MessageRules } from './rules/message-rules.js';

const header = (from: string, to: string, msgId: string, more: Partial<SyncHdr> = {}): SyncHdr => ({
  verDtd: '1.2',
  verProto: 'SyncML/1.2',
  sessionId: '7',
  msgId,
  target: { uri: to },
  source: { uri: from },
  ...more,
});
const status = (cmdId: string, cmdRef: string, cmd: string, code: number, target?: string, source?: string): StatusCommand => ({
  kind: 'Status',
  cmdId,
  msgRef: '1',
  cmdRef,
  cmd,
  targetRefs: target === undefined ? [] : [target],
  sourceRefs: source === undefined ? [] : [source],
  code,
  items: [],
});
const alert = (cmdId: string, code: number): AlertCommand => ({
  kind: 'Alert',
  cmdId,
  code,
  items: [{ target: { uri: 'contacts' }, source: { uri: './C' } }],
});

const REQUEST: Message = {
  header: header('phone', 'server', '1', {
    cred: { meta: { type: 'syncml:auth-basic', format: 'b64' }, data: 'YTpi' },
    meta: { maxMsgSize: 1000 },
  }),
  body: [
    alert('1', 200),
    {
      kind: 'Sync',
      cmdId: '2',
      target: { uri: 'contacts' },
      source: { uri: './C' },
      commands: [{ kind: 'Delete', cmdId: '3', items: [{ source: { uri: '1' } }, { source: { uri: '2' } }] }],
    },
  ],
  final: true,
};
const HEADER = status('1', '0', 'SyncHdr', 212, 'server', 'phone');
const GOOD: readonly Command[] = [
  HEADER,
  status('2', '1', 'Alert', 200, 'contacts', './C'),
  status('3', '2', 'Sync', 200, 'contacts', './C'),
  status('4', '3', 'Delete', 200),
];
const replace = (at: number, ...by: readonly Command[]): readonly Command[] => [...GOOD.slice(0, at), ...by, ...GOOD.slice(at + 1)];

interface Case {
  readonly why: string;
  readonly rule: string;
  readonly body?: readonly Command[];
  readonly header?: Partial<SyncHdr>;
  readonly request?: Partial<Message>;
  readonly final?: boolean;
  readonly bytes?: number;
}

const CASES: readonly Case[] = [
  { why: 'another version', rule: '§3.1', header: { verDtd: '1.1' } },
  { why: 'another SessionID', rule: '§3.3', header: { sessionId: '8' } },
  { why: 'Source is not what was addressed', rule: '§3.4', header: { source: { uri: 'other' } } },
  { why: 'MsgID is no number', rule: '§3.2', header: { msgId: 'x' } },
  { why: 'relative RespURI', rule: '§3.5', header: { respUri: '/sync?s=1' } },
  { why: 'larger than MaxMsgSize', rule: '§6', bytes: 1001 },
  { why: 'SyncHdr Status is not first', rule: '§4.2', body: [...GOOD.slice(1), HEADER] },
  { why: 'two SyncHdr Statuses', rule: '§4.2', body: replace(0, HEADER, { ...HEADER, cmdId: '9' }) },
  { why: 'MsgRef of another message', rule: '§4.6', body: replace(0, { ...HEADER, msgRef: '2' }) },
  { why: 'no Status for the Sync', rule: '§4.1', body: replace(2) },
  { why: 'a command answered twice', rule: '§4.1', body: [...GOOD, { ...(GOOD[1] as StatusCommand), cmdId: '9' }] },
  { why: 'Status for a command that was not sent', rule: '§4.1', body: [...GOOD, status('9', '8', 'Add', 201)] },
  { why: 'Status names another command', rule: '§4.1', body: replace(3, status('4', '3', 'Replace', 200)) },
  { why: 'Statuses out of order', rule: '§4.3', body: [HEADER, ...GOOD.slice(2), GOOD[1] as Command] },
  { why: 'no TargetRef', rule: '§4.5', body: replace(1, status('2', '1', 'Alert', 200, undefined, './C')) },
  { why: 'only one of two Items answered', rule: '§4.1', body: replace(3, status('4', '3', 'Delete', 200, undefined, '1')) },
  {
    why: 'Items answered in the wrong order',
    rule: '§4.5',
    body: replace(3, status('4', '3', 'Delete', 200, undefined, '2'), status('5', '3', 'Delete', 200, undefined, '1')),
  },
  { why: 'CmdID used twice', rule: '§4.10', body: replace(3, status('3', '3', 'Delete', 200)) },
  { why: 'CmdID 0', rule: '§4.10', body: replace(3, status('0', '3', 'Delete', 200)) },
  { why: '212 without Cred', rule: '§10.1', request: { header: header('phone', 'server', '1') } },
  {
    why: '200 without Cred',
    rule: '§10.1',
    request: { header: header('phone', 'server', '1') },
    body: replace(0, { ...HEADER, code: 200 }),
  },
  {
    why: '401 for no Cred',
    rule: '§10.1',
    request: { header: header('phone', 'server', '1') },
    body: GOOD.map((c) => ({ ...(c as StatusCommand), code: 401 })),
  },
  { why: '401 without Chal', rule: '§4.8', body: GOOD.map((c) => ({ ...(c as StatusCommand), code: 401 })) },
  { why: '401, but a command was executed', rule: '§7.1', body: replace(0, { ...HEADER, code: 401, chal: { type: 'syncml:auth-basic' } }) },
  { why: 'md5 challenge without nonce', rule: '§10.1', body: replace(0, { ...HEADER, chal: { type: 'syncml:auth-md5', format: 'b64' } }) },
  { why: 'Alert 222 after Final', rule: '§5.3', body: [...GOOD, alert('9', 222)] },
  { why: 'Final before Final', rule: '§5.2', request: { final: false }, final: true },
  { why: 'Sync before Final', rule: '§5.4', request: { final: false }, body: [...GOOD, { kind: 'Sync', cmdId: '9', commands: [] }] },
  { why: 'nothing to answer and no 222', rule: '§5.3', request: { final: false, body: [] }, body: [HEADER] },
  { why: 'Status although NoResp', rule: '§3.6', request: { header: { ...REQUEST.header, noResp: true } } },
];

function findings(one: Partial<Case>): readonly string[] {
  const found = new Findings();
  const request: Message = { ...REQUEST, ...one.request };
  const final = one.final ?? (one.body === undefined && one.rule !== '§5.4' && request.final);
  const response: Message = { header: header('server', 'phone', '1', one.header), body: one.body ?? GOOD, final };
  // A Status may follow in a later message, so that only Final makes a missing one a fault.
  const closes = one.rule === '§4.1' ? { ...response, final: true } : response;
  new MessageRules(found).received({ request, response: closes, bytes: one.bytes ?? 500 });
  return found.broken;
}

describe('model client: the rules for a server message', () => {
  it('finds nothing in a good answer, with one Status for both Items or one for each', () => {
    assert.deepEqual(findings({}), []);
    const each = replace(3, status('4', '3', 'Delete', 200, undefined, '1'), status('5', '3', 'Delete', 211, undefined, '2'));
    assert.deepEqual(findings({ body: each, final: true }), []);
  });

  for (const one of CASES) {
    it(`${one.rule}: ${one.why}`, () => {
      const broken = findings(one);
      assert.ok(
        broken.some((line) => line.startsWith(`${one.rule}:`)),
        `found only: ${broken.join('; ') || 'nothing'}`,
      );
    });
  }

  it('§3.2: MsgID grows by one', () => {
    const found = new Findings();
    const rules = new MessageRules(found);
    const exchange = (msgId: string, answerId: string, code: number): void => {
      const request: Message = { header: { ...REQUEST.header, msgId }, body: [], final: false };
      const body: readonly Command[] = [{ ...HEADER, msgRef: msgId, code }, alert('2', 222)];
      rules.received({ request, response: { header: header('server', 'phone', answerId), body, final: false }, bytes: 100 });
    };
    exchange('1', '1', 212);
    exchange('2', '2', 200);
    assert.deepEqual(found.broken, []);
    exchange('3', '4', 200);
    assert.deepEqual(found.broken, ['§3.2: MsgID 4 follows 2']);
  });
});
