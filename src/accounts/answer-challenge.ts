/** The server's own credentials, for clients that challenge it. [SyncML Sync Protocol 1.1, "Authentication", server challenge] */
import type { Cred, Meta, SyncmlVersion } from '../model/message.js';
import type { Credential } from '../storage/ports/accounts.js';
import { basicCredentials, macDigest, md5Digest, md5Digest10 } from './digest.js';

/**
 * Cred that answers the client's Chal. `password` is known only while a client that logged in with basic is served.
 * @returns undefined when the challenge cannot be answered: basic, or md5 of SyncML 1.0, without the password; other types.
 */
export function serverCredentials(
  chal: Meta,
  credential: Credential,
  password: string | undefined,
  version: SyncmlVersion,
): Cred | undefined {
  const type = (chal.type ?? 'syncml:auth-basic').trim().toLowerCase();
  const nonce = Buffer.from(chal.nextNonce ?? '', 'base64');
  const b64 = (typeName: string, data: string): Cred => ({ meta: { format: 'b64', type: typeName }, data });
  if (type === 'syncml:auth-md5') {
    const { serverVerifier } = credential;
    if (version !== '1.0')
      return serverVerifier === undefined ? undefined : b64('syncml:auth-md5', md5Digest(serverVerifier, nonce).toString('base64'));
    return password === undefined
      ? undefined
      : b64('syncml:auth-md5', md5Digest10(credential.serverId, password, nonce).toString('base64'));
  }
  if (type === 'syncml:auth-basic' && password !== undefined)
    return b64('syncml:auth-basic', basicCredentials(credential.serverId, password));
  return undefined;
}

/** Value of the x-syncml-hmac header over a body of ours, for clients that challenged with syncml:auth-MAC. `nonce` is Base64. @returns undefined when it cannot be made. */
export function hmacHeaderFor({ serverVerifier, serverId }: Credential, nonce: string, body: Uint8Array): string | undefined {
  if (serverVerifier === undefined) return undefined;
  const mac = macDigest(serverVerifier, Buffer.from(nonce, 'base64'), body).toString('base64');
  return `algorithm=MD5, username="${serverId}", mac=${mac}`;
}
