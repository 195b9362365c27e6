/** The sync types, by what both sides hold afterwards. [SyncML Sync Protocol 1.1, "Two-way Sync" to "Refresh Sync from Server Only"] */
import { Alert } from '../../model/alert.js';
import { Status } from '../../model/status.js';
import { active, type ConformanceCase } from '../case.js';
import type { Answer } from '../lab/answer.js';
import type { LabDevice } from '../lab/device.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession } from '../lab/session.js';

const TWO_WAY = { granted: Alert.TwoWay };
const EDITED = { edit: 2 };

/** Package 1 and 2 of a type the server need not offer. @throws {NotSupported} when it says that it does not, {Inconclusive} when another type runs. */
async function optional(lab: Lab, device: LabDevice, code: number): Promise<LabSession> {
  const session = device.session();
  const alert = session.alert(code);
  let answer = await session.open([alert]);
  for (let more = 0; !answer.final && more < 20; more += 1) answer = await session.more();
  const status = session.code(alert);
  lab.offers(status, `Alert ${code}`);
  const granted = session.granted();
  lab.given(
    status !== undefined && status < 300 && (granted ?? code) === code,
    `Alert ${code} is answered with ${status ?? 'no Status'} and Alert ${granted ?? 'none'}`,
  );
  return session;
}

/** The rest of such a sync. @returns package 4. */
async function run(session: LabSession, commands: readonly Draft[] = []): Promise<readonly Answer[]> {
  const package4 = await session.pull(await session.push(commands));
  if (package4.some(({ syncs }) => syncs.length > 0)) await session.close();
  else session.settle();
  return package4;
}

/** A two-way sync in which a client sends one change. @returns what the server holds then. */
async function afterChange(lab: Lab, change: Draft): Promise<readonly string[]> {
  const device = await lab.seed(['one', 'two']);
  const { session } = await lab.sync(device, Alert.TwoWay, [change], TWO_WAY);
  lab.success(session.code(change), `the ${change.kind}`);
  return lab.held();
}

const nothingComes = (lab: Lab, package4: readonly Answer[], what: string): void => {
  const sent = package4.flatMap((answer) => answer.changes());
  lab.check(sent.length === 0, `in ${what} the server sends no changes`, sent.map(({ kind }) => kind).join(', ') || 'none');
};

/** A device that shares `shared` with the server, which has got `news` from another one since. */
async function behind(lab: Lab): Promise<LabDevice> {
  const device = await lab.seed(['shared']);
  await lab.seed(['news']);
  return device;
}

export const SYNC_TYPE_CASES: readonly ConformanceCase[] = [
  active(
    'SYN-001a',
    async (lab) => lab.equal(await afterChange(lab, lab.add('new', 'three')), ['one', 'three', 'two'], 'the server holds'),
    {
      title: 'Two-way sync: an Add of the client is carried out',
    },
  ),
  active(
    'SYN-001b',
    async (lab) => lab.equal(await afterChange(lab, lab.replace('two', 'two', EDITED)), ['one', 'two#2'], 'the server holds'),
    { title: 'Two-way sync: a Replace of the client is carried out' },
  ),
  active('SYN-001c', async (lab) => lab.equal(await afterChange(lab, drafts.remove('two')), ['one'], 'the server holds'), {
    title: 'Two-way sync: a Delete of the client is carried out',
  }),
  active(
    'SYN-001d',
    async (lab) => {
      const device = await behind(lab);
      const add = lab.add('mine', 'mine');
      const { session } = await lab.sync(device, Alert.TwoWay, [add], TWO_WAY);
      lab.given((session.code(add) ?? 500) < 300, `the Add is answered with ${session.code(add) ?? 'no Status'}`);
      const held = lab.labelsOf(device.store);
      lab.check(held.includes('news'), "the client holds the server's new item", held.join(', '));
    },
    { title: 'Two-way sync: changes of the server come in the same session' },
  ),
  active('SYN-002', async (lab) => {
    await lab.seed(['theirs']);
    const device = lab.device();
    await lab.sync(device, Alert.SlowSync, [lab.add('mine', 'mine')]);
    lab.equal(lab.labelsOf(device.store), ['theirs'], 'from the server the client got');
    lab.equal(await lab.held(), ['mine', 'theirs'], 'the server holds');
  }),
  active(
    'SYN-003a',
    async (lab) => {
      const device = await lab.seed(['shared']);
      await run(await optional(lab, device, Alert.OneWayFromClient), [lab.add('mine', 'mine')]);
      lab.equal(await lab.held(), ['mine', 'shared'], 'the server holds');
    },
    { title: "One-way from client: the client's changes are carried out" },
  ),
  active(
    'SYN-003b',
    async (lab) => {
      const session = await optional(lab, await behind(lab), Alert.OneWayFromClient);
      nothingComes(lab, await run(session), 'a one-way sync from the client');
    },
    { title: 'One-way from client: the server sends none of its changes' },
  ),
  active(
    'SYN-004a',
    async (lab) => {
      const device = await behind(lab);
      await run(await optional(lab, device, Alert.RefreshFromClient), [lab.add('mine', 'mine')]);
      lab.equal(await lab.held(), ['mine'], 'the server holds');
    },
    { title: "Refresh from client: the server's items are those of the client" },
  ),
  active(
    'SYN-004b',
    async (lab) => {
      const session = await optional(lab, await behind(lab), Alert.RefreshFromClient);
      nothingComes(lab, await run(session, [lab.add('mine', 'mine')]), 'a refresh from the client');
    },
    { title: 'Refresh from client: the server sends nothing' },
  ),
  active('SYN-005', async (lab) => {
    const device = await behind(lab);
    await run(await optional(lab, device, Alert.OneWayFromServer));
    lab.equal(lab.labelsOf(device.store), ['news', 'shared'], 'the client holds');
  }),
  active('SYN-006', async (lab) => {
    const device = await behind(lab);
    const session = await optional(lab, device, Alert.RefreshFromServer);
    device.store.items.clear();
    await run(session);
    lab.equal(lab.labelsOf(device.store), ['news', 'shared'], 'the client, which had emptied its store, holds');
  }),
  active('SYN-008', async (lab) => {
    const session = lab.device().session();
    const alert = session.alert(299);
    const answer = await session.open([alert], { odd: true });
    const code = session.code(alert);
    lab.check(code !== undefined && code >= 400, 'an Alert 299 is answered with an error', String(code ?? answer.summary));
    lab.check(session.granted() === undefined, 'no sync is alerted for it', answer.summary);
  }),
  ...([Alert.OneWayFromServer, Alert.RefreshFromServer] as const).map((code, at) =>
    active(
      `SYN-023${'ab'[at]}`,
      async (lab) => {
        const session = await optional(lab, await lab.seed(['shared']), code);
        const sync = drafts.sync(session.device.store.names, []);
        const answer = await session.send([sync]);
        lab.success(answer.codeFor(sync), `an empty Sync in a sync of type ${code}`);
      },
      { title: `Empty Sync accepted in ${code}` },
    ),
  ),
  active('SYN-024', async (lab) => {
    const device = lab.device();
    const none = device.addStore({ client: './none', server: 'no-such-datastore' }, lab.kind);
    const session = device.session();
    const alert = session.alert(Alert.SlowSync, none);
    const answer = await session.open([alert]);
    lab.equal(session.code(alert), Status.NotFound, 'Status of an Alert for a datastore the server does not have');
    lab.check(session.granted(none) === undefined, 'no sync is alerted for it', answer.summary);
  }),
  active('SYN-026', async (lab) => {
    const device = await lab.seed(['one', 'two']);
    const session = await optional(lab, device, Alert.RefreshFromClient);
    const first = await session.push([lab.add('mine', 'mine')], { final: false });
    lab.given(!first.final, 'the server ends its package before the client does');
    const held = await lab.held();
    lab.check(
      held.includes('one') && held.includes('two'),
      'a refresh that is broken off within package 3 takes nothing away from the server',
      held.join(', ') || 'the server holds nothing',
    );
  }),
  active('SYN-029', async (lab) => {
    // @NOTE Sony Ericsson C510: empty Target, and a store of its own named as the server's.
    const device = lab.device();
    const store = device.addStore({ client: lab.target.datastore, server: '' }, lab.kind);
    const session = device.session();
    const alert = session.alert(Alert.SlowSync, store);
    await session.open([alert], { odd: true });
    lab.success(session.code(alert), `an Alert with an empty Target and the Source ${store.names.client}`);
  }),
];
