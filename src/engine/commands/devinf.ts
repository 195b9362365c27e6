/** Put, Get and Results of device information. [Sync Protocol 1.1, "Device Information Exchange"] */
import type { DevInf } from '../../model/devinf.js';
import type { Item, Meta, PutGetCommand, ResultsCommand } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { itemReplies, perform, queue, reply, type Run, type StatusReply, type Turn } from '../turn.js';

const DEVINF_URI = /^(\.?\/)?devinf1[012]$/i;
const DEVINF_TYPE = /^application\/vnd\.syncml-devinf\+(xml|wbxml)\b/i;
const MAX_DEVINF_BYTES = 262_144;
/** As it is kept with the device, in either way it may come. Characters of JSON. */
const MAX_DEVINF_LENGTH = 1_048_576;

export function* runPut(turn: Turn, put: PutGetCommand): Run<StatusReply[]> {
  const results: { status: number }[] = [];
  for (const item of put.items) results.push({ status: yield* takeDevInf(turn, item, put.meta) });
  return itemReplies(turn, put, put.items, results);
}

export function* runResults(turn: Turn, results: ResultsCommand): Run<StatusReply[]> {
  const named = results.sourceRef === undefined ? { target: { uri: './devinf12' } } : { source: { uri: results.sourceRef } };
  for (const item of results.items) yield* takeDevInf(turn, { ...named, ...item }, results.meta);
  return reply(turn, results, Status.Ok, { target: results.items[0]?.target?.uri, source: results.items[0]?.source?.uri });
}

export function runGet(turn: Turn, get: PutGetCommand): StatusReply[] {
  return itemReplies(
    turn,
    get,
    get.items,
    get.items.map((item) => {
      const uri = item.target?.uri ?? item.source?.uri ?? '';
      if (!isDevInf(turn, uri, item.target !== undefined)) return { status: Status.NotFound };
      queue(turn, { kind: 'devinf', msgRef: turn.message.header.msgId, cmdRef: get.cmdId, uri });
      return { status: Status.Ok };
    }),
  );
}

/** @param inPlace the name stands in the element it belongs into. */
function isDevInf({ session, tolerance }: Turn, uri: string, inPlace: boolean): boolean {
  if (inPlace && uri === `./devinf${session.version.replace('.', '')}`) return true;
  return DEVINF_URI.test(uri) && tolerance.allows('devinf-uri');
}

function* takeDevInf(turn: Turn, item: Item, meta: Meta | undefined): Run<number> {
  const { session, facts } = turn;
  const uri = item.source?.uri ?? item.target?.uri ?? '';
  if (uri === '') return Status.BadRequest;
  if (!isDevInf(turn, uri, item.source !== undefined)) return Status.CommandNotAllowed;
  if (!DEVINF_TYPE.test(item.meta?.type ?? meta?.type ?? '') && !turn.tolerance.allows('devinf-type')) return Status.UnsupportedMediaType;
  if (item.data?.kind === 'devinf') {
    delete session.incomingDevInf;
    return yield* keep(turn, item.data.devinf);
  }
  if (item.data?.kind !== 'content') return Status.IncompleteCommand;
  const before = session.incomingDevInf?.uri === uri ? Buffer.from(session.incomingDevInf.data, 'base64') : Buffer.alloc(0);
  const bytes = Buffer.concat([before, item.data.bytes]);
  delete session.incomingDevInf;
  if (bytes.length > MAX_DEVINF_BYTES) return Status.EntityTooLarge;
  if (item.moreData) {
    session.incomingDevInf = { uri, data: bytes.toString('base64') };
    return Status.ChunkAccepted;
  }
  const devInf = facts.decodeDevInf(bytes);
  if (!devInf) return Status.UnsupportedMediaType;
  return yield* keep(turn, devInf);
}

function* keep(turn: Turn, devInf: DevInf): Run<number> {
  const { session } = turn;
  if (JSON.stringify(devInf).length > MAX_DEVINF_LENGTH) return Status.EntityTooLarge;
  session.devInfAsked = true;
  session.numberOfChanges = devInf.supportNumberOfChanges === true;
  if (devInf.supportLargeObjs) session.largeObjects = true;
  yield* perform('devInf', { devInf });
  return Status.Ok;
}
