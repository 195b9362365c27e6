import { Agent, request } from 'node:http';

/** What came back for one POST. `status` is the HTTP one. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** Carries one message to the server and its answer back. Throws LinkLost when either did not arrive. */
export type Transport = (url: string, contentType: string, body: Uint8Array, headers?: Readonly<Record<string, string>>) => Promise<Reply>;

/** The request or its response was lost on the way; the device cannot tell which. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost';
}

/** POSTs over HTTP, as a phone does. Every connection failure is a LinkLost. */
export function httpTransport(): Transport & { close(): void } {
  const agent = new Agent({ keepAlive: true });
  const post: Transport = (url, contentType, body, headers) =>
    new Promise<Reply>((resolve, reject) => {
      const lost = (cause: unknown): void => {
        reject(new LinkLost(`no answer from ${url}`, { cause }));
      };
      const sent = request(url, {
        method: 'POST',
        agent,
        headers: {
          'content-type': contentType,
          'content-length': body.byteLength,
          'user-agent': 'model-client',
          accept: '*/*',
          ...headers,
        },
      });
      sent.on('error', lost);
      sent.on('response', (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('aborted', lost);
        answer.on('error', lost);
        answer.on('end', () => {
          if (!answer.complete) {
            lost(new Error('answer cut off'));
            return;
          }
          resolve({ status: answer.statusCode ?? 0, contentType: answer.headers['content-type'] ?? '', body: Buffer.concat(parts) });
        });
      });
      sent.end(body);
    });
  return Object.assign(post, {
    close: () => {
      agent.destroy();
    },
  });
}
