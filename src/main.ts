#!/usr/bin/env -S node --max-semi-space-size=4 --heap-growing-percent=200
/**
 * The program: the one place that names implementations, and the only one that touches the process itself. Messages come and go: a small
 * young generation (first line, and `npm start`) collects them early and keeps a third of the memory free at no cost in time. The rest of the heap is small, and is gone
 * through only when it, and the buffers that count with it, are three times what was left the last time: see docs/decisions/0121.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommandLine } from './cli/program.js';
import { SharpPictures } from './pictures/pictures.js';
import type { OpenMode, Rooms } from './cli/rooms.js';
import { UserError } from './model/errors.js';
import { createDatabasePool } from './devicedb/pool.js';
import { systemClock } from './runtime/clock.js';
import type { Config } from './runtime/config.js';
import { errorFields, type Logger } from './runtime/logger.js';
import { systemRandom } from './runtime/random.js';
import { startWorker, workerRole } from './runtime/server-processes.js';
import { Keyring } from './sealing/keyring.js';
import { createKeyFile, loadMasterKey, retireOldKeys, rotateKeyFile, type MasterKey } from './sealing/master-key.js';
import { faultOfLocation, openLocations, placeOf, prepareLocation } from './storage/objects/locations.js';
import { snapshotTools } from './storage/snapshot/tools.js';
import { DATABASE_FILE, openSqliteStore, type SqliteStore } from './storage/sqlite/sqlite-store.js';

const hasStore = (config: Config): boolean => existsSync(join(config.data, DATABASE_FILE));

/** A key is made only together with a new store: for data that is there, a missing key is a fault to be mended. */
function masterKey(config: Config): MasterKey {
  const { file, text } = config.key;
  if (text === undefined && !existsSync(file) && !hasStore(config)) {
    try {
      return createKeyFile(file);
    } catch (error) {
      // Another process on the same folder was faster.
      if (!(error instanceof UserError)) throw error;
    }
  }
  return loadMasterKey(config.key);
}

function open(config: Config, logger: Logger, key: MasterKey): Promise<SqliteStore> {
  return openSqliteStore({
    folder: config.data,
    keyring: new Keyring(key),
    clock: systemClock,
    log: (event, fields) => logger.warn(event, fields),
    locations: openLocations(config.locations, (fields) => logger.warn('location-retry', fields)),
    onUntrusted: (error) => {
      // Nothing more may be said of this store, not even on the way out: clients repeat what was not answered.
      logger.error('store-untrusted', errorFields(error));
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    },
  });
}

async function openStore(config: Config, logger: Logger, mode: OpenMode): Promise<SqliteStore> {
  if (mode === 'existing' && !hasStore(config))
    throw new UserError(
      `There is no data in ${config.data}. Name the folder with --data, or make a first user there with "moorage user add NAME".`,
    );
  return open(config, logger, masterKey(config));
}

async function rotateKey(config: Config, logger: Logger): Promise<string> {
  if (!hasStore(config)) throw new UserError(`There is no data in ${config.data}. Name the folder with --data.`);
  // Checked against the data before the file changes.
  await (await open(config, logger, loadMasterKey(config.key))).close();
  const ring = rotateKeyFile(config.key.file);
  const store = await open(config, logger, ring);
  try {
    await store.rewrapKeys();
  } finally {
    await store.close();
  }
  retireOldKeys(config.key.file);
  return ring.keys[0].id;
}

async function readInput(): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of process.stdin) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}

async function writeOut(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());

const rooms: Rooms = {
  openStore,
  databaseJobs: () => createDatabasePool(),
  pictures: () => new SharpPictures(),
  rotateKey,
  snapshots: snapshotTools(systemClock),
  locations: { place: placeOf, fault: faultOfLocation, prepare: prepareLocation },
  clock: systemClock,
  random: systemRandom,
  streams: {
    isTerminal: process.stdout.isTTY,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    readInput,
  },
  writeOut,
  progressVisible: process.stderr.isTTY === true,
  environment: process.env,
  startWorker,
  worker: workerRole(process.env),
  stop: stop.signal,
};

process.exitCode = await runCommandLine(process.argv.slice(2), rooms);
rooms.worker?.leave();
