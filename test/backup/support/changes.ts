/** Batches of changes as a device writes them: JSON records, in XML, through GZIP; see docs/device-backup-protocol.md, "`changes/<to>`". */
import { gzipSync } from 'node:zlib';
import type { Sending } from './backup-phone.js';

export interface Batch {
  readonly base?: number;
  readonly to: number;
  readonly schema?: readonly object[];
  readonly tables?: Readonly<
    Record<string, { readonly deletes?: readonly object[]; readonly replaces?: readonly object[]; readonly adds?: readonly object[] }>
  >;
}

const escaped = (value: object): string =>
  JSON.stringify(value).replace(/[&<>]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : '&gt;'));

export function batchXml({ base, to, schema = [], tables = {} }: Batch): string {
  const records = Object.entries(tables).map(([name, { deletes = [], replaces = [], adds = [] }]) => {
    const lines = [
      ...deletes.map((r) => `<Delete>${escaped(r)}</Delete>`),
      ...replaces.map((r) => `<Replace>${escaped(r)}</Replace>`),
      ...adds.map((r) => `<Add>${escaped(r)}</Add>`),
    ];
    return `<Table Name="${name}">${lines.join('')}</Table>`;
  });
  const from = base === undefined ? '' : ` Base="${base}"`;
  return `<Changes xmlns="urn:moorage:changes:1"${from} To="${to}">${schema.map((s) => `<Schema>${escaped(s)}</Schema>`).join('')}${records.join('')}</Changes>`;
}

export const batch = (changes: Batch): Sending => ({
  name: `changes/${changes.to}`,
  type: 'application/vnd.moorage.changes+xml+gzip',
  content: gzipSync(batchXml(changes)),
});

/** A manifest for a database that is equal by its rows. */
export const manifest = (digest: string, modification: number, more: object = {}): Sending => ({
  name: 'manifest',
  content: {
    way: 'logical',
    method: 'incremental',
    media: 'application/vnd.sqlite3',
    modification,
    digest,
    ...(modification > 1 ? { base: modification - 1 } : {}),
    ...more,
  },
});
export const wholeFile = (bytes: Uint8Array): Sending => ({ name: '.', type: 'application/vnd.sqlite3', content: bytes });
