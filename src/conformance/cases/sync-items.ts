/** Single changes: how a client's are taken, and the form of the server's. [SyncML Sync Protocol 1.1, "Client Modifications", "Server Modifications"] */
import { Alert } from '../../model/alert.js';
import type { Item, ItemCommand, SyncCommand } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, scan, type ConformanceCase, type Scan } from '../case.js';
import { everyCommand } from '../lab/answer.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import { ordinary } from '../lab/ordinary.js';
import type { SessionTrace } from '../lab/trace.js';

const TWO_WAY = { granted: Alert.TwoWay };

/** Code for one change in a two-way sync of a device that shares `shared`. */
async function codeOf(lab: Lab, change: Draft): Promise<number | undefined> {
  const { session } = await lab.sync(await lab.seed(['shared']), Alert.TwoWay, [change], TWO_WAY);
  return session.code(change);
}

/** Sends an Add whose Meta is spread over command and item. @returns what the server holds then. */
async function withMeta(lab: Lab, add: Draft): Promise<readonly string[]> {
  const { session } = await lab.sync(lab.device(), Alert.SlowSync, [add]);
  lab.success(session.code(add), 'the Add');
  return lab.held();
}

interface Sent {
  readonly command: ItemCommand;
  readonly item: Item;
  /** What Meta says for all of the Sync. */
  readonly sync: SyncCommand;
}

/** A rule about each item the server sends; later parts of large objects are left out, since their Meta need not come again. */
const eachItem =
  (kinds: readonly ItemCommand['kind'][], look: (sent: Sent) => string | undefined) =>
  (session: SessionTrace): Scan => {
    let inParts = false;
    const seen = ordinary(session).flatMap(({ answer }) =>
      answer.body.flatMap((sync) => {
        if (sync.kind !== 'Sync') return [];
        return everyCommand(sync.commands).flatMap((command) => {
          if (!('items' in command) || !kinds.includes(command.kind as ItemCommand['kind'])) return [];
          return (command as ItemCommand).items.flatMap((item) => {
            const later = inParts;
            inParts = item.moreData === true;
            return later ? [] : [look({ command: command as ItemCommand, item, sync })];
          });
        });
      }),
    );
    return { applied: seen.length, broken: seen.filter((words) => words !== undefined) };
  };

const addressesOf = ({ source, target }: Item): string =>
  [...(source ? [`Source ${source.uri}`] : []), ...(target ? [`Target ${target.uri}`] : [])].join(' and ') || 'no address';
const has = (uri: string | undefined): boolean => uri !== undefined && uri !== '';

export const SYNC_ITEM_CASES: readonly ConformanceCase[] = [
  active(
    'SYN-009a',
    async (lab) => {
      await codeOf(lab, lab.replace('999', 'unknown'));
      lab.equal(await lab.held(), ['shared', 'unknown'], 'the server holds');
    },
    { title: 'Replace of unknown LUID: the item is there afterwards' },
  ),
  active(
    'SYN-009b',
    async (lab) => lab.equal(await codeOf(lab, lab.replace('999', 'unknown')), Status.ItemAdded, 'Status of a Replace of an unknown LUID'),
    {
      title: 'Replace of unknown LUID: Status 201',
    },
  ),
  active(
    'SYN-010a',
    async (lab) => lab.equal(await codeOf(lab, lab.add('new', 'new')), Status.ItemAdded, 'Status of an Add of a new item'),
    { title: 'Add -> 201 in a two-way sync' },
  ),
  active(
    'SYN-010b',
    async (lab) => {
      const add = lab.add('new', 'new');
      const { session } = await lab.sync(lab.device(), Alert.SlowSync, [add]);
      lab.equal(session.code(add), Status.ItemAdded, 'Status of an Add of a new item');
    },
    { title: 'Add -> 201 in a slow sync' },
  ),
  active('SYN-011', async (lab) =>
    lab.oneOf(await codeOf(lab, drafts.remove('999')), [Status.ItemNotDeleted, Status.NotFound], 'Status of a Delete of an unknown LUID'),
  ),
  scan(
    'SYN-012',
    eachItem(['Add'], ({ item }) => (has(item.source?.uri) && !item.target ? undefined : `an Add with ${addressesOf(item)}`)),
  ),
  scan(
    'SYN-013',
    eachItem(['Replace', 'Delete'], ({ command, item }) =>
      has(item.target?.uri) && !item.source ? undefined : `a ${command.kind} with ${addressesOf(item)}`,
    ),
  ),
  scan(
    'SYN-014',
    eachItem(['Add', 'Replace'], ({ command, item, sync }) =>
      has(item.meta?.type ?? command.meta?.type ?? sync.meta?.type) ? undefined : `a ${command.kind} without Type in Meta`,
    ),
  ),
  active('SYN-015a', async (lab) => lab.equal(await withMeta(lab, lab.add('1', 'one')), ['one'], 'the server holds'), {
    title: 'Type from the Meta of the command',
  }),
  active(
    'SYN-015b',
    async (lab) => {
      const add = drafts.change('Add', [{ source: '1', data: lab.kind.make('one'), meta: { type: lab.kind.type } }]);
      lab.equal(await withMeta(lab, add), ['one'], 'the server holds');
    },
    { title: 'Type from the Meta of the item' },
  ),
  active('SYN-027', async (lab) => {
    const device = await lab.seed(['one', 'two']);
    const remove = drafts.remove('two');
    const { session, granted } = await lab.sync(device, Alert.SlowSync, [lab.replace('one', 'one'), remove]);
    lab.given(granted === Alert.SlowSync, `a sync of type ${granted} runs`);
    lab.note(`the Delete is answered with ${session.code(remove) ?? 'no Status'}`);
    lab.equal(await lab.held(), ['one', 'two'], 'after a Delete in a slow sync the server holds');
  }),
  active('SYN-028', async (lab) => {
    const device = await lab.seed(['shared']);
    const session = device.session();
    const granted = await session.openStore(Alert.TwoWay);
    lab.given(granted === Alert.TwoWay, `a sync of type ${granted} runs`);
    const add = lab.add('stray', 'stray');
    await session.push([], { before: [add], odd: true });
    lab.equal(session.code(add), Status.Forbidden, 'Status of an Add outside Sync');
  }),
  active(
    'SYN-032a',
    async (lab) => {
      const add = drafts.change('Add', [{ source: '1', data: lab.kind.make('one'), meta: { type: lab.kind.type } }], {
        meta: { type: 'application/x-none' },
      });
      lab.equal(await withMeta(lab, add), ['one'], 'the server holds');
    },
    { title: "The item's Type goes before the command's" },
  ),
  active(
    'SYN-032b',
    async (lab) => {
      const data = Buffer.from(lab.kind.make('one')).toString('base64');
      const add = drafts.change('Add', [{ source: '1', data, meta: { format: 'b64' } }], { meta: { type: lab.kind.type, format: 'chr' } });
      lab.equal(await withMeta(lab, add), ['one'], 'the server holds');
    },
    { title: "The item's Format goes before the command's, whose Type holds" },
  ),
];
