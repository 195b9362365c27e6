/** What the device's packages hold, before it is cut into messages. [session-and-packages §2] */
import type { AlertCommand, Command } from '../../src/model/message.js';
import type { Draft, Outgoing } from './outbox.js';
import { devInfOf, devInfType, devInfUri, type DeviceProfile } from './profile.js';
import type { StoreSync } from './store-sync.js';

const MAPS_PER_COMMAND = 10;

/** Put and Get of device information, where they are due. @param sent the server has ours. */
export function devInfCommands(profile: DeviceProfile, sent: boolean): Outgoing[] {
  const { devInf, getsDevInf } = profile;
  const meta = { type: devInfType(profile.encoding) };
  const uri = devInfUri(profile.version);
  const commands: Draft<Command>[] = [];
  if (devInf === 'always' || (devInf === 'first' && !sent)) {
    commands.push({ kind: 'Put', meta, items: [{ source: { uri }, data: { kind: 'devinf', devinf: devInfOf(profile) } }] });
  }
  if (getsDevInf && !sent) commands.push({ kind: 'Get', meta, items: [{ target: { uri } }] });
  return commands.map((draft) => ({ kind: 'command', draft }));
}

/** Answer to the server's Get. */
export const devInfResults = (profile: DeviceProfile, msgRef: string, cmdRef: string): Outgoing => ({
  kind: 'command',
  draft: {
    kind: 'Results',
    msgRef,
    cmdRef,
    meta: { type: devInfType(profile.encoding) },
    items: [{ source: { uri: devInfUri(profile.version) }, data: { kind: 'devinf', devinf: devInfOf(profile) } }],
  },
});

/** The Alert that opens a store. */
export function storeAlert(sync: StoreSync): Outgoing {
  const last = sync.store.agreed?.client;
  const items: AlertCommand['items'] = [
    {
      target: { uri: sync.names.target },
      source: { uri: sync.names.source },
      meta: { anchor: { ...(last === undefined ? {} : { last }), next: sync.next } },
    },
  ];
  return { kind: 'command', draft: { kind: 'Alert', code: sync.requested, items } };
}

/** Package 3 of these stores: cached Maps and the Syncs. */
export function changes(profile: DeviceProfile, syncs: readonly StoreSync[]): Outgoing[] {
  return syncs.flatMap((sync): Outgoing[] => {
    const items = sync.outgoing();
    const { names } = sync;
    const cached = profile.maps === 'cached' ? maps(sync, [...sync.store.unmapped.keys()]) : [];
    return [
      ...cached,
      { kind: 'sync', names, numberOfChanges: items.length },
      ...items.map((item): Outgoing => ({ kind: 'item', names, item })),
    ];
  });
}

export function maps(sync: StoreSync, guids: readonly string[]): Outgoing[] {
  const commands: Outgoing[] = [];
  for (let at = 0; at < guids.length; at += MAPS_PER_COMMAND) {
    const items = guids
      .slice(at, at + MAPS_PER_COMMAND)
      .map((guid) => ({ target: { uri: guid }, source: { uri: sync.store.received.get(guid) ?? '' } }));
    commands.push({
      kind: 'command',
      draft: { kind: 'Map', target: { uri: sync.names.target }, source: { uri: sync.names.source }, items },
    });
  }
  return commands;
}
