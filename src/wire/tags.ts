/**
 * Names of tags, both ways. XML carries names, WBXML numbers; everything above the token layer sees the numbers of `wbxml/tables.ts`.
 */
import { DEVINF, DEVINF_MAX_OBJ_SIZE, DEVINF_SIZE, METINF, SYNCML, UNKNOWN } from './wbxml/tables.js';

const NAMES: string[] = [];
const TABLES = [SYNCML, METINF, DEVINF].map((table) => {
  const byName = new Map<string, number>();
  for (const [name, tag] of Object.entries(table)) {
    NAMES[tag] = name;
    // The spelling of the specification first: it saves most look-ups the lower-casing.
    byName.set(name, tag);
    byName.set(name.toLowerCase(), tag);
  }
  return byName;
});
NAMES[DEVINF_SIZE] = 'Size';
NAMES[DEVINF_MAX_OBJ_SIZE] = 'MaxObjSize';
const [SYNCML_NAMES, METINF_NAMES, DEVINF_NAMES] = TABLES as [Map<string, number>, Map<string, number>, Map<string, number>];
for (const [name, tag] of [
  ['Size', DEVINF_SIZE],
  ['MaxObjSize', DEVINF_MAX_OBJ_SIZE],
] as const) {
  DEVINF_NAMES.set(name, tag);
  DEVINF_NAMES.set(name.toLowerCase(), tag);
}

/** The name the specification writes; undefined for a number no table knows. */
export function nameOf(tag: number): string | undefined {
  return NAMES[tag];
}

/**
 * The tag of a local name, whatever its case and namespace: clients leave namespaces out or write wrong ones.
 * Below DevInf its own vocabulary comes first (VerDTD, SourceRef and Size exist in two).
 */
export function tagOf(localName: string, insideDevInf: boolean): number {
  const direct = lookup(localName, insideDevInf);
  return direct === UNKNOWN ? lookup(localName.toLowerCase(), insideDevInf) : direct;
}

function lookup(name: string, insideDevInf: boolean): number {
  if (insideDevInf) return DEVINF_NAMES.get(name) ?? UNKNOWN;
  return SYNCML_NAMES.get(name) ?? METINF_NAMES.get(name) ?? (name === 'DevInf' || name === 'devinf' ? DEVINF.DevInf : UNKNOWN);
}

/** Which vocabulary a tag is of: 0 SyncML, 1 MetInf, 2 DevInf. */
export function vocabularyOf(tag: number): 0 | 1 | 2 {
  return tag < 0x40 ? 0 : tag < 0x80 ? 1 : 2;
}
