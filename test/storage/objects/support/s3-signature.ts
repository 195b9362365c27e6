/** The check of a request's signature, AWS Signature Version 4 with an unsigned body, as services make it; written from Amazon's description. */
import { createHash, createHmac } from 'node:crypto';

export interface SignedRequest {
  readonly method: string;
  /** Path as it was sent. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Undefined when the signature is that of `secrets`' key; else the service's code for what is wrong. */
export function signatureFault(request: SignedRequest, secrets: Readonly<Record<string, string>>): string | undefined {
  const { headers } = request;
  const said =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/((\d{8})\/([^/]+)\/s3\/aws4_request), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      String(headers['authorization'] ?? ''),
    );
  if (said === null) return 'AccessDenied';
  const [, keyId = '', scope = '', day = '', region = '', signed = '', signature = ''] = said;
  const secret = secrets[keyId];
  if (secret === undefined) return 'InvalidAccessKeyId';
  const names = signed.split(';');
  // What decides what the request does has to be signed.
  const needed = Object.keys(headers).filter((name) => name === 'host' || name === 'content-md5' || name.startsWith('x-amz-'));
  if (needed.some((name) => !names.includes(name))) return 'AccessDenied';
  const canonical = [
    request.method,
    request.path,
    request.query.split('&').sort().join('&'),
    ...names.map((name) => `${name}:${String(headers[name] ?? '').trim()}`),
    '',
    signed,
    String(headers['x-amz-content-sha256']),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, createHash('sha256').update(canonical).digest('hex')].join(
    '\n',
  );
  const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secret}`, day), region));
  return hmac(key, toSign).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}
