/** Puts one object after the other into a folder until it is killed: `disk-writer.ts FOLDER SIZE`. Says each name when it is durable, or why it failed. */
import { StoreError } from '../../../../src/model/errors.js';
import { DiskObjects } from '../../../../src/storage/objects/disk.js';
import { noise } from '../contract.js';

const [folder = '', size = ''] = process.argv.slice(2);
const objects = new DiskObjects({ id: 'nas', folder });
const started = String(process.pid);
for (let n = 0; ; n += 1) {
  const name = `packs/${n % 7}/${started}-${n}`;
  try {
    await objects.put(name, noise(Number(size), name));
    process.stdout.write(`${name}\n`);
  } catch (error) {
    process.stdout.write(`${error instanceof StoreError ? error.fault : 'other'}\n`);
    break;
  }
}
