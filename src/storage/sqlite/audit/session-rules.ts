/** Sessions and the stored answer of each. */
import type { SessionToken } from '../../../model/ids.js';
import { responseAad, stateAad } from '../aad.js';
import { open } from './content.js';
import { between, rowRule, type Ground, type Key, type Mend, type Rule, type Sql, type Terms, type Walk } from './rule.js';

const REPAIR = 'Run "moorage doctor --repair".';
const SESSION = { table: 'session', parent: 'account', key: ['token'] } as const;
/** The first letters name it, as in "session list". */
const ID_LETTERS = 8;

interface Row {
  readonly token: SessionToken;
  readonly ended: number;
  readonly last_msg_id: number;
  readonly sealed_state: Uint8Array;
  readonly msg_id: number | null;
  readonly answer: Uint8Array | null;
}

const SELECT = `SELECT t.token, t.ended, t.last_msg_id, t.sealed_state, r.msg_id, r.sealed AS answer FROM session t
  LEFT JOIN response r ON r.token = t.token WHERE t.account = ? AND ${between(SESSION.key)}`;

const REMOVE: Mend = {
  how: 'remove the session; the device begins a new one',
  run: ({ sql, keep }, _ground, [token = '']) => {
    keep('session', 'token = ?', token);
    keep('response', 'token = ?', token);
    keep('message', 'token = ?', token);
    sql.run('DELETE FROM message WHERE token = ?', token);
    sql.run('DELETE FROM response WHERE token = ?', token);
    sql.run('DELETE FROM session WHERE token = ?', token);
  },
};

function stateFault(row: Row, sql: Sql, ground: Ground, terms: Terms): string | undefined {
  const { keys, account } = ground;
  if (keys === undefined) return undefined;
  const opened = open(keys, row.sealed_state, stateAad(account, row.token));
  if ('fault' in opened) return 'its state does not open';
  const facts = terms.readers.session(stateIn(opened.bytes) ?? '');
  if (facts === undefined) return 'its state cannot be read';
  if (facts.ended !== (row.ended === 1)) return `its row says ${row.ended === 1 ? 'ended' : 'open'}, its state does not`;
  if (facts.ended && facts.parked.length > 0) return 'it has ended, and messages wait in it that nobody will carry out';
  if (facts.parked.some((msgId) => msgId > row.last_msg_id)) return 'a message waits in it that has not been answered';
  const lost = facts.pairs.find((pair) => sql.get('SELECT 1 FROM pair WHERE id = ? AND account = ?', pair, account) === undefined);
  return lost === undefined ? undefined : `it works on pair ${lost}, which is not there`;
}

/** The engine's part of what is sealed. */
function stateIn(bytes: Uint8Array): string | undefined {
  try {
    const { state } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { readonly state?: unknown };
    return typeof state === 'string' ? state : undefined;
  } catch {
    return undefined;
  }
}

function answerFault(row: Row, _sql: Sql, { keys, account }: Ground): string | undefined {
  if (row.answer === null) return 'its last answer is missing';
  if (row.msg_id !== row.last_msg_id) return `its answer is to message ${row.msg_id ?? 0}, its last message was ${row.last_msg_id}`;
  return keys !== undefined && 'fault' in open(keys, row.answer, responseAad(account, row.token))
    ? 'its last answer does not open'
    : undefined;
}

const sessionRule = (id: string, fault: (row: Row, sql: Sql, ground: Ground, terms: Terms) => string | undefined): Rule => ({
  id,
  check: 'sessions',
  next: REPAIR,
  find: (sql: Sql, ground: Ground, from: Key, to: Key, terms: Terms) =>
    sql.all<Row>(SELECT, ground.account, ...from, ...to).flatMap((row) => {
      const what = fault(row, sql, ground, terms);
      return what === undefined ? [] : [{ key: [row.token], what: `session ${row.token.slice(0, ID_LETTERS)}: ${what}` }];
    }),
  mend: REMOVE,
});

export const SESSION_WALK: Walk = {
  ...SESSION,
  rules: [
    sessionRule('session-state', stateFault),
    sessionRule('session-answer', answerFault),
    rowRule<{ token: string }>({
      of: SESSION,
      id: 'session-owner',
      check: 'ownership',
      next: 'Restore the data folder from a snapshot, and stop the servers until then: one user’s device could read another’s data.',
      wrong: 't.account <> (SELECT d.account FROM device d WHERE d.id = t.device)',
      words: ({ token }) => ({ what: `session ${token.slice(0, ID_LETTERS)} is of another user’s device` }),
    }),
  ],
};
