/** LUIDs that stand for items a device holds more than once. */
import type { PairId } from '../../../model/ids.js';
import { compareAll } from './ask-devices.js';
import { rowRule, type Ground, type Key, type MendRoom, type Walk } from './rule.js';

const COPY = { table: 'extra_copy', parent: 'pair', key: ['epoch', 'luid'] } as const;
const ROW = 'pair = ? AND epoch = ? AND luid = ?';

const dropRow = ({ sql, keep }: MendRoom, ground: Ground, [epoch = 0, luid = '']: Key): void => {
  const pair = ground.pair ?? (0 as PairId);
  keep('extra_copy', ROW, pair, epoch, luid);
  sql.run(`DELETE FROM extra_copy WHERE ${ROW}`, pair, epoch, luid);
  compareAll({ sql, keep }, pair);
};

export const COPY_WALK: Walk = {
  ...COPY,
  rules: [
    rowRule<{ guid: number; epoch: number }>({
      of: COPY,
      id: 'copy-of-nothing',
      check: 'id-map',
      next: 'Run "moorage doctor --repair".',
      columns: 't.guid',
      wrong: 'NOT EXISTS (SELECT 1 FROM id_map m WHERE m.pair = t.pair AND m.epoch = t.epoch AND m.guid = t.guid AND m.gone IS NULL)',
      words: ({ guid, epoch }) => ({
        guid,
        what: `a LUID is said to be another copy of it (epoch ${epoch}), and the device does not hold it`,
      }),
      mend: { how: 'drop the row and compare everything with the device', run: dropRow },
    }),
    rowRule<{ guid: number; epoch: number }>({
      of: COPY,
      id: 'copy-luid-twice',
      check: 'id-map',
      next: 'Run "moorage doctor --repair".',
      columns: 't.guid',
      wrong: 'EXISTS (SELECT 1 FROM id_map m WHERE m.pair = t.pair AND m.epoch = t.epoch AND m.luid = t.luid)',
      words: ({ guid, epoch }) => ({
        guid,
        what: `a LUID is said to be another copy of it (epoch ${epoch}), and stands for an item itself`,
      }),
      mend: { how: 'drop the row and compare everything with the device', run: dropRow },
    }),
  ],
};
