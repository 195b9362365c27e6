/** Devices as an operator sees them: who they say they are, what they sync, why they were refused. */
import { UserError } from '../../model/errors.js';
import type { DevInf } from '../../model/devinf.js';
import type { DeviceRecord } from '../../storage/ports/devices.js';
import type { PairRecord } from '../../storage/ports/pairs.js';
import type { AccountReader, Store } from '../../storage/ports/store.js';
import { findDatastore, findUser } from './context.js';

export interface DeviceSummary {
  readonly user: string;
  readonly uri: string;
  /** Maker and model, from its device information; the User-Agent when it sent none. */
  readonly model?: string;
  /** Milliseconds since 1970. */
  readonly lastAccessAt: number;
  readonly lastRefusal?: { readonly at: number; readonly reason: string };
  readonly stores: readonly PairSummary[];
}

export interface PairSummary {
  readonly datastore: string;
  /** The device's name of its store. */
  readonly clientUri: string;
  readonly lastSync?: NonNullable<PairRecord['lastSync']>;
  /** The next sync compares everything. */
  readonly slowNeeded: boolean;
  /** A sync that has begun and not ended. */
  readonly open?: { readonly type: number; readonly phase: string; readonly startedAt: number };
  /** Items the device is believed to hold. */
  readonly held: number;
  /** It was stopped because it keeps adding what it has: when, and how many of the items it brought since `since` were such. */
  readonly growth?: { readonly stoppedAt: number; readonly since: number; readonly arrived: number; readonly alike: number };
  /** LUIDs that stand for items the device has more than once. */
  readonly extraCopies: number;
}

export interface DeviceDetails extends DeviceSummary {
  readonly userAgent?: string;
  /** Header x-wap-profile, or profile. */
  readonly wapProfile?: string;
  /** Id of the handset profile an operator chose. */
  readonly profile?: string;
  /** Successful log-ins. */
  readonly logins: number;
  readonly ignoresRespUri: boolean;
  readonly zone: DeviceZone;
  readonly country: DeviceCountry;
  readonly devInf?: DevInf;
  /** Properties it was seen to write, by kind of entry: of a device that lists none. */
  readonly seenProperties?: Readonly<Record<string, readonly string[]>>;
}

/** Where a device is: what counts, and who said so. */
export interface DeviceZone {
  /** IANA name; undefined: the server's configuration says. */
  readonly name?: string;
  readonly by: 'operator' | 'device' | 'user' | 'configuration';
}

const zoneOf = ({ timeZone, seenZone }: DeviceRecord, userZone: string | undefined): DeviceZone => {
  if (timeZone !== undefined) return { name: timeZone, by: 'operator' };
  if (seenZone !== undefined) return { name: seenZone, by: 'device' };
  return userZone === undefined ? { by: 'configuration' } : { name: userZone, by: 'user' };
};

/** Where a device's numbers without the prefix of a country are, and who said so. */
export interface DeviceCountry {
  /** ISO 3166; undefined: the server's configuration says. */
  readonly code?: string;
  readonly by: 'operator' | 'user' | 'configuration';
}

const countryIn = ({ country }: DeviceRecord, userCountry: string | undefined): DeviceCountry => {
  if (country !== undefined) return { code: country, by: 'operator' };
  return userCountry === undefined ? { by: 'configuration' } : { code: userCountry, by: 'user' };
};

function readDevInf(device: DeviceRecord): DevInf | undefined {
  if (device.devInf === undefined) return undefined;
  return JSON.parse(device.devInf) as DevInf;
}

function modelOf(device: DeviceRecord): string | undefined {
  const devInf = readDevInf(device);
  const named = [devInf?.man, devInf?.mod].filter((part) => part !== undefined && part !== '').join(' ');
  return named === '' ? device.userAgent : named;
}

async function pairSummary(own: AccountReader, pair: PairRecord): Promise<PairSummary> {
  const datastore = await own.datastores.byId(pair.datastore);
  const epoch = pair.current?.epoch ?? pair.open?.epoch;
  const { lastSync, open, growth } = pair;
  return {
    datastore: datastore?.uri ?? '',
    clientUri: pair.clientUri,
    ...(lastSync === undefined ? {} : { lastSync }),
    slowNeeded: pair.slowNeeded || pair.current === undefined,
    ...(open === undefined ? {} : { open: { type: open.type, phase: open.phase, startedAt: open.startedAt } }),
    held: epoch === undefined ? 0 : await own.idMap.count(pair.id, epoch),
    extraCopies: epoch === undefined ? 0 : await own.extraCopies.count(pair.id, epoch),
    ...(growth?.stoppedAt === undefined
      ? {}
      : { growth: { stoppedAt: growth.stoppedAt, since: growth.since, arrived: growth.arrived, alike: growth.alike } }),
  };
}

async function summary(own: AccountReader, user: string, device: DeviceRecord): Promise<DeviceSummary> {
  const stores: PairSummary[] = [];
  for (const pair of await own.pairs.ofDevice(device.id)) stores.push(await pairSummary(own, pair));
  const model = modelOf(device);
  return {
    user,
    uri: device.uri,
    ...(model === undefined ? {} : { model }),
    lastAccessAt: device.lastAccessAt,
    ...(device.lastRefusal === undefined ? {} : { lastRefusal: device.lastRefusal }),
    stores,
  };
}

/** Devices of one user, or of all. @throws {UserError} when there is no such user. */
export async function listDevices(store: Store, user: string | undefined): Promise<readonly DeviceSummary[]> {
  return store.read(async (tx) => {
    const accounts = user === undefined ? await tx.accounts.list() : [await findUser(tx, user)];
    const all: DeviceSummary[] = [];
    for (const account of accounts) {
      const own = tx.account(account.id);
      for (const device of await own.devices.list()) all.push(await summary(own, account.name, device));
    }
    return all;
  });
}

async function requireDevice(own: AccountReader, uri: string): Promise<DeviceRecord> {
  const device = await own.devices.byUri(uri);
  if (device === undefined) throw new UserError(`There is no device "${uri}"; "moorage device list" shows all.`);
  return device;
}

/** @throws {UserError} when there is no such user or device. */
export async function showDevice(store: Store, user: string, uri: string): Promise<DeviceDetails> {
  return store.read(async (tx) => {
    const account = await findUser(tx, user);
    const own = tx.account(account.id);
    const device = await requireDevice(own, uri);
    const devInf = readDevInf(device);
    return {
      ...(await summary(own, account.name, device)),
      ...(device.userAgent === undefined ? {} : { userAgent: device.userAgent }),
      ...(device.wapProfile === undefined ? {} : { wapProfile: device.wapProfile }),
      ...(device.profile === undefined ? {} : { profile: device.profile }),
      logins: device.authCount,
      ignoresRespUri: device.ignoresRespUri === true,
      zone: zoneOf(device, account.timeZone),
      country: countryIn(device, account.country),
      ...(devInf === undefined ? {} : { devInf }),
      ...(device.seenProperties === undefined ? {} : { seenProperties: device.seenProperties }),
    };
  });
}

/** Gives the device a handset profile, whatever it says of itself; undefined: the one that fits. @throws {UserError} when there is no such user or device. */
export async function chooseProfile(store: Store, user: string, uri: string, profile: string | undefined): Promise<void> {
  await store.transact(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    const { profile: _, ...device } = await requireDevice(own, uri);
    await own.devices.save(profile === undefined ? device : { ...device, profile });
  });
}

/**
 * Says where the device is; undefined: forgets it, and what the device let see of it. @returns what counts now.
 * @throws {UserError} when there is no such user or device.
 */
export async function setDeviceZone(store: Store, user: string, uri: string, timeZone: string | undefined): Promise<DeviceZone> {
  return store.transact(async (tx) => {
    const account = await findUser(tx, user);
    const own = tx.account(account.id);
    const { timeZone: _, seenZone: __, ...rest } = await requireDevice(own, uri);
    const device = timeZone === undefined ? rest : { ...rest, timeZone };
    await own.devices.save(device);
    return zoneOf(device, account.timeZone);
  });
}

/**
 * Says where numbers of the device are; undefined: forgets it. @returns what counts now.
 * @throws {UserError} when there is no such user or device.
 */
export async function setDeviceCountry(store: Store, user: string, uri: string, country: string | undefined): Promise<DeviceCountry> {
  return store.transact(async (tx) => {
    const account = await findUser(tx, user);
    const own = tx.account(account.id);
    const { country: _, ...rest } = await requireDevice(own, uri);
    const device = country === undefined ? rest : { ...rest, country };
    await own.devices.save(device);
    return countryIn(device, account.country);
  });
}

/** What a reset forgets. */
export interface ResetReport {
  readonly stores: readonly PairSummary[];
  /** Nonces of both sides, device information, and how it treats RespURI: all that is not of one datastore. */
  readonly wholeDevice: boolean;
}

/** What {@link resetDevice} would forget. @throws {UserError} when there is no such user, device or datastore. */
export async function plannedReset(store: Store, user: string, uri: string, datastore: string | undefined): Promise<ResetReport> {
  return store.read(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    return report(own, await pairsToReset(own, await requireDevice(own, uri), datastore), datastore);
  });
}

/**
 * Forgets anchors, maps and open syncs of the device (with one datastore, when it is named), so that its next sync is a first one; without
 * a datastore also its nonces and device information. Items, sessions that have ended and the number of its log-ins stay: the last keeps
 * challenges that were answered before from being answered again. Sessions under way are removed: what they go on with is gone. @throws {UserError}
 */
export async function resetDevice(store: Store, user: string, uri: string, datastore: string | undefined): Promise<ResetReport> {
  return store.transact(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    const device = await requireDevice(own, uri);
    const pairs = await pairsToReset(own, device, datastore);
    const forgotten = await report(own, pairs, datastore);
    await tx.sessions.removeOpen(own.id, device.id);
    for (const { id } of pairs) await own.pairs.remove(id);
    const { devInf: _d, nonce: _n, previousNonce: _p, clientNonce: _c, ignoresRespUri: _i, seenProperties: _s, ...rest } = device;
    if (datastore === undefined) await own.devices.save(rest);
    return forgotten;
  });
}

async function pairsToReset(own: AccountReader, device: DeviceRecord, datastore: string | undefined): Promise<readonly PairRecord[]> {
  const all = await own.pairs.ofDevice(device.id);
  if (datastore === undefined) return all;
  const { id } = await findDatastore(own, datastore);
  return all.filter((pair) => pair.datastore === id);
}

async function report(own: AccountReader, pairs: readonly PairRecord[], datastore: string | undefined): Promise<ResetReport> {
  const stores: PairSummary[] = [];
  for (const pair of pairs) stores.push(await pairSummary(own, pair));
  return { stores, wholeDevice: datastore === undefined };
}

/** Drops what is known of the device: its next sync is a first one. Items stay. @throws {UserError} */
export async function forgetDevice(store: Store, user: string, uri: string): Promise<void> {
  await store.transact(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    const { id } = await requireDevice(own, uri);
    const backups = (await own.copies.list()).filter((copy) => copy.device === id).map((copy) => `"${copy.file}"`);
    // They would go with it: a lost device is just the one whose backups are wanted.
    if (backups.length > 0)
      throw new UserError(
        `The device has backups of ${backups.join(', ')}. Remove them first, if they are to go: "moorage backup remove".`,
      );
    await own.devices.remove(id);
  });
}
