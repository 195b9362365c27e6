/** The server's own device information, from the datastores that are offered. [Device Information 1.2] */
import { isSifName, type DatastoreSpec } from '../model/datastore.js';
import type { ContentTypeRef, CtCap, CtProperty, DevInf, DevInfDataStore } from '../model/devinf.js';
import type { SyncmlVersion } from '../model/message.js';

export interface Identity {
  /** DevID: the server identifier of notifications. */
  readonly serverId: string;
  readonly softwareVersion: string;
}

/** What a store of any media type says it takes: DevInf wants at least one type. */
const ANY: readonly ContentTypeRef[] = [{ ctType: 'application/octet-stream', verCt: '1.0' }];
/** Two-way, slow, one-way and refresh both ways. No server-alerted sync (7): some phones give up when they see what they do not know. */
const SYNC_CAP = ['1', '2', '3', '4', '5', '6'];

const property = (name: string, extra: Partial<CtProperty> = {}): CtProperty => ({ name, ...extra });
const properties = (names: string): CtProperty[] => names.split(' ').map((name) => property(name));

const VCARD_PROPERTIES =
  'N FN NICKNAME PHOTO BDAY ADR LABEL TEL EMAIL MAILER TZ GEO TITLE ROLE LOGO AGENT ORG CATEGORIES NOTE REV SORT-STRING SOUND URL UID CLASS KEY ' +
  'IMPP X-*';
const VCALENDAR_PROPERTIES =
  'DAYLIGHT GEO PRODID TZ AALARM ATTACH ATTENDEE CATEGORIES CLASS COMPLETED CREATED DALARM DCREATED DESCRIPTION DTEND DTSTART DUE DURATION EXDATE ' +
  'EXRULE LAST-MODIFIED LOCATION MALARM ORGANIZER PALARM PERCENT-COMPLETE PRIORITY RDATE RECURRENCE-ID RELATED-TO RESOURCES RNUM RRULE SEQUENCE ' +
  'STATUS SUMMARY TRANSP UID URL X-*';

const COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  calendar: ['VCALENDAR', 'VEVENT', 'VTODO'],
  tasks: ['VCALENDAR', 'VEVENT', 'VTODO'],
  caltasks: ['VCALENDAR', 'VEVENT', 'VTODO'],
};

/** SIF has elements, not properties. */
const syntaxless = (type: string): boolean => type.startsWith('text/x-s4j-');

function ctCap(kind: string, type: ContentTypeRef): CtCap | undefined {
  const frame = (names: readonly string[], list: string): CtCap => ({
    ctType: type.ctType,
    verCt: type.verCt,
    properties: [
      property('BEGIN', { valEnum: names }),
      property('END', { valEnum: names }),
      property('VERSION', { valEnum: [type.verCt] }),
      ...properties(list),
    ],
  });
  if (type.ctType === 'text/vcard' || type.ctType === 'text/x-vcard') return frame(['VCARD'], VCARD_PROPERTIES);
  if (syntaxless(type.ctType)) return { ctType: type.ctType, verCt: type.verCt, properties: [] };
  const components = COMPONENTS[kind];
  if (components) return frame(components, VCALENDAR_PROPERTIES);
  // Of a type without properties there is nothing to list but that it exists.
  return { ctType: type.ctType, verCt: type.verCt, properties: [] };
}

/** Stands for all of `./db/<file>`. */
const DATABASES: DatastoreSpec = {
  uri: 'db',
  kind: 'database',
  displayName: 'Files',
  types: [
    { ctType: 'application/vnd.sqlite3', verCt: '1.0' },
    { ctType: 'application/octet-stream', verCt: '1.0' },
  ],
  policy: 'client-wins',
  aliases: [],
};
type Named = { readonly datastore: string };
const isPlaceOf = (spec: DatastoreSpec, { datastore }: Named): boolean => spec === DATABASES && datastore.startsWith('db/');
/** Some phones give up when they see what they do not know: told to those alone that use it, or have not said what they use. */
const shows = (stores: readonly Named[]): boolean => stores.length === 0 || stores.some((one) => isPlaceOf(DATABASES, one));

/**
 * @param stores the datastores of the running session and how the client spells them: phones compare SourceRef with the name they
 *   were configured with.
 * @param how `brief`: only those stores, and no property lists, for clients with small messages; not `lists`: none for a client that bears none.
 */
export function ourDevInf(
  identity: Identity,
  specs: readonly DatastoreSpec[],
  version: SyncmlVersion,
  stores: readonly { readonly datastore: string; readonly uri: string }[],
  { brief, lists }: { readonly brief: boolean; readonly lists: boolean },
  offersDatabases = false,
): DevInf {
  const all = offersDatabases && shows(stores) ? [...specs, DATABASES] : specs;
  const named = all.filter((s) => !brief || stores.length === 0 || stores.some((n) => n.datastore === s.uri || isPlaceOf(s, n)));
  const caps = new Map<string, CtCap>();
  const dataStores = named.map((spec): DevInfDataStore => {
    const spelled = (spec === DATABASES ? undefined : stores.find((n) => n.datastore === spec.uri)?.uri) ?? `./${spec.uri}`;
    const sif = isSifName(spelled) ? (spec.sifTypes ?? []) : [];
    const types = spec.types.length > 0 ? [...sif, ...spec.types] : ANY;
    const own = brief || !lists ? [] : types.flatMap((t) => ctCap(spec.kind, t) ?? []);
    for (const cap of own) caps.set(`${cap.ctType} ${cap.verCt ?? ''}`, cap);
    const [preferred, ...others] = types as [ContentTypeRef, ...ContentTypeRef[]];
    return {
      sourceRef: spelled,
      ...(spec.displayName === undefined ? {} : { displayName: spec.displayName }),
      rxPref: preferred,
      rx: others,
      txPref: preferred,
      tx: others,
      ...(version === '1.2' && own.length > 0 ? { ctCaps: own.filter((c) => c.properties.length > 0) } : {}),
      syncCap: SYNC_CAP,
    };
  });
  return {
    verDtd: version,
    man: 'Moorage',
    mod: 'Moorage',
    fwV: identity.softwareVersion,
    swV: identity.softwareVersion,
    hwV: 'server',
    devId: identity.serverId,
    devTyp: 'server',
    ...(version === '1.0' ? {} : { utc: true, supportLargeObjs: true, supportNumberOfChanges: true }),
    dataStores,
    ...(version !== '1.2' && !brief && lists ? { ctCaps: [...caps.values()].filter((c) => c.properties.length > 0) } : {}),
  };
}
