import { createHmac } from 'node:crypto';
import type { AccountId, DeviceId, SessionToken } from '../../model/ids.js';
import type { SessionRecord, SessionsWriter, StoredResponse } from '../ports/sessions.js';
import { responseAad, stateAad } from './aad.js';
import type { Handle } from './handle.js';
import type { Scope } from './scope.js';

interface SessionRow {
  token: SessionToken;
  account: AccountId;
  device: DeviceId;
  device_uri: string;
  session_id: string;
  last_msg_id: number;
  started_at: number;
  updated_at: number;
  ended: number;
  sealed_state: Uint8Array;
}
const COLUMNS = 'token, account, device, device_uri, session_id, last_msg_id, started_at, updated_at, ended, sealed_state';

type SealedSession = Pick<SessionRecord, 'origin' | 'state' | 'trace'>;
/** Sealed with the answer: digests of a request say something of its content to who can guess it. */
type ResponseHead = Pick<StoredResponse, 'digest' | 'bodyDigest' | 'contentType'>;

export class Sessions implements SessionsWriter {
  readonly #sql: Handle;
  readonly #scope: (account: AccountId) => Scope;
  readonly #secret: Uint8Array;

  constructor(sql: Handle, scope: (account: AccountId) => Scope, secret: Uint8Array) {
    this.#sql = sql;
    this.#scope = scope;
    this.#secret = secret;
  }

  async byToken(token: SessionToken): Promise<SessionRecord | undefined> {
    const row = this.#sql.get<SessionRow>(`SELECT ${COLUMNS} FROM session WHERE token = ?`, token);
    return row === undefined ? undefined : this.#record(row);
  }

  async find(deviceUri: string, sessionId: string, origin: string): Promise<readonly SessionRecord[]> {
    return this.#sql
      .all<SessionRow>(
        `SELECT ${COLUMNS} FROM session WHERE device_uri = ? AND session_id = ? AND ended = 0 AND origin_key = ? ORDER BY started_at DESC, rowid DESC`,
        deviceUri,
        sessionId,
        this.#originKey(origin),
      )
      .map((row) => this.#record(row));
  }

  async findEnded(deviceUri: string, sessionId: string, origin: string, since: number): Promise<SessionRecord | undefined> {
    const row = this.#sql.get<SessionRow>(
      `SELECT ${COLUMNS} FROM session WHERE ended = 1 AND updated_at >= ? AND device_uri = ? AND session_id = ? AND origin_key = ? ORDER BY updated_at DESC, rowid DESC LIMIT 1`,
      since,
      deviceUri,
      sessionId,
      this.#originKey(origin),
    );
    return row === undefined ? undefined : this.#record(row);
  }

  async response(token: SessionToken): Promise<StoredResponse | undefined> {
    const row = this.#sql.get<{ account: AccountId; msg_id: number; at: number; sealed: Uint8Array }>(
      'SELECT s.account, r.msg_id, r.at, r.sealed FROM response r JOIN session s ON s.token = r.token WHERE r.token = ?',
      token,
    );
    if (row === undefined) return undefined;
    const plain = this.#scope(row.account).open(row.sealed, responseAad(row.account, token));
    const bodyAt = 4 + plain.readUInt32BE(0);
    const head = JSON.parse(plain.toString('utf8', 4, bodyAt)) as ResponseHead;
    return { msgId: row.msg_id, ...head, bytes: plain.subarray(bodyAt), at: row.at };
  }

  async ofAccount(account: AccountId, limit: number): Promise<readonly SessionRecord[]> {
    const sql = `SELECT ${COLUMNS} FROM session WHERE account = ? ORDER BY started_at DESC, rowid DESC LIMIT ?`;
    return this.#sql.all<SessionRow>(sql, account, limit).map((row) => this.#record(row));
  }

  async countOpen(account: AccountId): Promise<number> {
    return this.#sql.get<{ n: number }>('SELECT COUNT(*) AS n FROM session WHERE account = ? AND ended = 0', account)?.n ?? 0;
  }

  async save(session: SessionRecord, response: StoredResponse): Promise<void> {
    const { token, account, origin, state, trace } = session;
    const scope = this.#scope(account);
    const sealed: SealedSession = { origin, state, trace };
    const written = this.#sql.run(
      `INSERT INTO session (token, account, device, device_uri, session_id, origin_key, last_msg_id, started_at, updated_at, ended, sealed_state)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (token) DO UPDATE SET device = excluded.device, device_uri = excluded.device_uri, session_id = excluded.session_id,
         origin_key = excluded.origin_key, last_msg_id = excluded.last_msg_id, updated_at = excluded.updated_at, ended = excluded.ended,
         sealed_state = excluded.sealed_state WHERE session.account = excluded.account`,
      token,
      account,
      session.device,
      session.deviceUri,
      session.sessionId,
      this.#originKey(origin),
      session.lastMsgId,
      session.startedAt,
      session.updatedAt,
      session.ended ? 1 : 0,
      scope.seal(JSON.stringify(sealed), stateAad(account, token)),
    );
    if (written !== 1) throw new Error('the session is of another account');
    const head: ResponseHead = { digest: response.digest, bodyDigest: response.bodyDigest, contentType: response.contentType };
    const headBytes = Buffer.from(JSON.stringify(head), 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(headBytes.length);
    this.#sql.run(
      `INSERT INTO response (token, msg_id, at, sealed) VALUES (?, ?, ?, ?)
       ON CONFLICT (token) DO UPDATE SET msg_id = excluded.msg_id, at = excluded.at, sealed = excluded.sealed`,
      token,
      response.msgId,
      response.at,
      scope.seal([length, headBytes, response.bytes], responseAad(account, token)),
    );
  }

  async remove(token: SessionToken): Promise<void> {
    this.#sql.run('DELETE FROM session WHERE token = ?', token);
  }

  async removeOpen(account: AccountId, device: DeviceId): Promise<void> {
    this.#sql.run('DELETE FROM session WHERE device = ? AND account = ? AND ended = 0', device, account);
  }

  /** Client address and User-Agent are looked up by, but nobody else's business. */
  #originKey(origin: string): string {
    return createHmac('sha256', this.#secret).update('session origin\0').update(origin).digest('base64url');
  }

  #record(row: SessionRow): SessionRecord {
    const sealed = JSON.parse(this.#scope(row.account).openText(row.sealed_state, stateAad(row.account, row.token))) as SealedSession;
    return {
      token: row.token,
      account: row.account,
      device: row.device,
      deviceUri: row.device_uri,
      sessionId: row.session_id,
      origin: sealed.origin,
      lastMsgId: row.last_msg_id,
      startedAt: row.started_at,
      updatedAt: row.updated_at,
      ended: row.ended === 1,
      state: sealed.state,
      trace: sealed.trace,
    };
  }
}
