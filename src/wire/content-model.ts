/**
 * The DTD's order of children, as far as anybody could rely on it: containers, commands and what stands in them. MetInf and device information
 * come in any order. [Representation Protocol 1.2.2, "DTD Definition"]
 */
import type { LeniencyName } from '../model/leniency.js';
import { nameOf } from './tags.js';
import { METINF, SYNCML } from './wbxml/tables.js';

const COMMANDS = 'Add|Alert|Atomic|Copy|Delete|Exec|Get|Map|Move|Put|Replace|Results|Search|Sequence|Status|Sync';
const CHANGE = 'CmdID NoResp Cred Meta Item*';
const GROUP = `CmdID NoResp Meta ${COMMANDS}*`;
const PUT_GET = 'CmdID NoResp Lang Cred Meta Item*';

/** Children in order; a star for those that may stand more than once, bars between those of one place. */
const ORDER: Readonly<Partial<Record<keyof typeof SYNCML, string>>> = {
  SyncML: 'SyncHdr SyncBody',
  SyncHdr: 'VerDTD VerProto SessionID MsgID Target Source RespURI NoResp Cred Meta',
  SyncBody: `${COMMANDS}* Final`,
  Target: 'LocURI LocName Filter',
  Source: 'LocURI LocName',
  Cred: 'Meta Data',
  Chal: 'Meta',
  Item: 'Target Source SourceParent TargetParent Meta Data MoreData',
  MapItem: 'Target Source',
  Filter: 'Meta Field Record FilterType',
  Field: 'Item',
  Record: 'Item',
  Add: CHANGE,
  Replace: CHANGE,
  Copy: CHANGE,
  Move: CHANGE,
  Delete: 'CmdID NoResp Archive SftDel Cred Meta Item*',
  Alert: 'CmdID NoResp Cred Data Correlator Item*',
  Atomic: GROUP,
  Sequence: GROUP,
  Sync: `CmdID NoResp Cred Target Source Meta NumberOfChanges ${COMMANDS}*`,
  Map: 'CmdID Target Source Cred Meta MapItem*',
  Put: PUT_GET,
  Get: PUT_GET,
  Exec: 'CmdID NoResp Cred Meta Correlator Item*',
  Search: 'CmdID NoResp NoResults Cred Target Source* Lang Meta Data',
  Results: 'CmdID MsgRef CmdRef Meta TargetRef SourceRef Item*',
  Status: 'CmdID MsgRef CmdRef Cmd TargetRef* SourceRef* Cred Chal Data Item*',
};

interface Place {
  readonly at: number;
  readonly repeats: boolean;
}
type Model = ReadonlyMap<number, Place>;

const anyOrder = new Map<number, Place>(Object.values(METINF).map((tag) => [tag, { at: 0, repeats: true }]));
const MODELS: (Model | undefined)[] = [];
for (const [name, children] of Object.entries(ORDER)) {
  const places = children.split(' ').flatMap((place, at) => {
    const repeats = place.endsWith('*');
    return place
      .replace('*', '')
      .split('|')
      .map((child): [number, Place] => [SYNCML[child as keyof typeof SYNCML], { at, repeats }]);
  });
  MODELS[SYNCML[name as keyof typeof SYNCML]] = new Map(places);
}
for (const tag of [SYNCML.Meta, METINF.MetInf, METINF.Anchor, METINF.Mem]) MODELS[tag] = anyOrder;

/** Follows the elements of one document. What has no place where it stands is somebody else's business. */
export class ContentModelWatch {
  readonly #deviations: Set<LeniencyName>;
  readonly #open: { readonly model: Model | undefined; last: number }[] = [];

  constructor(deviations: Set<LeniencyName>) {
    this.#deviations = deviations;
  }

  /** @param name as the peer wrote it, without prefix; left out where it wrote none. */
  start(tag: number, name?: string): void {
    const parent = this.#open.at(-1);
    const place = parent?.model?.get(tag);
    if (parent && place) {
      if (place.at < parent.last || (place.at === parent.last && !place.repeats)) this.#deviations.add('child-order');
      parent.last = Math.max(parent.last, place.at);
    }
    if (name !== undefined && (place || !parent) && name !== nameOf(tag)) this.#deviations.add('element-case');
    this.#open.push({ model: MODELS[tag], last: -1 });
  }

  end(): void {
    this.#open.pop();
  }
}
