/** Answers that execute nothing: no credentials, unknown versions, overload. Nothing of them is stored. [Sync Protocol 1.1, "Authentication", "Busy Signaling"] */
import { Alert } from '../model/alert.js';
import type { Tolerance } from '../model/leniency.js';
import type { Message, Meta, SyncmlVersion } from '../model/message.js';
import { Status } from '../model/status.js';
import { headerStatus, refuseAll, textItem } from './turn.js';

export const VERSIONS: readonly SyncmlVersion[] = ['1.0', '1.1', '1.2'];

/** Errata releases such as 1.1.2 count as their version. */
const versionIn = (text: string): SyncmlVersion | undefined =>
  VERSIONS.find((v) => text.trim() === v || (text.trim().startsWith(`${v}.`) && /^[\d.]+$/.test(text.trim())));

export interface Refusal {
  readonly status: number;
  readonly chal?: Meta;
  /** Supported versions, for 505 and 513. */
  readonly versions?: readonly string[];
}

/** Every command gets the code of the header. Nothing follows, so it ends with Final. */
export function refuse(message: Message, refusal: Refusal): Message {
  const items = (refusal.versions ?? []).map(textItem);
  const statuses = [
    headerStatus(message, refusal.status, refusal.chal, items),
    ...message.body.flatMap((command) => refuseAll({ message }, command, refusal.status)),
  ];
  return { header: plainHeader(message), body: statuses.map((s, i) => ({ ...s, cmdId: String(i + 1) })), final: true };
}

/** 101 for the SyncHdr (and for an Alert 221 that asks again), no Final, no other Status. */
export function busy(message: Message): Message {
  const again = message.body.flatMap((c) =>
    c.kind === 'Alert' && c.code === Alert.Result ? [{ ...headerStatus(message, Status.InProgress), cmd: 'Alert', cmdRef: c.cmdId }] : [],
  );
  const statuses = [headerStatus(message, Status.InProgress), ...again];
  return { header: plainHeader(message), body: statuses.map((s, i) => ({ ...s, cmdId: String(i + 1) })), final: false };
}

/** A SyncHdr Status alone: we are still at work on the message (or could not read its body). */
export function headerOnly(message: Message, code: number, final: boolean): Message {
  return { header: plainHeader(message), body: [{ ...headerStatus(message, code), cmdId: '1' }], final };
}

function plainHeader(message: Message): Message['header'] {
  const { header } = message;
  const version = versionIn(header.verDtd) ?? '1.2';
  return {
    verDtd: version,
    verProto: `SyncML/${version}`,
    sessionId: header.sessionId,
    msgId: /^\d+$/.test(header.msgId) ? header.msgId : '1',
    target: { uri: header.source.uri },
    source: { uri: header.target.uri },
  };
}

/** 505 or 513 where we do not speak the version; undefined where we do. [Representation Protocol, "Response Status Codes"] */
export function versionRefusal(message: Message, tolerance: Tolerance): Refusal | undefined {
  const { verDtd, verProto } = message.header;
  const dtd = versionIn(verDtd);
  if (!dtd || (verDtd !== dtd && !tolerance.allows('errata-version'))) return { status: Status.DtdVersionNotSupported, versions: VERSIONS };
  if (verProto === '') return undefined;
  const proto = /^syncml\//i.test(verProto) ? versionIn(verProto.slice('syncml/'.length)) : undefined;
  if (!proto || (verProto !== `SyncML/${proto}` && !tolerance.allows('errata-version'))) {
    return { status: Status.ProtocolVersionNotSupported, versions: VERSIONS.map((v) => `SyncML/${v}`) };
  }
  return undefined;
}

const MAX_SESSION_ID_BYTES = 4;
/** What is stored and told of a sender may not be longer, whoever is let off with what. Bytes. */
const LONGEST = { uri: 2048, sessionId: 256, msgId: 64 } as const;

const longer = (text: string, bytes: number): boolean => Buffer.byteLength(text, 'utf8') > bytes;

/** 400 for a SyncHdr that is no whole one, 414 for names that are too long. [Representation Protocol, "SyncHdr", "SessionID"] */
export function headerRefusal(message: Message, tolerance: Tolerance): Refusal | undefined {
  const { verDtd, verProto, sessionId, msgId, target, source } = message.header;
  if (longer(source.uri, LONGEST.uri) || longer(target.uri, LONGEST.uri)) return { status: Status.UriTooLong };
  if (longer(sessionId, LONGEST.sessionId) || longer(msgId, LONGEST.msgId)) return { status: Status.BadRequest };
  const whole = verProto !== '' && sessionId !== '' && target.uri !== '' && source.uri !== '' && /^[1-9]\d*$/.test(msgId);
  if (!whole && !tolerance.allows('header-incomplete')) return { status: Status.BadRequest };
  const long = versionIn(verDtd) !== '1.0' && longer(sessionId, MAX_SESSION_ID_BYTES);
  if (long && !tolerance.allows('long-session-id')) return { status: Status.BadRequest };
  return undefined;
}
