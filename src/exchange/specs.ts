/** The operator's datastores in the words of the protocol. */
import type { ConflictPolicy, DatastoreKind, DatastoreSpec } from '../model/datastore.js';
import type { ContentTypeRef } from '../model/devinf.js';

const VCARD: readonly ContentTypeRef[] = [
  { ctType: 'text/vcard', verCt: '3.0' },
  { ctType: 'text/x-vcard', verCt: '2.1' },
];
const CALENDAR: readonly ContentTypeRef[] = [
  { ctType: 'text/calendar', verCt: '2.0' },
  { ctType: 'text/x-vcalendar', verCt: '1.0' },
];
const TYPES: Readonly<Record<DatastoreKind, readonly ContentTypeRef[]>> = {
  contacts: VCARD,
  calendar: CALENDAR,
  tasks: CALENDAR,
  caltasks: CALENDAR,
  notes: [
    { ctType: 'text/plain', verCt: '1.0' },
    { ctType: 'text/x-vnote', verCt: '1.1' },
  ],
  opaque: [],
  database: [],
};
const sif = (...letters: readonly string[]): readonly ContentTypeRef[] =>
  letters.map((letter) => ({ ctType: `text/x-s4j-sif${letter}`, verCt: '1.0' }));
const SIF_TYPES: Readonly<Record<DatastoreKind, readonly ContentTypeRef[]>> = {
  contacts: sif('c'),
  calendar: sif('e'),
  tasks: sif('t'),
  caltasks: sif('e', 't'),
  notes: sif('n'),
  opaque: [],
  database: [],
};
/** VerCT of a type; every type needs one. [Device Information 1.2, "VerCT"] */
const VERSIONS: Readonly<Record<string, string>> = {
  'text/vcard': '3.0',
  'text/x-vcard': '2.1',
  'text/calendar': '2.0',
  'text/x-vcalendar': '1.0',
  'text/plain': '1.0',
  'text/x-vnote': '1.1',
  'text/x-vmessage': '1.1',
  'application/vnd.omads-email+xml': '1.2',
};

export interface DatastoreSetting {
  readonly uri: string;
  readonly kind: DatastoreKind;
  readonly types?: readonly string[] | undefined;
  readonly policy: ConflictPolicy;
  readonly firstPolicy?: ConflictPolicy | undefined;
  readonly slowPolicy?: ConflictPolicy | undefined;
  readonly aliases: readonly string[];
  readonly displayName?: string | undefined;
}

export function specsOf(settings: readonly DatastoreSetting[]): readonly DatastoreSpec[] {
  return settings.map((s) => ({
    uri: s.uri,
    kind: s.kind,
    types: s.types?.map((ctType) => ({ ctType, verCt: VERSIONS[ctType] ?? '1.0' })) ?? TYPES[s.kind],
    ...(s.types === undefined && SIF_TYPES[s.kind].length > 0 ? { sifTypes: SIF_TYPES[s.kind] } : {}),
    policy: s.policy,
    ...(s.firstPolicy === undefined ? {} : { firstPolicy: s.firstPolicy }),
    ...(s.slowPolicy === undefined ? {} : { slowPolicy: s.slowPolicy }),
    aliases: s.aliases,
    ...(s.displayName === undefined ? {} : { displayName: s.displayName }),
  }));
}
