/** The server's answer to our Get: its device information, whole or in parts like any large object. [session-and-packages §9.3, §12] */
import type { ResultsCommand } from '../../src/model/message.js';
import { Status } from '../../src/model/status.js';
import { decodeDevInf } from '../../src/wire/decode-devinf.js';
import { devInfUri, supportsLargeObjects, type DeviceProfile } from './profile.js';
import type { Findings } from './rules/findings.js';

const BROKEN_OFF = 'another Results while its DevInf is incomplete';

export class ServerDevInf {
  readonly #profile: DeviceProfile;
  readonly #findings: Findings;
  #parts: { readonly size: number; readonly bytes: Uint8Array } | undefined;

  constructor(profile: DeviceProfile, findings: Findings) {
    this.#profile = profile;
    this.#findings = findings;
  }

  /** @returns the code of the client's Status. */
  take({ items, meta }: ResultsCommand): number {
    const findings = this.#findings;
    const [item] = items;
    const data = item?.data;
    findings.check(item?.source?.uri === devInfUri(this.#profile.version), '§9.3', `Results of ${item?.source?.uri ?? 'nothing'}`);
    if (data?.kind === 'devinf') {
      findings.check(this.#parts === undefined, '§12', BROKEN_OFF);
      return Status.Ok;
    }
    if (data?.kind !== 'content') {
      findings.broke('§9.3', 'Results without our DevInf');
      return Status.IncompleteCommand;
    }
    const before = this.#parts;
    const size = before?.size ?? meta?.size ?? item?.meta?.size;
    findings.check(
      (meta?.size === undefined) !== (before === undefined),
      '§12',
      'Size of a DevInf in parts belongs into the first of them',
    );
    findings.check(supportsLargeObjects(this.#profile), '§12', 'a DevInf in parts for a device without large objects');
    const bytes = Buffer.concat([before?.bytes ?? new Uint8Array(), data.bytes]);
    this.#parts = item?.moreData ? { size: size ?? 0, bytes } : undefined;
    if (item?.moreData) return Status.ChunkAccepted;
    findings.check(bytes.byteLength === size, '§12', `a DevInf of ${bytes.byteLength} bytes, Size was ${size ?? 'missing'}`);
    findings.check(decodeDevInf(bytes) !== undefined, '§9.3', 'the parts of the DevInf make none');
    return Status.Ok;
  }
}
