/** The bad link between devices and servers: carries each message, or does to it what the script says. */
import { isSuccess } from '../../src/model/status.js';
import { decodeMessage } from '../../src/wire/decode.js';
import { LinkLost, type Reply } from '../model-client/transport.js';
import { TortureFailure } from './failure.js';
import type { Fault, FaultKind } from './script.js';
import type { Tally } from './tally.js';
import type { TortureWorld, Wire } from './world.js';

const DISK: readonly FaultKind[] = ['disk full', 'sync of the disk fails'];

interface LateCopy {
  readonly wire: Wire;
  readonly server: number;
  /** Messages of any device until it arrives. */
  left: number;
}

export class Link {
  readonly #world: TortureWorld;
  readonly #tally: Tally;
  #late: LateCopy[] = [];

  constructor(world: TortureWorld, tally: Tally) {
    this.#world = world;
    this.#tally = tally;
  }

  /** Rejects with LinkLost when the device gets no answer. @throws {TortureFailure} when the server fails. */
  async carry(wire: Wire, server: number, fault: Fault | undefined): Promise<Reply> {
    try {
      return await this.#carry(wire, server, fault);
    } finally {
      await this.#arrivals();
    }
  }

  /** All that is still on its way arrives. */
  async flush(): Promise<void> {
    for (const copy of this.#late.splice(0)) await this.#arrive(copy);
  }

  async #carry(wire: Wire, server: number, fault: Fault | undefined): Promise<Reply> {
    const world = this.#world;
    if (!fault || (!world.diskFails && DISK.includes(fault.kind))) return this.#deliver(server, wire);
    this.#tally.faults[fault.kind] += 1;
    switch (fault.kind) {
      case 'request lost':
        throw new LinkLost(fault.kind);
      case 'response lost':
        await this.#deliver(server, wire);
        throw new LinkLost(fault.kind);
      case 'sent twice': {
        const first = await this.#deliver(server, wire);
        return sameAnswer(first, await this.#deliver(server + fault.n, wire));
      }
      case 'sent twice at once': {
        const [first, second] = await Promise.all([this.#deliver(server, wire), this.#deliver(server + 1, wire)]);
        return sameAnswer(first, second);
      }
      case 'comes again late':
        this.#hold(wire, server + fault.byte, fault.n);
        return this.#deliver(server, wire);
      case 'delayed':
        this.#hold(wire, server, fault.n);
        throw new LinkLost(fault.kind);
      case 'request cut':
        this.#tally.messages += 1;
        await world.cut(server, wire, 1 + (fault.n % Math.max(1, wire.body.byteLength - 1)));
        throw new LinkLost(fault.kind);
      case 'response cut':
        this.#tally.messages += 1;
        await world.cutAnswer(server, wire);
        throw new LinkLost(fault.kind);
      case 'request corrupted':
        await this.#deliver(server, { ...wire, body: damaged(wire.body, fault) });
        throw new LinkLost(fault.kind);
      case 'response corrupted': {
        const reply = await this.#deliver(server, wire);
        return { ...reply, body: damaged(reply.body, fault) };
      }
      case 'killed':
        this.#tally.messages += 1;
        return checked(await world.kill(server, wire, fault.n, fault.byte % 2 === 1));
      case 'disk full':
      case 'sync of the disk fails':
        this.#tally.messages += 1;
        return checked(await world.ill(server, wire, fault.kind === 'disk full' ? 'full' : 'sync'));
    }
  }

  async #deliver(server: number, wire: Wire): Promise<Reply> {
    this.#tally.messages += 1;
    return checked(await this.#world.deliver(server, wire));
  }

  #hold(wire: Wire, server: number, left: number): void {
    this.#late.push({ wire, server, left });
  }

  async #arrivals(): Promise<void> {
    for (const copy of this.#late) copy.left -= 1;
    const due = this.#late.filter(({ left }) => left < 0);
    this.#late = this.#late.filter(({ left }) => left >= 0);
    for (const copy of due) await this.#arrive(copy);
  }

  /** Nobody waits for the answer any more. */
  async #arrive({ wire, server }: LateCopy): Promise<void> {
    try {
      await this.#deliver(server, wire);
    } catch (error) {
      if (!(error instanceof LinkLost)) throw error;
    }
  }
}

function checked(reply: Reply): Reply {
  if (reply.status >= 500 && reply.status !== 503) {
    throw new TortureFailure('server error', `HTTP ${reply.status}: ${Buffer.from(reply.body).toString('utf8').slice(0, 200)}`);
  }
  return reply;
}

/** One byte of it has another value. What the byte was has no say in what it becomes, so that nonces do not either. */
function damaged(body: Uint8Array, { n, byte }: Fault): Uint8Array {
  const copy = Uint8Array.from(body);
  const at = n % Math.max(1, copy.length);
  copy[at] = copy[at] === byte ? byte ^ 1 : byte;
  return copy;
}

/** A message that was taken is answered alike however often it comes. Refusals are made afresh: they hold a new challenge. */
function sameAnswer(first: Reply, second: Reply): Reply {
  const refused = [first, second].some((reply) => reply.status !== 200 || !isSuccess(headerStatus(reply) ?? 0));
  if (!refused && !Buffer.from(first.body).equals(Buffer.from(second.body))) {
    throw new TortureFailure('resend', 'a message that came twice got two answers');
  }
  return second;
}

function headerStatus(reply: Reply): number | undefined {
  const encoding = reply.contentType.includes('+wbxml') ? 'wbxml' : 'xml';
  const [first] = decodeMessage(reply.body, encoding).message.body;
  return first?.kind === 'Status' ? first.code : undefined;
}
