/** The engine's facts for one message: taken from the configuration, the session and the encoder. */
import type { Accepted } from '../accounts/outcome.js';
import { serverCredentials } from '../accounts/answer-challenge.js';
import type { Facts, PeerHabits } from '../engine/facts.js';
import type { Traits } from '../handsets/traits.js';
import type { DatastoreSpec } from '../model/datastore.js';
import type { SessionToken } from '../model/ids.js';
import type { Meta } from '../model/message.js';
import type { Credential } from '../storage/ports/accounts.js';
import type { DeviceRecord } from '../storage/ports/devices.js';
import { decodeDevInf } from '../wire/decode-devinf.js';
import { encodeDevInf } from '../wire/encode-devinf.js';
import type { MessageEncoder } from '../wire/encode.js';
import type { CommandRefusals } from './command-credentials.js';
import type { ExchangeOptions } from './options.js';
import type { Incoming } from './incoming.js';
import { messageLimit } from './message-size.js';
import { ourDevInf } from './our-devinf.js';

/** For clients that name no MaxMsgSize: safe for phones. Bytes. */
const DEFAULT_MSG_SIZE = 16_000;
/** No answer grows beyond this, however much a client allows. Bytes. */
const LARGEST_ANSWER = 1_000_000;

export interface FactParts {
  readonly options: ExchangeOptions;
  readonly specs: readonly DatastoreSpec[];
  readonly encoder: MessageEncoder;
  readonly token: SessionToken;
  /** As known before this message. */
  readonly clientMaxMsgSize: number | undefined;
  readonly device: DeviceRecord;
  readonly accepted: Accepted | undefined;
  readonly password: string | undefined;
  readonly credential: Credential | undefined;
  readonly refusals: CommandRefusals | undefined;
  /** What the device does otherwise than it says. */
  readonly traits: Traits;
}

export function factsOf(incoming: Incoming, parts: FactParts): Facts {
  const { config, version } = parts.options;
  const { encoder, accepted, credential } = parts;
  const { dialect } = incoming;
  const base = config.publicUrl ?? incoming.request.url;
  const offersDatabases = parts.options.databases !== undefined && config.databases.enabled;
  const identity = { serverId: config.serverId, softwareVersion: version ?? '0' };
  return {
    strict: config.strict,
    auth: accepted ? { kind: 'accepted', perMessage: accepted.perMessage, ...challengeFor(accepted) } : { kind: 'continued' },
    ...(incoming.token === parts.token ? {} : { respUri: `${base}${base.includes('?') ? '&' : '?'}s=${parts.token}` }),
    limits: {
      maxMsgSize: messageLimit(config.limits, incoming.message.header.meta?.maxMsgSize ?? parts.clientMaxMsgSize),
      maxObjSize: config.limits.maxObjSize,
      defaultMsgSize: DEFAULT_MSG_SIZE,
      largestMessage: LARGEST_ANSWER,
    },
    habits: habitsOf(parts.traits),
    encoding: dialect.encoding,
    knowsDevice: parts.device.devInf !== undefined,
    devInf: (syncml, stores, brief) =>
      ourDevInf(identity, parts.specs, syncml, stores, { brief, lists: parts.traits.messages?.propertyLists !== false }, offersDatabases),
    measure: (command) => encoder.measure(command),
    envelope: (header) => encoder.envelopeSize(header),
    credentials: (chal) =>
      credential ? serverCredentials(chal, credential, credential.password ?? parts.password, dialect.version) : undefined,
    refusal: (command) => {
      const refused = parts.refusals?.get(command);
      return refused && { status: refused.status, ...(refused.challenge ? { chal: refused.challenge } : {}) };
    },
    canMac: credential !== undefined,
    ...(credential ? { serverName: credential.serverId } : {}),
    encodeDevInf: (devInf) => encodeDevInf(devInf, dialect),
    decodeDevInf,
  };
}

function habitsOf({ messages }: Traits): PeerHabits {
  const { maxSize, usePercent, errorItems, itemStatuses, largeObjects, sizePlus } = messages ?? {};
  return {
    ...(maxSize === undefined ? {} : { maxMessage: maxSize }),
    ...(usePercent === undefined ? {} : { usePercent }),
    ...(errorItems === undefined ? {} : { errorItems }),
    ...(itemStatuses === undefined ? {} : { itemStatuses }),
    ...(largeObjects === undefined ? {} : { largeObjects }),
    ...(sizePlus === undefined ? {} : { sizePlus }),
  };
}

/** md5: the nonce of the next message or session goes with the acceptance. Basic has none. [Sync Protocol 1.1, "MD5 Digest Access Authentication"] */
function challengeFor(accepted: Accepted): { chal?: Meta } {
  if (accepted.method === 'basic') return accepted.perMessage ? { chal: { format: 'b64', type: 'syncml:auth-basic' } } : {};
  return {
    chal: { format: 'b64', type: accepted.method === 'mac' ? 'syncml:auth-MAC' : 'syncml:auth-md5', nextNonce: accepted.nextNonce },
  };
}
