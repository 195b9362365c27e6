/** A phone that syncs one store with a server in this process, and says of itself what a profile's sample says. */
import assert from 'node:assert/strict';
import type { Identity } from '../../../src/handsets/profile.js';
import type { DevInf } from '../../../src/model/devinf.js';
import type { Item, ItemCommand, Message, StatusCommand } from '../../../src/model/message.js';
import { decodeMessage } from '../../../src/wire/decode.js';
import { MessageEncoder } from '../../../src/wire/encode.js';
import { MEDIA_TYPES } from '../../../src/wire/media-type.js';
import { map, messageOf, nextMessage, openAlert, statusesFor, sync, type Draft } from '../../engine/support/messages.js';
import { basic, ENDPOINT, type Bench } from '../../exchange/support/bench.js';

export interface PhoneOptions {
  readonly store?: string;
  /** The server's datastore, where it has another name than its own. */
  readonly datastore?: string;
  readonly types?: readonly (readonly [string, string])[];
  readonly maxMsgSize?: number;
  readonly maxObjSize?: number;
  readonly devInf?: Partial<DevInf>;
  /** It sends no device information. */
  readonly silent?: boolean;
}

export interface Session {
  readonly answers: readonly Message[];
  /** The answers' bytes. */
  readonly bodies: readonly Buffer[];
  /** What the server sent of items. */
  readonly received: readonly ItemCommand[];
  readonly statuses: readonly StatusCommand[];
}

/** The phone's device information. @returns undefined for a sample that has nothing of one. */
function devInfOf({ man, mod, oem, fwV, swV, hwV, devTyp }: Identity, o: PhoneOptions, id: string): DevInf {
  const store = `./${o.store ?? 'contacts'}`;
  const named = Object.entries({ man, mod, oem, fwV, swV, hwV }).filter(([, value]) => value !== undefined);
  const [first = ['text/x-vcard', '2.1'] as const, ...rest] = o.types ?? [];
  const typed = ([ctType, verCt]: readonly [string, string]) => ({ ctType, verCt });
  return {
    verDtd: '1.1',
    ...Object.fromEntries(named),
    devId: id,
    devTyp: devTyp ?? 'phone',
    dataStores: [
      {
        sourceRef: store,
        rxPref: typed(first),
        rx: rest.map(typed),
        txPref: typed(first),
        tx: [],
        syncCap: ['1', '2'],
      },
    ],
    ...o.devInf,
  };
}

let phones = 0;

export class Phone {
  readonly id: string;
  readonly #bench: Bench;
  readonly #sample: Identity;
  readonly #options: PhoneOptions;
  /** What it holds, by LUID. */
  readonly items = new Map<string, Uint8Array>();
  #next = 0;
  #last: string | undefined;
  #sessions = 0;

  constructor(bench: Bench, sample: Identity, options: PhoneOptions = {}) {
    phones += 1;
    this.id = sample.deviceId ?? `IMEI:${phones}`;
    this.#bench = bench;
    this.#sample = sample;
    this.#options = options;
  }

  /** Anchors of the last session, as if it had been another one. */
  forgetAnchor(): void {
    this.#last = 'another';
  }

  newLuid(): string {
    this.#next += 1;
    return String(this.#next);
  }

  /** @param type the Alert; 201 the first time. @param changes of the phone, in its Sync. @param answers Status codes by command. */
  async sync(
    type: number,
    changes: readonly Draft[],
    codes: Partial<Record<string, number>> = {},
    more: readonly Draft[] = [],
  ): Promise<Session> {
    this.#sessions += 1;
    const { store: own = 'contacts', datastore: store = own, maxMsgSize, maxObjSize, silent } = this.#options;
    const from = `./${own}`;
    const next = `A${this.#sessions}`;
    const wire = new Wire(this.#bench, this.#sample, this.id, String(this.#sessions), { maxMsgSize, maxObjSize });
    const put: Draft[] = silent || this.#sessions > 1 ? [] : [this.#put()];
    const answers: Message[] = [await wire.send([...put, openAlert(type, store, from, next, this.#last), ...more])];
    let answer = answers[0] as Message;
    while (!answer.final) answers.push((answer = await wire.send([...statusesFor(answer, codes), nextMessage()], false)));
    const received: ItemCommand[] = [];
    answers.push((answer = await wire.send([...statusesFor(answer, codes), sync(changes, { store, from })])));
    received.push(...itemsIn(answer));
    while (!answer.final) {
      answers.push((answer = await wire.send([...statusesFor(answer, codes), nextMessage()], false)));
      received.push(...itemsIn(answer));
    }
    const maps = this.#take(received);
    answers.push(
      await wire.send([
        ...statusesFor(answer, codes),
        ...(Object.keys(maps).length === 0 ? [] : [map(maps, { target: { uri: store }, source: { uri: from } })]),
      ]),
    );
    this.#last = next;
    const statuses = answers.flatMap(({ body }) => body.filter((one): one is StatusCommand => one.kind === 'Status'));
    return { answers, bodies: wire.bodies, received, statuses };
  }

  /** Stores what came. @returns LUIDs of what is new, by GUID. */
  #take(received: readonly ItemCommand[]): Record<string, string> {
    const maps: Record<string, string> = {};
    let parts: Uint8Array[] = [];
    for (const { kind, items } of received)
      for (const item of items) {
        const luid = item.target?.uri ?? maps[item.source?.uri ?? ''] ?? this.newLuid();
        if (kind === 'Delete') this.items.delete(luid);
        else {
          parts.push(bytesOf(item));
          if (item.moreData) continue;
          this.items.set(luid, Buffer.concat(parts));
          parts = [];
        }
        if (kind === 'Add' && item.source) maps[item.source.uri] = luid;
      }
    return maps;
  }

  #put(): Draft {
    const devinf = devInfOf(this.#sample, this.#options, this.id);
    return {
      kind: 'Put',
      meta: { type: 'application/vnd.syncml-devinf+xml' },
      items: [{ source: { uri: './devinf11' }, data: { kind: 'devinf', devinf } }],
    };
  }
}

export const bytesOf = (item: Item): Uint8Array => (item.data?.kind === 'content' ? item.data.bytes : new Uint8Array(0));
const itemsIn = (message: Message): ItemCommand[] =>
  message.body.flatMap((one) => (one.kind === 'Sync' ? one.commands.filter((child): child is ItemCommand => 'items' in child) : []));

interface Limits {
  readonly maxMsgSize?: number | undefined;
  readonly maxObjSize?: number | undefined;
}

/** Messages of one session. */
class Wire {
  readonly bodies: Buffer[] = [];
  readonly #bench: Bench;
  readonly #sample: Identity;
  readonly #header: { readonly id: string; readonly session: string };
  readonly #limits: Limits;
  #target = ENDPOINT;
  #msgId = 0;

  constructor(bench: Bench, sample: Identity, id: string, session: string, limits: Limits) {
    this.#bench = bench;
    this.#sample = sample;
    this.#header = { id, session };
    this.#limits = limits;
  }

  async send(body: readonly Draft[], final = true): Promise<Message> {
    this.#msgId += 1;
    const { maxMsgSize, maxObjSize } = this.#limits;
    const meta = { ...(maxMsgSize === undefined ? {} : { maxMsgSize }), ...(maxObjSize === undefined ? {} : { maxObjSize }) };
    const message = messageOf(body, {
      final,
      header: {
        verDtd: '1.1',
        verProto: 'SyncML/1.1',
        sessionId: this.#header.session,
        msgId: String(this.#msgId),
        target: { uri: this.#target },
        source: { uri: this.#header.id },
        ...(this.#msgId === 1 ? { cred: basic(), meta } : {}),
      },
    });
    const token = new URL(this.#target).searchParams.get('s');
    this.#bench.now += 1000;
    const answer = await this.#bench.handle({
      body: new MessageEncoder({ encoding: 'xml', version: '1.1' }).encode(message),
      contentType: MEDIA_TYPES.xml,
      userAgent: this.#sample.userAgent ?? 'a phone',
      ...(this.#sample.wapProfile === undefined ? {} : { wapProfile: this.#sample.wapProfile }),
      ...(token === null ? {} : { token }),
    });
    assert.equal(answer.httpStatus, 200);
    this.bodies.push(answer.body);
    const response = decodeMessage(answer.body, 'xml').message;
    this.#target = response.header.respUri ?? this.#target;
    return response;
  }
}
