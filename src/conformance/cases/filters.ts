/** Filters and folders of DS 1.2. [Representation Protocol 1.2.2, "Filter", "SourceParent"; DevInf 1.2, "Filter-Rx"] */
import { Alert } from '../../model/alert.js';
import type { DevInfDataStore } from '../../model/devinf.js';
import type { Filter } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, type ConformanceCase } from '../case.js';
import type { LabDevice } from '../lab/device.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import { plainName, type Lab } from '../lab/lab.js';
import type { LabSession } from '../lab/session.js';

const CGI = 'syncml:filtertype-cgi';
const FOLDER = 'application/vnd.omads-folder+xml';
const TAKES_FOLDERS = { alsoTakes: [FOLDER] };

/** The datastore under test, as the server announces it. @throws {NotSupported} */
const announced = (lab: Lab): DevInfDataStore =>
  lab.devInf?.dataStores.find(({ sourceRef }) => plainName(sourceRef) === plainName(lab.target.datastore)) ??
  lab.unsupported('the server announces nothing of its datastore');

/** @throws {NotSupported} when the datastore under test announces no filters. */
function needsFilters(lab: Lab): void {
  if ((announced(lab).filterRx ?? []).length === 0) lab.unsupported('the datastore announces no Filter-Rx');
}

const stores = (lab: Lab): readonly DevInfDataStore[] =>
  lab.devInf?.dataStores ?? lab.unsupported('the server gives no device information');

const filterOf = (lab: Lab, query: string | undefined, type?: string): Filter => ({
  meta: { type: lab.kind.type },
  ...(query === undefined ? {} : { record: drafts.item({ data: query, meta: { type: CGI } }) }),
  ...(type === undefined ? {} : { type }),
});

/** A query for the item of this name, by a property its kind has. */
function queryFor(lab: Lab, name: string): string {
  const properties: readonly (readonly [type: RegExp, property: string])[] = [
    [/vcard/, 'FN'],
    [/calendar/, 'SUMMARY'],
  ];
  const property = properties.find(([type]) => type.test(lab.kind.type))?.[1];
  if (property === undefined) return lab.unsupported(`an item of ${lab.kind.type} has no property to filter by`);
  return `${property}&EQ;${name}`;
}

function filtered(session: LabSession, code: number, filter: Filter): Draft {
  const alert = session.alert(code);
  if (alert.kind !== 'Alert') return alert;
  return { ...alert, items: alert.items.map((item) => ({ ...item, target: { uri: item.target?.uri ?? '', filter } })) };
}

/** A sync of this type with a filter on what the server sends. @returns the Status of its Alert. @throws {Inconclusive} when the filter is refused. */
async function syncWith(lab: Lab, device: LabDevice, code: number, filter: Filter): Promise<void> {
  const session = device.session();
  const alert = filtered(session, code, filter);
  const answer = await session.open([alert]);
  const status = session.code(alert);
  lab.given(status === Status.Ok || status === Status.RefreshRequired, `an Alert with a filter is answered with ${status ?? 'no Status'}`);
  lab.given(answer.final, 'package 2 takes several messages');
  await session.pull(await session.push([]));
  await session.close();
}

/** A filter that asks for nothing leaves everything as it is. */
const nothingAsked = (id: string, title: string, type: string | undefined): ConformanceCase =>
  active(
    id,
    async (lab) => {
      const names = [lab.name(), lab.name()];
      await lab.seed(names);
      const device = lab.device();
      const session = device.session();
      const alert = filtered(session, Alert.SlowSync, filterOf(lab, undefined, type));
      await session.open([alert]);
      lab.oneOf(session.code(alert), [Status.Ok, Status.RefreshRequired], 'Status of an Alert whose Filter has neither Field nor Record');
      await session.pull(await session.push([]));
      lab.equal(lab.labelsOf(device.store), names, 'items the server sends');
    },
    { title, versions: ['1.2'] },
  );

const FILTERS: readonly ConformanceCase[] = [
  active(
    'FLT-001',
    async (lab) => {
      const session = lab.device().session();
      const query = lab.kind.type === 'text/plain' ? 'SINCE&EQ;20000101T000000Z' : queryFor(lab, lab.name());
      const alert = filtered(session, Alert.SlowSync, filterOf(lab, query, 'X-NEITHER'));
      await session.open([alert]);
      lab.equal(session.code(alert), Status.FeatureNotSupported, 'Status of an Alert with FilterType X-NEITHER');
    },
    { versions: ['1.2'] },
  ),
  nothingAsked('FLT-002a', 'Filter without Field, Record and FilterType is ignored', undefined),
  nothingAsked('FLT-002b', 'Filter without Field and Record is ignored though it has a FilterType', 'INCLUSIVE'),
  active(
    'FLT-003',
    async (lab) => {
      needsFilters(lab);
      const [match, other] = [lab.name(), lab.name()];
      await lab.seed([match, other]);
      const device = lab.device();
      await lab.sync(device, Alert.SlowSync);
      lab.given(device.store.items.size === 2, 'the device does not get the items');
      await syncWith(lab, device, Alert.TwoWay, filterOf(lab, queryFor(lab, match), 'EXCLUSIVE'));
      lab.equal(lab.labelsOf(device.store), [match], 'what the device holds after an EXCLUSIVE filter');
    },
    { versions: ['1.2'] },
  ),
  active(
    'FLT-004',
    async (lab) => {
      needsFilters(lab);
      const [match, other] = [lab.name(), lab.name()];
      await lab.seed([match, other]);
      const device = lab.device();
      await syncWith(lab, device, Alert.SlowSync, filterOf(lab, queryFor(lab, match), 'INCLUSIVE'));
      lab.equal(lab.labelsOf(device.store), [match], 'what a new device gets through an INCLUSIVE filter');
    },
    { versions: ['1.2'] },
  ),
  active(
    'FLT-005',
    async (lab) => {
      const filtering = stores(lab).filter(({ filterRx }) => (filterRx ?? []).length > 0);
      if (filtering.length === 0) lab.unsupported('no datastore announces Filter-Rx');
      const without = filtering.filter(({ filterRx }) => !filterRx?.some(({ ctType }) => ctType.toLowerCase() === CGI));
      lab.check(
        without.length === 0,
        `every datastore with Filter-Rx names ${CGI}`,
        without.map(({ sourceRef }) => sourceRef).join(', ') || 'all',
      );
    },
    { versions: ['1.2'] },
  ),
  active(
    'FLT-006',
    async (lab) => {
      const filtering = stores(lab).filter(({ filterRx }) => (filterRx ?? []).length > 0);
      if (filtering.length === 0) lab.unsupported('no datastore announces Filter-Rx');
      const missing = filtering.flatMap(({ sourceRef, filterRx, filterCaps }) =>
        (filterRx ?? [])
          .filter(({ ctType }) => !filterCaps?.some((cap) => cap.ctType.toLowerCase() === ctType.toLowerCase()))
          .map(({ ctType }) => `${ctType} of ${sourceRef}`),
      );
      lab.check(missing.length === 0, 'every Filter-Rx has its FilterCap', missing.join(', ') || 'all');
    },
    { versions: ['1.2'] },
  ),
  active(
    'FLT-007',
    async (lab) => {
      needsFilters(lab);
      const session = lab.device().session();
      const alert = filtered(session, Alert.SlowSync, filterOf(lab, '&EQ;&&(', 'INCLUSIVE'));
      await session.open([alert]);
      lab.equal(session.code(alert), Status.BadCgiScript, 'Status of an Alert with a filter that is no query');
    },
    { versions: ['1.2'] },
  ),
];

/** A folder with an item in it, as a device puts them into the datastore. @throws {NotSupported} when it announces no hierarchy. */
async function folderWithItem(lab: Lab): Promise<{ device: LabDevice; name: string }> {
  if (announced(lab).supportHierarchicalSync !== true) lab.unsupported('the datastore announces no SupportHierarchicalSync');
  const device = lab.device(TAKES_FOLDERS);
  const name = lab.name();
  const folder = drafts.add('folder', `<Folder><name>${name} folder</name></Folder>`, FOLDER);
  const child = drafts.change('Add', [{ source: 'child', sourceParent: 'folder', data: lab.kind.make(name) }], {
    meta: { type: lab.kind.type },
  });
  const { session } = await lab.sync(device, Alert.SlowSync, [folder, child]);
  for (const command of [folder, child]) {
    const code = session.code(command);
    lab.given(
      code !== undefined && code < 300,
      `the ${command === folder ? 'folder' : 'item in it'} is answered with ${code ?? 'no Status'}`,
    );
  }
  return { device, name };
}

const FOLDERS: readonly ConformanceCase[] = [
  active(
    'FLT-008',
    async (lab) => {
      const keeping = stores(lab).filter(({ rxPref, rx }) => [rxPref, ...rx].some((type) => type?.ctType.toLowerCase() === FOLDER));
      if (keeping.length === 0) lab.unsupported('no datastore takes folders');
      const silent = keeping.filter(({ supportHierarchicalSync }) => !supportHierarchicalSync).map(({ sourceRef }) => sourceRef);
      lab.check(silent.length === 0, 'every datastore that takes folders has SupportHierarchicalSync', silent.join(', ') || 'all');
    },
    { versions: ['1.2'] },
  ),
  active(
    'FLT-009',
    async (lab) => {
      const { name } = await folderWithItem(lab);
      const { package4 } = await lab.sync(lab.device(TAKES_FOLDERS), Alert.SlowSync);
      const items = package4.flatMap((answer) => answer.changes('Add')).flatMap(({ items: all }) => all);
      const textOf = (item: (typeof items)[number]): string =>
        item.data?.kind === 'content' ? Buffer.from(item.data.bytes).toString('utf8') : '';
      const folderAt = items.findIndex((item) => textOf(item).includes(`${name} folder`));
      const childAt = items.findIndex((item) => lab.kind.read(textOf(item))?.name === name);
      lab.given(folderAt >= 0 && childAt >= 0, 'another device does not get the folder and the item');
      const child = items[childAt];
      const parent = child?.sourceParent ?? child?.targetParent;
      lab.equal(parent, items[folderAt]?.source?.uri, 'parent of the item is the folder');
      lab.check(folderAt < childAt, 'the folder comes before what is in it', `item ${folderAt} and ${childAt}`);
    },
    { versions: ['1.2'] },
  ),
  active(
    'FLT-010',
    async (lab) => {
      const { device, name } = await folderWithItem(lab);
      const remove = drafts.remove('folder');
      const { session } = await lab.sync(device, Alert.TwoWay, [remove], { granted: Alert.TwoWay });
      const code = session.code(remove);
      // A server may delete what is in the folder as well, where its folders are of that kind.
      if (code !== undefined && code < 300)
        lab.check(!(await lab.held()).includes(name), 'a folder that is deleted takes its items along', `Status ${code}`);
      else lab.equal(code, Status.ItemNotEmpty, 'Status of the Delete of a folder with an item in it');
    },
    { versions: ['1.2'] },
  ),
  active(
    'FLT-011',
    async (lab) => {
      const { device } = await folderWithItem(lab);
      const move = drafts.change('Move', [{ source: 'folder', sourceParent: 'folder' }]);
      const { session } = await lab.sync(device, Alert.TwoWay, [move], { granted: Alert.TwoWay });
      lab.equal(session.code(move), Status.MoveFailed, 'Status of the Move of a folder into itself');
    },
    { versions: ['1.2'] },
  ),
];

export const FILTER_CASES: readonly ConformanceCase[] = [...FILTERS, ...FOLDERS];
