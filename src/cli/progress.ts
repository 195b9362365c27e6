/** How far long work is, on the error output of a terminal; nothing anywhere else. */
import { size, type Streams } from './output.js';

export interface ProgressBar {
  /** `done` and `of` in bytes. */
  at(what: string, done: number, of: number): void;
  /** Passes bytes on and shows how many went by. */
  through(bytes: AsyncIterable<Uint8Array>, what: string, of: number): AsyncIterable<Uint8Array>;
  /** Takes the bar away. */
  end(): void;
}

const WIDTH = 30;

export function progressBar({ err }: Pick<Streams, 'err'>, visible: boolean): ProgressBar {
  let shown = '';
  const bar: ProgressBar = {
    at: (what, done, of) => {
      if (!visible) return;
      const share = of === 0 ? 1 : Math.min(1, done / of);
      const filled = Math.round(share * WIDTH);
      const text = `${what} [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${Math.floor(share * 100)} % of ${size(of)}`;
      if (text === shown) return;
      shown = text;
      err(`\r${text}\u001b[K`);
    },
    through: async function* (bytes, what, of) {
      let done = 0;
      for await (const piece of bytes) {
        yield piece;
        done += piece.length;
        bar.at(what, done, of);
      }
    },
    end: () => {
      if (shown !== '') err('\r\u001b[K');
      shown = '';
    },
  };
  return bar;
}
