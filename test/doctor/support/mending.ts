/** A process that examines and mends, and says so once some of it is done. */
import { examine, READERS } from '../../../src/doctor/examine.js';
import { findingsOf } from '../../../src/storage/ports/inspection.js';
import { openWithKey } from '../../storage/support/open.js';
import type { BusyInput } from './busy-changes.js';
import { AGES } from './rich-store.js';

const { folder, key } = JSON.parse(process.argv[2] ?? '') as BusyInput;
const store = await openWithKey(folder, key);
for (;;) {
  const found = findingsOf(await examine(store, { now: Date.now(), ages: AGES, depth: 'rows', surroundings: false }));
  await store.mend(found, {
    now: Date.now(),
    ages: AGES,
    readers: READERS,
    progress: (done) => {
      if (done >= 50) process.stdout.write('under way\n');
    },
  });
}
