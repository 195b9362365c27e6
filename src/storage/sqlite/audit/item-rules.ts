/** Items: their facts, and the change log they are. */
import type { Sql, Walk } from './rule.js';
import { rowRule } from './rule.js';

const ITEM = { table: 'item', parent: 'datastore', key: ['guid'] } as const;

interface Row {
  readonly guid: number;
  readonly position: number;
  readonly revision: number;
  readonly size: number;
  readonly bytes: number;
}
const LOG_NEXT = 'Run "moorage doctor --repair".';
const positionOf = '(SELECT d.position FROM datastore d WHERE d.id = t.datastore)';

/** Takes the next log position of a datastore. */
export const nextPosition = (sql: Pick<Sql, 'get'>, datastore: number): number =>
  sql.get<{ position: number }>('UPDATE datastore SET position = position + 1 WHERE id = ? RETURNING position', datastore)?.position ?? 0;

export const ITEM_WALK: Walk = {
  ...ITEM,
  rules: [
    rowRule<Row>({
      of: ITEM,
      id: 'item-position-beyond',
      check: 'log-positions',
      next: LOG_NEXT,
      columns: 't.position',
      wrong: `t.position > ${positionOf} OR t.position < 1`,
      words: (row) => ({ guid: row.guid, what: `stands at position ${row.position}, which the change log has not given out` }),
      mend: {
        how: 'raise the counter',
        run: ({ sql }, { datastore }, [guid = 0]) => {
          if (!datastore) return;
          sql.run(
            'UPDATE datastore SET position = MAX(position, (SELECT position FROM item WHERE datastore = ?1 AND guid = ?2)) WHERE id = ?1',
            datastore.id,
            guid,
          );
          if (sql.get('SELECT 1 FROM item WHERE datastore = ? AND guid = ? AND position < 1', datastore.id, guid) === undefined) return;
          sql.run('UPDATE item SET position = ? WHERE datastore = ? AND guid = ?', nextPosition(sql, datastore.id), datastore.id, guid);
        },
      },
    }),
    rowRule<Row>({
      of: ITEM,
      id: 'item-position-twice',
      check: 'log-positions',
      next: LOG_NEXT,
      columns: 't.position',
      wrong: 'EXISTS (SELECT 1 FROM item o WHERE o.datastore = t.datastore AND o.position = t.position AND o.guid < t.guid)',
      words: (row) => ({ guid: row.guid, what: `shares position ${row.position} of the change log with another item` }),
      mend: {
        how: 'give it the next position',
        run: ({ sql }, { datastore }, [guid = 0]) => {
          if (!datastore) return;
          const position = nextPosition(sql, datastore.id);
          sql.run('UPDATE item SET position = ? WHERE datastore = ? AND guid = ?', position, datastore.id, guid);
        },
      },
    }),
    rowRule<Row>({
      of: ITEM,
      id: 'item-guid-beyond',
      check: 'counters',
      next: LOG_NEXT,
      wrong: 't.guid > (SELECT d.last_guid FROM datastore d WHERE d.id = t.datastore)',
      words: (row) => ({ guid: row.guid, what: 'has a GUID the datastore has not given out yet: it would be given a second time' }),
      mend: {
        how: 'raise the counter',
        run: ({ sql }, { datastore }, [guid = 0]) => {
          if (datastore) sql.run('UPDATE datastore SET last_guid = MAX(last_guid, ?) WHERE id = ?', guid, datastore.id);
        },
      },
    }),
    rowRule<Row>({
      of: ITEM,
      id: 'item-state',
      check: 'item-facts',
      next: 'Restore the data folder from a snapshot.',
      columns: 't.revision',
      wrong: `t.deleted NOT IN (0, 1) OR t.revision < 1 OR t.type = ''`,
      words: (row) => ({ guid: row.guid, what: 'has a state that no version of Moorage writes' }),
    }),
    rowRule<Row>({
      of: ITEM,
      id: 'tombstone-size',
      check: 'item-facts',
      next: LOG_NEXT,
      columns: 't.size',
      wrong: 't.deleted = 1 AND t.size <> 0',
      words: (row) => ({ guid: row.guid, what: `is deleted and counts ${row.size} bytes` }),
      mend: {
        how: 'set its size to 0',
        run: ({ sql }, { datastore }, [guid = 0]) => {
          if (datastore) sql.run('UPDATE item SET size = 0 WHERE datastore = ? AND guid = ? AND deleted = 1', datastore.id, guid);
        },
      },
    }),
  ],
};
