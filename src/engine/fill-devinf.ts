/**
 * Our answer to a Get of device information, in steps as a client's MaxMsgSize gets smaller: everything; only the datastores of the session and no
 * property lists; that in parts, like any large object. [Sync Protocol 1.1, "Device Information Exchange", "Large Objects"]
 */
import type { Item, Meta, ResultsCommand } from '../model/message.js';
import { charBoundary } from './fill-sync.js';
import type { Page } from './fill.js';
import type { Waiting } from './session.js';
import type { Turn } from './turn.js';

type WaitingDevInf = Extract<Waiting, { kind: 'devinf' }>;

/** `rest` stands where a part of it goes out and the next message goes on. */
export interface Rendered {
  readonly command: ResultsCommand;
  readonly rest?: WaitingDevInf;
}

export function devInfResults(turn: Turn, page: Page, waiting: WaitingDevInf): Rendered {
  const { session, facts } = turn;
  const stores = session.stores.map((s) => ({ datastore: s.datastore, uri: s.serverUri }));
  const results = (item: Omit<Item, 'source'>, meta: Meta = {}): ResultsCommand => ({
    kind: 'Results',
    cmdId: String(page.nextCmd),
    msgRef: waiting.msgRef,
    cmdRef: waiting.cmdRef,
    meta: { type: `application/vnd.syncml-devinf+${facts.encoding}`, ...meta },
    items: [{ source: { uri: waiting.uri }, ...item }],
  });
  // A message that holds no more than it must will not be followed by a roomier one.
  const room = page.bare ? page.room : page.emptyRoom;
  const brief = facts.devInf(session.version, stores, true);
  if (waiting.sent === undefined) {
    const full = results({ data: { kind: 'devinf', devinf: facts.devInf(session.version, stores, false) } });
    if (facts.measure(full) <= room) return { command: full };
    const shorter = results({ data: { kind: 'devinf', devinf: brief } });
    // MoreData came with 1.1: an older client gets the message it asked for, whatever its size.
    if (facts.measure(shorter) <= room || session.version === '1.0') return { command: shorter };
  }
  const document = facts.encodeDevInf(brief);
  const sent = waiting.sent ?? 0;
  const rest = document.subarray(sent);
  const part = (length: number, more: boolean): ResultsCommand =>
    results(
      { data: { kind: 'content', bytes: rest.subarray(0, length) }, ...(more ? { moreData: true } : {}) },
      sent === 0 ? { size: document.length } : {},
    );
  const last = part(rest.length, false);
  if (sent > 0 && facts.measure(last) <= room) return { command: last };
  let length = rest.length - 1;
  let command = part(length, true);
  // Escapes make XML longer than its text: shrink until the part fits an empty message.
  for (let tries = 0; tries < 40 && facts.measure(command) > room && length > 1; tries += 1) {
    const over = facts.measure(command) - room;
    length = Math.max(1, charBoundary(rest, Math.min(length - 1, Math.max(Math.floor(length / 2), length - over))));
    command = part(length, true);
  }
  return { command, rest: { ...waiting, sent: sent + length } };
}
