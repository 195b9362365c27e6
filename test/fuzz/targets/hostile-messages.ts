/** Messages of a client that means no good, or is broken: mostly well-formed, made of choices. */
import type { Choices } from '../choices.js';
import { Alert } from '../../../src/model/alert.js';
import type { Command, Message, Meta, StatusCommand, SyncHdr } from '../../../src/model/message.js';
import {
  changeItems,
  devInf,
  get,
  group,
  item,
  map,
  messageOf,
  nextMessage,
  openAlert,
  part,
  status,
  statusesFor,
  sync,
  type Draft,
} from '../../engine/support/messages.js';

const STORES = [
  'contacts',
  'notes',
  'calendar',
  './contacts',
  'Notes',
  '../contacts',
  'no-such-store',
  '',
  'http://other.example/notes',
  'notes\u0000x',
  'ｎotes',
];
const CLIENT_STORES = ['./C', './N', '', './C/../N'];
const LUIDS = ['1', '2', '3', '7', '', '../1', '1\u0000', 'ａ', 'x'.repeat(300), "1'; DROP TABLE item; --", '__proto__'];
const ANCHORS = [undefined, '', '1', '2', '9'.repeat(200), '20240101T000000Z'];
const CODES = [...Object.values(Alert), 0, -1, 999, 100_000];
const STATUSES = [200, 201, 204, 207, 208, 212, 213, 400, 401, 407, 404, 409, 415, 418, 420, 424, 500, 508, 510, 999, 0];
const CONTENTS = [
  ...[
    'BEGIN:VCARD\r\nVERSION:2.1\r\nN:A;B\r\nTEL:1\r\nEND:VCARD\r\n',
    'BEGIN:VCARD\r\nVERSION:2.1\r\nN:A;C\r\nEND:VCARD\r\n',
    'text one',
    'text two',
    '',
  ],
  ...[
    'BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART:20240101T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n',
    '\u0000\u0001',
    'QUJD',
    'x'.repeat(3000),
  ],
];
const TYPES = ['text/x-vcard', 'text/plain', 'text/x-vcalendar', 'application/octet-stream', '', 'text/x-s4j-sifc'];

/** How the sizes and ids of a header are lied about. */
const MSG_IDS = ['0', '-1', '1', '2', '3', '1e3', '9007199254740993', '99999999999999999999', 'x', '', ' 2 '];

export function hostileMessage(choices: Choices, at: { readonly header: Partial<SyncHdr>; readonly last: Message | undefined }): Message {
  const body: Draft[] = [];
  if (at.last && choices.chance(70)) body.push(...answersTo(choices, at.last));
  for (let n = choices.below(5); n > 0; n -= 1) body.push(command(choices, 0));
  const message = messageOf(body, { final: choices.chance(75), header: { ...at.header, ...oddHeader(choices) } });
  return choices.chance(10) ? withOddIds(choices, message) : message;
}

export function oddHeader(choices: Choices): Partial<SyncHdr> {
  return {
    ...(choices.chance(8) ? { msgId: choices.pick(MSG_IDS) } : {}),
    ...(choices.chance(4) ? { sessionId: choices.pick(['', '2', '9'.repeat(500), '\u0001']) } : {}),
    ...(choices.chance(15)
      ? { meta: { maxMsgSize: choices.pick([0, 1, 100, 600, 2000, 1e15]), maxObjSize: choices.pick([0, 1, 100, 1e15]) } }
      : {}),
    ...(choices.chance(4) ? { noResp: true as const } : {}),
    ...(choices.chance(3) ? { respUri: 'http://other.example/steal' } : {}),
    ...(choices.chance(3) ? { source: { uri: choices.pick(['IMEI:other', '', 'x'.repeat(400)]) } } : {}),
  };
}

/** Statuses for what the server sent: right ones, some with other codes, some left out or said twice. */
export function answersTo(choices: Choices, last: Message): Draft[] {
  return statusesFor(last).flatMap((draft) => {
    if (choices.chance(10)) return [];
    const odd = choices.chance(15) ? { ...(draft as StatusCommand), code: choices.pick(STATUSES) } : draft;
    return choices.chance(5) ? [odd, draft] : [odd];
  });
}

function command(choices: Choices, depth: number): Draft {
  const store = choices.chance(75) ? choices.pick(['notes', 'contacts']) : choices.pick(STORES);
  const from = choices.chance(85) ? './N' : choices.pick(CLIENT_STORES);
  switch (choices.below(12)) {
    case 0:
    case 1:
      return openAlert(choices.pick(CODES), store, from, choices.pick(ANCHORS) ?? '', choices.pick(ANCHORS));
    case 2:
    case 3:
    case 4:
      return sync(commands(choices, depth), { store, from, ...(choices.chance(20) ? { numberOfChanges: choices.pick([0, 1, 1e9]) } : {}) });
    case 5:
      return map(
        {
          [choices.pick(['1', '2', '999', '', 'zzzzzzzzzzzzzzzzzzzz', '-1', '1.5', 'Infinity'])]: choices.pick(LUIDS),
          [choices.pick(['1', '3'])]: choices.pick(LUIDS),
        },
        { target: { uri: store }, source: { uri: from } },
      );
    case 6:
      return status(
        choices.pick(['1', '2', '0', 'x', '']),
        choices.pick(['0', '1', '2', '99', '']),
        choices.pick(['SyncHdr', 'Add', 'Sync', 'Alert', 'x']),
        choices.pick(STATUSES),
      );
    case 7:
      return {
        kind: 'Put',
        meta: { type: 'application/vnd.syncml-devinf+xml' },
        items: [{ source: { uri: './devinf12' }, data: { kind: 'devinf', devinf: { ...devInf, devId: choices.pick(LUIDS) } } }],
      };
    case 8:
      return get(choices.pick(['./devinf12', './devinf11', '../../etc/passwd', '', store]));
    case 9:
      return nextMessage();
    case 10:
      return group(choices.chance(50) ? 'Atomic' : 'Sequence', commands(choices, depth));
    default:
      return { kind: choices.pick(['Exec', 'Search'] as const), items: [], sources: [] };
  }
}

const commands = (choices: Choices, depth: number): Draft[] =>
  Array.from({ length: choices.below(6) }, () => (depth < 4 && choices.chance(12) ? command(choices, depth + 1) : change(choices)));

function change(choices: Choices): Draft {
  const luid = choices.chance(80) ? choices.pick(['1', '2', '3']) : choices.pick(LUIDS);
  const data = choices.pick(CONTENTS);
  const meta: Meta = {
    type: choices.chance(70) ? 'text/plain' : choices.pick(TYPES),
    ...(choices.chance(6) ? { format: choices.pick(['b64', 'bin', 'x']) } : {}),
  };
  if (choices.chance(12))
    return part(luid, data, { size: choices.pick([0, 1, data.length, 2 * data.length, 1e12]), last: choices.chance(50), meta });
  const kind = choices.pick(['Add', 'Add', 'Replace', 'Replace', 'Delete', 'Copy', 'Move'] as const);
  const items = Array.from({ length: choices.chance(85) ? 1 : choices.below(4) }, () =>
    item({ source: luid, data, ...(choices.chance(10) ? { target: choices.pick(['1', '2', '../1', '']) } : {}) }),
  );
  return changeItems(kind, [], {
    meta,
    items,
    ...(kind === 'Delete' && choices.chance(20) ? { sftDel: true, archive: choices.chance(50) } : {}),
  });
}

/** CmdIDs that are missing, doubled or no numbers. */
export function withOddIds(choices: Choices, message: Message): Message {
  const odd = (one: Command): Command => {
    const renamed = { ...one, cmdId: choices.chance(30) ? choices.pick(['', '0', '1', 'x', '4294967296']) : one.cmdId };
    return 'commands' in renamed ? { ...renamed, commands: renamed.commands.map(odd) } : renamed;
  };
  return { ...message, body: message.body.map(odd) };
}
