/**
 * Messages that are taken but not carried out yet. Overload answers 101 for the SyncHdr; slow work answers the SyncHdr's Status alone. Both
 * keep the message with the session, whose next message (an Alert 221, a 222, or nothing but Statuses) brings its answers. Any process can
 * carry it out. [Sync Protocol 1.1, "Busy Signaling"]
 */
import { Alert } from '../model/alert.js';
import type { AlertCommand, Command, Message } from '../model/message.js';
import type { WriteTx } from '../storage/ports/store.js';
import type { WireLimits } from '../wire/dialect.js';
import { decodeMessage } from '../wire/decode.js';
import { MessageEncoder } from '../wire/encode.js';
import type { Incoming, Reply } from './incoming.js';
import { locate, msgIdOf } from './locate.js';
import { parseState, type ParkedMessage, type SessionState } from './session-state.js';
import { saveAnswer } from './save-answer.js';

/** Beyond this a client gets no further delay, but an error. */
const MAX_PARKED = 20;
/** All of them together, in Base64: they are one row of the store, read with every message of the session. Characters. */
const MAX_PARKED_LENGTH = 4 * 1024 * 1024;

export const parkedMessages = (state: SessionState | undefined, limits: WireLimits): readonly Message[] =>
  (state?.parked ?? []).map((p) => decodeMessage(Buffer.from(p.body, 'base64'), p.encoding, limits).message);

/**
 * Keeps the message with its session and answers `answer` for now, which is told whether the client's Final of the package has come.
 * @returns undefined when there is no session to keep it with, or the session has moved on.
 */
export async function park(
  tx: WriteTx,
  incoming: Incoming,
  answer: (engineMsgId: number, closed: boolean) => Message,
): Promise<Reply | undefined> {
  const located = await locate(tx, incoming);
  if (located.kind !== 'known') return undefined;
  const { session } = located;
  const state = parseState(session.state);
  const parked: ParkedMessage[] = [
    ...(state.parked ?? []),
    {
      msgId: msgIdOf(incoming.message),
      ...(incoming.message.final ? { final: true } : {}),
      encoding: incoming.encoding,
      body: Buffer.from(incoming.body).toString('base64'),
    },
  ];
  const length = parked.reduce((sum, { body }) => sum + body.length, 0);
  if (parked.length > MAX_PARKED || (parked.length > 1 && length > MAX_PARKED_LENGTH)) return undefined;
  const closed = state.engine.closing || parked.some(({ final }) => final === true);
  const engine = { ...state.engine, msgId: state.engine.msgId + 1 };
  const reply = await saveAnswer(
    tx,
    incoming,
    session,
    { ...state, engine, parked },
    {
      message: answer(engine.msgId, closed),
      encoder: new MessageEncoder(incoming.dialect),
    },
  );
  return { ...reply, log: { parked: true, ...reply.log } };
}

/** SyncHdr 200 and nothing else, no Final; Alert 222 only while the client's package is open. @param closed its Final has come. */
export function interim(answer: Message, message: Message, closed: boolean): Message {
  const next: AlertCommand = {
    kind: 'Alert',
    cmdId: '2',
    code: Alert.NextMessage,
    items: [{ target: { uri: message.header.source.uri }, source: { uri: message.header.target.uri } }],
  };
  const body: Command[] = closed ? [...answer.body] : [...answer.body, next];
  return { ...answer, body, final: false };
}
