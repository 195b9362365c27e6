/** Map: the LUIDs the device gave to our items. [Sync Protocol 1.1, "Mapping of Data Identifiers"] */
import { guid } from '../../model/ids.js';
import type { MapCommand } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { findStore, perform, reply, type Run, type StatusReply, type Turn } from '../turn.js';

/** One Status for the Map, or one for each failing MapItem beside it. Serves Maps of earlier sessions too. */
export function* runMap(turn: Turn, map: MapCommand): Run<StatusReply[]> {
  const refs = { target: map.target?.uri, source: map.source?.uri };
  if (map.items.length === 0) return reply(turn, map, Status.IncompleteCommand, refs);
  const store = findStore(turn, map.target?.uri, map.source?.uri);
  const results = yield* perform('map', {
    target: store?.serverUri ?? map.target?.uri ?? '',
    source: store?.clientUri ?? map.source?.uri ?? '',
    items: map.items.map((item) => ({ guid: guid(item.target.uri), luid: item.source.uri })),
  });
  if (!results) return reply(turn, map, Status.NotFound, refs);
  const failed = map.items.flatMap((item, i) => {
    const code = results[i] ?? Status.CommandFailed;
    return code === Status.Ok ? [] : reply(turn, map, code, { target: item.target.uri, source: item.source.uri });
  });
  if (failed.length === map.items.length) return failed;
  return [...reply(turn, map, Status.Ok, refs), ...failed];
}
