/** A file from the server: received in one object, taken up again where it broke off, compared with its manifest, put in place. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Alert } from '../../model/alert.js';
import { UserError } from '../../model/errors.js';
import { Status } from '../../model/status.js';
import type { Link } from '../client/link.js';
import { SyncSession } from '../client/session.js';
import { sessionSettings, type Device } from '../client/settings.js';
import { ProtocolFault, SessionRefused } from '../errors.js';
import { datastoreOf } from '../job/send.js';
import { noteDevInf } from '../state/files.js';
import type { Looker } from '../detect/looker.js';
import type { StateStore } from '../state/store.js';
import type { RestoreOptions, RestoreReport } from '../types.js';
import { NOTHING_YET, type ArrivingState } from './arriving.js';
import { Receiving } from './receive.js';
import { restoreTarget } from './request.js';
import { isInTheWay, NotAsPromised, putInPlace, unpackAndVerify } from './verify.js';

export interface RestoreContext {
  readonly store: StateStore;
  readonly device: Device;
  readonly link: Link;
  readonly now: () => number;
  readonly looker: Looker;
}

/** What came of a restore that has to be verified anew when it does not hold. */
const TRIES = 2;

/** @throws {UserError} with what to do, and whatever ends a session early; what came so far is kept for the next call. */
export async function restoreFile(context: RestoreContext, options: RestoreOptions): Promise<RestoreReport> {
  const { store, looker } = context;
  const out = resolve(options.out);
  if (options.overwrite !== true && isInTheWay(out))
    throw new UserError(`${out} is there. Add --overwrite to replace it, or name another file.`);
  if (!existsSync(dirname(out)) || !statSync(dirname(out)).isDirectory()) throw new UserError(`There is no folder ${dirname(out)}.`);
  const part = `${out}.moorage-part`;
  const unpacked = `${out}.moorage-new`;
  for (let tries = 1; ; tries += 1) {
    const { state, objects } = await receive(context, options, out, part);
    const finish = (): void => {
      for (const path of [part, unpacked]) rmSync(path, { force: true });
      store.run('DELETE FROM restore WHERE out = ?', out);
    };
    try {
      options.onProgress?.({ file: options.file, step: 'verify', done: 0, total: 1 });
      const { manifest, size, sha256, by } = await unpackAndVerify(looker, part, unpacked, state);
      options.onProgress?.({ file: options.file, step: 'verify', done: 1, total: 1 });
      putInPlace(unpacked, out);
      finish();
      const { modification, way, device } = manifest;
      const modifiedAt = manifest.modified === undefined ? NaN : Date.parse(manifest.modified);
      return {
        out,
        size,
        modification,
        way,
        ...(device === undefined ? {} : { device }),
        ...(Number.isNaN(modifiedAt) ? {} : { modifiedAt }),
        sha256,
        verifiedBy: by,
        received: context.link.received,
        objects,
      };
    } catch (error) {
      if (!(error instanceof NotAsPromised)) throw error;
      // What came is of no use; nothing was put in place.
      finish();
      if (tries === TRIES)
        throw new UserError(`${options.file} was not restored: ${error.message}. Try another generation with --generation or --at.`, {
          cause: error,
        });
    }
  }
}

async function receive(
  context: RestoreContext,
  options: RestoreOptions,
  out: string,
  part: string,
): Promise<{ readonly state: ArrivingState; readonly objects: number }> {
  const { store, device, link, now } = context;
  const target = restoreTarget(options);
  const row = store.get<{ state: string }>('SELECT state FROM restore WHERE out = ?', out);
  const kept = row && (JSON.parse(row.state) as ArrivingState);
  const goesOn = kept?.target === target && existsSync(part);
  const state: ArrivingState = goesOn ? kept : { target, ...NOTHING_YET };
  if (state.complete && state.manifest !== undefined) return { state, objects: 0 };
  const keep = (next: ArrivingState): void =>
    store.run('INSERT INTO restore VALUES (?, ?) ON CONFLICT (out) DO UPDATE SET state = excluded.state', out, JSON.stringify(next));
  const receiving = new Receiving(part, state, keep, (done, total) => {
    options.onProgress?.({ file: options.file, step: 'receive', done, total });
  });
  const { server, user, auth = 'md5', verifyServer = false, signal } = options;
  const names = { target, source: datastoreOf(options.file) };
  const settings = sessionSettings(device, store, { server, user, auth, verifyServer }, names.source, signal);
  const next = new Date(now()).toISOString().replace(/[-:.]/g, '');
  try {
    const type = goesOn && kept.received > 0 ? Alert.Resume : Alert.RefreshFromServer;
    const result = await new SyncSession(settings, { names, type, next, handler: receiving }, link).run();
    if (result.devInfTaken) noteDevInf(store, server, user);
  } catch (error) {
    if (error instanceof SessionRefused && error.code === Status.NotFound)
      throw new UserError(
        `There is no copy of ${options.file}${options.generation === undefined ? (options.at ? ' of that time' : '') : ` with the number ${options.generation}`} on the server. ` +
          'Check the name, and --from when it was backed up by another device.',
        { cause: error },
      );
    throw error;
  } finally {
    receiving.close();
  }
  if (!receiving.state.complete) throw new ProtocolFault('the server ended the session before the whole file had come');
  return { state: receiving.state, objects: receiving.objects };
}
