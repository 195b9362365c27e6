/** Where packages end and how the rest of one is asked for: Final and Alert 222. [SyncML Sync Protocol 1.1, "Multiple Messages in Package"] */
import { Alert } from '../../model/alert.js';
import { Status } from '../../model/status.js';
import { active, scan, type ConformanceCase } from '../case.js';
import type { Answer } from '../lab/answer.js';
import * as drafts from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import { eachExchange } from '../lab/ordinary.js';
import type { LabSession } from '../lab/session.js';

/** Messages of a package of the server that may come before the suite calls it endless. */
const MOST = 40;

/** The rest of the server's package. @throws {CaseFailed} when it has no Final. */
async function untilFinal(lab: Lab, session: LabSession, first: Answer, what: string): Promise<readonly Answer[]> {
  const all = [first];
  session.apply(first);
  for (let answer = first; !answer.final && all.length < MOST; all.push(answer)) {
    answer = await session.more();
    session.apply(answer);
  }
  lab.check(all.at(-1)?.final === true, `${what} ends with a message that has Final`, `${all.length} messages`);
  return all;
}

const NAMES = Array.from({ length: 8 }, (_, i) => `item00${i + 1}`);

/** A device that has nothing, with small messages, in front of a server that has more than fits into one. */
async function longPackage4(lab: Lab): Promise<{ readonly session: LabSession; readonly first: Answer }> {
  await lab.seed(NAMES, { filler: 400 });
  const session = await lab.openFirst(lab.device({ maxMsgSize: 2500 }));
  return { session, first: await session.push([]) };
}

const isBare = ({ message: { body } }: Answer): boolean => body.every((command) => command.kind === 'Status' && command.cmd === 'SyncHdr');

function asksForMore(lab: Lab, answer: Answer, where: string): void {
  const asks = answer.alerts(Alert.NextMessage).length > 0;
  lab.check(
    asks || !isBare(answer),
    `the answer to Statuses alone, without Final, in ${where} asks for more with Alert 222`,
    answer.summary,
  );
}

/** Ended, or at least no longer kept going by the server. */
const ends = (answer: Answer): boolean => answer.final || (answer.headerCode ?? 0) >= 400 || answer.alerts(Alert.NextMessage).length === 0;

export const PACKAGE_FINALS: readonly ConformanceCase[] = [
  active(
    'PKG-001a',
    async (lab) => {
      const session = lab.device().session();
      await untilFinal(lab, session, await session.open([session.alert(Alert.SlowSync)]), 'package 2');
    },
    { title: 'Package 2 ends with Final' },
  ),
  active(
    'PKG-001b',
    async (lab) => {
      const { session, first } = await longPackage4(lab);
      const all = await untilFinal(lab, session, first, 'package 4');
      const missing = NAMES.filter((name) => !lab.labelsOf(session.device.store).includes(name));
      lab.given(all.length > 1 || missing.length > 0, 'package 4 came whole in one message');
      const late = (await session.close()).changes();
      lab.equal(late.length, 0, 'changes that the server sends after the Final of package 4');
      lab.equal(missing, [], 'items of the server that had not come before it');
    },
    { title: 'Package 4 in several messages has Final on its last one only' },
  ),
  active(
    'PKG-001c',
    async (lab) => {
      await lab.seed([lab.name()]);
      const { package6 } = await lab.sync(lab.device(), Alert.SlowSync);
      lab.given(package6 !== undefined, 'package 4 asked for nothing');
      lab.check(package6?.final === true, 'package 6 has Final', package6?.summary ?? '');
    },
    { title: 'Package 6 ends with Final' },
  ),
  active(
    'PKG-002a',
    async (lab) => {
      const session = lab.device().session();
      const answer = await session.open([session.alert(Alert.SlowSync)], { final: false });
      lab.check(!answer.final, 'the answer to a package 1 without Final has none', answer.summary);
    },
    { title: 'No Final while package 1 is incomplete' },
  ),
  active(
    'PKG-002b',
    async (lab) => {
      const session = await lab.openFirst();
      const answer = await session.push([lab.add('1', lab.name())], { final: false });
      lab.check(!answer.final, 'the answer to a package 3 without Final has none', answer.summary);
    },
    { title: 'No Final while package 3 is incomplete' },
  ),
  active(
    'PKG-002c',
    async (lab) => {
      await lab.seed([lab.name()]);
      const session = await lab.openFirst();
      await session.pull(await session.push([]));
      const answer = await session.close({ final: false });
      lab.check(!answer.final, 'the answer to a package 5 without Final has none', answer.summary);
    },
    { title: 'No Final while package 5 is incomplete' },
  ),
  active(
    'PKG-004a',
    async (lab) => {
      const session = await lab.openFirst();
      asksForMore(lab, await session.send([], { final: false }), 'package 3');
    },
    { title: 'Statuses alone, without Final, in package 3' },
  ),
  active(
    'PKG-004b',
    async (lab) => {
      await lab.seed([lab.name()]);
      const session = await lab.openFirst();
      await session.pull(await session.push([]));
      asksForMore(lab, await session.send([], { final: false }), 'package 5');
    },
    { title: 'Statuses alone, without Final, in package 5' },
  ),
  scan(
    'PKG-005',
    eachExchange(({ request, answer }) => {
      if (!request.final) return undefined;
      return answer.body.some((command) => command.kind === 'Alert' && command.code === Alert.NextMessage)
        ? ['Alert 222 in answer to a message with Final']
        : [];
    }),
  ),
  active(
    'PKG-006a',
    async (lab) => {
      const { session, first } = await longPackage4(lab);
      lab.given(!first.final, 'package 4 came in one message');
      const ask = drafts.nextMessage(session.device.uri, lab.target.url);
      await session.send([ask], { final: false });
      lab.equal(session.code(ask), Status.Ok, 'Status of an Alert 222 in package 4');
    },
    { title: 'Alert 222 gets Status 200' },
  ),
  active(
    'PKG-006b',
    async (lab) => {
      const { session, first } = await longPackage4(lab);
      lab.given(!first.final, 'package 4 came in one message');
      const before = first.changes().map(({ items }) => items[0]?.source?.uri);
      const next = await session.more();
      const fresh = next.changes().filter(({ items }) => !before.includes(items[0]?.source?.uri));
      lab.check(fresh.length > 0, 'the answer to Alert 222 brings the next part of package 4', next.summary);
    },
    { title: 'Alert 222 brings the next part of package 4' },
  ),
  active('PKG-007', async (lab) => {
    const { session, first } = await longPackage4(lab);
    const all = await session.pull(first);
    lab.check(all.length > 1, 'items of more than 2500 bytes come in several messages', `${all.length} messages`);
    lab.equal(lab.labelsOf(session.device.store), NAMES, 'the device has');
  }),
  active('PKG-017', async (lab) => {
    const session = await lab.openFirst();
    let answer = await session.more();
    let messages = 1;
    for (; !ends(answer) && messages < MOST; messages += 1) answer = await session.more();
    lab.check(
      ends(answer),
      `a client that only asks for more in package 3 is not asked back for ever`,
      `${messages} messages, then ${answer.summary}`,
    );
  }),
  active(
    'PKG-020a',
    async (lab) => {
      const device = lab.device({ devInf: 'none' });
      const session = device.session();
      const alert = session.alert(Alert.SlowSync);
      await session.open([device.putDevInf()], { final: false });
      const second = await session.send([alert]);
      lab.success(session.code(alert), 'an Alert in the second message of package 1');
      const [own] = second.alerts(Alert.SlowSync);
      lab.check(own !== undefined && second.final, 'package 2 is whole after the second message', second.summary);
    },
    { title: 'Package 1 in two messages' },
  ),
  active(
    'PKG-020b',
    async (lab) => {
      const session = await lab.openFirst();
      const adds = [lab.add('1', lab.name()), lab.add('2', lab.name())];
      await session.push(adds.slice(0, 1), { final: false });
      await session.pull(await session.push(adds.slice(1)));
      adds.forEach((add, i) => lab.success(session.code(add), `an Add in message ${i + 1} of package 3`));
      await session.close();
      lab.equal(await lab.held(), ['item001', 'item002'], 'the server holds');
    },
    { title: 'Package 3 in two messages' },
  ),
];
