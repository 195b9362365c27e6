/**
 * Scripted answers to the engine's effects. What a test does not script is answered by a small stand-in for a datastore: it opens what it
 * is asked for, takes every change, and sends what `outgoing` holds.
 */
import { isSyncType, type SyncType } from '../../../src/model/alert.js';
import type { Answer, ChangeAnswer, Effect, EffectKind, Effects, Outgoing } from '../../../src/model/effects.js';
import { guid, type Luid, type PairId } from '../../../src/model/ids.js';
import { storeName } from '../../../src/model/datastore.js';
import { bytes } from './messages.js';

export type Script = { readonly [K in EffectKind]?: (ask: Effects[K]['ask']) => Answer<K> };

/** An item the server has for the client. */
export interface Waiting {
  readonly kind: 'Add' | 'Replace' | 'Delete';
  readonly name: string;
  readonly text?: string;
}

interface StoreState {
  readonly pair: PairId;
  readonly type: SyncType;
  list: (Outgoing & { state: 'waiting' | 'sent' | 'done'; msgId?: number; cmdId?: number; out?: number; complete?: boolean })[];
}

const DATASTORES = ['contacts', 'calendar', 'notes'];

export class Scripted {
  readonly asked: Effect[] = [];
  readonly #script: Script;
  readonly #waiting: readonly Waiting[];
  readonly #stores = new Map<PairId, StoreState>();
  #parts = new Set<string>();

  constructor(script: Script = {}, waiting: readonly Waiting[] = []) {
    this.#script = script;
    this.#waiting = waiting;
  }

  /** Effects of one kind, in order. */
  all<K extends EffectKind>(kind: K): Extract<Effect, { kind: K }>[] {
    return this.asked.filter((e): e is Extract<Effect, { kind: K }> => e.kind === kind);
  }

  answer(effect: Effect): unknown {
    this.asked.push(effect);
    const scripted = this.#script[effect.kind] as ((ask: Effect) => unknown) | undefined;
    if (scripted) return scripted(effect);
    switch (effect.kind) {
      case 'open':
        return this.#open(effect);
      case 'owns':
        return true;
      case 'change':
        return effect.changes.map((change): ChangeAnswer => {
          const key = `${effect.pair} ${change.luid}`;
          if (change.part && !change.part.last) {
            if (change.part.size === undefined && !this.#parts.has(key)) return { status: 411 };
            this.#parts.add(key);
            return { status: 213 };
          }
          this.#parts.delete(key);
          return { status: change.kind === 'Add' ? 201 : 200 };
        });
      case 'map':
        return DATASTORES.includes(storeName(effect.target)) ? effect.items.map(() => 200) : undefined;
      case 'widen':
        return 201;
      case 'received':
        return this.#received(effect.pair);
      case 'outgoing':
        return this.#outgoing(effect.pair, effect.bytes);
      case 'sent':
        for (const entry of effect.entries) {
          this.#change(effect.pair, entry.seq, {
            state: 'sent',
            msgId: effect.msgId,
            cmdId: entry.cmdId,
            complete: entry.complete,
            ...(entry.sentBytes === undefined ? {} : { out: entry.sentBytes }),
          });
        }
        return undefined;
      case 'answered':
        for (const { msgId, cmdId, status } of effect.answers) {
          const entry = this.#stores.get(effect.pair)?.list.find((e) => e.msgId === msgId && e.cmdId === cmdId && e.state === 'sent');
          if (entry)
            this.#change(
              effect.pair,
              entry.seq,
              !entry.complete && status < 300 ? { state: 'waiting', offset: entry.out ?? 0 } : { state: 'done' },
            );
        }
        return undefined;
      case 'skip':
        for (const seq of effect.seqs) this.#change(effect.pair, seq, { state: 'done' });
        return undefined;
      default:
        return undefined;
    }
  }

  #open(ask: Effects['open']['ask']): Answer<'open'> {
    const name = storeName(ask.serverUri);
    const at = DATASTORES.indexOf(name);
    if (at < 0) return { kind: 'refused', status: 404 };
    const pair = (at + 1) as PairId;
    const type = ask.type === 'resume' ? 200 : ask.type;
    // An anchor "bad" stands for one that does not match.
    const widened: SyncType = ask.last === 'bad' && (type === 200 || type === 202) ? 201 : ask.last === 'bad' && type === 204 ? 205 : type;
    if (!isSyncType(widened)) throw new Error(`type ${String(widened)}`);
    this.#stores.set(pair, { pair, type: widened, list: [] });
    const status = widened === type && ask.type !== 'resume' ? 200 : 508;
    return { kind: 'opened', pair, datastore: name, type: widened, status, last: '20240101T000000Z', next: '20240102T000000Z' };
  }

  #received(pair: PairId): number {
    const store = this.#stores.get(pair);
    if (!store || store.type === 202 || store.type === 203) return 0;
    store.list = this.#waiting.map((w, seq) => ({
      seq,
      kind: w.kind,
      guid: guid(`g${seq}`),
      ...(w.kind === 'Add' ? {} : { luid: w.name as Luid }),
      type: 'text/plain',
      revision: 1,
      offset: 0,
      ...(w.kind === 'Delete' ? {} : { content: bytes(w.text ?? w.name) }),
      state: 'waiting' as const,
    }));
    return store.list.length;
  }

  #outgoing(pair: PairId, room: number): Answer<'outgoing'> {
    const list = this.#stores.get(pair)?.list ?? [];
    if (list.some((e) => e.state === 'sent' && !e.complete)) return { entries: [], done: false };
    const entries: Outgoing[] = [];
    let left = room;
    for (const { state, msgId: _m, cmdId: _c, out: _o, complete: _k, ...entry } of list) {
      if (state !== 'waiting') continue;
      entries.push(entry);
      left -= (entry.content?.length ?? 0) + 40;
      if (left <= 0) return { entries, done: false };
    }
    return { entries, done: entries.length === 0 };
  }

  #change(pair: PairId, seq: number, to: Partial<StoreState['list'][number]>): void {
    const store = this.#stores.get(pair);
    if (store) store.list = store.list.map((e) => (e.seq === seq ? { ...e, ...to } : e));
  }
}
