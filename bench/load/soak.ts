import type { LoadOptions } from './options.js';
export async function soak(_options: LoadOptions): Promise<void> {
  throw new Error('not yet');
}
