/** Device information: how it is exchanged, and what is in the server's. [Sync Protocol 1.1, "Device Information Exchange"; DevInf 1.2] */
import { Alert } from '../../model/alert.js';
import type { DevInf, DevInfDataStore } from '../../model/devinf.js';
import type { Message } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, scan, type ConformanceCase } from '../case.js';
import { everyCommand, type Answer } from '../lab/answer.js';
import type { LabDevice } from '../lab/device.js';
import * as drafts from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import { ask, serverDevInf, storeIn } from '../lab/server-devinf.js';

const DEVINF_URI = /devinf1[012]$/i;

const getIn = (answers: readonly Answer[]) => answers.flatMap(({ message }) => message.body).find(({ kind }) => kind === 'Get');

/** URIs of device information that a message of the server names, in Get, Put and Results. */
const devInfUris = ({ body }: Message): readonly string[] =>
  body.flatMap((command) =>
    command.kind === 'Get' || command.kind === 'Put' || command.kind === 'Results'
      ? command.items.flatMap(({ target, source }) => [target?.uri ?? '', source?.uri ?? '']).filter((uri) => DEVINF_URI.test(uri))
      : [],
  );

/** A rule for every datastore of the server's device information. */
const everyStore = (keeps: (store: DevInfDataStore) => boolean, what: string) => async (lab: Lab) => {
  const { devInf } = await serverDevInf(lab);
  lab.given(devInf.dataStores.length > 0, 'the device information names no datastore');
  const without = devInf.dataStores.filter((store) => !keeps(store)).map(({ sourceRef }) => sourceRef);
  lab.check(without.length === 0, what, without.length === 0 ? `all of ${devInf.dataStores.length}` : `not ${without.join(', ')}`);
};

/** A device that gives its information only when asked, and is asked. Its session has come to package 3. */
async function askedForDevInf(lab: Lab): Promise<{ device: LabDevice; session: ReturnType<LabDevice['session']> }> {
  const device = lab.device({ devInf: 'asked' });
  const session = device.session();
  await session.openStore(Alert.SlowSync);
  lab.given(getIn(session.answers) !== undefined, 'the server asks a device it does not know for no device information');
  return { device, session };
}

async function getOfSecondSession(lab: Lab, device: LabDevice): Promise<void> {
  await lab.sync(device, Alert.SlowSync);
  const session = device.session();
  await session.openStore(Alert.TwoWay);
  const get = getIn(session.answers);
  lab.check(get === undefined, 'a device that has given its information is not asked for it again', get ? 'a Get in package 2' : 'no Get');
}

/** The server names its datastore in DevInf as the client did in its Alert. */
const spelledAs = (spell: (name: string) => string) => async (lab: Lab) => {
  const device = lab.device();
  const uri = spell(lab.target.datastore);
  const session = device.session();
  const alert = drafts.syncAlert(Alert.SlowSync, { client: device.store.names.client, server: uri }, { next: device.nextAnchor() });
  let answer = await session.open([alert, drafts.get(device.devInfUri, device.devInfType)]);
  for (let more = 0; answer.results.length === 0 && !answer.final && more < 20; more += 1) answer = await session.more();
  const data = answer.results[0]?.items[0]?.data;
  lab.given(
    [Status.Ok, Status.RefreshRequired].some((code) => code === session.code(alert)),
    `the Alert for ${uri} is refused`,
  );
  lab.given(data?.kind === 'devinf', 'the server gives no device information');
  const names = (data as { devinf: DevInf }).devinf.dataStores.map(({ sourceRef }) => sourceRef);
  lab.check(names.includes(uri), `a SourceRef is ${uri}, as in the Alert`, names.join(', '));
};

const hasProperties = ({ ctCaps }: Pick<DevInf, 'ctCaps'>): boolean => (ctCaps ?? []).some(({ properties }) => properties.length > 0);

const EXCHANGE: readonly ConformanceCase[] = [
  active(
    'DEV-001a',
    async (lab) => {
      const { session, get } = await ask(lab.device());
      lab.equal(session.code(get), Status.Ok, 'Status of the Get');
    },
    { title: 'Get of DevInf answered by Status 200' },
  ),
  active(
    'DEV-001b',
    async (lab) => {
      const { answer, get, results } = await ask(lab.device());
      lab.check(results !== undefined, 'a Get of DevInf is answered with Results', results ? 'Results' : answer.summary);
      lab.equal(results?.cmdRef, answer.idOf(get), 'CmdRef of the Results is the CmdID of the Get');
      lab.equal(results?.items[0]?.data?.kind, 'devinf', 'what the Results hold');
    },
    { title: 'Get of DevInf answered by Results that name it and hold DevInf' },
  ),
  active(
    'DEV-002a',
    async (lab) => {
      const device = lab.device({ devInf: 'none' });
      const session = device.session();
      const put = device.putDevInf();
      await session.open([put, session.alert(Alert.SlowSync)]);
      lab.success(session.code(put), 'a Put of DevInf');
    },
    { title: 'Put of DevInf accepted in the first session' },
  ),
  active(
    'DEV-002b',
    async (lab) => {
      const device = lab.device();
      await lab.sync(device, Alert.SlowSync);
      const session = device.session();
      const put = device.putDevInf();
      await session.open([put, session.alert(Alert.TwoWay)]);
      lab.success(session.code(put), 'a Put of DevInf from a device that was here before');
    },
    { title: 'Put of DevInf accepted again in a later session' },
  ),
  active(
    'DEV-003a',
    async (lab) => {
      const { session } = await askedForDevInf(lab);
      const add = lab.add('1', lab.name());
      const answer = await session.push([add]);
      const refused = answer.statuses.filter(({ cmd, code }) => cmd === 'Results' && code >= 300).map(({ code }) => code);
      lab.check(refused.length === 0, 'Results for the server’s own Get are not refused', refused.join(', ') || 'no error');
      lab.success(session.code(add), 'a change in the same message');
    },
    { title: 'Results of own Get taken, and the sync goes on' },
  ),
  active(
    'DEV-003b',
    async (lab) => {
      await lab.seed([lab.name()]);
      const counts = (answers: readonly Answer[]): boolean =>
        answers.some(({ syncs }) => syncs.some(({ numberOfChanges }) => numberOfChanges !== undefined));
      const putting = await lab.sync(lab.device(), Alert.SlowSync);
      lab.given(counts(putting.package4), 'a device that puts SupportNumberOfChanges gets no NumberOfChanges');
      const { device, session } = await askedForDevInf(lab);
      const first = await session.pull(await session.push([]));
      await session.close();
      const second = counts(first) ? undefined : await lab.sync(device, Alert.SlowSync);
      lab.check(
        second === undefined || counts(second.package4),
        'SupportNumberOfChanges counts in Results as it does in a Put',
        second === undefined || counts(second.package4) ? 'NumberOfChanges came' : 'no NumberOfChanges in two sessions',
      );
    },
    { title: 'What the Results of own Get say is used', versions: ['1.1', '1.2'] },
  ),
  scan('DEV-006', ({ exchanges }) => {
    const seen = exchanges.flatMap(({ answer, odd }) =>
      !answer || odd ? [] : devInfUris(answer).map((uri) => ({ uri, version: answer.header.verDtd })),
    );
    return {
      applied: seen.length,
      broken: seen
        .filter(({ uri, version }) => !uri.toLowerCase().endsWith(`devinf${version.replace('.', '')}`))
        .map(({ uri, version }) => `${uri} in a session of ${version}`),
    };
  }),
  active('DEV-021a', (lab) => getOfSecondSession(lab, lab.device()), { title: 'Server does not request DevInf each session: after a Put' }),
  active(
    'DEV-021b',
    async (lab) => {
      const { device, session } = await askedForDevInf(lab);
      await session.pull(await session.push([]));
      await session.close();
      await getOfSecondSession(lab, device);
    },
    { title: 'Server does not request DevInf each session: after Results' },
  ),
  active(
    'DEV-022a',
    spelledAs((name) => name),
    { title: 'SourceRef spelled like the Alert target: plain name' },
  ),
  active(
    'DEV-022b',
    spelledAs((name) => `./${name}`),
    { title: 'SourceRef spelled like the Alert target: with ./' },
  ),
  active('DEV-023', async (lab) => {
    const name = lab.name();
    await lab.seed([name]);
    const device = lab.device({ devInf: 'none' });
    const session = device.session();
    await session.openStore(Alert.SlowSync);
    lab.given(getIn(session.answers) !== undefined, 'the server does not ask for device information');
    const add = lab.add('1', lab.name());
    const answers = await session.pull(await session.push([add]));
    lab.success(session.code(add), 'a change beside the Status 500 of the Get');
    lab.check(
      answers.some((answer) => answer.changes('Add').length > 0),
      'the server sends its changes',
      answers.map(({ summary }) => summary).join('; '),
    );
  }),
  active('DEV-025', async (lab) => {
    const { session, get, results } = await ask(lab.device(), './no-such-thing');
    lab.equal(session.code(get), Status.NotFound, 'Status of a Get of ./no-such-thing');
    lab.check(results === undefined, 'no Results come for it', results ? 'Results' : 'none');
  }),
];

const CONTENT: readonly ConformanceCase[] = [
  active('DEV-004', async (lab) => {
    const { item, results } = await serverDevInf(lab);
    const source = item.source?.uri ?? results.sourceRef ?? 'no Source';
    lab.check(/^\.\/devinf1[012]$/.test(source), 'the Item’s Source is ./devinf1x', source);
  }),
  active('DEV-005a', async (lab) => {
    const { item, results } = await serverDevInf(lab);
    const type = item.meta?.type ?? results.meta?.type;
    lab.equal(type, `application/vnd.syncml-devinf+${lab.variant.encoding}`, 'Type of the Results');
  }),
  active(
    'DEV-005b',
    async (lab) => {
      const { session } = await askedForDevInf(lab);
      const get = getIn(session.answers);
      const type = get?.kind === 'Get' ? (get.meta?.type ?? get.items[0]?.meta?.type) : undefined;
      lab.equal(type, `application/vnd.syncml-devinf+${lab.variant.encoding}`, 'Type of the server’s Get');
    },
    { title: 'Type application/vnd.syncml-devinf+xml/+wbxml by encoding, in the server’s own Get' },
  ),
  active('DEV-007', async (lab) => {
    const { devInf } = await serverDevInf(lab);
    lab.equal(devInf.verDtd, lab.variant.version, 'VerDTD of the device information');
  }),
  active(
    'DEV-008',
    async (lab) => {
      const ids: string[] = [];
      for (const device of [lab.device(), lab.device({ uri: `IMEI:35${lab.run}` })])
        ids.push((await serverDevInf(lab, device)).devInf.devId);
      lab.check(ids[0] !== '', 'the server has a DevID', ids[0] ?? '');
      lab.equal(ids[1], ids[0], 'DevID given to another device');
    },
    { title: 'DevID is one identifier of the server, whoever asks, as that of notifications is' },
  ),
  active(
    'DEV-009',
    everyStore(({ maxGuidSize }) => maxGuidSize === undefined, 'no datastore of the server has MaxGUIDSize'),
  ),
  active(
    'DEV-010a',
    everyStore(({ sourceRef }) => sourceRef !== '', 'every datastore has SourceRef'),
    {
      title: 'Each DataStore has SourceRef',
    },
  ),
  active(
    'DEV-010b',
    everyStore(({ rxPref }) => rxPref !== undefined && rxPref.ctType !== '', 'every datastore has Rx-Pref'),
    {
      title: 'Each DataStore has Rx-Pref',
    },
  ),
  active(
    'DEV-010c',
    everyStore(({ txPref }) => txPref !== undefined && txPref.ctType !== '', 'every datastore has Tx-Pref'),
    {
      title: 'Each DataStore has Tx-Pref',
    },
  ),
  active(
    'DEV-010d',
    everyStore(({ syncCap }) => syncCap.length > 0, 'every datastore has SyncCap with a SyncType'),
    {
      title: 'Each DataStore has SyncCap',
    },
  ),
  active(
    'DEV-011',
    async (lab) => {
      const { devInf } = await serverDevInf(lab);
      if (!hasProperties(devInf) && !devInf.dataStores.some(hasProperties)) lab.unsupported('the server announces no CTCap');
      lab.check(!hasProperties(devInf), 'no CTCap stands beside the datastores', hasProperties(devInf) ? 'a global CTCap' : 'none');
      const caps = storeIn(lab, devInf).ctCaps ?? [];
      if (caps.length === 0 && lab.kind.type === 'text/plain') lab.unsupported('a text has no properties');
      lab.check(caps.length > 0, 'the datastore has a CTCap', `${caps.length}`);
      const bare = caps.filter(({ properties }) => properties.length === 0).map(({ ctType }) => ctType);
      lab.check(bare.length === 0, 'each CTCap has a Property', bare.join(', ') || `${caps.length} CTCaps`);
    },
    { versions: ['1.2'] },
  ),
  active(
    'DEV-012',
    async (lab) => {
      const { devInf } = await serverDevInf(lab);
      if (!hasProperties(devInf) && !devInf.dataStores.some(hasProperties)) lab.unsupported('the server announces no CTCap');
      const inside = devInf.dataStores.filter(({ ctCaps }) => (ctCaps ?? []).length > 0).map(({ sourceRef }) => sourceRef);
      lab.check(inside.length === 0, 'no CTCap stands in a datastore', inside.join(', ') || 'none');
      lab.check(hasProperties(devInf), 'a global CTCap lists properties', `${devInf.ctCaps?.length ?? 0} types`);
      const types = (devInf.ctCaps ?? []).map(({ ctType }) => ctType.toLowerCase());
      const { rxPref } = storeIn(lab, devInf);
      lab.check(types.includes(rxPref?.ctType.toLowerCase() ?? ''), 'it describes the datastore’s preferred type', types.join(', '));
    },
    { versions: ['1.0', '1.1'] },
  ),
];

/** NumberOfChanges of the Syncs of package 4, in order. */
const announced = (answers: readonly Answer[]): readonly (number | undefined)[] =>
  answers.flatMap(({ syncs }) => syncs.map(({ numberOfChanges }) => numberOfChanges));

async function noNumberFor(lab: Lab, device: LabDevice, whose: string, sessionId = '1'): Promise<void> {
  await lab.seed([lab.name(), lab.name()]);
  const { package4 } = await lab.sync(device, Alert.SlowSync, [], { session: { sessionId } });
  lab.given(announced(package4).length > 0, 'the server sends no Sync');
  const numbers = announced(package4).filter((number) => number !== undefined);
  lab.check(numbers.length === 0, `no NumberOfChanges to ${whose}`, numbers.join(', ') || 'none');
}

const NUMBERS: readonly ConformanceCase[] = [
  active('DEV-013a', (lab) => noNumberFor(lab, lab.device({ numberOfChanges: false }), 'a client without SupportNumberOfChanges'), {
    title: 'No NumberOfChanges to a client whose DevInf does not support it',
  }),
  active('DEV-013b', (lab) => noNumberFor(lab, lab.device({ devInf: 'none' }), 'a client that gives no DevInf'), {
    title: 'No NumberOfChanges to a client without DevInf',
  }),
  active(
    'DEV-013c',
    async (lab) => {
      const before = lab.device();
      await lab.sync(before, Alert.SlowSync);
      await noNumberFor(
        lab,
        lab.device({ uri: before.uri, numberOfChanges: false }),
        'a client that has withdrawn SupportNumberOfChanges',
        '2',
      );
    },
    { title: 'No NumberOfChanges to a client that no longer supports it', versions: ['1.1', '1.2'] },
  ),
  active(
    'DEV-014a',
    async (lab) => {
      await lab.seed([lab.name(), lab.name()]);
      const { package4 } = await lab.sync(lab.device(), Alert.SlowSync);
      lab.given(announced(package4).length > 0, 'the server sends no Sync');
      lab.check(announced(package4)[0] !== undefined, 'the first Sync has NumberOfChanges', String(announced(package4)[0] ?? 'none'));
    },
    { title: 'NumberOfChanges if supported', versions: ['1.1', '1.2'] },
  ),
  active(
    'DEV-014b',
    async (lab) => {
      await lab.seed([lab.name(), lab.name(), lab.name()]);
      const { package4 } = await lab.sync(lab.device(), Alert.SlowSync);
      const [number] = announced(package4);
      lab.given(number !== undefined, 'the server sends no NumberOfChanges');
      lab.equal(number, package4.flatMap((answer) => answer.changes()).length, 'NumberOfChanges is that of the changes sent');
    },
    { title: 'NumberOfChanges counts the changes that follow', versions: ['1.1', '1.2'] },
  ),
  active(
    'DEV-014c',
    async (lab) => {
      await lab.seed(
        Array.from({ length: 6 }, () => lab.name()),
        { filler: 700 },
      );
      const { package4 } = await lab.sync(lab.device({ maxMsgSize: 3000 }), Alert.SlowSync);
      const numbers = announced(package4);
      lab.given(numbers.length > 1, 'package 4 is not split');
      lab.given(numbers[0] !== undefined, 'the server sends no NumberOfChanges');
      const later = numbers.slice(1).filter((number) => number !== undefined);
      lab.check(later.length === 0, 'only the first of several Syncs has NumberOfChanges', later.join(', ') || 'only the first');
    },
    { title: 'NumberOfChanges stands in the first Sync only', versions: ['1.1', '1.2'] },
  ),
  active(
    'DEV-020a',
    async (lab) => {
      const name = lab.name();
      const owner = await lab.seed([name]);
      const device = lab.device();
      await lab.sync(device, Alert.SlowSync);
      await lab.sync(owner, Alert.TwoWay, [lab.replace(name, name, { edit: 2 })], { granted: Alert.TwoWay });
      const { package4 } = await lab.sync(device, Alert.TwoWay, [], { granted: Alert.TwoWay });
      lab.given(package4.flatMap((answer) => answer.changes('Replace')).length > 0, 'the server sends no Replace');
      lab.equal(lab.labelsOf(device.store), [`${name}#2`], 'what a Replace brings is the whole item');
    },
    { title: 'A Replace for a client without FieldLevel holds the whole item' },
  ),
  scan(
    'DEV-020b',
    ({ exchanges }) => {
      const replaces = exchanges.flatMap(({ answer }) =>
        everyCommand(answer?.body ?? []).flatMap((command) => (command.kind === 'Replace' ? [command] : [])),
      );
      // No device of the suite announces FieldLevel.
      const broken = replaces.filter(({ meta, items }) => meta?.fieldLevel || items.some((item) => item.meta?.fieldLevel));
      return { applied: replaces.length, broken: broken.map(({ cmdId }) => `Replace ${cmdId} has FieldLevel`) };
    },
    { title: 'No Replace has FieldLevel for clients that do not announce it' },
  ),
];

export const DEVINF_CASES: readonly ConformanceCase[] = [...EXCHANGE, ...CONTENT, ...NUMBERS];
