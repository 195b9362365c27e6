/** Changes between devices: that they arrive, once, and what becomes of conflicts and refusals. [SyncML Sync Protocol 1.1, "Conflict Resolution", "Error Case Behaviors"] */
import { Alert } from '../../model/alert.js';
import type { Command } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, type ConformanceCase } from '../case.js';
import type { Answer } from '../lab/answer.js';
import type { LabDevice } from '../lab/device.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { SyncOutcome } from '../lab/sync.js';

const TWO_WAY = { granted: Alert.TwoWay };
const EDITED = { edit: 2 };

const changesIn = (package4: readonly Answer[], kind?: 'Add' | 'Replace' | 'Delete') => package4.flatMap((answer) => answer.changes(kind));

/** Two devices that share items of these names; the second one got them from the server. */
async function sharing(lab: Lab, names: readonly string[]): Promise<{ readonly first: LabDevice; readonly second: LabDevice }> {
  const first = await lab.seed(names);
  const second = lab.device();
  await lab.sync(second, Alert.SlowSync);
  lab.given(second.store.items.size === names.length, `a second device got ${second.store.items.size} of ${names.length} items`);
  return { first, second };
}

/** One change of the first device, and what the second one holds after its next sync. */
async function reaches(lab: Lab, change: Draft): Promise<readonly string[]> {
  const { first, second } = await sharing(lab, ['one', 'two']);
  const { session } = await lab.sync(first, Alert.TwoWay, [change], TWO_WAY);
  lab.given((session.code(change) ?? 500) < 300, `the ${change.kind} is answered with ${session.code(change) ?? 'no Status'}`);
  await lab.sync(second, Alert.TwoWay, [], TWO_WAY);
  return lab.labelsOf(second.store);
}

/** A device edits the item that another one has edited since: the same of it, or something else. */
async function conflict(
  lab: Lab,
  edited: { readonly edit?: number; readonly filler?: number } = { edit: 3 },
): Promise<SyncOutcome & { readonly code: number | undefined; readonly luid: string }> {
  const { first, second } = await sharing(lab, ['one']);
  const [luid = ''] = second.store.items.keys();
  const theirs = lab.replace('one', 'one', EDITED);
  const { session } = await lab.sync(first, Alert.TwoWay, [theirs], TWO_WAY);
  lab.given((session.code(theirs) ?? 500) < 300, 'the first Replace is not carried out');
  const mine = lab.replace(luid, 'one', edited);
  const outcome = await lab.sync(second, Alert.TwoWay, [mine], TWO_WAY);
  return { ...outcome, code: outcome.session.code(mine), luid };
}

/** The device answers a Replace with `code`, since it has the item no longer. @returns what the next sync brings. */
async function vanished(lab: Lab, code: number): Promise<readonly Answer[]> {
  const { first, second } = await sharing(lab, ['one']);
  await lab.sync(first, Alert.TwoWay, [lab.replace('one', 'one', EDITED)], TWO_WAY);
  const { session, package4 } = await lab.sync(second, Alert.TwoWay, [], { ...TWO_WAY, close: 'none' });
  lab.given(changesIn(package4, 'Replace').length === 1, 'package 4 holds no Replace');
  second.store.items.clear();
  await session.close({ statuses: (command) => (command.kind === 'Replace' ? code : Status.Ok) });
  return (await lab.sync(second, Alert.TwoWay, [], TWO_WAY)).package4;
}

const added = (lab: Lab, package4: readonly Answer[], what: string): void => {
  const adds = changesIn(package4, 'Add').length;
  lab.check(adds === 1, what, `${adds} Adds`);
};

const usual = (command: Command): number => (command.kind === 'Add' ? Status.ItemAdded : Status.Ok);

export const SYNC_CHANGE_CASES: readonly ConformanceCase[] = [
  active(
    'SYN-016a',
    async (lab) => {
      const device = await lab.seed(['shared']);
      await lab.seed(['news']);
      const { package4 } = await lab.sync(device, Alert.TwoWay, [], { ...TWO_WAY, close: 'none' });
      lab.given(changesIn(package4, 'Add').length === 1, 'package 4 holds no Add');
      added(
        lab,
        (await lab.sync(device, Alert.TwoWay, [], TWO_WAY)).package4,
        'an Add for which package 5 never came is sent again next time',
      );
    },
    { title: 'Server changes are sent again when package 5 was lost' },
  ),
  active(
    'SYN-016b',
    async (lab) => {
      const device = await lab.seed(['shared']);
      await lab.seed(['news1', 'news2']);
      const { session, package4 } = await lab.sync(device, Alert.TwoWay, [], { ...TWO_WAY, close: 'none' });
      const adds = changesIn(package4, 'Add');
      const lost = adds[1]?.items[0]?.source?.uri;
      lab.given(adds.length === 2 && lost !== undefined, 'package 4 does not hold two Adds');
      const luid = device.store.unmapped.get(lost ?? '') ?? '';
      device.store.unmapped.delete(lost ?? '');
      device.store.items.delete(luid);
      await session.close({
        statuses: (command) => (command.kind === 'Add' && command.items[0]?.source?.uri === lost ? undefined : usual(command)),
      });
      added(lab, (await lab.sync(device, Alert.TwoWay, [], TWO_WAY)).package4, 'the Add that got no Status is sent again next time');
    },
    { title: 'A server change without Status is sent again' },
  ),
  active(
    'SYN-017a',
    async (lab) => {
      const device = await lab.seed(['shared']);
      const change = [lab.add('mine', 'mine'), lab.replace('shared', 'shared', EDITED)];
      const { package4 } = await lab.sync(device, Alert.TwoWay, change, TWO_WAY);
      const sent = changesIn(package4);
      lab.check(
        sent.length === 0,
        "package 4 holds none of the client's own changes",
        sent.map(({ kind }) => kind).join(', ') || 'no changes',
      );
    },
    { title: 'Own client changes are not echoed in the same session' },
  ),
  active(
    'SYN-017b',
    async (lab) => {
      const device = await lab.seed(['shared']);
      await lab.sync(device, Alert.TwoWay, [lab.add('mine', 'mine'), lab.replace('shared', 'shared', EDITED)], TWO_WAY);
      const sent = changesIn((await lab.sync(device, Alert.TwoWay, [], TWO_WAY)).package4);
      lab.check(
        sent.length === 0,
        "package 4 of the next session holds none of the client's own changes",
        sent.map(({ kind }) => kind).join(', ') || 'no changes',
      );
    },
    { title: 'Own client changes are not echoed in the next session' },
  ),
  active(
    'SYN-018a',
    async (lab) => lab.equal(await reaches(lab, lab.add('new', 'three')), ['one', 'three', 'two'], 'the other device holds'),
    {
      title: 'An Add of device A reaches device B',
    },
  ),
  active(
    'SYN-018b',
    async (lab) => lab.equal(await reaches(lab, lab.replace('two', 'two', EDITED)), ['one', 'two#2'], 'the other device holds'),
    {
      title: 'A Replace of device A reaches device B',
    },
  ),
  active('SYN-018c', async (lab) => lab.equal(await reaches(lab, drafts.remove('two')), ['one'], 'the other device holds'), {
    title: 'A Delete of device A reaches device B',
  }),
  active(
    'SYN-019a',
    async (lab) => {
      const device = await lab.seed(['one', 'two']);
      await lab.sync(device, Alert.SlowSync, [lab.replace('one', 'one'), lab.replace('two', 'two')]);
      lab.equal(await lab.held(), ['one', 'two'], 'after a second slow sync of the same items the server holds');
    },
    { title: 'Slow sync of the same device does not duplicate equal items' },
  ),
  active(
    'SYN-019b',
    async (lab) => {
      await lab.seed(['one', 'two']);
      const other = lab.device();
      const { package4 } = await lab.sync(other, Alert.SlowSync, [lab.add('a', 'one'), lab.add('b', 'two')]);
      const back = changesIn(package4, 'Add').length;
      lab.check(back === 0, 'items the client has, too, are not sent to it', `${back} Adds`);
      lab.equal(await lab.held(), ['one', 'two'], 'after the slow sync of another device with the same items the server holds');
    },
    { title: 'Slow sync of another device with equal items does not duplicate them' },
  ),
  active('SYN-020', async (lab) => {
    const { code } = await conflict(lab);
    if (code === Status.Ok) lab.unsupported('conflicts are not reported: the Replace is answered with 200');
    lab.oneOf(
      code,
      [Status.ConflictMerged, Status.ConflictClientWins, Status.ConflictDuplicate, Status.ConflictServerWins, Status.Conflict],
      'Status of a Replace of an item that another device has changed since',
    );
  }),
  active('SYN-021', async (lab) => {
    const { code, package4, luid } = await conflict(lab, { filler: 30 });
    if (code !== Status.ConflictMerged) lab.unsupported(`the server does not merge: the conflict is answered with ${code ?? 'no Status'}`);
    const back = changesIn(package4, 'Replace').filter(({ items }) => items[0]?.target?.uri === luid);
    lab.check(back.length === 1, 'with 207 the merged item comes back as a Replace in package 4', `${back.length} Replaces`);
  }),
  active('SYN-022', async (lab) => {
    const { code, package4 } = await conflict(lab);
    if (code !== Status.ConflictDuplicate)
      lab.unsupported(`the server keeps no two items: the conflict is answered with ${code ?? 'no Status'}`);
    added(lab, package4, 'with 209 the duplicate comes as an Add in package 4');
  }),
  ...([Status.NotFound, Status.Gone] as const).map((code, at) =>
    active(
      `SYN-030${'ab'[at]}`,
      async (lab) => added(lab, await vanished(lab, code), `an item whose Replace the client answered with ${code} is added next time`),
      { title: `Client ${code} on Replace drops the mapping` },
    ),
  ),
  active('SYN-031', async (lab) => {
    await lab.seed(['one', 'two', 'three', 'four', 'five', 'six'], { filler: 500 });
    const device = lab.device({ maxMsgSize: 2000, devInf: 'none' });
    const session = device.session();
    await session.openStore(Alert.SlowSync);
    let answer = await session.push([]);
    const full = { statuses: (command: Command) => (command.kind === 'Add' ? Status.DeviceFull : Status.Ok) };
    for (let more = 0; !answer.final && answer.changes('Add').length === 0 && more < 10; more += 1) answer = await session.more();
    lab.given(!answer.final && answer.changes('Add').length > 0, 'package 4 does not take several messages');
    let later = 0;
    for (let more = 0; !answer.final && more < 20; more += 1) {
      answer = await session.more(full);
      later += answer.changes('Add').length;
    }
    lab.check(later === 0, 'after the client has answered an Add with 420 no further one comes in this session', `${later} further Adds`);
  }),
];
