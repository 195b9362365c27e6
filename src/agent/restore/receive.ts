/** The restore's end of a session: parts go to disk, the manifest is kept, nothing is believed yet. */
import { Status } from '../../model/status.js';
import type { OutgoingItem } from '../client/compose.js';
import type { IncomingPart, Opened, SyncHandler } from '../client/session-types.js';
import { ArrivingFile, NOTHING_YET, type ArrivingState } from './arriving.js';

export class Receiving implements SyncHandler {
  readonly #file: ArrivingFile;
  readonly #keep: (state: ArrivingState) => void;
  readonly #progress: (done: number, total: number) => void;
  #state: ArrivingState;
  /** The session goes on where one broke off, and no part has come yet: it may be one we have. */
  #doubtful = false;
  #opened = false;
  objects = 0;

  constructor(path: string, state: ArrivingState, keep: (state: ArrivingState) => void, progress: (done: number, total: number) => void) {
    this.#file = new ArrivingFile(path);
    this.#state = state;
    this.#keep = keep;
    this.#progress = progress;
  }

  get state(): ArrivingState {
    return this.#state;
  }

  /** The server opened the datastore: there is something to go on with. */
  get wasOpened(): boolean {
    return this.#opened;
  }

  close(): void {
    this.#file.close();
  }

  opened({ resumed }: Opened): readonly OutgoingItem[] {
    this.#opened = true;
    this.#doubtful = resumed && this.#state.received > 0;
    if (!resumed) this.#set({ target: this.#state.target, ...NOTHING_YET });
    return [];
  }

  acknowledged(): void {
    throw new Error('a restore sends nothing');
  }

  answered(): boolean {
    throw new Error('a restore sends nothing');
  }

  received(part: IncomingPart): number {
    if (part.kind === 'Delete') return Status.FeatureNotSupported;
    if (part.uri === 'manifest') return this.#manifest(part);
    if (part.uri !== '.') return Status.NotFound;
    const begins = part.size !== undefined || (!part.more && this.#state.received === 0);
    if (begins) this.#set({ target: this.#state.target, ...NOTHING_YET, ...about(part) });
    const at = this.#place(part);
    if (at === undefined) return Status.IncompleteCommand;
    this.#file.write(part.bytes, at);
    const received = at + part.bytes.length;
    this.#set({ ...this.#state, received, lastPart: part.bytes.length, complete: !part.more });
    this.#progress(received, this.#state.size ?? received);
    if (part.more) return Status.ChunkAccepted;
    this.objects += 1;
    return this.#state.size !== undefined && this.#state.size !== received ? Status.SizeMismatch : Status.Ok;
  }

  #manifest(part: IncomingPart): number {
    if (part.more) return Status.FeatureNotSupported;
    const text = Buffer.from(part.bytes).toString(part.format === 'b64' ? 'latin1' : 'utf8');
    this.#set({ ...this.#state, manifest: part.format === 'b64' ? Buffer.from(text, 'base64').toString('utf8') : text });
    return Status.Ok;
  }

  /** Where a part belongs: where the server says, else behind what is there, or in the place of the last part when that comes again. */
  #place({ position, bytes, size, more }: IncomingPart): number | undefined {
    const { received, lastPart, size: whole } = this.#state;
    const doubtful = this.#doubtful;
    this.#doubtful = false;
    if (size !== undefined) return 0;
    if (position !== undefined) return position <= received ? position : undefined;
    if (!doubtful || !this.#file.holds(bytes, received - lastPart)) return received;
    // The same bytes twice in a row are possible: then the object would be too short without them.
    const endsRight = !more && whole !== undefined && received + bytes.length === whole;
    return endsRight ? received : received - lastPart;
  }

  #set(state: ArrivingState): void {
    this.#state = state;
    this.#keep(state);
  }
}

const about = ({ type, format, size }: IncomingPart): Partial<ArrivingState> => ({
  ...(type === undefined ? {} : { type }),
  ...(format === undefined ? {} : { format }),
  ...(size === undefined ? {} : { size }),
});
