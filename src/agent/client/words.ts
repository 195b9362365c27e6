/** Status codes as a person says them. */
import { Status } from '../../model/status.js';

const WORDS: Readonly<Record<number, string>> = {
  [Status.InProgress]: 'it is busy',
  [Status.BadRequest]: 'it did not understand the message',
  [Status.InvalidCredentials]: 'user name or password is wrong',
  [Status.PaymentRequired]: 'payment is required',
  [Status.Forbidden]: 'this is not allowed',
  [Status.NotFound]: 'there is no such copy',
  [Status.FeatureNotSupported]: 'it does not support this',
  [Status.MissingCredentials]: 'it wants credentials',
  [Status.Conflict]: 'its copy is of another state',
  [Status.IncompleteCommand]: 'the content is malformed',
  [Status.EntityTooLarge]: 'it is too large for the server',
  [Status.UnsupportedMediaType]: 'it does not know this media type',
  [Status.SizeTooBig]: 'it is too large for the server',
  [Status.RetryLater]: 'later',
  [Status.DeviceFull]: "the account's space is used up",
  [Status.CommandFailed]: 'it failed',
  [Status.ServiceUnavailable]: 'it is not available now',
  [Status.DataStoreFailure]: 'its copy cannot be read at the moment',
};

export const statusWords = (code: number): string => (WORDS[code] === undefined ? `Status ${code}` : `${WORDS[code]} (Status ${code})`);
