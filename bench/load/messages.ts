/** The messages a simulated device sends. The server's own wire encoder writes them: at hundreds of MB/s it costs less than the sockets. */
import { Alert } from '../../src/model/alert.js';
import type { Command, Message, StatusCommand } from '../../src/model/message.js';
import { Status } from '../../src/model/status.js';
import { decodeMessage } from '../../src/wire/decode.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import { basicCred } from '../../test/model-client/credentials.js';
import { deviceProfile, devInfOf, devInfType, devInfUri, STORES } from '../../test/model-client/profile.js';

const { uri: LOCAL, target: REMOTE, type: MEDIA_TYPE } = STORES.contacts;
const MAX_MSG_SIZE = 60_000;

/** A command without its CmdID, which its place in the message gives. */
type Unnumbered<C extends Command = Command> = C extends unknown ? Omit<C, 'cmdId'> : never;

export interface Change {
  readonly kind: 'Add' | 'Replace' | 'Delete';
  readonly luid: string;
  readonly content?: Uint8Array;
}

/** Who sends: what is the same in all messages of a device. */
export interface Sender {
  readonly device: string;
  readonly user: string;
  readonly password: string;
}

const encoder = new MessageEncoder({ encoding: 'wbxml', version: '1.2', wbxml: { version: 2, publicId: 'number' } });

export interface Envelope {
  readonly sender: Sender;
  readonly sessionId: string;
  readonly msgId: number;
  /** Where it goes: the server's address, then the RespURI of its last answer. */
  readonly target: string;
  /** With credentials: the first of a session. */
  readonly first: boolean;
}

export function encode(envelope: Envelope, commands: readonly Unnumbered[], final: boolean): Uint8Array {
  const { sender, first } = envelope;
  const message: Message = {
    header: {
      verDtd: '1.2',
      verProto: 'SyncML/1.2',
      sessionId: envelope.sessionId,
      msgId: String(envelope.msgId),
      target: { uri: envelope.target },
      source: { uri: sender.device, ...(first ? { name: sender.user } : {}) },
      ...(first ? { cred: basicCred(sender.user, sender.password) } : {}),
      meta: { maxMsgSize: MAX_MSG_SIZE, maxObjSize: 500_000 },
    },
    body: commands.map((command, at) => ({ ...command, cmdId: String(at + 1) })),
    final,
  };
  return encoder.encode(message);
}

export const decode = (bytes: Uint8Array): Message => decodeMessage(bytes, 'wbxml').message;

/** Package 1. */
export function opening(sender: Sender, code: number, last: string | undefined, next: string, announce: boolean): Unnumbered[] {
  const alert: Unnumbered = {
    kind: 'Alert',
    code,
    items: [{ target: { uri: REMOTE }, source: { uri: LOCAL }, meta: { anchor: { ...(last === undefined ? {} : { last }), next } } }],
  };
  if (!announce) return [alert];
  const profile = deviceProfile({ uri: sender.device, user: sender.user, password: sender.password, stores: [STORES.contacts] });
  const devinf = devInfOf(profile);
  const put: Unnumbered = {
    kind: 'Put',
    meta: { type: devInfType('wbxml') },
    items: [{ source: { uri: devInfUri('1.2') }, data: { kind: 'devinf', devinf } }],
  };
  return [put, alert];
}

/** The Sync of package 3. */
export const syncOf = (changes: readonly Change[]): Unnumbered => ({
  kind: 'Sync',
  target: { uri: REMOTE },
  source: { uri: LOCAL },
  numberOfChanges: changes.length,
  commands: changes.map(({ kind, luid, content }, at): Command => ({
    kind,
    cmdId: `c${at}`,
    ...(content === undefined ? {} : { meta: { type: MEDIA_TYPE } }),
    items: [{ source: { uri: luid }, ...(content === undefined ? {} : { data: { kind: 'content', bytes: content } }) }],
  })),
});

/** Package 5: which LUIDs the server's new items got. */
export const mapOf = (pairs: readonly { readonly guid: string; readonly luid: string }[]): Unnumbered => ({
  kind: 'Map',
  target: { uri: REMOTE },
  source: { uri: LOCAL },
  items: pairs.map(({ guid, luid }) => ({ target: { uri: guid }, source: { uri: luid } })),
});

/** Asks for the next message of the server's package. */
export const nextPlease = (): Unnumbered => ({
  kind: 'Alert',
  code: Alert.NextMessage,
  items: [{ target: { uri: REMOTE }, source: { uri: LOCAL } }],
});

/** Statuses for all of the server's message, the header first. */
export function statusesFor(message: Message, target: string, device: string): Unnumbered<StatusCommand>[] {
  const { msgId } = message.header;
  const status = (cmdRef: string, cmd: string, code: number, refs: Partial<StatusCommand>): Unnumbered<StatusCommand> => ({
    kind: 'Status',
    msgRef: msgId,
    cmdRef,
    cmd,
    targetRefs: [],
    sourceRefs: [],
    code,
    items: [],
    ...refs,
  });
  const all = [status('0', 'SyncHdr', Status.Ok, { targetRefs: [device], sourceRefs: [target] })];
  const answer = (command: Command): void => {
    switch (command.kind) {
      case 'Alert': {
        const [item] = command.items;
        all.push(
          status(command.cmdId, 'Alert', Status.Ok, {
            targetRefs: [LOCAL],
            sourceRefs: [REMOTE],
            items: [{ data: { kind: 'anchor', anchor: { next: item?.meta?.anchor?.next ?? '' } } }],
          }),
        );
        break;
      }
      case 'Sync':
        all.push(status(command.cmdId, 'Sync', Status.Ok, { targetRefs: [LOCAL], sourceRefs: [REMOTE] }));
        command.commands.forEach(answer);
        break;
      case 'Add':
        all.push(status(command.cmdId, 'Add', Status.ItemAdded, {}));
        break;
      case 'Replace':
      case 'Delete':
        all.push(status(command.cmdId, command.kind, Status.Ok, {}));
        break;
      default:
    }
  };
  message.body.forEach(answer);
  return all;
}
