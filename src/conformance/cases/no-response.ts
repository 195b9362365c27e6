/** NoResp: which Statuses stay away, and that everything else is done all the same. [SyncML Representation Protocol 1.2.2, "NoResp"] */
import { active, type ConformanceCase } from '../case.js';
import type { Answer } from '../lab/answer.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession, SendOptions } from '../lab/session.js';

async function pushed(
  lab: Lab,
  commands: readonly Draft[],
  options: Parameters<LabSession['push']>[1] & SendOptions,
): Promise<{ readonly session: LabSession; readonly answer: Answer }> {
  const session = await lab.openFirst();
  const answer = await session.push(commands, options);
  await session.pull(answer);
  return { session, answer };
}

const quiet = (draft: Draft): Draft => ({ ...draft, noResp: true }) as Draft;
const inHeader = { header: { noResp: true } };

export const NO_RESPONSE: readonly ConformanceCase[] = [
  active(
    'HDR-016a',
    async (lab) => {
      const { session, answer } = await pushed(lab, [lab.add('1', lab.name())], inHeader);
      const id = String(session.exchanges.find(({ request }) => request?.header.noResp)?.request?.header.msgId);
      const statuses = session.answers.flatMap((one) => one.statuses).filter(({ msgRef, cmdRef }) => msgRef === id && cmdRef !== '0');
      lab.check(statuses.length === 0, 'commands of a message with NoResp in SyncHdr get no Status', answer.summary);
    },
    { title: 'With NoResp in SyncHdr no command of the message gets a Status' },
  ),
  active(
    'HDR-016b',
    async (lab) => {
      await pushed(lab, [lab.add('1', lab.name())], inHeader);
      lab.equal(await lab.held(), ['item001'], 'the server holds what came with NoResp in SyncHdr');
    },
    { title: 'A message with NoResp in SyncHdr is carried out' },
  ),
  active(
    'HDR-017a',
    async (lab) => {
      const add = quiet(lab.add('1', lab.name()));
      const { session } = await pushed(lab, [add], {});
      lab.equal(session.codes(add), [], 'Statuses of an Add with NoResp');
    },
    { title: 'A command with NoResp gets no Status' },
  ),
  active(
    'HDR-017b',
    async (lab) => {
      const others = [lab.add('2', lab.name()), lab.add('3', lab.name())];
      const { session } = await pushed(lab, [others[0] as Draft, quiet(lab.add('1', lab.name())), others[1] as Draft], {});
      others.forEach((other, i) => lab.success(session.code(other), `the Add ${i === 0 ? 'before' : 'behind'} one with NoResp`));
    },
    { title: 'Commands beside one with NoResp get their Statuses' },
  ),
  active(
    'HDR-017c',
    async (lab) => {
      await pushed(lab, [quiet(lab.add('1', lab.name()))], {});
      lab.equal(await lab.held(), ['item001'], 'the server holds what came with NoResp');
    },
    { title: 'A command with NoResp is carried out' },
  ),
  active(
    'HDR-017d',
    async (lab) => {
      const add = lab.add('1', lab.name());
      const { session, answer } = await pushed(lab, [add], { sync: { noResp: true } });
      lab.equal(answer.statuses.filter(({ cmd }) => cmd === 'Sync').length, 0, 'Statuses of a Sync with NoResp');
      lab.success(session.code(add), 'an Add in a Sync with NoResp');
    },
    { title: 'NoResp of a Sync keeps back its own Status, not those of what is in it' },
  ),
];
