/** A phone's device information, put right by what is known of such phones. [Device Information 1.2] */
import type { ContentTypeRef, CtCap, CtProperty, DevInf, DevInfDataStore } from '../model/devinf.js';
import type { Resolved } from './inheritance.js';

/** Something that is not taken as the phone said it. */
export interface Correction {
  /** What it is about: `reads UTC`, `NOTE in text/x-vcard`. */
  readonly what: string;
  readonly claimed: string;
  readonly believed: string;
  /** The field that says so: `fields.sizesWrong`. */
  readonly field: string;
  /** Id of the profile that has it. */
  readonly by: string;
}

export interface Belief {
  readonly devInf: DevInf;
  readonly corrections: readonly Correction[];
}

const yesNo = (value: boolean | undefined): string => (value === undefined ? 'not said' : value ? 'yes' : 'no');

export function believe(claimed: DevInf, profile: Resolved): Belief {
  const corrections: Correction[] = [];
  const correct = (field: string, what: string, before: string, after: string): void => {
    if (before !== after && !corrections.some((one) => one.what === what && one.field === field))
      corrections.push({ what, claimed: before, believed: after, field, by: profile.saidBy.get(field) ?? profile.id });
  };
  const { time, fields, messages, sync } = profile.traits;
  let devInf = claimed;
  if (time?.outgoing !== undefined) {
    correct('time.outgoing', 'reads UTC', yesNo(claimed.utc), yesNo(time.outgoing === 'utc'));
    devInf = { ...devInf, utc: time.outgoing === 'utc' };
  }
  if (messages?.largeObjects === false) {
    correct('messages.largeObjects', 'takes large objects', yesNo(claimed.supportLargeObjs), 'no');
    devInf = { ...devInf, supportLargeObjs: false };
  }
  if (fields?.listWrong) {
    const named = capsOf(claimed).reduce((sum, { properties }) => sum + properties.length, 0);
    if (named > 0) correct('fields.listWrong', 'property lists', `${named} properties`, 'more than these');
    devInf = withCaps(devInf, () => undefined);
  }
  if (fields?.sizesWrong) {
    const sizes = capsOf(devInf).flatMap(({ properties }) => properties.filter((one) => sizeOf(one) !== undefined));
    if (sizes.length > 0) correct('fields.sizesWrong', 'sizes of properties', sizeWords(sizes), 'not known');
    devInf = withCaps(devInf, (cap) => ({ ...cap, properties: cap.properties.map(withoutSize) }));
  }
  const limits = fields?.limits;
  if (limits) {
    devInf = withCaps(devInf, (cap) => ({
      ...cap,
      properties: cap.properties.map((one) => {
        const limit = limits[one.name.toUpperCase()];
        if (!limit) return one;
        const size = smaller(limit.size, sizeOf(one));
        const count = smaller(limit.count, one.maxOccur);
        correct('fields.limits', `${one.name} in ${cap.ctType}`, limitWords(sizeOf(one), one.maxOccur), limitWords(size, count));
        return { ...one, ...(size === undefined ? {} : { maxSize: size }), ...(count === undefined ? {} : { maxOccur: count }) };
      }),
    }));
  }
  const formats = sync?.formats?.map(parsedFormat);
  if (formats)
    devInf = {
      ...devInf,
      dataStores: devInf.dataStores.map((store) => {
        const limited = withFormats(store, formats);
        correct('sync.formats', `formats for ${store.sourceRef}`, formatWords(store), formatWords(limited));
        return limited;
      }),
    };
  return { devInf, corrections };
}

const smaller = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : b <= 0 ? a : Math.min(a, b);

const limitWords = (size: number | undefined, count: number | undefined): string =>
  [...(size === undefined ? [] : [`${size} bytes`]), ...(count === undefined ? [] : [`${count} of it`])].join(', ') || 'no limit';

function sizeWords(properties: readonly CtProperty[]): string {
  const sizes = [...new Set(properties.map(sizeOf))];
  return `${properties.length} of them, ${sizes.length === 1 ? `all ${sizes[0]}` : `from ${Math.min(...(sizes as number[]))}`} bytes`;
}

/** Size of 1.0 and 1.1 is MaxSize of 1.2. */
const sizeOf = ({ maxSize, size }: CtProperty): number | undefined => maxSize ?? size;
const withoutSize = ({ maxSize: _m, size: _s, ...property }: CtProperty): CtProperty => property;

export const capsOf = ({ ctCaps, dataStores }: DevInf): readonly CtCap[] => [
  ...(ctCaps ?? []),
  ...dataStores.flatMap((store) => store.ctCaps ?? []),
];

function withCaps(devInf: DevInf, change: (cap: CtCap) => CtCap | undefined): DevInf {
  const changed = (caps: readonly CtCap[]): readonly CtCap[] => caps.flatMap((cap) => change(cap) ?? []);
  return {
    ...devInf,
    ...(devInf.ctCaps === undefined ? {} : { ctCaps: changed(devInf.ctCaps) }),
    dataStores: devInf.dataStores.map((store) => (store.ctCaps === undefined ? store : { ...store, ctCaps: changed(store.ctCaps) })),
  };
}

function parsedFormat(text: string): ContentTypeRef {
  const [ctType = '', verCt = ''] = text.split(' ');
  return { ctType, verCt };
}

/** What can stand for each other. */
function kindOf(type: string): string {
  const name = type.trim().toLowerCase().split(';')[0] ?? '';
  if (/vcard$/.test(name) || name === 'text/directory') return 'card';
  return /calendar$|^text\/x-vcal$/.test(name) ? 'calendar' : name;
}

const isSame = (a: ContentTypeRef, b: ContentTypeRef): boolean =>
  a.ctType.trim().toLowerCase() === b.ctType && (a.verCt.trim() === '' || a.verCt.trim() === b.verCt);

/** Of the kinds that are named only these; a kind the store does not have at all stays out. */
function withFormats(store: DevInfDataStore, formats: readonly ContentTypeRef[]): DevInfDataStore {
  const declared = [...(store.rxPref ? [store.rxPref] : []), ...store.rx];
  const isNamed = (one: ContentTypeRef): boolean => formats.some((format) => kindOf(format.ctType) === kindOf(one.ctType));
  const wanted = formats.filter((format) => declared.some((one) => kindOf(one.ctType) === kindOf(format.ctType)));
  if (wanted.length === 0) return store;
  const kept = declared.filter((one) => !isNamed(one) || wanted.some((format) => isSame(one, format)));
  const added = wanted.filter((format) => !kept.some((one) => isSame(one, format)));
  const [first, ...rest] = [...added, ...kept];
  return { ...store, ...(first ? { rxPref: first } : {}), rx: rest.filter((one) => one !== first) };
}

const formatWords = ({ rxPref, rx }: DevInfDataStore): string =>
  [...new Set([...(rxPref ? [rxPref] : []), ...rx].map(({ ctType, verCt }) => `${ctType} ${verCt}`.trim()))].join(', ') || 'none';
