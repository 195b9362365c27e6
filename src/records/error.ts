/** Why an item's content could not be taken. A caller answers `malformed` with 412, `too-large` with 413, `unsupported` with 415. */
export type RecordFault = 'malformed' | 'too-large' | 'unsupported';

/** The content of a database backup's item is not what docs/device-backup-protocol.md says. The message is meant for people. */
export class RecordError extends Error {
  readonly fault: RecordFault;
  constructor(fault: RecordFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RecordError';
    this.fault = fault;
  }
}

export const malformed = (message: string, options?: ErrorOptions): RecordError => new RecordError('malformed', message, options);

/** A piece of somebody's text for a message: short, and on one line. */
export function shown(text: string): string {
  const line = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return line.slice(1, -1);
}
