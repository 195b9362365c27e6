/**
 * A client that says what it said when it was recorded. Rewritten is only what names the recorded server's messages: credentials, where the
 * next message goes, Status and Map, and a Last where a session between two recorded ones is missing.
 */
import assert from 'node:assert/strict';
import type { AlertCommand, Command, Message, StatusCommand, SyncmlVersion } from '../../src/model/message.js';
import { Status } from '../../src/model/status.js';
import { Alert } from '../../src/model/alert.js';
import { codecFor, type Codec } from '../model-client/codec.js';
import { Findings } from '../model-client/rules/findings.js';
import { MessageRules } from '../model-client/rules/message-rules.js';
import { basic, type Bench } from '../exchange/support/bench.js';
import { changesIn, type RecordedChange, type RecordedSession } from './recordings.js';

export interface Played {
  /** What the server did to the client's items, by the client's ids. */
  readonly received: readonly RecordedChange[];
  /** Codes the server gave the client's item commands. */
  readonly codes: readonly number[];
  /** Rules of the protocol that an answer broke. */
  readonly broken: readonly string[];
  /** The server asked for a slow sync. */
  readonly slow: boolean;
}

const ENOUGH_MESSAGES = 20;

export class RecordedClient {
  readonly #bench: Bench;
  /** The id the recorded client gave to an item of the server that looks like this one. */
  readonly #named: (change: RecordedChange) => string;
  #next: string | undefined;

  constructor(bench: Bench, named: (change: RecordedChange) => string) {
    this.#bench = bench;
    this.#named = named;
  }

  async play(session: RecordedSession): Promise<Played> {
    const findings = new Findings();
    const rules = new MessageRules(findings);
    const received: RecordedChange[] = [];
    const codes: number[] = [];
    let url = 'http://sync.example/sync';
    let last: Message | undefined;
    let slow = false;
    const left = [...session.client];
    for (let msgId = 1; msgId <= ENOUGH_MESSAGES; msgId += 1) {
      const recorded = left.shift();
      const message = this.#message(session, recorded, last, msgId, received);
      if (!message) break;
      const codec: Codec = codecFor(session.encoding, versionOf(message));
      const reply = await this.#bench.transport(url, codec.contentType, codec.encode(message));
      assert.equal(reply.status, 200);
      const response = codec.decode(reply.body);
      rules.received({ request: message, response, bytes: reply.body.length });
      for (const command of response.body) {
        if (command.kind === 'Status' && /^(?:Add|Replace|Delete)$/.test(command.cmd)) {
          // Without references it answers all items of its command.
          const refs = command.sourceRefs.length + command.targetRefs.length;
          const items = refs > 0 ? refs : itemsOf(message.body, command.cmdRef);
          for (let one = 0; one < items; one += 1) codes.push(command.code);
        }
        if (command.kind === 'Alert' && command.code === Alert.SlowSync) slow = true;
      }
      url = response.header.respUri ?? url;
      last = response;
    }
    return { received, codes, broken: [...findings.broken, ...findings.ignored], slow };
  }

  /** @returns undefined when nothing is left to say. */
  #message(
    session: RecordedSession,
    recorded: Message | undefined,
    answer: Message | undefined,
    msgId: number,
    received: RecordedChange[],
  ): Message | undefined {
    const header = { ...(recorded ?? session.client[0])?.header, msgId: String(msgId) } as Message['header'];
    if (!answer) {
      assert.ok(recorded);
      return { ...recorded, header: { ...header, cred: basic() }, body: recorded.body.map((command) => this.#anchored(command)) };
    }
    const asks = answer.body.find((command) => command.kind === 'Get');
    const says = (recorded?.body ?? []).flatMap((command): readonly Command[] => {
      if (command.kind === 'Status' || command.kind === 'Map') return [];
      if (command.kind === 'Results') return asks ? [{ ...command, msgRef: answer.header.msgId, cmdRef: asks.cmdId }] : [];
      if (command.kind === 'Alert' && command.code === Alert.NextMessage) return answer.final ? [] : [command];
      return [command];
    });
    const owed = statusesFor(answer);
    const maps = this.#maps(answer, received);
    if (owed.length === 1 && says.length === 0 && answer.final) return undefined;
    const body = [...owed, ...maps, ...says].map((command, at) => ({ ...command, cmdId: String(1000 + at) }));
    const { cred: _, ...rest } = header;
    return { header: rest, body, final: recorded?.final ?? true };
  }

  /** A Last that belongs to a session that was not recorded becomes that of the one before. */
  #anchored(command: Command): Command {
    if (command.kind !== 'Alert') return command;
    const next = command.items[0]?.meta?.anchor?.next;
    const last = this.#next;
    this.#next = next ?? last;
    const items = command.items.map((item) =>
      item.meta?.anchor && last !== undefined ? { ...item, meta: { ...item.meta, anchor: { ...item.meta.anchor, last } } } : item,
    );
    return { ...command, items } satisfies AlertCommand;
  }

  #maps(answer: Message, received: RecordedChange[]): Command[] {
    return answer.body.flatMap((command): Command[] => {
      if (command.kind !== 'Sync') return [];
      const items = changesIn([command]).flatMap((change) => {
        const luid = change.kind === 'Add' ? this.#named(change) : change.luid;
        received.push({ ...change, luid });
        return change.kind === 'Add' ? [{ target: { uri: change.luid }, source: { uri: luid } }] : [];
      });
      const { target, source } = command;
      if (items.length === 0) return [];
      return [{ kind: 'Map', cmdId: '', ...(source ? { target: source } : {}), ...(target ? { source: target } : {}), items }];
    });
  }
}

const versionOf = ({ header: { verProto } }: Message): SyncmlVersion =>
  (['1.0', '1.2'] as const).find((one) => verProto.endsWith(one)) ?? '1.1';

function itemsOf(commands: readonly Command[], cmdId: string): number {
  for (const command of commands) {
    const inside = command.kind === 'Sync' ? itemsOf(command.commands, cmdId) : 0;
    if (inside > 0) return inside;
    if (command.cmdId === cmdId && 'items' in command) return command.items.length;
  }
  return 0;
}

/** A Status for all that an answer holds. */
function statusesFor({ header, body }: Message): StatusCommand[] {
  const status = (cmd: string, cmdRef: string, code: number, targetRefs: string[], sourceRefs: string[]): StatusCommand => ({
    kind: 'Status',
    cmdId: '',
    msgRef: header.msgId,
    cmdRef,
    cmd,
    targetRefs,
    sourceRefs,
    code,
    items: [],
  });
  const uris = (location: { readonly uri: string } | undefined): string[] => (location ? [location.uri] : []);
  const of = (command: Command): StatusCommand[] => {
    if (command.kind === 'Status' || command.kind === 'Map' || command.kind === 'Unknown') return [];
    const one = (code: number, target?: { uri: string }, source?: { uri: string }): StatusCommand =>
      status(command.kind, command.cmdId, code, uris(target), uris(source));
    if (command.kind === 'Sync') return [one(Status.Ok, command.target, command.source), ...command.commands.flatMap(of)];
    if (command.kind === 'Results') return [one(Status.Ok)];
    const items = 'items' in command ? command.items : [];
    return items.map((item) => one(command.kind === 'Add' ? Status.ItemAdded : Status.Ok, item.target, item.source));
  };
  return [status('SyncHdr', '0', Status.Ok, uris(header.target), uris(header.source)), ...body.flatMap(of)];
}
