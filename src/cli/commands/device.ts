import type { Command } from 'commander';
import type { DevInf } from '../../model/devinf.js';
import { UserError } from '../../model/errors.js';
import { MANY_SLOW, type Kept } from '../../storage/ports/pairs.js';
import {
  chooseProfile,
  forgetDevice,
  listDevices,
  plannedReset,
  resetDevice,
  showDevice,
  type DeviceDetails,
  type DeviceSummary,
  type PairSummary,
  type ResetReport,
} from '../../sync/operator/devices.js';
import { handsetOf } from '../../handsets/handset.js';
import { argument, flagOption, leaf, textOption } from '../command.js';
import { count, facts, printable, size, table, when } from '../output.js';
import type { Rooms } from '../rooms.js';
import { countryWords, deviceCountryCommand } from './country.js';
import { deviceZoneCommand, zoneWords } from './zone.js';
import { chosenProfile, handsetWords, knownWords, whatHolds } from '../handset-words.js';
import { openHandsets } from '../handsets.js';
import { syncTypeWords } from '../words.js';

/** [SyncML Device Information 1.2, "SyncType"] */
const SYNC_CAPS: Readonly<Record<string, string>> = {
  1: 'two-way',
  2: 'slow',
  3: 'one-way from the device',
  4: 'refresh from the device',
  5: 'one-way from the server',
  6: 'refresh from the server',
  7: 'started by the server',
};

const yesNo = (value: boolean | undefined): string => (value === true ? 'yes' : 'no');

function devInfWords(devInf: DevInf): string {
  const type = (ref: { ctType: string; verCt: string } | undefined): string[] =>
    ref === undefined ? [] : [`${ref.ctType} ${ref.verCt}`.trim()];
  const list = (types: readonly string[]): string => [...new Set(types)].join(', ') || 'nothing named';
  const head = facts([
    ['Maker', devInf.man],
    ['Model', devInf.mod],
    ['Firmware', devInf.fwV],
    ['Software', devInf.swV],
    ['Hardware', devInf.hwV],
    ['Kind', devInf.devTyp],
    ['DevInf version', devInf.verDtd],
    ['Understands UTC', yesNo(devInf.utc)],
    ['Takes large objects', yesNo(devInf.supportLargeObjs)],
    ['Understands NumberOfChanges', yesNo(devInf.supportNumberOfChanges)],
  ]);
  const stores = devInf.dataStores.map((store) => {
    const fields = [...(store.ctCaps ?? devInf.ctCaps ?? [])].filter((cap) =>
      [...store.rx, store.rxPref].some((ref) => ref?.ctType === cap.ctType),
    );
    return `Store ${printable(store.sourceRef)}${store.displayName === undefined ? '' : ` (${printable(store.displayName)})`}\n${facts([
      ['  takes', list([...type(store.rxPref), ...store.rx.flatMap(type)])],
      ['  sends', list([...type(store.txPref), ...store.tx.flatMap(type)])],
      ['  syncs', store.syncCap.map((cap) => SYNC_CAPS[cap] ?? cap).join(', ') || 'nothing named'],
      ['  longest GUID', store.maxGuidSize === undefined ? undefined : `${store.maxGuidSize} bytes`],
      ['  memory', store.dsMem?.maxMem === undefined ? undefined : size(store.dsMem.maxMem)],
      [
        '  fields',
        fields.length === 0 ? undefined : fields.map((cap) => `${cap.ctType}: ${cap.properties.map((p) => p.name).join(' ')}`).join('; '),
      ],
    ])}`;
  });
  return `${head}${stores.join('')}`;
}

function slowWords(last: PairSummary['lastSync']): string | undefined {
  const { slowInARow = 0, anchorsDiffered } = last ?? {};
  if (slowInARow < MANY_SLOW) return undefined;
  const why = anchorsDiffered
    ? 'the anchor it names as its last is not the one of its last sync here: it may not keep anchors, or syncs with another server under the same settings.'
    : 'it asks for that itself: look for a setting on it, such as "full sync".';
  return `the last ${slowInARow} syncs compared everything. The reason: ${why}`;
}

function keptWords({ format = 0, size: large = 0, largest = 0, room }: Kept = {}): string | undefined {
  const most = room === undefined ? '' : ` (the largest has ${size(largest)}, it takes ${size(room)})`;
  const parts = [
    ...(format === 0 ? [] : [`${count(format, 'item')} in no format that it names`]),
    ...(large === 0 ? [] : [`${count(large, 'item')} too large for it, even without pictures${most}`]),
  ];
  return parts.length === 0 ? undefined : `${parts.join(', ')}; tried again with each sync`;
}

function pairWords(pair: PairSummary): string {
  const last =
    pair.lastSync === undefined
      ? 'never synced to the end'
      : `${syncTypeWords(pair.lastSync.type)}, ${pair.lastSync.result}, ${when(pair.lastSync.at)}`;
  return facts([
    [`  ${pair.datastore}`, `its ${pair.clientUri}, ${count(pair.held, 'item')}; ${last}`],
    [
      '    under way',
      pair.open === undefined ? undefined : `${syncTypeWords(pair.open.type)}, ${pair.open.phase}, since ${when(pair.open.startedAt)}`,
    ],
    [
      '    stopped',
      pair.growth === undefined
        ? undefined
        : `since ${when(pair.growth.stoppedAt)}: ${pair.growth.alike} of ${count(pair.growth.arrived, 'item')} it brought were ones it had. ` +
          'No more are made of them; what is new is taken. It is trusted again a week after the last.',
    ],
    ['    always slow', slowWords(pair.lastSync)],
    ['    not sent', keptWords(pair.lastSync?.kept)],
    ['    more than once', pair.extraCopies === 0 ? undefined : `${count(pair.extraCopies, 'copy', 'copies')} of items it holds`],
    ['    next', pair.slowNeeded ? 'a slow sync: everything is compared' : undefined],
  ]);
}

function refusalWords({ lastRefusal, lastAccessAt }: DeviceDetails): string | undefined {
  if (lastRefusal === undefined) return undefined;
  const since = lastAccessAt > lastRefusal.at ? '; it has logged in since' : '';
  return `${when(lastRefusal.at)}: ${lastRefusal.reason}${since}`;
}

function stateWords({ lastRefusal, lastAccessAt, stores }: DeviceSummary): string {
  if (lastRefusal !== undefined && lastRefusal.at >= lastAccessAt) return 'refused';
  if (stores.some(({ growth }) => growth !== undefined)) return 'adds what it has';
  return stores.some(({ lastSync }) => (lastSync?.slowInARow ?? 0) >= MANY_SLOW) ? 'always slow' : '';
}

/** [vCard, vCalendar, vNote] */
const ENTRIES: Readonly<Record<string, string>> = {
  VCARD: 'contacts',
  VEVENT: 'events',
  VTODO: 'tasks',
  VJOURNAL: 'journal',
  VNOTE: 'notes',
};

/** What a device has shown that names no properties. */
function seenWords({ seenProperties }: DeviceDetails): string {
  if (seenProperties === undefined) return '';
  const rows = Object.entries(seenProperties).map(([kind, names]): [string, string] => [
    `  ${ENTRIES[kind] ?? kind}`,
    names.map((name) => printable(name)).join(' '),
  ]);
  return `\nIt lists no fields, but was seen to write these; what it leaves out of an item besides, it is not taken to have removed\n${facts(rows)}`;
}

/** What a reset is about, in one line. */
function resetWords({ stores, wholeDevice }: ResetReport): string {
  const pairs = stores.map(({ datastore, held, open }) => `${datastore} (${count(held, 'item')}${open ? ', a sync under way' : ''})`);
  const anchors = pairs.length === 0 ? 'no anchors, since there are none' : `anchors and maps with ${pairs.join(', ')}`;
  return wholeDevice ? `${anchors}; nonces and device information` : anchors;
}

export function deviceCommands(rooms: Rooms, program: Command): void {
  const device = program.command('device').description('phones and other clients');

  leaf(rooms, device.command('list').option('--user <name>', 'of one user only').description('all devices'), async (run) => {
    const devices = await run.withStore('existing', (store) => listDevices(store, textOption(run, 'user')));
    const rows = devices.map((each) => [
      each.user,
      each.uri,
      each.model ?? '',
      each.stores.map((pair) => pair.datastore).join(', '),
      when(each.lastAccessAt),
      stateWords(each),
    ]);
    const empty = 'No device has logged in yet. "moorage serve" prints what to type into a phone.';
    return { text: table(['user', 'device', 'model', 'datastores', 'last seen', 'state'], rows, empty), json: devices };
  });

  const show = device.command('show').argument('<device>', 'as "device list" names it').requiredOption('--user <name>', 'whose');
  leaf(rooms, show.description('what is known of a device, and why it was refused'), async (run) => {
    const details = await run.withStore('existing', (store) => showDevice(store, textOption(run, 'user') ?? '', argument(run, 0)));
    const handset = handsetOf(openHandsets(run).library, { ...details, devInf: details.devInf && JSON.stringify(details.devInf) });
    const text = [
      facts([
        ['Device', details.uri],
        ['User', details.user],
        ['Program', details.userAgent],
        ['Last seen', when(details.lastAccessAt)],
        ['Log-ins', String(details.logins)],
        ['Last refusal', refusalWords(details)],
        ['Time zone', zoneWords(details.zone, run.config)],
        ['Numbers of', countryWords(details.country, run)],
        ['Ignores RespURI', details.ignoresRespUri ? 'yes: it is asked for credentials with every message' : undefined],
      ]),
      details.stores.length === 0 ? 'It has synced nothing yet.\n' : `Syncs\n${details.stores.map(pairWords).join('')}`,
      handsetWords(handset, details.profile),
      details.devInf === undefined ? '\nIt has not told what it can do.\n' : `\nWhat it told of itself\n${devInfWords(details.devInf)}`,
      seenWords(details),
      knownWords(handset),
    ].join('');
    return { text, json: { ...details, handset: whatHolds(handset) } };
  });

  const profile = device
    .command('profile')
    .argument('<device>', 'as "device list" names it')
    .argument('[profile]', 'as "handset list" names it; "auto" takes the one that fits')
    .requiredOption('--user <name>', 'whose')
    .description('the handset profile of a device; with a name, the one it is to have whatever it says of itself');
  leaf(rooms, profile, async (run) => {
    const [user, uri, wanted] = [textOption(run, 'user') ?? '', argument(run, 0), run.args[1]];
    const { library } = openHandsets(run);
    return run.withStore('existing', async (store) => {
      if (wanted !== undefined) await chooseProfile(store, user, uri, chosenProfile(library, wanted));
      const details = await showDevice(store, user, uri);
      const handset = handsetOf(library, { ...details, devInf: details.devInf && JSON.stringify(details.devInf) });
      return { text: handsetWords(handset, details.profile) + knownWords(handset), json: whatHolds(handset) };
    });
  });

  deviceZoneCommand(rooms, device);
  deviceCountryCommand(rooms, device);

  const reset = device
    .command('reset')
    .argument('<device>', 'as "device list" names it')
    .requiredOption('--user <name>', 'whose')
    .option('--datastore <name>', 'its state with this datastore only')
    .option('--yes', 'really')
    .description('forget anchors, maps, open syncs, nonces and device information: its next sync is its first; items stay');
  leaf(rooms, reset, async (run) => {
    const [user, uri, datastore] = [textOption(run, 'user') ?? '', argument(run, 0), textOption(run, 'datastore')];
    return run.withStore('existing', async (store) => {
      if (!flagOption(run, 'yes')) {
        const planned = await plannedReset(store, user, uri, datastore);
        throw new UserError(
          `This forgets of ${printable(uri)}: ${resetWords(planned)}.\nItems stay; its next sync compares everything. Add --yes to do it.`,
        );
      }
      const forgotten = await resetDevice(store, user, uri, datastore);
      return {
        text: `Forgotten of ${printable(uri)}: ${resetWords(forgotten)}.\nIts next sync compares everything, and doubles nothing.\n`,
        json: { device: uri, ...forgotten },
      };
    });
  });

  const forget = device.command('forget').argument('<device>', 'as "device list" names it').requiredOption('--user <name>', 'whose');
  leaf(rooms, forget.description('drop a device with all that is known of it, its sessions too; items stay'), async (run) => {
    const uri = argument(run, 0);
    await run.withStore('existing', (store) => forgetDevice(store, textOption(run, 'user') ?? '', uri));
    return {
      text: `${printable(uri)} is forgotten. Its next sync compares everything, and doubles nothing.\n`,
      json: { device: uri, forgotten: true },
    };
  });
}
