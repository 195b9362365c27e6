/** The account service on this program's own users. */
import type { Store } from '../storage/ports/store.js';
import type { Credential } from '../storage/ports/accounts.js';
import { macDigestOfHash, md5Digest, md5Digest10, passwordVerifier, sameBytes } from './digest.js';
import type { AccountService, PresentedCredential, Question, Verdict } from './service.js';

export class BuiltInAccountService implements AccountService {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async ask({ user, serverId, credential: presented }: Question): Promise<Verdict> {
    const found = await this.#store.read(async (tx) => {
      const account = await tx.accounts.byName(user);
      const credential = account && (await tx.accounts.credential(account.id));
      return account && credential ? { account, credential } : undefined;
    });
    if (found === undefined) return { result: 'unknown' };
    const { account, credential } = found;
    if (account.lockedAt !== undefined || !holds(presented, user, credential)) return { result: 'wrong-credential' };
    if (account.notEntitled) return { result: 'not-entitled' };
    const { verifier, password } = credential;
    return {
      result: 'entitled',
      user: account.name,
      verifier,
      ...(password === undefined ? {} : { password, serverVerifier: passwordVerifier(serverId, password) }),
      ...(account.quotaBytes === undefined ? {} : { quotaBytes: account.quotaBytes }),
      ...(account.location === undefined ? {} : { location: account.location }),
    };
  }
}

/** Whatever the answer, all nonces are tried. */
function holds(presented: PresentedCredential, user: string, { verifier, password }: Credential): boolean {
  if (presented.type === 'basic') return sameBytes(Buffer.from(passwordVerifier(user, presented.password)), Buffer.from(verifier));
  const said = Buffer.from(presented.digest, 'base64');
  const made = presented.nonces.flatMap((nonce) => {
    const raw = Buffer.from(nonce, 'base64');
    if (presented.type === 'mac') return [macDigestOfHash(verifier, raw, presented.body)];
    // The other formula is that of SyncML 1.0.
    return [md5Digest(verifier, raw), ...(password === undefined ? [] : [md5Digest10(user, password, raw)])];
  });
  return made.filter((one) => sameBytes(one, said)).length > 0;
}
