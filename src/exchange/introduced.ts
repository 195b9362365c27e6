import type { FirstTime } from '../accounts/first-time.js';
import type { AuthOutcome } from '../accounts/outcome.js';

interface Looked {
  readonly seen: { readonly authenticated: AuthOutcome | undefined };
}

/**
 * Users and devices met for the first time: the account service is asked, outside of any transaction, and `again` looks at what is known of
 * them then. Others are as they were `first` seen.
 */
export async function introduced<T extends Looked>(firstTime: FirstTime | undefined, first: T, again: () => Promise<T>): Promise<T> {
  const { authenticated } = first.seen;
  if (authenticated?.kind !== 'refused' || authenticated.stranger === undefined || firstTime === undefined) return first;
  const refused = await firstTime.ask(authenticated, authenticated.stranger);
  return refused === undefined ? again() : { ...first, seen: { ...first.seen, authenticated: refused } };
}
