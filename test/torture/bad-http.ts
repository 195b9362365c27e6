/** HTTP as a dying connection does it. */
import { connect } from 'node:net';
import type { Wire } from './world.js';

const CONNECT_MS = 5000;

/** Sends the head and the first `bytes` bytes of the body, then resets the connection. Resolves when that is done, also when nobody listens. */
export function cutRequest(wire: Wire, bytes: number): Promise<void> {
  return dying(wire, bytes, false);
}

/** Sends all of it, and resets the connection as soon as the first bytes of the answer are there. */
export function cutAnswer(wire: Wire): Promise<void> {
  return dying(wire, wire.body.byteLength, true);
}

function dying({ url, contentType, body, headers }: Wire, bytes: number, awaitsAnswer: boolean): Promise<void> {
  const target = new URL(url);
  const head = [
    `POST ${target.pathname}${target.search} HTTP/1.1`,
    `host: ${target.host}`,
    `content-type: ${contentType}`,
    `content-length: ${body.byteLength}`,
    'user-agent: model-client',
    ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');
  return new Promise((resolve) => {
    const socket = connect({ host: target.hostname, port: Number(target.port), timeout: CONNECT_MS });
    const end = (): void => {
      socket.resetAndDestroy();
      resolve();
    };
    socket.on('error', end);
    socket.on('timeout', end);
    socket.on('close', end);
    socket.on('data', end);
    socket.on('connect', () => {
      socket.write(Buffer.concat([Buffer.from(head, 'latin1'), body.subarray(0, bytes)]), () => {
        // The bytes are with the system; a moment on, the other side has them.
        if (!awaitsAnswer) setTimeout(end, 2);
      });
    });
  });
}
