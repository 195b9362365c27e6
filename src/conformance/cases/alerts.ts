/** Alert codes. [Sync Protocol 1.1, "Alert Codes"] */
import { Alert, isSyncType } from '../../model/alert.js';
import { Status } from '../../model/status.js';
import { active, scan, type ConformanceCase } from '../case.js';
import * as drafts from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';

/** Codes that open a datastore, and what the first session of a device makes of each. */
const SYNC_ALERTS = [
  [Alert.TwoWay, 'two-way'],
  [Alert.SlowSync, 'slow'],
  [Alert.OneWayFromClient, 'one-way from client'],
  [Alert.RefreshFromClient, 'refresh from client'],
  [Alert.OneWayFromServer, 'one-way from server'],
  [Alert.RefreshFromServer, 'refresh from server'],
] as const;
/** Every server has to offer these. [Sync Protocol 1.1, "Static Conformance Requirements"] */
const MANDATORY: readonly number[] = [Alert.TwoWay, Alert.SlowSync];

async function opens(lab: Lab, code: number): Promise<void> {
  const session = lab.device().session();
  const alert = session.alert(code);
  const answer = await session.open([alert]);
  const status = session.code(alert);
  if (!MANDATORY.includes(code)) lab.offers(status, `Alert ${code}`);
  lab.oneOf(status, [Status.Ok, Status.RefreshRequired], `Status of Alert ${code}`);
  const granted = answer.alerts().filter((one) => one.code !== undefined && isSyncType(one.code));
  lab.equal(granted.length, 1, 'Alerts with a sync type that the server answers with');
}

/** An Alert about the devices, sent by itself in package 3. */
async function inPackage3(lab: Lab, code: number): Promise<number | undefined> {
  const session = lab.device().session();
  await session.openStore(Alert.SlowSync);
  const alert = drafts.deviceAlert(code, session.device.uri, lab.target.url);
  await session.send([alert], { final: false });
  return session.code(alert);
}

/** Alerts of device management, which have no place here. Their 1223 aborts, where ours has no abort at all. */
const MANAGEMENT = [
  [1100, 'display'],
  [1201, 'client-initiated management'],
  [1223, 'session abort'],
  [1226, 'generic'],
] as const;

export const ALERT_CASES: readonly ConformanceCase[] = [
  ...SYNC_ALERTS.map(([code, name], at) =>
    active(`ALR-001${'abcdef'[at]}`, (lab) => opens(lab, code), { title: `Alert ${code} understood: ${name}` }),
  ),
  active('ALR-002a', async (lab) => lab.success(await inPackage3(lab, Alert.Result), 'Alert 221 with no message kept back'), {
    title: 'Alert 221 understood: result',
  }),
  active(
    'ALR-002b',
    async (lab) => {
      await lab.seed(
        Array.from({ length: 6 }, () => lab.name()),
        { filler: 700 },
      );
      const session = lab.device({ maxMsgSize: 3000 }).session();
      await session.openStore(Alert.SlowSync);
      const first = await session.push([]);
      lab.given(!first.final, 'package 4 fits into one message');
      const alert = drafts.nextMessage(session.device.uri, lab.target.url);
      await session.send([alert], { final: false });
      lab.success(session.code(alert), 'Alert 222 for the next message of package 4');
    },
    { title: 'Alert 222 understood: next message' },
  ),
  active('ALR-002c', async (lab) => lab.success(await inPackage3(lab, Alert.NoEndOfData), 'Alert 223'), {
    title: 'Alert 223 understood: no end of data',
    versions: ['1.1', '1.2'],
  }),
  active('ALR-003', async (lab) => {
    const session = lab.device().session();
    const alert: drafts.Draft = {
      kind: 'Alert',
      code: Alert.Display,
      items: [drafts.item({ source: session.device.uri, data: 'Hello, operator.' })],
    };
    await session.open([session.alert(Alert.SlowSync), alert]);
    lab.equal(session.code(alert), Status.Ok, 'Status of Alert 100');
  }),
  ...MANAGEMENT.map(([code, name], at) =>
    active(
      `ALR-004${'abcd'[at]}`,
      async (lab) => {
        const session = lab.device().session();
        const alert = drafts.deviceAlert(code, session.device.uri, lab.target.url);
        await session.open([session.alert(Alert.SlowSync), alert]);
        lab.equal(session.code(alert), Status.FeatureNotSupported, `Status of Alert ${code}`);
      },
      { title: `Alert ${code} of device management (${name}) -> 406` },
    ),
  ),
  scan(
    'ALR-005a',
    ({ exchanges }) => {
      const alerts = exchanges.flatMap(({ answer, odd }) =>
        odd || !answer
          ? []
          : answer.body.flatMap((command) => (command.kind === 'Alert' && isSyncType(command.code ?? 0) ? [command] : [])),
      );
      const broken = alerts.filter(({ items }) => items.length !== 1);
      return { applied: alerts.length, broken: broken.map(({ code, items }) => `an Alert ${code} with ${items.length} Items`) };
    },
    { title: 'The server sends one Alert for each datastore' },
  ),
  active(
    'ALR-005b',
    async (lab) => {
      const second = lab.needsSecond();
      const device = lab.device();
      const session = device.session();
      const stores = [device.store, device.storeAt(second)];
      const items = stores.map((store) => {
        const alert = session.alert(Alert.SlowSync, store);
        return alert.kind === 'Alert' ? alert.items : [];
      });
      const both: drafts.Draft = { kind: 'Alert', code: Alert.SlowSync, items: items.flat() };
      const answer = await session.open([both]);
      const codes = session.codes(both);
      lab.check(
        codes.length > 0 && codes.every((code) => code === Status.Ok || code === Status.RefreshRequired),
        'an Alert with Items for two datastores is taken',
        codes.join(', ') || 'no Status',
      );
      const opened = answer.alerts().flatMap(({ items: [item] }) => item?.target?.uri ?? []);
      lab.equal([...opened].sort(), stores.map(({ names }) => names.client).sort(), 'datastores the server opens');
    },
    { title: 'An Alert with several Items opens several datastores' },
  ),
];
