/** What a device's store has room for at all: formats it names, and kinds of entries. [DevInf 1.2, "Rx", "Tx", "CTCap"] */
import type { DevInf, DevInfDataStore } from '../../model/devinf.js';
import { normalizeMediaType } from '../media-type.js';
import type { Readable } from './convert.js';
import { namedFormat, type Format } from './format.js';

const bare = (name: string): string => name.replace(/^\.\//, '').toLowerCase();

/** Stores of that name; none of it: all, since it may be any of them. */
function storesNamed({ dataStores }: DevInf, uri: string): readonly DevInfDataStore[] {
  const same = dataStores.filter(({ sourceRef }) => bare(sourceRef) === bare(uri));
  return same.length > 0 ? same : dataStores;
}

/**
 * Has the device named a type as which it may get an item of this type and format?
 *
 * @param format undefined: one that is never converted.
 * @returns true also for a store that names nothing we know: its words may mean what we have.
 */
export function namesFormat(devInf: DevInf, uri: string, type: string, format: Format | undefined): boolean {
  const named = storesNamed(devInf, uri)
    .flatMap(({ rxPref, rx, txPref, tx }) => [...(rxPref ? [rxPref] : []), ...rx, ...(txPref ? [txPref] : []), ...tx])
    .map(({ ctType, verCt }) => ({ type: normalizeMediaType(ctType), format: namedFormat(ctType, verCt) }));
  if (!named.some((one) => one.format !== undefined)) return true;
  return named.some((one) =>
    format === undefined ? one.type === normalizeMediaType(type) || one.type.includes('*') : one.format === asStored(format),
  );
}

/** A journal entry is no more than a calendar to device information. */
const asStored = (format: Format): Format => (format === 'journal' ? 'ical20' : format);

export type EntryKind = 'VEVENT' | 'VTODO';
const KINDS: readonly EntryKind[] = ['VEVENT', 'VTODO'];

const TASKS = /task|to-?do|\bjobs?\b/i;
const EVENTS = /cal|agenda|event|appoint|schedul/i;

/**
 * Which of events and tasks the device's store holds, where that is told: by BEGIN in its own property lists, or by its name when the device has a
 * store for either. @returns undefined: it may hold both.
 */
export function kindsHeld(devInf: DevInf, uri: string): ReadonlySet<EntryKind> | undefined {
  const [own, ...more] = devInf.dataStores.filter(({ sourceRef }) => bare(sourceRef) === bare(uri));
  if (!own || more.length > 0) return undefined;
  const listed = (own.ctCaps ?? [])
    .flatMap(({ properties }) => properties.filter(({ name }) => name.toUpperCase() === 'BEGIN'))
    .flatMap(({ valEnum = [] }) => valEnum.map((value) => value.toUpperCase()));
  const said = KINDS.filter((kind) => listed.includes(kind));
  if (said.length > 0) return new Set(said);
  const nameOf = ({ sourceRef, displayName = '' }: DevInfDataStore): string =>
    `${sourceRef.replace(/^.*[/\\](?=[^/\\?])/, '')} ${displayName}`;
  const isFor = (store: DevInfDataStore, kind: EntryKind): boolean => {
    const [tasks, events] = [TASKS.test(nameOf(store)), EVENTS.test(nameOf(store))];
    return kind === 'VTODO' ? tasks && !events : events && !tasks;
  };
  const kind = KINDS.find((one) => isFor(own, one));
  const other = kind && devInf.dataStores.some((store) => isFor(store, kind === 'VTODO' ? 'VEVENT' : 'VTODO'));
  return kind && other ? new Set([kind]) : undefined;
}

/** Is there something in the item that such a store holds? What is neither event nor task is no matter of it. */
export function holdsKind(kinds: ReadonlySet<EntryKind>, { document, sif }: Readable): boolean {
  const found = sif
    ? KINDS.filter((kind) => sif.kind === (kind === 'VEVENT' ? 'appointment' : 'task'))
    : KINDS.filter((kind) => document?.roots.some(({ children }) => children.some(({ name }) => name === kind)));
  return found.length === 0 || found.some((kind) => kinds.has(kind));
}
