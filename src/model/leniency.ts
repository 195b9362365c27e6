/**
 * Where a client departs from the specification and the server may let it pass. By default it does; in strict mode, for laboratories, it does
 * not. What conformance asks of every server is not in this table but in {@link TOLERATED}, and holds in both modes.
 *
 * The code asks a {@link Tolerance} by name at the place where the deviation shows; `docs/protocol.md` and the tests are made from the table.
 */

export interface Leniency {
  /** What the client does. */
  readonly deviation: string;
  /** The answer by default, and in strict mode. */
  readonly lenient: string;
  readonly strict: string;
  /** What it departs from: a document and the title of its section. */
  readonly rule: string;
  /** Who was seen to do so. */
  readonly seen?: string;
}

export const LENIENCIES = {
  'generic-content-type': {
    deviation: 'a Content-Type that says nothing, or none',
    lenient: 'the body tells the encoding',
    strict: 'HTTP 415',
    rule: 'HTTP Binding 1.2.1, "MIME header type requirement"',
    seen: 'proxies, old HTTP stacks',
  },
  'accept-charset-latin1': {
    deviation: 'Accept-Charset names Latin-1 or ASCII and not UTF-8',
    lenient: 'an answer in UTF-8',
    strict: 'HTTP 406',
    rule: 'HTTP Binding 1.2.1, "Accept-Charset"',
  },
  'child-order': {
    deviation: 'children of an element in another order than the DTD has, or twice',
    lenient: 'any order; the last one counts',
    strict: 'SyncHdr 400',
    rule: 'Representation Protocol 1.2.2, "DTD Definition"',
    seen: 'Buteo, Funambol Java, pysyncml, syncml-js',
  },
  'element-case': {
    deviation: 'names of elements in other letters: `Syncml`, `locuri`',
    lenient: 'understood',
    strict: 'SyncHdr 400',
    rule: 'XML 1.0, "Common Syntactic Constructs"',
  },
  'metinf-code-page': {
    deviation: 'MetInf tokens without the switch to code page 1',
    lenient: 'understood, since nothing of page 0 can stand there',
    strict: 'SyncHdr 400',
    rule: 'Meta Information 1.2.2, "WBXML Definition"',
    seen: 'Sync4j PDA',
  },
  'wbxml-public-id': {
    deviation: 'a public identifier that is none of SyncML',
    lenient: 'ignored: the first element tells',
    strict: 'SyncHdr 400',
    rule: 'Representation Protocol 1.2.2, "WBXML Definition"',
  },
  'wbxml-stray-bytes': {
    deviation: 'tokens before the root element, or bytes behind it',
    lenient: 'ignored',
    strict: 'SyncHdr 400',
    rule: 'WBXML 1.3, "Document Structure"',
    seen: 'old encoders',
  },
  'not-utf8': {
    deviation: 'text that is not of the charset the document names',
    lenient: 'read as Latin-1',
    strict: 'SyncHdr 400; of credentials 401',
    rule: 'XML 1.0, "Character Encoding in Entities"; WBXML 1.3, "Charset"',
    seen: 'handsets with Latin-1 keypads',
  },
  'errata-version': {
    deviation: 'a version with the number of an errata release (1.1.2), or VerProto in other letters',
    lenient: 'counts as its version',
    strict: 'SyncHdr 505 or 513',
    rule: 'Representation Protocol 1.2.2, "VerDTD", "VerProto"',
  },
  'header-incomplete': {
    deviation: 'SyncHdr without VerProto, SessionID, Target or Source, or a MsgID that is no number',
    lenient: 'gone on without; such a MsgID counts as 1',
    strict: 'SyncHdr 400',
    rule: 'Representation Protocol 1.2.2, "SyncHdr"',
  },
  'long-session-id': {
    deviation: 'in 1.1 and 1.2, a SessionID of more than 4 bytes',
    lenient: 'any length: the token in RespURI tells sessions apart',
    strict: 'SyncHdr 400',
    rule: 'Representation Protocol 1.2.2, "SessionID"',
    seen: 'Funambol, Sony Ericsson P900 (13 digits)',
  },
  'message-too-large': {
    deviation: 'within a session, a message beyond our MaxMsgSize',
    lenient: 'taken up to the limit of bodies',
    strict: 'SyncHdr 413',
    rule: 'Meta Information 1.2.2, "MaxMsgSize"',
  },
  'no-resp-uri': {
    deviation: 'the next message does not go to RespURI',
    lenient: 'the newest session of this device, SessionID, next MsgID, address and User-Agent',
    strict: '407; with credentials a session of its own',
    rule: 'Representation Protocol 1.2.2, "RespURI"',
  },
  'auth-type-unprefixed': {
    deviation: 'credentials of Type `auth-basic` or `auth-md5`',
    lenient: 'taken for `syncml:auth-…`',
    strict: 'SyncHdr 406 with a challenge',
    rule: 'Representation Protocol 1.2.2, "Authentication"',
  },
  'basic-in-clear': {
    deviation: 'basic credentials without Base64',
    lenient: 'taken',
    strict: 'SyncHdr 401',
    rule: 'Representation Protocol 1.2.2, "Authentication"',
  },
  'basic-without-name': {
    deviation: 'basic credentials without a user name, which stands in LocName',
    lenient: 'LocName is the name',
    strict: 'SyncHdr 401',
    rule: 'Representation Protocol 1.2.2, "Authentication"',
  },
  'md5-twice-base64': {
    deviation: 'an md5 digest in Base64 twice',
    lenient: 'undone twice',
    strict: 'SyncHdr 401',
    rule: 'Representation Protocol 1.2.2, "Authentication"',
  },
  'md5-without-name': {
    deviation: 'an md5 log-in without the user name in LocName',
    lenient: 'the user this device was before; of a few users, the one it fits',
    strict: 'SyncHdr 401',
    rule: 'Representation Protocol 1.2.2, "Authentication"',
    seen: 'Buteo',
  },
  'md5-other-formula': {
    deviation: "an md5 digest by the formula of SyncML 1.0 in a later version, or the later one's in 1.0",
    lenient: 'taken',
    strict: 'SyncHdr 401',
    rule: 'Sync Protocol 1.1, "MD5 Digest Access Authentication"',
  },
  'user-name-spelling': {
    deviation: 'a user name in other letters, or another name with the credentials of the user this device was before',
    lenient: 'taken where it is clear who is meant',
    strict: 'SyncHdr 401',
    rule: 'Representation Protocol 1.2.2, "LocName"',
  },
  'cmdid-missing': {
    deviation: 'Map or Results without CmdID',
    lenient: 'carried out',
    strict: '400',
    rule: 'Representation Protocol 1.2.2, "CmdID"',
  },
  'cmdid-zero': {
    deviation: 'a command with the CmdID 0, which is that of SyncHdr',
    lenient: 'carried out',
    strict: '400',
    rule: 'Representation Protocol 1.2.2, "CmdID"',
  },
  'cmdid-repeated': {
    deviation: 'a CmdID that stood in the message before',
    lenient: 'each command gets its Status',
    strict: 'the first is carried out, the others get 400',
    rule: 'Representation Protocol 1.2.2, "CmdID"',
  },
  'msgref-zero': {
    deviation: 'Statuses with MsgRef 0',
    lenient: 'our last message is meant',
    strict: 'ignored: what they answer is sent again next time',
    rule: 'Representation Protocol 1.2.2, "MsgRef"',
    seen: 'Funambol C++',
  },
  'status-by-name': {
    deviation: 'a Status for our Alert whose MsgRef or CmdRef names no such command',
    lenient: 'the names of the datastores tell which is meant',
    strict: 'ignored',
    rule: 'Representation Protocol 1.2.2, "Status"',
  },
  'no-final': {
    deviation: 'package 1 without Final',
    lenient: 'two messages that bring nothing end it',
    strict: 'asked on with 222, then 512',
    rule: 'Sync Protocol 1.1, "Multiple Messages in Package"',
  },
  'early-final': {
    deviation: 'Final of the next package before ours has come',
    lenient: 'a request for more',
    strict: 'SyncHdr 400, the session ends',
    rule: 'Sync Protocol 1.1, "Multiple Messages in Package"',
  },
  'no-sync': {
    deviation: 'package 3 without a Sync for a datastore that was opened (200, 202, 204, 205)',
    lenient: 'counts as one without changes',
    strict: 'the datastore is not synced: no Sync of ours, no new anchor',
    rule: 'Sync Protocol 1.1, "Client Modifications"',
  },
  'notified-type': {
    deviation: 'an Alert with a type of package 0 (206–210)',
    lenient: 'stands for the plain type',
    strict: '406',
    rule: 'Sync Protocol 1.1, "Alert Codes"',
  },
  'suspend-before-12': {
    deviation: 'Alert 224 in a session of 1.0 or 1.1',
    lenient: 'suspended',
    strict: '406',
    rule: 'DS Protocol 1.2, "Suspend and Resume"',
  },
  'store-name': {
    deviation: "a datastore's name with host or path, in other letters, or one of its aliases",
    lenient: 'the last words decide; our answer spells it as the client did',
    strict: '404',
    rule: 'Device Information 1.2, "SourceRef"',
  },
  'store-query': {
    deviation: "a query behind a datastore's name that is no filter",
    lenient: 'ignored',
    strict: '422',
    rule: 'Representation Protocol 1.2.2, "Response Status Codes"',
    seen: 'BlackBerry with Nexthaus (`?/dr(-30,90)`)',
  },
  'sync-names': {
    deviation: 'Sync or Map names the datastores otherwise than their Alert',
    lenient: 'understood where the last words agree',
    strict: 'Sync 403, Map 404',
    rule: 'Sync Protocol 1.1, "Client Modifications"',
  },
  'item-in-target': {
    deviation: 'an item addressed in Target only',
    lenient: 'Target is the LUID',
    strict: '400',
    rule: 'Sync Protocol 1.1, "Client Modifications"',
  },
  'item-type-guessed': {
    deviation: 'an item without a Type, or with a wildcard, that is no plain text',
    lenient: 'the content tells',
    strict: '415 where the datastore takes no text/plain',
    rule: 'Meta Information 1.2.2, "Type"',
    seen: 'Funambol (`application/*`)',
  },
  'item-type-alias': {
    deviation: 'another name of a media type: `text/directory`, `text/x-vcal`',
    lenient: 'counts as the type we announce',
    strict: '415',
    rule: 'Device Information 1.2, "Rx"',
  },
  'devinf-uri': {
    deviation: 'device information under another name than `./devinf1x` of the session, or in the wrong element',
    lenient: 'understood',
    strict: 'Put 405, Get 404, Results not kept',
    rule: 'Sync Protocol 1.1, "Device Information Exchange"',
  },
  'devinf-type': {
    deviation: 'Put or Results of device information without its Type',
    lenient: 'taken',
    strict: 'Put 415, Results not kept',
    rule: 'Sync Protocol 1.1, "Device Information Exchange"',
  },
  'size-one-too-many': {
    deviation: 'Size of a large object a byte too many',
    lenient: 'taken',
    strict: '424',
    rule: 'Sync Protocol 1.1, "Large Objects"',
    seen: 'a conformance suite',
  },
  'size-repeated': {
    deviation: 'Size in every part of a large object',
    lenient: 'the parts belong together',
    strict: 'each begins the object anew, so that the last gets 424',
    rule: 'Sync Protocol 1.1, "Large Objects"',
  },
} as const satisfies Readonly<Record<string, Leniency>>;

export type LeniencyName = keyof typeof LENIENCIES;

/** What holds in both modes, although it looks like a leniency. `demand`: the conformance item, or why it is no fault of the client. */
export const TOLERATED: readonly { readonly what: string; readonly demand: string }[] = [
  { what: 'a first MsgID other than 1', demand: 'HDR-019' },
  { what: 'gaps between MsgIDs', demand: 'messages that were refused are not recorded, and leave them' },
  { what: 'no XML prolog, document type or namespaces', demand: 'HDR-013' },
  { what: 'elements nobody knows, and those of a later version', demand: 'HDR-022, WBX-012' },
  { what: 'WBXML 1.1 to 1.3; public identifier as number or text; STR_T, ENTITY, LITERAL', demand: 'WBX-001, 002, 006, 009' },
  { what: 'a charset parameter in any form', demand: 'HTTP-017' },
  { what: 'any path of the endpoint', demand: 'the address is for the operator to choose' },
  { what: 'credentials without Type (basic); an md5 digest as 16 raw bytes in WBXML', demand: 'AUT-020, AUT-016' },
  {
    what: 'no Status for our SyncHdr, a Status for a Status, a Status for what we never sent',
    demand: 'STA-016, STA-017; there is no answer to a Status',
  },
  { what: 'an empty Target in Alert, and then in Sync: its Source names the datastore', demand: 'SYN-029' },
  { what: 'an Alert with several Items', demand: 'ALR-005' },
  { what: 'Alert 100', demand: 'ALR-003' },
  { what: 'Alerts in the package after the first, until the first Sync', demand: 'no rule forbids it' },
  { what: 'Maps at the beginning of the next session, during package 4, after the last Final, twice', demand: 'MAP-003, 004, 010' },
  { what: 'a resumed sync without an empty Sync', demand: 'SUS-010' },
  { what: 'nothing but 222, for a fixed number of messages', demand: 'PKG-017' },
  { what: 'a Get of ours that is refused', demand: 'DEV-023' },
  { what: 'the anchor and the nonce before the last; a part that comes twice', demand: 'our answer may have been lost' },
  { what: 'cards and calendars that are broken inside', demand: 'content is kept as it came; this is about the protocol' },
];

/** Decides on the deviations of one message, and remembers which there were. */
export class Tolerance {
  readonly strict: boolean;
  readonly #met = new Set<LeniencyName>();

  constructor(strict: boolean) {
    this.strict = strict;
  }

  /** True when the deviation is let pass. To be asked only where it shows: it is noted either way. */
  allows(name: LeniencyName): boolean {
    this.#met.add(name);
    return !this.strict;
  }

  /** Takes over what was noted elsewhere. @returns false when one of them is not let pass. */
  allowsAll(names: Iterable<LeniencyName>): boolean {
    let allowed = true;
    for (const name of names) allowed = this.allows(name) && allowed;
    return allowed;
  }

  /** What was met so far, in order. */
  get met(): readonly LeniencyName[] {
    return [...this.#met];
  }
}
