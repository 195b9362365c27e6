import type { Command, Message, SyncHdr } from '../model/message.js';
import type { Dialect } from './dialect.js';
import { writeWbxmlHeader } from './wbxml/header.js';
import { SYNCML } from './wbxml/tables.js';
import { WbxmlWriter } from './wbxml/writer.js';
import { childrenOf, commandTag, writeMembers } from './write/commands.js';
import { writeHeader } from './write/item.js';
import { XmlWriter } from './xml/writer.js';

/** What stands before and behind something that can hold more. */
interface Frame {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

interface Envelope extends Frame {
  readonly final: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/**
 * Writes messages in a peer's dialect. Every command is encoded on its own, starting and ending on code page 0, so sizes add up:
 * `encode(m).length === envelopeSize(m.header) + Σ measure(command)` for a message with Final, and a little less without.
 * What was measured is kept as long as the command object lives and is not encoded again.
 */
export class MessageEncoder {
  readonly #dialect: Dialect;
  readonly #frames = new WeakMap<Command, Frame>();
  readonly #envelopes = new WeakMap<SyncHdr, Envelope>();
  readonly #scratch: WbxmlWriter | undefined;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
    this.#scratch = dialect.encoding === 'wbxml' ? new WbxmlWriter(dialect) : undefined;
  }

  /** Bytes of a message with this header, an empty SyncBody and Final. */
  envelopeSize(header: SyncHdr): number {
    const envelope = this.#envelope(header);
    return envelope.head.length + envelope.final.length + envelope.tail.length;
  }

  /** Bytes of this command in SyncBody or in Sync, Atomic, Sequence. One that holds commands: itself without them, and each of them. */
  measure(command: Command): number {
    const frame = this.#frame(command);
    let size = frame.head.length + frame.tail.length;
    for (const child of childrenOf(command) ?? []) size += this.measure(child);
    return size;
  }

  /** The message's bytes. @throws {Error} for a command of kind Unknown. */
  encode(message: Message): Uint8Array {
    const envelope = this.#envelope(message.header);
    const parts: Uint8Array[] = [envelope.head];
    for (const command of message.body) this.#collect(command, parts);
    if (message.final) parts.push(envelope.final);
    parts.push(envelope.tail);
    return concat(parts);
  }

  #collect(command: Command, parts: Uint8Array[]): void {
    const frame = this.#frame(command);
    parts.push(frame.head);
    for (const child of childrenOf(command) ?? []) this.#collect(child, parts);
    if (frame.tail.length > 0) parts.push(frame.tail);
  }

  #frame(command: Command): Frame {
    let frame = this.#frames.get(command);
    if (!frame) {
      frame = this.#scratch ? this.#wbxmlFrame(this.#scratch, command) : this.#xmlFrame(command);
      this.#frames.set(command, frame);
    }
    return frame;
  }

  #wbxmlFrame(writer: WbxmlWriter, command: Command): Frame {
    writer.reset();
    writer.start(commandTag(command));
    writeMembers(writer, command);
    if (childrenOf(command)) return { head: writer.finish(), tail: Uint8Array.of(1) };
    writer.end();
    return { head: writer.finish(), tail: NOTHING };
  }

  #xmlFrame(command: Command): Frame {
    const writer = new XmlWriter(this.#dialect);
    writer.start(commandTag(command));
    writeMembers(writer, command);
    writer.end();
    const xml = writer.finish();
    if (!childrenOf(command)) return { head: Buffer.from(xml, 'utf8'), tail: NOTHING };
    // Its CmdID is always there, so the element is never written in the short form.
    const tail = `</${command.kind}>`;
    return { head: Buffer.from(xml.slice(0, -tail.length), 'utf8'), tail: Buffer.from(tail, 'utf8') };
  }

  #envelope(header: SyncHdr): Envelope {
    let envelope = this.#envelopes.get(header);
    if (!envelope) {
      envelope = this.#scratch ? this.#wbxmlEnvelope(this.#scratch, header) : this.#xmlEnvelope(header);
      this.#envelopes.set(header, envelope);
    }
    return envelope;
  }

  #wbxmlEnvelope(writer: WbxmlWriter, header: SyncHdr): Envelope {
    writer.reset();
    writer.raw(writeWbxmlHeader(this.#dialect, 'SyncML', this.#dialect.version));
    writer.start(SYNCML.SyncML);
    writeHeader(writer, header);
    writer.start(SYNCML.SyncBody);
    return { head: writer.finish(), final: Uint8Array.of(SYNCML.Final), tail: Uint8Array.of(1, 1) };
  }

  #xmlEnvelope(header: SyncHdr): Envelope {
    const writer = new XmlWriter(this.#dialect, `SYNCML:SYNCML${this.#dialect.version}`);
    writer.start(SYNCML.SyncML);
    writeHeader(writer, header);
    writer.start(SYNCML.SyncBody);
    writer.empty(SYNCML.Final);
    writer.end();
    writer.end();
    const xml = writer.finish();
    const final = '<Final/>';
    const tail = '</SyncBody></SyncML>';
    return {
      head: Buffer.from(xml.slice(0, -(final.length + tail.length)), 'utf8'),
      final: Buffer.from(final, 'utf8'),
      tail: Buffer.from(tail, 'utf8'),
    };
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
