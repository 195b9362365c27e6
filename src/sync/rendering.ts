/**
 * Between what is stored and what a device can hold: items go out in a format it takes and within its abilities, and what comes back is read
 * as a change of what went out. Devices that announce nothing get and give items as they are.
 */
import { abilitiesFor, type Abilities } from '../content/abilities.js';
import { withCharsets, type Named } from '../content/charset-naming.js';
import { asUtf8 } from '../content/charset.js';
import { syntaxOf } from '../content/media-type.js';
import { convert, converted, readable, TYPES, type Readable } from '../content/conversion/convert.js';
import {
  familyOf,
  formatsOf,
  namedFormat,
  takenBy,
  targetsOf,
  type Family,
  type Format,
  type Target,
} from '../content/conversion/format.js';
import { takeBackConverted } from '../content/conversion/taking-back.js';
import { textOf } from '../content/conversion/units.js';
import { instancesIn, withInstancesOf } from '../content/series/instances.js';
import { withoutElsewhere } from '../content/series/lone.js';
import type { Occasion } from '../content/phone-form/dress.js';
import { asHeld, given, putRight } from '../content/phone-form/echo.js';
import { PICTURES } from '../content/photos.js';
import { inAgreement } from '../content/tasks.js';
import { showsOtherWords } from '../content/cut-texts.js';
import { takeBack } from '../content/taking-back.js';
import { leavesOut, seenWith } from '../content/seen.js';
import { mediaIn } from '../content/media-in.js';
import { isMarked, unmarked } from '../content/zones/mark.js';
import { StoreError } from '../model/errors.js';
import type { DatastoreId, Guid } from '../model/ids.js';
import type { MapRow } from '../storage/ports/id-map.js';
import type { ItemRecord, NewItem } from '../storage/ports/items.js';
import type { PairRecord } from '../storage/ports/pairs.js';
import type { Place } from './change.js';
import { fitted } from './fitting.js';
import { asGiven } from './instances/elsewhere.js';
import { bytesAtHand, keyOf, prepareNow } from './prepare.js';
import { homeOf, homeOfItem, likelyCharsets, likelyHome } from './whereabouts.js';
import type { SyncWork } from './work.js';

/** An item's content as a device gets it. */
export interface Rendering {
  readonly type: string;
  /** Undefined: one that is never converted. */
  readonly format: Format | undefined;
  readonly content: Uint8Array;
  /** It has fewer pictures and sounds than the item. */
  readonly withoutMedia?: boolean;
}

/** The device's abilities for items of this type in its store; undefined: it has said nothing that matters. */
function abilitiesOf(work: SyncWork, type: string, store: string): Abilities | undefined {
  const key = `${type} ${store}`;
  const known = work.abilities.get(key);
  if (known) return known.abilities;
  const home = homeOf(work);
  const own = abilitiesFor(work.devInf, type, likelyHome(work) ?? work.options.timeZone, work.traits, {
    home,
    now: work.options.now,
    store,
  });
  const abilities = own && { ...own, thinned: work.photos.thinned, samePicture: work.photos.alike };
  work.abilities.set(key, { abilities });
  return abilities;
}

function takenByStore(work: SyncWork, uri: string): readonly Target[] {
  const known = work.taken.get(uri);
  if (known) return known;
  const { devInf } = work;
  const taken = devInf ? takenBy(devInf, uri) : [];
  work.taken.set(uri, taken);
  return taken;
}

/**
 * Items of this type may have to be converted for the device's store: only then is their content worth a look. A type is believed to name the
 * format, but for `text/vcard`, which 3.0 and 4.0 share.
 */
function mayConvert(type: string, taken: readonly Target[]): boolean {
  const usual = namedFormat(type, '');
  if (usual === undefined || (usual !== 'vcard30' && taken.some(({ format }) => format === usual))) return false;
  const family = familyOf(usual);
  // A calendar may hold a journal entry, which is a note.
  const all = [...formatsOf(family), ...(family === 'calendar' ? formatsOf('note') : [])];
  const formats = all.filter((format) => taken.some((one) => one.format === format));
  return formats.length > 0 && formats.length < all.length;
}

/** Formats of calendars that have no place for a changed instance inside of its series. */
const APART: ReadonlySet<Format> = new Set<Format>(['vcal10', 'sife', 'sift']);

/** Does the pair's device get the changed instances of a series as items of their own? */
export function getsInstancesApart(work: SyncWork, pair: Pick<PairRecord, 'clientUri'>): boolean {
  const [first] = targetsOf('ical20', takenByStore(work, pair.clientUri));
  return first !== undefined && APART.has(first.format);
}

/** The type a device knows the format by: 3.0 is text/x-vcard to some, 1.0 is text/calendar. */
function nameOf(format: Format | undefined, type: string, taken: readonly Target[]): string {
  const names = taken.filter((one) => one.format === format).map((one) => one.type);
  return names.includes(type) ? type : (names[0] ?? type);
}

/** Others go byte for byte. */
const isText = (type: string): boolean => /^(?:lines|text|sif)$/.test(syntaxOf(type));

/** An item's content as this device gets it in its store. */
export function rendered(
  work: SyncWork,
  pair: Pick<PairRecord, 'clientUri' | 'open'>,
  type: string,
  stored: Uint8Array,
  occasion: Occasion = {},
): Rendering {
  const content = isText(type) ? asUtf8(stored) : stored;
  const taken = takenByStore(work, pair.clientUri);
  const item = mayConvert(type, taken) ? readable(content, type) : undefined;
  const whole = (item && inFormat(item, taken, homeOfItem(work, item.format))) ?? {
    type: nameOf(item?.format ?? namedFormat(type, ''), type, taken),
    format: item?.format ?? namedFormat(type, ''),
    content,
  };
  const said = abilitiesOf(work, whole.type, pair.clientUri);
  const room = pair.open?.room ?? Number.POSITIVE_INFINITY;
  // Without any room no smaller picture is made first.
  const abilities = room > 0 ? said : { ...(said ?? unlisted(work)), withoutMedia: true, limits: true };
  const shown = abilities ? given(whole.content, whole.type, abilities, occasion) : unmarked(whole.content, whole.type);
  const fits = shown.length <= room ? shown : fitted(whole.content, shown, whole.type, abilities ?? unlisted(work), { room, occasion });
  const withoutMedia = fits !== whole.content && mediaIn(fits, whole.type) < mediaIn(whole.content, whole.type);
  return { type: whole.type, format: whole.format, content: fits, ...(withoutMedia ? { withoutMedia } : {}) };
}

/** A device that lists no properties is known by what it writes. */
const unlisted = ({ device, photos }: SyncWork): Abilities => ({
  limits: false,
  thinned: photos.thinned,
  samePicture: photos.alike,
  seen: device.seenProperties ?? {},
});
const watched = (work: SyncWork, said: Abilities | undefined): Abilities | undefined =>
  said && !said.properties ? { ...said, seen: work.device.seenProperties ?? {} } : said;

/** What the device writes it has, where it has listed nothing. */
export function lookAtProperties(work: SyncWork, store: string, content: Uint8Array, type: string): void {
  if (abilitiesOf(work, type, store)?.properties) return;
  const seen = seenWith(work.device.seenProperties ?? {}, content, type);
  if (seen) work.noteSeen(seen);
}

/** Content of the device's store in the form other programs have, by its profile. */
export function asOthersWrite(work: SyncWork, store: string, content: Uint8Array, type: string): Uint8Array {
  return readAs(work, store, content, type).bytes;
}

/** The same, and in what charset its texts are seen to be. */
export function readAs(work: SyncWork, store: string, content: Uint8Array, type: string): Named {
  const abilities = abilitiesOf(work, type, store);
  return withCharsets(abilities ? putRight(content, type, abilities) : content, type, likelyCharsets(work));
}

/** A type of calendars may stand for a journal entry, which is a note. */
const mayBeAlike = (stored: Family, sent: Family): boolean => stored === sent || (stored === 'calendar' && sent === 'note');

/** The item in the first format of the device's that has a form for it. */
function inFormat(item: Readable, taken: readonly Target[], home: string | undefined): Rendering | undefined {
  for (const { format, type } of targetsOf(item.format, taken)) {
    const there = converted(item, format, home);
    if (there) return { type, format, content: Buffer.from(textOf(there), 'latin1') };
  }
  return undefined;
}

/** The canonical key of what a device holds that was given this revision of the item; undefined when its content is not kept any more. */
export const heldKeyOf = async (work: SyncWork, pair: PairRecord, stored: ItemRecord, revision?: number): Promise<string | undefined> =>
  (await heldBy(work, pair, stored, revision))?.heldKey;

/** The same, with what its row says of its pictures. */
export async function heldBy(
  work: SyncWork,
  pair: PairRecord,
  stored: ItemRecord,
  revision = stored.revision,
): Promise<Pick<MapRow, 'heldKey' | 'withoutMedia'> | undefined> {
  const newest = revision === stored.revision && !stored.deleted;
  const taken = takenByStore(work, pair.clientUri);
  const name = nameOf(namedFormat(stored.type, ''), stored.type, taken);
  const isSmall = stored.size <= (pair.open?.room ?? Number.POSITIVE_INFINITY);
  const isPlain = isSmall && abilitiesOf(work, name, pair.clientUri)?.limits !== true && !mayConvert(stored.type, taken);
  const asStored = { heldKey: stored.canonicalKey };
  if (newest && isPlain) return asStored;
  const content = await contentLeft(work, pair.datastore, stored.guid, revision);
  if (!content) return newest ? asStored : undefined;
  const held = rendered(work, pair, stored.type, await asGiven(work, pair, stored, content));
  if (newest && held.content === content) return asStored;
  const abilities = abilitiesOf(work, held.type, pair.clientUri);
  const heldKey = keyOf(work.account, abilities ? asHeld(held.content, held.type, abilities) : held.content, held.type);
  return { heldKey, ...(held.withoutMedia ? { withoutMedia: true } : {}) };
}

/** What its row says of the item a device was given. */
type Given = Pick<MapRow, 'heldRevision' | 'withoutMedia'>;

/**
 * What an item the device sends is to be: its changes applied to the item it was given. `row` says which revision that was; where that is
 * no longer kept, the newest stands for it. Items that have nothing to do with the stored one's format are taken as they are, and so are those
 * of which nothing is kept.
 */
export async function asMeant(place: Place, row: Given, stored: ItemRecord, item: NewItem): Promise<NewItem> {
  const { work, datastore } = place;
  if (!bytesAtHand(item.content)) return item;
  const base = (await givenTo(place, row, stored)) ?? (stored.deleted ? undefined : await contentOf(work, datastore.id, stored));
  if (!base) return item;
  const given = await asGiven(work, place.pair, stored, base);
  const meant = meantOf(place, given, stored.type, item, row);
  const bytes = given === base ? undefined : bytesAtHand(meant.content);
  const own = bytes && withoutElsewhere(bytes);
  return own && own !== bytes ? preparedAs(place, own, stored.type, meant) : meant;
}

/** The same for a device that was given `whole`, an item of type `storedType`. */
export function meantOf(place: Place, whole: Uint8Array, storedType: string, item: NewItem, row: Given): NewItem {
  const { work } = place;
  const incoming = bytesAtHand(item.content);
  if (!incoming) return item;
  const theirs = readable(incoming, item.type);
  const { clientUri } = place.pair;
  const said = abilitiesOf(work, nameOf(theirs?.format, item.type, takenByStore(work, clientUri)), clientUri);
  // What a SIF item does not have, its program does not know, whatever it says of itself.
  const usually = watched(work, said) ?? (theirs?.sif ? { limits: false, samePicture: work.photos.alike } : undefined);
  const abilities = row.withoutMedia ? { ...(usually ?? unlisted(work)), withoutMedia: true, limits: true } : usually;
  const usual = namedFormat(storedType, '');
  const isAlike = theirs !== undefined && usual !== undefined && mayBeAlike(familyOf(usual), familyOf(theirs.format));
  if (!isAlike && storedType !== item.type) return item;
  const base = isText(storedType) ? asUtf8(whole) : whole;
  const ours = theirs && readable(base, storedType);
  if (ours && ours.format !== theirs.format) {
    const own = meantInFormat(ours, theirs, item.type, abilities ?? unlisted(work), homeOfItem(work, ours.format));
    const meant = own && inAgreement(ours.bytes, own, storedType, { bytes: theirs.bytes, type: item.type }, work.options.now);
    const joined = meant && seriesWithInstances(meant, storedType, theirs, homeOfItem(work, ours.format));
    if (joined) return preparedAs(place, joined, TYPES.ical20, item);
    // What did not change is as it came, byte order marks and all.
    return meant ? preparedAs(place, meant === ours.bytes ? whole : meant, storedType, item) : item;
  }
  if (storedType !== item.type) return item;
  const sent = isText(item.type) ? asUtf8(incoming) : incoming;
  // It was not shown on which clock the series is; or it may have no place for what it leaves out; or encode a picture anew.
  const isLess =
    isMarked(base, storedType) ||
    (theirs !== undefined && holdsPicture(theirs)) ||
    leavesOut(work.device.seenProperties ?? {}, base, sent, item.type);
  const able = abilities ?? (isLess ? unlisted(work) : undefined);
  const own = able ? takeBack(base, sent, item.type, able) : sent;
  const meant = inAgreement(base, own, item.type, { bytes: sent, type: item.type }, work.options.now);
  return meant === sent ? item : preparedAs(place, meant, item.type, item);
}

/** Is the device to get the item once more after its edit, since it is shown another part of a long text than before? */
export function isShownMore({ work, pair }: Place, item: NewItem, sent: NewItem): boolean {
  const [whole, theirs] = [bytesAtHand(item.content), bytesAtHand(sent.content)];
  if (!whole || !theirs) return false;
  return showsOtherWords({ bytes: whole, type: item.type }, { bytes: theirs, type: sent.type }, () => {
    const { content, type } = rendered(work, pair, item.type, whole);
    return { bytes: content, type };
  });
}

/** Instances that a device of 2.0 has changed of a series that is stored in a format without a place for them: it is of 2.0 from here on. */
function seriesWithInstances(stored: Uint8Array, type: string, theirs: Readable, home: string | undefined): Uint8Array | undefined {
  if (theirs.format !== 'ical20' || instancesIn(theirs.bytes, TYPES.ical20).length === 0) return undefined;
  const modern = convert(stored, type, 'ical20', home);
  return modern && withInstancesOf(modern, theirs.bytes, TYPES.ical20);
}

const holdsPicture = ({ document, sif }: Readable): boolean =>
  document?.roots.some(({ lines }) => lines.some(({ name }) => PICTURES.has(name))) === true ||
  sif?.root.children.some(({ name }) => name === 'Photo') === true;

/** What the device was given, where the item has changed here since; undefined where that is not known or not kept any more. */
export async function givenTo(
  { work, datastore }: Place,
  row: Pick<MapRow, 'heldRevision'>,
  stored: ItemRecord,
): Promise<Uint8Array | undefined> {
  return row.heldRevision === undefined || row.heldRevision === stored.revision
    ? undefined
    : contentLeft(work, datastore.id, stored.guid, row.heldRevision);
}

/** The content an item has now, as far as it is left. Read once for a record, which is looked at from several sides. */
export async function contentOf(work: SyncWork, datastore: DatastoreId, stored: ItemRecord): Promise<Uint8Array | undefined> {
  const known = work.contents.get(stored);
  if (known) return known;
  const content = await contentLeft(work, datastore, stored.guid);
  if (content) work.contents.set(stored, content);
  return content;
}

/** Content as far as it is left: what does not open any more stands in no device's way that brings it back. */
export async function contentLeft(work: SyncWork, datastore: DatastoreId, guid: Guid, revision?: number): Promise<Uint8Array | undefined> {
  try {
    return await work.account.items.content(datastore, guid, revision);
  } catch (error) {
    if (error instanceof StoreError && error.fault === 'corrupt') return undefined;
    throw error;
  }
}

/** First what the device was given is made whole again in its own format, then the difference is made in the stored item's. */
function meantInFormat(
  ours: Readable,
  theirs: Readable,
  type: string,
  abilities: Abilities | undefined,
  home: string | undefined,
): Uint8Array | undefined {
  const there = abilities && converted(ours, theirs.format, home);
  const whole = there && takeBack(Buffer.from(textOf(there), 'latin1'), theirs.bytes, type, abilities);
  const sent = whole && whole !== theirs.bytes ? readable(whole, type) : theirs;
  return takeBackConverted(ours, sent ?? theirs, abilities?.localZone, home);
}

export function preparedAs({ work }: Place, bytes: Uint8Array, type: string, otherwise: NewItem): NewItem {
  const prepared = prepareNow(work.account, bytes, { type }, false);
  return prepared.kind === 'ready' ? prepared.item : otherwise;
}
