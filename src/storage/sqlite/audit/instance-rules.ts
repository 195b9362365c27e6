/** GUIDs of changed instances of series. */
import { rowRule, type Walk } from './rule.js';

const INSTANCE = { table: 'instance', parent: 'datastore', key: ['guid'] } as const;
const REPAIR = 'Run "moorage doctor --repair".';

export const INSTANCE_WALK: Walk = {
  ...INSTANCE,
  rules: [
    rowRule<{ guid: number }>({
      of: INSTANCE,
      id: 'instance-guid-beyond',
      check: 'counters',
      next: REPAIR,
      wrong: 't.guid > (SELECT d.last_guid FROM datastore d WHERE d.id = t.datastore)',
      words: ({ guid }) => ({ guid, what: 'stands for an instance of a series, and has not been given out yet: an item would get it too' }),
      mend: {
        how: 'raise the counter',
        run: ({ sql }, { datastore }, [guid = 0]) => {
          if (datastore) sql.run('UPDATE datastore SET last_guid = MAX(last_guid, ?) WHERE id = ?', guid, datastore.id);
        },
      },
    }),
    rowRule<{ guid: number }>({
      of: INSTANCE,
      id: 'instance-guid-twice',
      check: 'id-map',
      next: REPAIR,
      wrong: 'EXISTS (SELECT 1 FROM item i WHERE i.datastore = t.datastore AND i.guid = t.guid)',
      words: ({ guid }) => ({ guid, what: 'stands for an instance of a series and for an item' }),
      mend: {
        how: 'leave it to the item, and give the instance another one',
        run: ({ sql, keep }, { datastore }, [guid = 0]) => {
          if (!datastore) return;
          keep('instance', 'datastore = ? AND guid = ?', datastore.id, guid);
          const next = sql.get<{ guid: number }>(
            'UPDATE datastore SET last_guid = last_guid + 1 WHERE id = ? RETURNING last_guid AS guid',
            datastore.id,
          );
          if (next) sql.run('UPDATE instance SET guid = ? WHERE datastore = ? AND guid = ?', next.guid, datastore.id, guid);
        },
      },
    }),
  ],
};
