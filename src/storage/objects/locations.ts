/** The storage locations of a configuration: each by its id, with the credentials of its own. */
import { StoreError, UserError } from '../../model/errors.js';
import type { Objects } from '../ports/objects.js';
import { DiskObjects } from './disk.js';
import { prepareFolder } from './marker.js';
import { S3Objects, type S3Options } from './s3.js';

interface DiskSettings {
  readonly id: string;
  readonly kind: 'disk';
  readonly folder: string;
  readonly timeoutMs?: number | undefined;
}

interface S3Settings extends Pick<S3Options, 'id' | 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'> {
  readonly kind: 's3';
  readonly prefix: string;
  readonly timeoutMs?: number | undefined;
  readonly attempts?: number | undefined;
}

export type LocationSettings = DiskSettings | S3Settings;

export type OnRetry = NonNullable<S3Options['onRetry']>;

/** All of them, by id; nothing is looked at yet. */
export function openLocations(settings: readonly LocationSettings[], onRetry: OnRetry): ReadonlyMap<string, Objects> {
  return new Map(settings.map((one) => [one.id, openLocation(one, onRetry)]));
}

function openLocation(settings: LocationSettings, onRetry: OnRetry): Objects {
  const timeout = settings.timeoutMs === undefined ? {} : { timeoutMs: settings.timeoutMs };
  if (settings.kind === 'disk') return new DiskObjects({ id: settings.id, folder: settings.folder, ...timeout });
  const { id, endpoint, region, accessKeyId, secretAccessKey, prefix, attempts } = settings;
  const tries = attempts === undefined ? {} : { attempts };
  return new S3Objects({ id, endpoint, region, accessKeyId, secretAccessKey, prefix, onRetry, ...timeout, ...tries });
}

/** Where it is, without its secrets. */
export const placeOf = (settings: LocationSettings): string =>
  settings.kind === 'disk' ? settings.folder : `${settings.endpoint}/${settings.prefix}`;

/** Undefined when it can be read; else what is wrong. */
export async function faultOfLocation(settings: LocationSettings): Promise<string | undefined> {
  const objects = openLocation(settings, () => undefined);
  try {
    // One page of names shows whether it is there and lets us in.
    for await (const _ of objects.list('')) break;
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return error.message;
  } finally {
    await objects.close();
  }
}

const TRIAL = 'trial';

/**
 * Makes it ready for use: marks a folder as this location's, and writes, reads and removes an object.
 * @throws {UserError} when that does not go.
 */
export async function prepareLocation(settings: LocationSettings): Promise<void> {
  if (settings.kind === 'disk') await prepareFolder(settings.folder, settings.id);
  const objects = openLocation(settings, () => undefined);
  try {
    const bytes = Buffer.from('Moorage writes this to see whether it can.');
    await objects.put(TRIAL, bytes);
    if (Buffer.compare(await objects.get(TRIAL), bytes) !== 0)
      throw new UserError(`Location "${settings.id}" gives back other bytes than it was given.`);
    await objects.remove(TRIAL);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new UserError(error.message, { cause: error });
  } finally {
    await objects.close();
  }
}
