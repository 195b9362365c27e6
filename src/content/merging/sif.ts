/** Two versions of a SIF item: merged as the card or the entry they are, and written back element by element. */
import { bytesOf, converted, readable, type Readable } from '../conversion/convert.js';
import { takeBackConverted } from '../conversion/taking-back.js';
import { pivotOf } from '../conversion/sif/fields.js';
import type { SifDocument } from '../sif-document.js';
import type { Merged, Version } from './merge.js';

/**
 * @param own our version, a SIF item. @param merge merges versions of the format that such an item is read in.
 * @returns undefined for notes, which have no fields, and for versions of another kind.
 */
export function mergedSif(
  own: Readable & { readonly sif: SifDocument },
  base: Version | undefined,
  theirs: Version,
  merge: (base: Version | undefined, ours: Version, theirs: Version) => Merged | undefined,
): Merged | undefined {
  const pivot = pivotOf(own.sif.kind);
  if (pivot === 'plain') return undefined;
  const type = pivot === 'vcard30' ? 'text/vcard' : 'text/calendar';
  const read = (version: Version): Version | undefined => {
    const item = readable(version.bytes, version.type);
    if (item?.format === pivot) return version;
    const there = item && converted(item, pivot);
    return there && { ...version, bytes: bytesOf(there), type };
  };
  const ours = converted(own, pivot);
  const [was, sent] = [base && read(base), read(theirs)];
  if (!ours || !sent || (base && !was)) return undefined;
  const merged = merge(was, { bytes: bytesOf(ours), type }, sent);
  const written = (bytes: Uint8Array): Uint8Array | undefined => {
    const item = readable(bytes, type);
    return item && takeBackConverted(own, item);
  };
  const bytes = merged && written(merged.bytes);
  if (!merged || !bytes) return undefined;
  const otherwise = merged.otherwise && written(merged.otherwise);
  return { bytes, lost: merged.lost, ...(otherwise ? { otherwise } : {}) };
}
