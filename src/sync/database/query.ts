/** What is asked for behind the `?` of `./db/<file>`; see docs/device-backup-protocol.md, "Restore". */
import { decoded } from '../../model/datastore.js';

export interface CopyQuery {
  /** Device URI. */
  readonly from?: string;
  /** Milliseconds since 1970: the end of the second that was asked for, since what is made in it is shown by that second. */
  readonly at?: number;
  readonly generation?: number;
  readonly coding?: 'gzip';
  readonly classic?: boolean;
}

/** @param text with its `?`, or ''. @returns undefined for anything else than the words of the protocol. */
export function parseCopyQuery(text: string): CopyQuery | undefined {
  let query: CopyQuery = {};
  for (const part of text.replace(/^\?/, '').split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const more = equals < 1 ? undefined : wordOf(part.slice(0, equals), decoded(part.slice(equals + 1)) ?? '');
    if (!more) return undefined;
    query = { ...query, ...more };
  }
  return query;
}

function wordOf(name: string, value: string): CopyQuery | undefined {
  switch (name) {
    case 'from':
      return value === '' ? undefined : { from: value };
    case 'at': {
      const at = timeOf(value);
      return at === undefined ? undefined : { at: at + 999 };
    }
    case 'gen':
      return /^[1-9]\d{0,14}$/.test(value) ? { generation: Number(value) } : undefined;
    case 'coding':
      return value === 'gzip' ? { coding: 'gzip' } : undefined;
    case 'plan':
      return value === 'classic' ? { classic: true } : undefined;
    default:
      return undefined;
  }
}

/** `20260105T080000Z`; undefined for a day or an hour there is none of. */
function timeOf(text: string): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second] = found;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const at = Date.parse(`${iso}Z`);
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(iso) ? undefined : at;
}
