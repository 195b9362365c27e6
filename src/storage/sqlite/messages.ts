import type { SessionToken } from '../../model/ids.js';
import type { KeepBounds, KeptMessage, MessagesWriter, NumberedMessage, WireSide } from '../ports/messages.js';
import { messageAad } from './aad.js';
import type { Scope } from './scope.js';

type SideHead = Omit<WireSide, 'body'> & { readonly length: number };
/** What stands before the two bodies, with its own length in four bytes before it. */
interface Head extends Omit<KeptMessage, 'request' | 'response'> {
  readonly request: SideHead;
  readonly response: SideHead;
}

/** The newest stay: as many as the bounds allow. */
const TRIM = `DELETE FROM message WHERE token = ?1 AND n IN (
  SELECT n FROM (SELECT n, ROW_NUMBER() OVER newest AS place, SUM(bytes) OVER newest AS bytes FROM message WHERE token = ?1
    WINDOW newest AS (ORDER BY n DESC)) WHERE place > ?2 OR bytes > ?3)`;

export class Messages implements MessagesWriter {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async of(token: SessionToken): Promise<readonly NumberedMessage[]> {
    const { sql, account } = this.#scope;
    return sql
      .all<{ n: number; sealed: Uint8Array }>('SELECT n, sealed FROM message WHERE token = ? AND account = ? ORDER BY n', token, account)
      .map(({ n, sealed }) => ({ n, ...unpacked(this.#scope.open(sealed, messageAad(account, token, n))) }));
  }

  async keep(token: SessionToken, messages: readonly KeptMessage[], bounds: KeepBounds): Promise<void> {
    const { sql, account } = this.#scope;
    if (sql.get('SELECT 1 FROM session WHERE token = ? AND account = ?', token, account) === undefined)
      throw new Error(`account ${account} has no such session`);
    let n = sql.get<{ n: number }>('SELECT COALESCE(MAX(n), 0) AS n FROM message WHERE token = ?', token)?.n ?? 0;
    for (const message of messages) {
      n += 1;
      const fitting = sizeOf(message) <= bounds.bytes ? message : withoutBodies(message);
      sql.run(
        'INSERT INTO message (account, token, n, bytes, sealed) VALUES (?, ?, ?, ?, ?)',
        account,
        token,
        n,
        sizeOf(fitting),
        this.#scope.seal(packed(fitting), messageAad(account, token, n)),
      );
    }
    sql.run(TRIM, token, bounds.messages, bounds.bytes);
  }
}

const sizeOf = ({ request, response }: KeptMessage): number => request.body.length + response.body.length;

function withoutBodies(message: KeptMessage): KeptMessage {
  const without = ({ headers, body }: WireSide): WireSide => ({ headers, body: new Uint8Array(0), leftOut: body.length });
  return { ...message, request: without(message.request), response: without(message.response) };
}

function packed(message: KeptMessage): Buffer {
  const sideHead = ({ body, ...rest }: WireSide): SideHead => ({ ...rest, length: body.length });
  const head: Head = { ...message, request: sideHead(message.request), response: sideHead(message.response) };
  const headBytes = Buffer.from(JSON.stringify(head), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(headBytes.length);
  return Buffer.concat([length, headBytes, message.request.body, message.response.body]);
}

function unpacked(bytes: Buffer): KeptMessage {
  const bodiesAt = 4 + bytes.readUInt32BE(0);
  const head = JSON.parse(bytes.toString('utf8', 4, bodiesAt)) as Head;
  const side = ({ length, ...rest }: SideHead, from: number): WireSide => ({ ...rest, body: bytes.subarray(from, from + length) });
  return { ...head, request: side(head.request, bodiesAt), response: side(head.response, bodiesAt + head.request.length) };
}
