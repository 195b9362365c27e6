import { Handsets } from '../handsets/folder.js';
import { ProfileFault } from '../handsets/profile.js';
import { UserError } from '../model/errors.js';
import type { Run } from './command.js';

/** The profiles of this release and of the operator's folder. @throws {UserError} with every fault of theirs. */
export function openHandsets(run: Pick<Run, 'config' | 'logger'>): Handsets {
  const { folder } = run.config.handsets;
  try {
    return new Handsets({ folder, clock: () => performance.now(), note: (event, fields) => run.logger.warn(event, fields) });
  } catch (error) {
    if (!(error instanceof ProfileFault)) throw error;
    const lines = error.faults.map((fault) => `  ${fault}`).join('\n');
    throw new UserError(`The handset profiles${folder === undefined ? '' : ` of ${folder}`} cannot be used:\n${lines}`);
  }
}
