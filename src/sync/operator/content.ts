/** Files as items: media types by what is in them, and what the store keeps of each. */
import { describe } from '../../content/describe.js';
import type { ContentRef, NewItem } from '../../storage/ports/items.js';
import type { AccountReader, Store } from '../../storage/ports/store.js';
import type { AccountId } from '../../model/ids.js';
import { instancesNamed, seriesUid } from '../../content/series/lone.js';
import { keyedFacts } from '../prepare.js';

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['text/vcard', 'vcf'],
  ['text/x-vcard', 'vcf'],
  ['text/calendar', 'ics'],
  ['text/x-vcalendar', 'vcs'],
  ['text/x-vnote', 'vnt'],
  ['text/plain', 'txt'],
  ['text/x-s4j-sifc', 'sifc'],
  ['text/x-s4j-sife', 'sife'],
  ['text/x-s4j-sift', 'sift'],
  ['text/x-s4j-sifn', 'sifn'],
  ['text/x-vmessage', 'vmg'],
  ['message/rfc822', 'eml'],
]);

/** File extension for a media type, without the dot. */
export const extensionOf = (type: string): string => EXTENSIONS.get(type) ?? 'bin';

const VERSION_LINE = /^VERSION:\s*([0-9.]+)\s*$/im;

/** The media type of a file by its name, and by the VERSION in it where one extension stands for two types. */
export function mediaTypeOf(fileName: string, bytes: Uint8Array): string {
  const extension = /\.([A-Za-z0-9]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? '';
  const version = (): string | undefined => VERSION_LINE.exec(Buffer.from(bytes).toString('latin1'))?.[1];
  switch (extension) {
    case 'vcf':
    case 'vcard':
      return version() === '2.1' ? 'text/x-vcard' : 'text/vcard';
    case 'ics':
    case 'ical':
    case 'vcs':
      return version() === '1.0' ? 'text/x-vcalendar' : 'text/calendar';
    case 'txt':
    case 'text':
      return 'text/plain';
    case 'vnt':
      return 'text/x-vnote';
    default: {
      const byExtension = [...EXTENSIONS].find(([, name]) => name === extension)?.[0];
      return byExtension ?? 'application/octet-stream';
    }
  }
}

/** Puts large content away as a blob; to be called before the transaction that names it. */
export async function contentRef(store: Store, account: AccountId, bytes: Uint8Array): Promise<ContentRef> {
  if (bytes.length <= store.blobs.inlineLimit) return { kind: 'inline', bytes };
  return { kind: 'blob', name: await store.blobs.put(account, bytes), size: bytes.length };
}

/** The content with the keys the store keeps beside it. */
export function newItem(own: AccountReader, bytes: Uint8Array, type: string, content: ContentRef): NewItem {
  const { canonical, identity, loose, modified } = describe(bytes, type);
  return {
    ...keyedFacts(own, {
      type,
      canonical,
      identity,
      loose,
      modified,
      instances: instancesNamed(bytes, type),
      series: seriesUid(bytes, type),
    }),
    content,
  };
}
