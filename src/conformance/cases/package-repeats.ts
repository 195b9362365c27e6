/** Messages that come twice, or to a session that is no more. */
import { Alert } from '../../model/alert.js';
import { active, type ConformanceCase } from '../case.js';
import type { Answer } from '../lab/answer.js';
import type { Draft } from '../lab/drafts.js';
import * as drafts from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession, SendOptions } from '../lab/session.js';
import type { ExchangeTrace } from '../lab/trace.js';

/** Sends a message and, as a client does that got no answer, the same once more. */
async function twice(lab: Lab, session: LabSession, commands: readonly Draft[], options: SendOptions = {}): Promise<Answer> {
  const url = session.url;
  const { message, ids } = session.compose(commands, options);
  const first = await session.transmit(message, ids);
  lab.given((first.headerCode ?? 500) < 300, `the message is answered with ${first.headerCode ?? 'no Status'}`);
  const second = await session.transmit(message, ids, { odd: true, url });
  lab.check(
    JSON.stringify(second.message) === JSON.stringify(first.message),
    'the same message gets the same answer',
    `first ${first.summary}; then ${second.summary}`,
  );
  return second;
}

const isNoSuccess = (trace: ExchangeTrace): boolean => {
  const { response, answer } = trace;
  if (!response || response.status >= 500) return false;
  if (!answer) return response.status >= 400;
  return !answer.body.some((command) => command.kind === 'Status' && command.cmd === 'Sync' && command.code < 300);
};
const seenIn = ({ answer, fault }: ExchangeTrace): string =>
  answer
    ? answer.body.map((command) => (command.kind === 'Status' ? `${command.cmd} ${command.code}` : command.kind)).join(', ')
    : (fault ?? '');

export const PACKAGE_REPEATS: readonly ConformanceCase[] = [
  active(
    'PKG-018a',
    async (lab) => {
      // Logged in by then where the server asks for more than the first credentials.
      const device = lab.device();
      await lab.sync(device, Alert.SlowSync);
      const session = device.session();
      await twice(lab, session, [session.alert(Alert.TwoWay)]);
    },
    { title: 'Package 1 sent twice' },
  ),
  active(
    'PKG-018b',
    async (lab) => {
      const session = await lab.reopen(await lab.seed(['here1']));
      await twice(lab, session, [drafts.sync(lab.names, [lab.add('1', lab.name()), drafts.remove('here1')])]);
    },
    { title: 'Package 3 sent twice gets the same answer' },
  ),
  active(
    'PKG-018c',
    async (lab) => {
      const session = await lab.openFirst();
      const { message, ids } = session.compose([drafts.sync(lab.names, [lab.add('1', lab.name())])]);
      await session.transmit(message, ids);
      await session.post(message, { odd: true });
      lab.equal(await lab.held(), ['item001'], 'the server holds');
    },
    { title: 'Package 3 sent twice is carried out once' },
  ),
  active(
    'PKG-018d',
    async (lab) => {
      const names = ['item001', 'item002', 'item003', 'item004', 'item005'];
      await lab.seed(names, { filler: 400 });
      const session = await lab.openFirst(lab.device({ maxMsgSize: 2500 }));
      const first = await session.push([]);
      lab.given(!first.final, 'package 4 came in one message');
      session.apply(first);
      const second = await twice(lab, session, [drafts.nextMessage(session.device.uri, lab.target.url)], { final: false });
      await session.pull(second);
      lab.equal(lab.labelsOf(session.device.store), names, 'the device has');
    },
    { title: 'An Alert 222 sent twice brings the same part of package 4, and none is left out' },
  ),
  active(
    'PKG-018e',
    async (lab) => {
      await lab.seed([lab.name()]);
      const session = await lab.openFirst();
      await session.pull(await session.push([]));
      lab.given(session.device.store.unmapped.size > 0, 'the server sent nothing that needs a Map');
      await twice(lab, session, [drafts.map(lab.names, session.device.store.unmapped)]);
    },
    { title: 'Package 5 sent twice' },
  ),
  active(
    'PKG-019a',
    async (lab) => {
      const session = lab.device({ devInf: 'none' }).session({ firstMsgId: 3 });
      const { message } = session.compose([drafts.sync(lab.names, [lab.add('1', lab.name())])]);
      const trace = await session.post(message, { odd: true });
      lab.check(
        isNoSuccess(trace),
        'a package 3 of a session the server does not know is answered, and its Sync is not taken',
        seenIn(trace),
      );
    },
    { title: 'A package 3 of a session the server does not know, or not any more' },
  ),
  active(
    'PKG-019b',
    async (lab) => {
      const device = lab.device();
      const lost = device.session({ firstMsgId: 3 });
      await lost.post(lost.compose([drafts.sync(lab.names, [lab.add('1', lab.name())])]).message, { odd: true });
      const { session } = await lab.sync(device, Alert.SlowSync, [lab.add('2', lab.name())]);
      lab.success(session.last?.headerCode, 'the last message of a session after that');
    },
    { title: 'After a message to no session the device starts anew' },
  ),
  active(
    'PKG-019c',
    async (lab) => {
      const { session } = await lab.sync(lab.device(), Alert.SlowSync);
      const { message } = session.compose([drafts.sync(lab.names, [lab.add('1', lab.name())])]);
      const trace = await session.post(message, { odd: true });
      lab.check(isNoSuccess(trace), 'a Sync after the end of its session is answered, and is not taken', seenIn(trace));
    },
    { title: 'A Sync after the end of its session' },
  ),
];
