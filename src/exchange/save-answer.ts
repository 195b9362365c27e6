/** A message's answer is kept with its session: for a resend, as a line of its trace, and for laboratories as it went over the wire. */
import type { Message } from '../model/message.js';
import type { SessionRecord } from '../storage/ports/sessions.js';
import type { WriteTx } from '../storage/ports/store.js';
import { MEDIA_TYPES } from '../wire/media-type.js';
import type { MessageEncoder } from '../wire/encode.js';
import type { Incoming, Reply } from './incoming.js';
import { msgIdOf } from './locate.js';
import { keptMessage } from './recorder.js';
import type { SessionState } from './session-state.js';
import { appendTrace, deviationsOf, summary } from './trace.js';

/** What a session is beside its last message; `trace` is absent before the first. */
export type KnownSession = Pick<
  SessionRecord,
  'token' | 'account' | 'device' | 'deviceUri' | 'sessionId' | 'origin' | 'startedAt' | 'ended'
> &
  Partial<Pick<SessionRecord, 'trace'>>;

export async function saveAnswer(
  tx: WriteTx,
  incoming: Incoming,
  session: KnownSession,
  state: SessionState,
  answer: { readonly message: Message; readonly encoder: MessageEncoder },
): Promise<Reply> {
  const bytes = answer.encoder.encode(answer.message);
  const contentType = MEDIA_TYPES[incoming.dialect.encoding];
  const told = { received: summary(incoming.message), answered: summary(answer.message), ...deviationsOf(incoming.tolerance) };
  const msgId = msgIdOf(incoming.message);
  await tx.sessions.save(
    {
      ...session,
      lastMsgId: msgId,
      updatedAt: incoming.now,
      state: JSON.stringify(state),
      trace: appendTrace(session.trace ?? '[]', {
        msgId: incoming.message.header.msgId,
        at: incoming.now,
        bytesIn: incoming.body.length,
        bytesOut: bytes.length,
        ...told,
      }),
    },
    { msgId, digest: incoming.digest, bodyDigest: incoming.bodyDigest, contentType, bytes, at: incoming.now },
  );
  const { keep, request } = incoming;
  if (keep) {
    const answered = keptMessage(request, { httpStatus: 200, contentType, body: bytes }, incoming.now);
    await tx.account(session.account).messages.keep(session.token, [...keep.before, answered], keep.bounds);
  }
  return { bytes, contentType, log: told };
}
