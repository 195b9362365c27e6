/** Credentials that a command brings for its datastore, beside those of the session. [Sync Protocol 1.1, "Authentication", datastore layer] */
import type { Authenticator } from '../accounts/authenticate.js';
import type { AuthRequest, Refused } from '../accounts/outcome.js';
import type { Command, Cred, Message } from '../model/message.js';
import type { Store } from '../storage/ports/store.js';

/** Commands that are not to be carried out, with what they are answered. */
export type CommandRefusals = ReadonlyMap<Command, Refused>;

const credOf = (command: Command): Cred | undefined => ('cred' in command ? command.cred : undefined);

export const bringCredentials = ({ body }: Message): boolean => body.some((command) => credOf(command) !== undefined);

/**
 * Checks them one by one; they have to be those of the session's account. Failures count like those of a log-in.
 * @param request of the message: as its SyncHdr is checked.
 */
export async function refusedCommands(
  store: Store,
  authenticator: Authenticator,
  message: Message,
  { hmac: _hmac, ...request }: AuthRequest,
): Promise<CommandRefusals> {
  const refused = new Map<Command, Refused>();
  for (const command of message.body) {
    const cred = credOf(command);
    if (!cred) continue;
    const asked: AuthRequest = { ...request, header: { ...request.header, cred } };
    const outcome = await store.read((tx) => authenticator.authenticate(tx, asked));
    if (outcome.kind === 'accepted') continue;
    await store.transact((tx) => authenticator.recordRefusal(tx, outcome, asked));
    refused.set(command, outcome);
  }
  return refused;
}
