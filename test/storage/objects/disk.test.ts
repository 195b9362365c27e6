import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskObjects } from '../../../src/storage/objects/disk.js';
import { prepareFolder } from '../../../src/storage/objects/marker.js';
import { objectsContract } from './contract.js';

objectsContract('a folder that is made', () => {
  const above = mkdtempSync(join(tmpdir(), 'moorage-objects-'));
  const door = (): DiskObjects => new DiskObjects({ id: 'local', folder: join(above, 'data', 'copies'), make: true });
  return Promise.resolve({
    objects: door(),
    again: door,
    close: () => Promise.resolve(rmSync(above, { recursive: true })),
  });
});

objectsContract('a second folder, prepared, as a mount of another machine is (R65)', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-mount-'));
  await prepareFolder(folder, 'nas');
  const door = (): DiskObjects => new DiskObjects({ id: 'nas', folder });
  return {
    objects: door(),
    again: door,
    close: () => Promise.resolve(rmSync(folder, { recursive: true })),
  };
});
