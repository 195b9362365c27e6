/** Messages that are kept with sessions. */
import type { SessionToken } from '../../../model/ids.js';
import { messageAad } from '../aad.js';
import { open } from './content.js';
import { between, rowRule, type Ground, type Key, type Mend, type Sql, type Walk } from './rule.js';

const MESSAGE = { table: 'message', parent: 'account', key: ['token', 'n'] } as const;
const ID_LETTERS = 8;

interface Row {
  readonly token: SessionToken;
  readonly n: number;
  readonly sealed: Uint8Array;
}

const nameOf = ({ token, n }: Pick<Row, 'token' | 'n'>): string => `message ${n} kept of session ${token.slice(0, ID_LETTERS)}`;

const REMOVE: Mend = {
  how: 'remove it; nothing but "session show --messages" looks at it',
  run: ({ sql, keep }, _ground, [token = '', n = 0]) => {
    keep('message', 'token = ? AND n = ?', token, n);
    sql.run('DELETE FROM message WHERE token = ? AND n = ?', token, n);
  },
};

const SELECT = `SELECT t.token, t.n, t.sealed FROM message t JOIN session s ON s.token = t.token AND s.account = t.account
  WHERE t.account = ? AND ${between(MESSAGE.key)}`;

export const MESSAGE_WALK: Walk = {
  ...MESSAGE,
  rules: [
    {
      id: 'message-content',
      check: 'sessions',
      next: 'Run "moorage doctor --repair".',
      find: (sql: Sql, { keys, account }: Ground, from: Key, to: Key) =>
        sql.all<Row>(SELECT, account, ...from, ...to).flatMap((row) => {
          if (keys === undefined || !('fault' in open(keys, row.sealed, messageAad(account, row.token, row.n)))) return [];
          return [{ key: [row.token, row.n], what: `${nameOf(row)} does not open` }];
        }),
      mend: REMOVE,
    },
    rowRule<Pick<Row, 'token' | 'n'>>({
      of: MESSAGE,
      id: 'message-owner',
      check: 'ownership',
      next: 'Restore the data folder from a snapshot, and stop the servers until then: one user’s messages stand with another’s session.',
      wrong: 't.account <> (SELECT s.account FROM session s WHERE s.token = t.token)',
      words: (row) => ({ what: `${nameOf(row)} is of another user` }),
    }),
  ],
};
