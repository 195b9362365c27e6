/** Devices of an account. */
import type { DeviceId } from '../../model/ids.js';

export interface DeviceRecord {
  readonly id: DeviceId;
  /** Source/LocURI of its SyncHdr. */
  readonly uri: string;
  readonly userAgent?: string;
  /** Header x-wap-profile, or profile. */
  readonly wapProfile?: string;
  /** Id of the handset profile an operator chose. */
  readonly profile?: string;
  /** JSON of model/devinf, as the device sent it last. */
  readonly devInf?: string;
  /** Base64. Given out for the next session (with 212) or message. */
  readonly nonce?: string;
  /** Accepted once more: the client may not have got the last answer. */
  readonly previousNonce?: string;
  /** Counts successful authentications; computed challenge nonces depend on it, so a used digest is worthless. */
  readonly authCount: number;
  /** Base64. The nonce the client challenged us with. */
  readonly clientNonce?: string;
  readonly lastAccessAt: number;
  readonly lastRefusal?: { readonly at: number; readonly reason: string };
  readonly ignoresRespUri?: boolean;
  /** IANA name of where it is, as the operator says. */
  readonly timeZone?: string;
  /** ISO 3166 code of where numbers are that it sends without the prefix of a country, as the operator says. */
  readonly country?: string;
  /** IANA name of a zone whose clock goes as the device said with its items. */
  readonly seenZone?: string;
  /** A charset it was seen to write, other than UTF-8 and Western ones. */
  readonly seenCharset?: string;
  /** Names of properties it was seen to write, by kind of entry, of a device that lists none. */
  readonly seenProperties?: Readonly<Record<string, readonly string[]>>;
}

export interface DevicesReader {
  byUri(uri: string): Promise<DeviceRecord | undefined>;
  byId(id: DeviceId): Promise<DeviceRecord | undefined>;
  list(): Promise<readonly DeviceRecord[]>;
}

export interface DevicesWriter extends DevicesReader {
  create(uri: string, now: number): Promise<DeviceRecord>;
  save(device: DeviceRecord): Promise<void>;
  /** Removes the device with its pairs, maps and open syncs; items stay. */
  remove(id: DeviceId): Promise<void>;
}
