/** What holds after every message, whatever the client sends. `docs/protocol.md` lists them by these numbers. */
import assert from 'node:assert/strict';
import type { Session } from '../../../src/engine/session.js';
import { serverSends } from '../../../src/model/alert.js';
import type { Effect } from '../../../src/model/effects.js';
import type { PairId } from '../../../src/model/ids.js';
import type { Command, Item, ItemCommand, Message, StatusCommand } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import type { Dialect } from '../../../src/wire/dialect.js';
import { MessageEncoder } from '../../../src/wire/encode.js';

export const INVARIANTS = {
  I1: 'The first command of an answer is the Status of the SyncHdr, and there is only one.',
  I2: 'Every command gets one Status, or one for each of its Items; nothing gets a Status it did not ask for. At Final none is owed.',
  I3: 'Statuses stand in the order of the commands they answer, also when they spill over into later messages.',
  I4: 'NoResp on a command keeps its own Status back; NoResp in SyncHdr keeps back all of that message.',
  I5: 'CmdIDs are unique within a message, and none is 0.',
  I6: 'MsgRef names the message of the command; TargetRef and SourceRef repeat the addresses of a single Item.',
  I7: "No Final before the client's Final of its package, unless the session is given up or suspended, or the client forgot its Final and only asks for more.",
  I8: "Alert 222 goes out while the client's package is incomplete, and never after its Final.",
  I9: "No answer is bigger than the client's MaxMsgSize.",
  I10: "Sync comes only after the client's Final of its changes, and only for datastores that send changes.",
  I11: 'Our Add has Source only, our Replace and Delete have Target only; Add and Replace name their Type.',
  I12: 'A part of a large object ends its message; Size stands in the first part only; what fits into a message is not cut.',
  I13: 'The stored session is not changed by running a message.',
  I14: 'The session survives JSON.',
  I15: 'The header answers with the version and SessionID of the request, its Target and Source swapped, and MsgIDs that count up by one.',
  I16: 'The last answer of a session asks for nothing: no Sync, Get, Put, or Alert.',
  I17: 'Only status codes of the Representation Protocol are sent.',
  I18: 'Effects name pairs of this session that are open; a pair ends once.',
  I19: 'Messages that bring nothing end the session after a fixed number.',
  I20: 'A session that has lost its pairs to a newer one writes nothing and is told 512.',
} as const;
export type InvariantName = keyof typeof INVARIANTS;

export interface Step {
  readonly before: Session;
  /** `before` as JSON, from before the run. */
  readonly frozen: string;
  readonly message: Message;
  readonly answer: Message;
  readonly after: Session;
  readonly effects: readonly Effect[];
}

/** A command that waits for its Status. */
interface Owed {
  readonly msgRef: string;
  readonly cmdId: string;
  readonly cmd: string;
  readonly refs: readonly { target: string | undefined; source: string | undefined }[];
  answered: number;
}

const CODES: ReadonlySet<number> = new Set(Object.values(Status));
const MAX_SILENT = 11;

export class Invariants {
  readonly #encoder: MessageEncoder;
  #owed: Owed[] = [];
  #ended = new Set<PairId>();
  #part: { source: string; bytes: number } | undefined;
  #silent = 0;
  /** The Map that was answered last. */
  #map: Owed | undefined;

  constructor(dialect: Dialect) {
    this.#encoder = new MessageEncoder(dialect);
  }

  check(step: Step): void {
    const { message, answer, before, after } = step;
    const gaveUp = headerCode(answer) === Status.SynchronizationFailed;
    this.#statuses(step, gaveUp);
    const ids = everyCommand(answer.body).map((c) => c.cmdId);
    is('I5', new Set(ids).size === ids.length && ids.every((id) => /^[1-9]\d*$/.test(id)), ids.join());
    const clientDone = message.final || before.closing;
    const forgotten = !clientDone && (after.closing || after.phase !== before.phase);
    const ends = gaveUp || after.phase === 'ended' || forgotten;
    if (forgotten && !gaveUp && after.phase !== 'ended') is('I7', isSilent(message), 'a package counts as complete without Final');
    is('I7', !answer.final || clientDone || ends, 'Final');
    const asks = answer.body.filter((c) => c.kind === 'Alert' && c.code === 222).length;
    is('I8', asks <= 1 && (!clientDone || asks === 0), '222 after Final');
    if (!clientDone && !ends) is('I8', asks === 1, 'no 222 for the rest of the package');
    const size = this.#encoder.encode(answer).length;
    const limit = after.clientMaxMsgSize ?? 16_000;
    is('I9', size <= limit, `${size} bytes, MaxMsgSize ${limit}`);
    this.#syncs(step);
    is('I13', JSON.stringify(before) === step.frozen, 'input changed');
    assert.deepEqual(JSON.parse(JSON.stringify(after)), after, 'I14: session and its JSON differ');
    this.#header(step);
    if (before.phase === 'map' && after.phase === 'ended' && answer.final) {
      is(
        'I16',
        answer.body.every((c) => c.kind === 'Status' || c.kind === 'Results'),
        'the last answer asks for something',
      );
    }
    this.#effects(step, gaveUp);
    const nothing = isSilent(message) && !message.final;
    const gave = answer.body.some((c) => c.kind !== 'Status' && !(c.kind === 'Alert' && c.code === 222));
    const spill = answer.body.some((c) => c.kind === 'Status' && c.msgRef !== message.header.msgId);
    this.#silent = nothing && !gave && !spill ? this.#silent + 1 : 0;
    is('I19', this.#silent <= MAX_SILENT || after.phase === 'ended', `${this.#silent} messages in a row with nothing`);
    if (after.phase === 'ended' && before.phase !== 'ended') this.#silent = 0;
  }

  #statuses({ message, answer, before, after }: Step, gaveUp: boolean): void {
    const statuses = answer.body.filter((c): c is StatusCommand => c.kind === 'Status');
    const { header } = message;
    const [first] = answer.body;
    if (!header.noResp) {
      const heads = statuses.filter((s) => s.cmd === 'SyncHdr');
      is('I1', first?.kind === 'Status' && first.cmd === 'SyncHdr' && first.cmdRef === '0' && heads.length === 1, 'SyncHdr');
      is('I6', first?.kind === 'Status' && first.msgRef === header.msgId, 'MsgRef of the SyncHdr Status');
      const refs = first?.kind === 'Status' ? [...first.targetRefs, ...first.sourceRefs] : [];
      assert.deepEqual(refs, [header.target.uri, header.source.uri], 'I6: refs of the SyncHdr Status');
    } else {
      is(
        'I4',
        statuses.every((s) => s.msgRef !== header.msgId),
        'a Status for a message with NoResp',
      );
    }
    if (gaveUp) this.#owed = [];
    if (!header.noResp) this.#owed.push(...owedFor(message));
    for (const s of statuses) {
      is('I17', CODES.has(s.code), `Status ${s.code}`);
      if (s.cmd !== 'SyncHdr') this.#book(s);
    }
    // What the last message left owed goes out before our Final.
    if (answer.final) assert.deepEqual(this.#owed, [], 'I2: Final, and commands without a Status');
    if (before.phase !== 'ended' && after.phase === 'ended' && answer.final) this.#owed = [];
  }

  #book(s: StatusCommand): void {
    const what = `Status ${s.code} for ${s.cmd} ${s.msgRef}/${s.cmdRef}`;
    const at = this.#owed.findIndex((o) => o.msgRef === s.msgRef && o.cmdId === s.cmdRef && o.cmd === s.cmd);
    const owed = this.#owed[at];
    // A Map may have one Status for itself and one more for each MapItem that failed.
    const more = this.#map;
    if (!owed && more && more.msgRef === s.msgRef && more.cmdId === s.cmdRef && s.cmd === 'Map') return this.#bookMap(more, s, what);
    this.#map = undefined;
    if (!owed) return is('I2', false, `${what}: nobody waits for it`);
    is('I3', at === 0, `${what} before that of ${this.#owed[0]?.cmd} ${this.#owed[0]?.msgRef}/${this.#owed[0]?.cmdId}`);
    if (owed.cmd === 'Map') {
      this.#owed.splice(at, 1);
      this.#map = owed;
      return this.#bookMap(owed, s, what);
    }
    const bare = s.targetRefs.length + s.sourceRefs.length === 0;
    if (owed.refs.length > 1 && !bare) {
      const ref = owed.refs[owed.answered];
      is('I6', ref !== undefined && sameRefs(s, ref), `${what}: references`);
      owed.answered += 1;
      if (owed.answered === owed.refs.length) this.#owed.splice(at, 1);
      return;
    }
    if (owed.refs.length === 1 && owed.refs[0]) is('I6', sameRefs(s, owed.refs[0]), `${what}: references`);
    is('I2', owed.answered === 0, `${what}: one for all after one for an Item`);
    this.#owed.splice(at, 1);
  }

  #bookMap(owed: Owed, s: StatusCommand, what: string): void {
    const [own, ...items] = owed.refs;
    const isOwn = owed.answered === 0 && own !== undefined && sameRefs(s, own);
    is('I6', isOwn || items.some((ref) => sameRefs(s, ref)), `${what}: references`);
    owed.answered += 1;
    is('I2', owed.answered <= 1 + items.length, `${what}: too many`);
  }

  #syncs({ message, answer, before, after }: Step): void {
    const syncs = answer.body.filter((c) => c.kind === 'Sync');
    is(
      'I10',
      syncs.length === 0 || message.final || before.closing || after.stores.some((s) => s.resumed || s.received),
      'Sync before the Final',
    );
    for (const sync of syncs) {
      const store = after.stores.find((s) => s.serverUri === sync.source?.uri && s.clientUri === sync.target?.uri);
      is('I10', store !== undefined && store.received && serverSends(store.type), `Sync of ${sync.source?.uri}`);
    }
    const changes = syncs.flatMap((s) => s.commands.filter(isChange));
    for (const [i, c] of changes.entries()) {
      const [item] = c.items;
      is('I11', c.items.length === 1 && item !== undefined, 'one Item a command');
      if (!item) continue;
      if (c.kind === 'Add') is('I11', item.source !== undefined && item.target === undefined, 'Add with Source only');
      else is('I11', item.target !== undefined && item.source === undefined, `${c.kind} with Target only`);
      if (c.kind !== 'Delete') is('I11', c.meta?.type !== undefined, `${c.kind} without Type`);
      if (c.kind !== 'Delete') this.#object(c, item, i === changes.length - 1 && answer.body.at(-1)?.kind === 'Sync', after, answer);
    }
  }

  #object(c: ItemCommand, item: Item, last: boolean, after: Session, answer: Message): void {
    const name = item.source?.uri ?? item.target?.uri ?? '';
    const length = item.data?.kind === 'content' ? item.data.bytes.length : 0;
    const goesOn = this.#part?.source === name;
    if (item.moreData) {
      is('I12', last, 'something behind a part');
      is('I12', (c.meta?.size !== undefined) === !goesOn, 'Size in the first part only');
      is('I12', length > 0, 'an empty part');
      // Another 600 bytes stand for headers of other commands: what is smaller than the rest of a message was not worth cutting.
      const limit = Math.min(after.clientMaxMsgSize ?? 16_000, 1_000_000);
      if (!goesOn) is('I12', (c.meta?.size ?? 0) > limit - this.#encoder.encode(answer).length - 600, 'an object that fits is cut');
      this.#part = { source: name, bytes: (goesOn ? (this.#part?.bytes ?? 0) : 0) + length };
    } else {
      is('I12', c.meta?.size === undefined, 'Size outside of a first part');
      this.#part = undefined;
    }
  }

  #header({ message, answer, before, after }: Step): void {
    const { header } = answer;
    const asked = message.header;
    is('I15', header.verDtd === asked.verDtd && header.verProto === asked.verProto, `version ${header.verDtd}`);
    is('I15', header.sessionId === asked.sessionId, 'SessionID');
    is('I15', header.target.uri === asked.source.uri && header.source.uri === asked.target.uri, 'Target and Source');
    is('I15', header.msgId === String(after.msgId) && (before.msgId === 0 || after.msgId === before.msgId + 1), `MsgID ${header.msgId}`);
  }

  #effects({ before, after, effects, answer }: Step, gaveUp: boolean): void {
    const known = new Set([...before.stores, ...after.stores].map((s) => s.pair));
    for (const effect of effects) {
      if (!('pair' in effect)) continue;
      is('I18', known.has(effect.pair), `${effect.kind} of a pair that is not open`);
      is('I18', !this.#ended.has(effect.pair), `${effect.kind} after the pair's end`);
      if (effect.kind === 'finish' || effect.kind === 'abandon') this.#ended.add(effect.pair);
    }
    for (const effect of effects)
      if (effect.kind === 'open') for (const s of after.stores) if (s.state === 'open') this.#ended.delete(s.pair);
    const lost = effects.some((e) => e.kind === 'owns') && effects.length === 1 && gaveUp;
    if (lost)
      is('I20', headerCode(answer) === Status.SynchronizationFailed && answer.body.every((c) => c.kind === 'Status'), 'more than 512');
  }
}

/** @throws when `holds` is false; the message begins with the invariant's number. */
function is(name: InvariantName, holds: boolean, detail: string): void {
  assert.ok(holds, `${name}: ${INVARIANTS[name]} (${detail})`);
}

export const headerCode = (answer: Message): number | undefined =>
  answer.body.find((c): c is StatusCommand => c.kind === 'Status' && c.cmd === 'SyncHdr')?.code;

/** Nothing but Statuses of SyncHdr and Alert, and requests for more. */
const isSilent = (message: Message): boolean =>
  message.body.every((c) => (c.kind === 'Status' && (c.cmd === 'SyncHdr' || c.cmd === 'Alert')) || (c.kind === 'Alert' && c.code === 222));

const isChange = (c: Command): c is ItemCommand => c.kind === 'Add' || c.kind === 'Replace' || c.kind === 'Delete';

const sameRefs = (s: StatusCommand, ref: { target: string | undefined; source: string | undefined }): boolean =>
  s.targetRefs.join() === (ref.target ?? '') && s.sourceRefs.join() === (ref.source ?? '');

export function everyCommand(commands: readonly Command[]): Command[] {
  return commands.flatMap((c) => [c, ...('commands' in c ? everyCommand(c.commands) : [])]);
}

const nameOf = (c: Command): string => (c.kind === 'Unknown' ? c.name : c.kind);

function owedFor(message: Message): Owed[] {
  return everyCommand(message.body).flatMap((c) => {
    if (c.kind === 'Status' || ('noResp' in c && c.noResp)) return [];
    return [{ msgRef: message.header.msgId, cmdId: c.cmdId, cmd: nameOf(c), refs: refsOf(c), answered: 0 }];
  });
}

function refsOf(c: Command): Owed['refs'] {
  if (c.kind === 'Sync') return [{ target: c.target?.uri, source: c.source?.uri }];
  if (c.kind === 'Map') {
    const own = { target: c.target?.uri, source: c.source?.uri };
    return [own, ...c.items.map((i) => ({ target: i.target.uri, source: i.source.uri }))];
  }
  if (!('items' in c)) return [];
  return c.items.map((i) => ({ target: i.target?.uri, source: i.source?.uri }));
}
