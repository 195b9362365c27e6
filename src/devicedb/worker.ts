/** The thread in which devices' databases are opened. What it is given is not trusted, and it may be ended at any moment. */
import { parentPort, workerData } from 'node:worker_threads';
import { applyOperations } from './apply.js';
import { ChunksUnavailable, remoteChunks } from './chunk-exchange.js';
import { findDifferences } from './differences.js';
import { computeFacts, inspectDatabase, inspectionOf } from './facts.js';
import { DatabaseFault } from './jobs.js';
import type { JobMessage, JobResult, WorkerMessage } from './messages.js';
import { asFault, openDatabase, type OpenDatabase } from './open.js';
import { NeedsWholeFile, type ChunkReader } from './paged-file.js';
import { pagingWorks } from './self-test.js';
import { cutFreePages } from './shrink.js';
import { loadSqlJs } from './sqljs.js';
import { treesAreWhole } from './trees.js';

const port = parentPort;
if (port === null) throw new Error('this is the code of a worker');
const { shared } = workerData as { readonly shared: SharedArrayBuffer };
const make = loadSqlJs();
const say = (message: WorkerMessage): void => port.postMessage(message);
let paging = false;

async function carryOut({ job, sizes, limits }: JobMessage, whole: boolean): Promise<void> {
  const lib = await make();
  const opened: OpenDatabase[] = [];
  const readerOf = (source: number): ChunkReader => remoteChunks(port as NonNullable<typeof port>, shared, source, sizes[source] ?? 0);
  const open = (source: number): OpenDatabase => {
    const one = openDatabase(lib, readerOf(source), limits, whole);
    opened.push(one);
    return one;
  };
  let result: JobResult;
  switch (job.kind) {
    case 'inspect':
      try {
        const database = open(0);
        const trees = (): boolean => treesAreWhole(lib, readerOf(0), limits, (file) => database.adopt(file));
        result = inspectDatabase(database.db, whole ? undefined : trees);
      } catch (error) {
        result = inspectionOf(error);
      }
      break;
    case 'facts':
      result = computeFacts(open(0).db);
      break;
    case 'apply': {
      const database = open(0);
      const { statements, ...applied } = applyOperations(database.db, job.facts ?? computeFacts(database.db), job.operations, job.list);
      if (database.givesBackPages) cutFreePages(database.db, whole);
      result = { ...applied, ...database.result(), ...(statements !== undefined && { statements }) };
      break;
    }
    case 'differences':
      result = findDifferences(open(0).db, open(1).db, job.limit);
  }
  say({ kind: 'done', result, chunksRead: opened.reduce((count, one) => count + one.chunksRead(), 0) });
}

async function answer(message: JobMessage): Promise<void> {
  try {
    await carryOut(message, !paging).catch((error: unknown) => {
      if (!paging || !(error instanceof NeedsWholeFile)) throw error;
      return carryOut(message, true);
    });
  } catch (error) {
    const fault = asFault(error);
    const text = error instanceof Error ? error.message : String(error);
    if (fault instanceof DatabaseFault) say({ kind: 'failed', fault: fault.kind, message: fault.message });
    else if (error instanceof ChunksUnavailable) say({ kind: 'failed', fault: 'chunks', message: text });
    else say({ kind: 'failed', fault: 'bug', message: error instanceof Error ? (error.stack ?? text) : text });
  }
}

port.on('message', (message: JobMessage) => void answer(message));
paging = await pagingWorks(make);
say({ kind: 'ready', paging });
