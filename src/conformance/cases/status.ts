/** What single Statuses name and hold, and what they do not speak of. [SyncML Representation Protocol 1.2.2, "Status"] */
import { Alert } from '../../model/alert.js';
import { Status } from '../../model/status.js';
import { active, type ActiveCase, type ConformanceCase } from '../case.js';
import { textOfItem } from '../lab/answer.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession } from '../lab/session.js';

/** TargetRef and SourceRef of the only Status for a command. */
function refs(lab: Lab, session: LabSession, draft: Draft, expected: { readonly target?: string; readonly source?: string }): void {
  const [status] = session.statusesFor(draft);
  lab.given(status !== undefined, `${draft.kind} has no Status`);
  lab.equal(status?.targetRefs, expected.target === undefined ? [] : [expected.target], `TargetRef of the Status for ${draft.kind}`);
  lab.equal(status?.sourceRefs, expected.source === undefined ? [] : [expected.source], `SourceRef of the Status for ${draft.kind}`);
}

const refsInSync = (id: string, kind: 'Add' | 'Replace' | 'Delete'): ActiveCase =>
  active(
    id,
    async (lab) => {
      const session = await lab.reopen(await lab.seed(['here1']));
      const command = {
        Add: () => lab.add('12', lab.name()),
        Replace: () => lab.replace('here1', 'here1', { edit: 2 }),
        Delete: () => drafts.remove('here1'),
      }[kind]();
      await session.push([command]);
      refs(lab, session, command, { source: kind === 'Add' ? '12' : 'here1' });
    },
    { title: `SourceRef of the Status for ${kind} is the LUID` },
  );

export const STATUS_CASES: readonly ConformanceCase[] = [
  refsInSync('STA-006b', 'Add'),
  refsInSync('STA-006c', 'Replace'),
  refsInSync('STA-006d', 'Delete'),
  active(
    'STA-006e',
    async (lab) => {
      const session = lab.device().session();
      const alert = session.alert(Alert.SlowSync);
      await session.open([alert]);
      refs(lab, session, alert, { target: lab.names.server, source: lab.names.client });
    },
    { title: 'Refs of the Status for an Alert are the datastores' },
  ),
  active(
    'STA-006f',
    async (lab) => {
      const device = lab.device({ devInf: 'none' });
      const session = device.session();
      const [put, get] = [device.putDevInf(), drafts.get(device.devInfUri, device.devInfType)];
      await session.open([put, get, session.alert(Alert.SlowSync)]);
      refs(lab, session, put, { source: device.devInfUri });
      refs(lab, session, get, { target: device.devInfUri });
    },
    { title: 'Refs of the Statuses for Put and Get are the device information' },
  ),
  active(
    'STA-006g',
    async (lab) => {
      const session = await lab.openFirst();
      const sync = drafts.sync(lab.names, []);
      await session.send([sync]);
      refs(lab, session, sync, { target: lab.names.server, source: lab.names.client });
    },
    { title: 'Refs of the Status for a Sync are its datastores' },
  ),
  active(
    'STA-006h',
    async (lab) => {
      await lab.seed([lab.name()]);
      const { package6 } = await lab.sync(lab.device(), Alert.SlowSync);
      const status = package6?.statuses.find(({ cmd }) => cmd === 'Map');
      lab.given(status !== undefined, 'there is no Status for a Map');
      lab.equal([status?.targetRefs, status?.sourceRefs], [[lab.names.server], [lab.names.client]], 'refs of the Status for a Map');
    },
    { title: 'Refs of the Status for a Map are its datastores' },
  ),
  active('STA-008', async (lab) => {
    const { package6 } = await lab.sync(lab.device(), Alert.SlowSync);
    lab.given(package6 !== undefined, 'package 4 asks for nothing');
    const { request } = package6 as NonNullable<typeof package6>;
    lab.given(
      request.body.every(({ kind }) => kind === 'Status'),
      'the last message holds more than Statuses',
    );
    lab.check(
      package6?.headerCode !== undefined,
      'the answer to a message of Statuses holds the one of its SyncHdr',
      package6?.summary ?? '',
    );
  }),
  active('STA-009', async (lab) => {
    const session = await lab.openFirst();
    const bad = drafts.addWithoutData('1', lab.kind.type);
    const sync = drafts.sync(lab.names, [bad, lab.add('2', lab.name())]);
    await session.send([sync]);
    const code = session.code(bad);
    lab.given(code !== undefined && code >= 400, `an Add without Data is answered with ${code ?? 'no Status'}`);
    lab.success(session.code(sync), `a Sync in which an Add gets ${code}`);
  }),
  active('STA-010', async (lab) => {
    const session = lab.device({ maxMsgSize: 2000 }).session();
    await session.openStore(Alert.SlowSync);
    const adds = Array.from({ length: 24 }, (_, i) => lab.add(`${'long-name-of-an-item-'.repeat(4)}${i}`, lab.name()));
    const first = await session.push(adds);
    const answers = await session.pull(first);
    const later = answers.slice(1).flatMap(({ statuses }) => statuses.filter(({ msgRef }) => msgRef === first.request.header.msgId));
    lab.given(later.length > 0, 'all Statuses came in the first message');
    for (const { statuses, request } of answers)
      lab.equal(
        [statuses[0]?.msgRef, statuses[0]?.cmdRef],
        [request.header.msgId, '0'],
        `MsgRef and CmdRef of the first Status in the answer to message ${request.header.msgId}`,
      );
  }),
  active('STA-014', async (lab) => {
    const session = lab.device().session();
    const strange = drafts.deviceAlert(299, session.device.uri, lab.target.url);
    await session.open([session.alert(Alert.SlowSync), strange]);
    const [status] = session.statusesFor(strange);
    lab.given(status?.code === Status.FeatureNotSupported, `Alert 299 is answered with ${status?.code ?? 'no Status'}`);
    const items = status?.items.length ?? 0;
    lab.check(items > 0, 'the Status 406 for Alert 299 has an Item that names what is not supported', `${items} Items`);
  }),
  active('STA-015', async (lab) => {
    const session = await lab.openFirst();
    const type = 'image/x-none';
    const add = drafts.add('1', 'no picture', type);
    await session.push([add]);
    const [status] = session.statusesFor(add);
    lab.given(status?.code === Status.UnsupportedMediaType, `an Add of ${type} is answered with ${status?.code ?? 'no Status'}`);
    const said = (status?.items ?? []).map((item) => `${textOfItem(item)} ${item.meta?.type ?? ''}`.trim()).join(' ');
    lab.check(said.includes(type), 'the Item of the Status 415 names the type', said || 'it names nothing');
  }),
  active('STA-016', async (lab) => {
    const session = await lab.openFirst();
    const { header, statuses } = session.last as NonNullable<typeof session.last>;
    const add = lab.add('1', lab.name());
    const answer = await session.push([add], {
      before: statuses.map(({ cmdId }) => drafts.status(header.msgId, cmdId, 'Status', Status.FeatureNotSupported)),
    });
    lab.success(answer.headerCode, 'the SyncHdr of a message with Statuses for Statuses');
    lab.success(session.code(add), 'an Add in it');
  }),
  active('STA-017', async (lab) => {
    const session = await lab.openFirst();
    const add = lab.add('1', lab.name());
    const answer = await session.push([add], { headerStatus: 'none' });
    lab.success(answer.headerCode, 'the SyncHdr of a message without a Status for ours');
    lab.success(session.code(add), 'an Add in it');
  }),
];
