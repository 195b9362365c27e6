import { WireError } from '../../model/errors.js';
import type { Command, Message, SyncHdr } from '../../model/message.js';
import { skipElement, Token, type TokenReader } from '../tokens.js';
import { SYNCML } from '../wbxml/tables.js';
import { readCommand } from './commands.js';
import { readCred, readLocation } from './item.js';
import { type Mutable, readFlag, readUri, readWord } from './leaf.js';
import { readMeta } from './meta.js';

/** Reads one message; what was read before a fault stays readable in `header`. */
export class MessageReader {
  header: SyncHdr | undefined;
  readonly #reader: TokenReader;

  constructor(reader: TokenReader) {
    this.#reader = reader;
  }

  /** @throws {WireError} 'not-syncml' for another root, 'malformed' without exactly one SyncHdr and SyncBody. */
  read(): Message {
    const reader = this.#reader;
    let token = reader.next();
    while (token !== Token.Start && token !== Token.Eof) token = reader.next();
    if (token === Token.Eof || reader.tag !== SYNCML.SyncML) {
      throw new WireError('not-syncml', reader.offset, token === Token.Eof ? 'no element' : `root element ${reader.name()}`);
    }
    const commands: Command[] = [];
    let bodySeen = false;
    let final = false;
    for (token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
      if (token !== Token.Start) continue;
      const child: number = reader.tag;
      if (child === SYNCML.SyncHdr) {
        if (this.header) throw new WireError('malformed', reader.offset, 'second SyncHdr');
        this.header = readHeader(reader);
      } else if (child === SYNCML.SyncBody) {
        if (bodySeen) throw new WireError('malformed', reader.offset, 'second SyncBody');
        bodySeen = true;
        final = this.#readBody(commands);
      } else skipElement(reader);
    }
    if (!this.header) throw new WireError('malformed', reader.offset, 'no SyncHdr');
    if (!bodySeen) throw new WireError('malformed', reader.offset, 'no SyncBody');
    return { header: this.header, body: commands, final };
  }

  #readBody(commands: Command[]): boolean {
    const reader = this.#reader;
    let final = false;
    for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
      if (token !== Token.Start) continue;
      if (reader.tag === SYNCML.Final) final = readFlag(reader);
      else commands.push(readCommand(reader));
    }
    return final;
  }
}

function readHeader(reader: TokenReader): SyncHdr {
  const header: Mutable<SyncHdr> = { verDtd: '', verProto: '', sessionId: '', msgId: '', target: { uri: '' }, source: { uri: '' } };
  for (let token = reader.next(); token !== Token.End && token !== Token.Eof; token = reader.next()) {
    if (token !== Token.Start) continue;
    switch (reader.tag) {
      case SYNCML.VerDTD:
        header.verDtd = readWord(reader);
        break;
      case SYNCML.VerProto:
        header.verProto = readWord(reader);
        break;
      case SYNCML.SessionID:
        header.sessionId = readWord(reader);
        break;
      case SYNCML.MsgID:
        header.msgId = readWord(reader);
        break;
      case SYNCML.Target:
        header.target = readLocation(reader);
        break;
      case SYNCML.Source:
        header.source = readLocation(reader);
        break;
      case SYNCML.RespURI:
        header.respUri = readUri(reader);
        break;
      case SYNCML.NoResp:
        header.noResp = readFlag(reader);
        break;
      case SYNCML.Cred:
        header.cred = readCred(reader);
        break;
      case SYNCML.Meta:
        header.meta = readMeta(reader);
        break;
      default:
        skipElement(reader);
    }
  }
  return header;
}
