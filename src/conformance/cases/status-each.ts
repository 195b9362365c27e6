/** That every command gets its Status, in the order of the commands, and Items one each where they fare differently. [SyncML Representation Protocol 1.2.2, "Status"] */
import { Alert } from '../../model/alert.js';
import { active, type ActiveCase, type ConformanceCase } from '../case.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession } from '../lab/session.js';

/** A two-way sync of a device that has these items, as the server has. */
const reopened = async (lab: Lab, names: readonly string[]): Promise<LabSession> => lab.reopen(await lab.seed(names));

/** That each of these commands gets a Status, whatever it says. */
const answered = (id: string, title: string, commands: (lab: Lab, session: LabSession) => readonly Draft[], rest = {}): ActiveCase =>
  active(
    id,
    async (lab) => {
      const session = await reopened(lab, ['here1', 'here2']);
      const all = commands(lab, session);
      await session.pull(await session.push(all));
      for (const command of all.flatMap((one) => ('commands' in one ? [one, ...one.commands] : [one])))
        lab.check(session.code(command) !== undefined, `${command.kind} gets a Status`, String(session.code(command) ?? 'none'));
    },
    { title, ...rest },
  );

/** Items of one command that fare alike or not, beside the same as commands of their own. */
async function itemByItem(
  lab: Lab,
  session: LabSession,
  together: Draft,
  single: readonly Draft[],
  luids: readonly string[],
): Promise<void> {
  await session.push([...single, together]);
  const alone = single.map((one) => session.code(one));
  lab.given(
    alone[0] !== undefined && alone[1] !== undefined && alone[0] !== alone[1],
    `alone they are answered alike: ${alone.join(', ')}`,
  );
  const statuses = session.statusesFor(together);
  lab.equal(
    statuses.map(({ sourceRefs }) => sourceRefs.join()),
    luids,
    `SourceRefs of the Statuses for the two Items of one ${together.kind}, of which alone one gets ${alone[0]} and one ${alone[1]}`,
  );
}

/** Either one Status for all Items, which names none, or one for each, which names it. */
function forAll(lab: Lab, session: LabSession, draft: Draft, luids: readonly string[]): void {
  const statuses = session.statusesFor(draft);
  lab.given(statuses.length > 0, `${draft.kind} has no Status`);
  const said = statuses.map(({ sourceRefs, targetRefs }) => [...targetRefs, ...sourceRefs].join()).join(' and ');
  const each = statuses.length === luids.length && statuses.every(({ sourceRefs }, i) => sourceRefs.join() === luids[i]);
  lab.check(
    each || (statuses.length === 1 && said === ''),
    'one Status without refs, or one for each Item',
    `${statuses.length} with "${said}"`,
  );
}

export const STATUS_EACH: readonly ConformanceCase[] = [
  active(
    'STA-002b',
    async (lab) => {
      const device = lab.device({ devInf: 'none' });
      const session = device.session();
      const commands = [
        device.putDevInf(),
        drafts.get(device.devInfUri, device.devInfType),
        session.alert(Alert.SlowSync),
        drafts.get('./no-such-thing', 'text/plain'),
        drafts.syncAlert(Alert.TwoWay, { client: './none', server: 'no-such-datastore' }, { next: '1' }),
      ];
      let answer = await session.open(commands);
      for (let more = 0; !answer.final && more < 10; more += 1) answer = await session.more();
      for (const command of commands)
        lab.check(session.code(command) !== undefined, `${command.kind} gets a Status`, String(session.code(command) ?? 'none'));
    },
    { title: 'Put, Get and Alert get a Status each, also when they are refused' },
  ),
  answered('STA-002c', 'Add, Replace, Delete and the Sync around them get a Status each', (lab) => [
    lab.add('1', lab.name()),
    lab.replace('here1', 'here1', { edit: 2 }),
    drafts.remove('here2'),
    drafts.remove('no-such-item'),
  ]),
  answered('STA-002d', 'Commands in a Sequence get a Status each, and so does the Sequence', (lab) => [
    drafts.group('Sequence', [lab.add('1', lab.name()), drafts.remove('here2')]),
  ]),
  answered('STA-002e', 'Commands in an Atomic get a Status each, and so does the Atomic', (lab) => [
    drafts.group('Atomic', [lab.add('1', lab.name()), drafts.remove('here2')]),
  ]),
  answered('STA-002f', 'A Copy gets a Status, whether it is offered or not', () => [
    drafts.change('Copy', [{ source: 'here1', target: 'copy1' }]),
  ]),
  answered(
    'STA-002g',
    'A Move gets a Status, whether it is offered or not',
    () => [drafts.change('Move', [{ source: 'here1', sourceParent: '/' }])],
    {
      versions: ['1.2'],
    },
  ),
  active(
    'STA-002h',
    async (lab) => {
      const session = await lab.openFirst();
      const exec: Draft = { kind: 'Exec', items: [drafts.item({ target: './no-such-program' })] };
      const search: Draft = {
        kind: 'Search',
        sources: [{ uri: lab.target.datastore }],
        meta: { type: 'text/x-grammar' },
        data: { kind: 'content', bytes: drafts.bytesOf('all') },
      };
      await session.push([], { before: [exec, search] });
      for (const command of [exec, search])
        lab.check(session.code(command) !== undefined, `${command.kind} gets a Status`, String(session.code(command) ?? 'none'));
    },
    { title: 'Exec and Search get a Status each, whether they are offered or not' },
  ),
  active(
    'STA-002i',
    async (lab) => {
      await lab.seed([lab.name()]);
      const { session, package6 } = await lab.sync(lab.device(), Alert.SlowSync);
      lab.given(package6?.request.body.some(({ kind }) => kind === 'Map') === true, 'the server sent nothing that needs a Map');
      const answeredTo = session.last?.statuses.filter(({ cmd }) => cmd === 'Map').length ?? 0;
      lab.check(answeredTo > 0, 'a Map gets a Status', session.last?.summary ?? '');
    },
    { title: 'A Map gets a Status' },
  ),
  active(
    'STA-003b',
    async (lab) => {
      const session = await reopened(lab, ['here1', 'here2']);
      const commands = [
        drafts.addWithoutData('1', lab.kind.type),
        lab.add('2', lab.name()),
        drafts.remove('no-such-item'),
        lab.replace('here1', 'here1', { edit: 2 }),
        drafts.remove('here2'),
        lab.add('3', lab.name()),
      ];
      const answer = await session.push(commands);
      const ids = answer.statuses.filter(({ cmd }) => cmd !== 'SyncHdr').map(({ cmdRef }) => Number(cmdRef));
      lab.given(ids.length > commands.length, `the answer has ${ids.length} Statuses`);
      const sorted = [...ids].sort((a, b) => a - b);
      lab.equal(ids, sorted, 'CmdRefs of the Statuses, in the order of the commands');
    },
    { title: 'Changes that fare differently are answered in their order, their Sync before them' },
  ),
  active(
    'STA-004a',
    async (lab) => {
      const session = await reopened(lab, ['here1', 'here2']);
      const single = [drafts.remove('here1'), drafts.remove('no-such-item')];
      const together = drafts.change('Delete', [{ source: 'here2' }, { source: 'nor-this-one' }]);
      await itemByItem(lab, session, together, single, ['here2', 'nor-this-one']);
    },
    { title: 'A Delete of an item that is there and one that is not' },
  ),
  active(
    'STA-004b',
    async (lab) => {
      const session = await lab.openFirst();
      const data = lab.kind.make(lab.name());
      const together = drafts.change('Add', [{ source: '3', data }, { source: '4' }], { meta: { type: lab.kind.type } });
      await itemByItem(lab, session, together, [lab.add('1', lab.name()), drafts.addWithoutData('2', lab.kind.type)], ['3', '4']);
    },
    { title: 'An Add of a good item and one without Data' },
  ),
  active(
    'STA-005a',
    async (lab) => {
      const session = await lab.openFirst();
      const items = ['1', '2'].map((source) => ({ source, data: lab.kind.make(lab.name()) }));
      const add = drafts.change('Add', items, { meta: { type: lab.kind.type } });
      await session.push([add]);
      forAll(lab, session, add, ['1', '2']);
    },
    { title: 'An Add of two good items' },
  ),
  active(
    'STA-005b',
    async (lab) => {
      const session = await reopened(lab, ['here1', 'here2']);
      const remove = drafts.change('Delete', [{ source: 'here1' }, { source: 'here2' }]);
      await session.push([remove]);
      forAll(lab, session, remove, ['here1', 'here2']);
    },
    { title: 'A Delete of two items that are there' },
  ),
];
