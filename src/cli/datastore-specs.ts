/** The configuration's datastores in the protocol's terms. */
import type { DatastoreKind, DatastoreSpec } from '../model/datastore.js';
import type { ContentTypeRef } from '../model/devinf.js';
import type { DatastoreConfig } from '../runtime/config.js';

/** Versions that DevInf names beside the type; the type's only one where the configuration cannot say. */
const VERSIONS: Readonly<Record<string, string>> = {
  'text/x-vcard': '2.1',
  'text/vcard': '3.0',
  'text/x-vcalendar': '1.0',
  'text/calendar': '2.0',
  'text/plain': '1.0',
  'text/x-vnote': '1.1',
};
const OTHER_VERSION = '1.0';

const CALENDAR = ['text/x-vcalendar', 'text/calendar'] as const;

/** Preferred first: what every phone reads. `opaque` takes any type. */
const TYPES: Readonly<Record<DatastoreKind, readonly string[]>> = {
  contacts: ['text/x-vcard', 'text/vcard'],
  calendar: CALENDAR,
  tasks: CALENDAR,
  caltasks: CALENDAR,
  notes: ['text/plain', 'text/x-vnote'],
  opaque: [],
};

const typeRef = (type: string): ContentTypeRef => ({ ctType: type, verCt: VERSIONS[type.toLowerCase()] ?? OTHER_VERSION });

export function datastoreSpecs(datastores: readonly DatastoreConfig[]): readonly DatastoreSpec[] {
  return datastores.map(({ uri, kind, displayName, types, policy, aliases }) => ({
    uri,
    kind,
    ...(displayName === undefined ? {} : { displayName }),
    types: (types ?? TYPES[kind]).map(typeRef),
    policy,
    aliases,
  }));
}
