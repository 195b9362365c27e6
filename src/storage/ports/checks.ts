/** The checks by name: what must hold, how bad it is when it does not, and what may be done about it. docs/operations.md says the same. */

/** `loss`: something a person stored is gone or unreadable. `fault`: a rule is broken. `untidy`: costs room. `notice`: look after the machine. */
export type Severity = 'loss' | 'fault' | 'untidy' | 'notice';

export interface Check {
  readonly name: string;
  /** The rule, as a sentence. */
  readonly holds: string;
  readonly severity: Severity;
  /** What the repair does; undefined: there is none. */
  readonly repair?: string;
  /** Why the repair cannot lose anything. */
  readonly safe?: string;
}

export const CHECKS = [
  {
    name: 'database',
    holds: 'SQLite finds its file whole: every page, every row, every index.',
    severity: 'loss',
    repair: 'Indexes are built again.',
    safe: 'An index holds nothing that its table does not; findings in tables are only reported.',
  },
  {
    name: 'schema',
    holds: 'Tables and indexes are those of this version.',
    severity: 'fault',
    repair: 'A missing index is made again.',
    safe: 'It holds nothing of its own. Other differences are only reported.',
  },
  {
    name: 'foreign-keys',
    holds: 'Every row belongs to a row that is there.',
    severity: 'fault',
    repair: 'Rows of id maps, outgoing lists, stored answers and failed log-ins that belong to nothing are removed.',
    safe: 'Nothing can reach them, and none holds content. Items, versions, staged items, chunks and the journal are only reported.',
  },
  { name: 'account-keys', holds: 'Every account has a data key, and the master key opens it.', severity: 'loss' },
  { name: 'credentials', holds: 'Every account has a credential that opens.', severity: 'fault' },
  {
    name: 'devices',
    holds: 'What is sealed of a device opens, and its DevInf is the one its key stands for.',
    severity: 'fault',
    repair: 'What does not open is forgotten.',
    safe: 'A device is challenged again and tells its DevInf again; its maps and anchors stay.',
  },
  {
    name: 'sessions',
    holds: 'Session state opens and says what its row says; every session has its last answer; only live ones have parked messages.',
    severity: 'fault',
    repair: 'The session is removed.',
    safe: 'What it did is committed. The device begins a new session; an open sync stays and is taken up or begun again.',
  },
  {
    name: 'ownership',
    holds: 'Pairs, sessions, fences and journal entries join rows of one account only.',
    severity: 'fault',
    repair: 'A fence of another device is dropped.',
    safe: 'A fence only says which session may write; the device begins a new one.',
  },
  {
    name: 'counters',
    holds:
      'No GUID, of an item or an instance of a series, is higher than the last one given, no map epoch and no generation of a copy higher than the last one used.',
    severity: 'fault',
    repair: 'The counter is raised.',
    safe: 'Skipped numbers are never missed; a number given twice would give one item to another.',
  },
  {
    name: 'log-positions',
    holds: 'Every item has a log position of its own, none beyond the datastore’s, and the floor is not beyond it either.',
    severity: 'fault',
    repair: 'The counter is raised; of two items at one position the later one gets the next position.',
    safe: 'A position only says what changed when: an item that moves up is looked at once more and sent to nobody who has it.',
  },
  {
    name: 'totals',
    holds: 'Count and bytes of a datastore are those of its live items.',
    severity: 'fault',
    repair: 'They are counted again.',
    safe: 'They are sums.',
  },
  {
    name: 'item-content',
    holds: 'The content of every live item is there, opens, and is what its name stands for.',
    severity: 'loss',
    repair:
      'The newest older version that is whole stands in for it, at the same revision. Devices that hold the lost one are made to compare everything: the first to sync brings it back.',
    safe: 'Nothing is sent to a device that holds the lost revision, and the unreadable row is copied first. Without a version or a device it is only reported.',
  },
  {
    name: 'older-versions',
    holds: 'Older versions of items open.',
    severity: 'loss',
    repair: 'What does not open is removed.',
    safe: 'Nobody can read it, the item has moved on, and its row is copied first.',
  },
  {
    name: 'item-facts',
    holds: 'Size, state and age of an item and its versions are right: the newest of a live item is not marked as superseded, others are.',
    severity: 'fault',
    repair: 'They are set to what the content and the item say.',
    safe: 'The content itself is not touched; a mark on the newest would have the sweeper remove it.',
  },
  {
    name: 'item-keys',
    holds: 'Canonical, identity and loose keys are what the content says.',
    severity: 'fault',
    repair: 'They are computed again.',
    safe: 'They only serve to find equal items.',
  },
  {
    name: 'id-map',
    holds:
      'Within an epoch LUIDs and GUIDs are one-to-one; every row names an item, its tombstone or an instance of a series, which share no GUID, and no revision that never was; further copies are of an item the device holds.',
    severity: 'fault',
    repair:
      'The row (of two of one LUID the older one), or what it says the device holds, is dropped, and the pair marked for a slow sync.',
    safe: 'A slow sync compares by content: it doubles nothing, and asks the device for all it has.',
  },
  {
    name: 'anchors',
    holds: 'Anchors can be read and lie within the change log.',
    severity: 'fault',
    repair: 'The anchor is dropped, or the log’s counter raised to it, and the pair marked for a slow sync.',
    safe: 'A slow sync needs no anchor and loses nothing.',
  },
  {
    name: 'open-syncs',
    holds: 'An open sync can be read, lies within the log, and one that compares everything marks its pair.',
    severity: 'fault',
    repair: 'The mark is set; a sync that cannot be read is ended and the pair marked.',
    safe: 'The device syncs again and compares everything.',
  },
  {
    name: 'outgoing',
    holds: 'Outgoing lists belong to open syncs, and their entries can be read.',
    severity: 'fault',
    repair: 'The list is removed; an open sync it belonged to is ended and its pair marked for a slow sync.',
    safe: 'Lists are made from items and maps.',
  },
  {
    name: 'staged',
    holds: 'Staged items belong to an open refresh and can be read.',
    severity: 'fault',
    repair: 'They are removed; an open refresh they belonged to is ended first.',
    safe: 'A refresh counts only when all of it is there, and the device still has it.',
  },
  {
    name: 'chunks',
    holds: 'Parts of large objects belong to an open sync that is receiving one, and are all there.',
    severity: 'fault',
    repair: 'They are removed, and the open sync forgets the half object.',
    safe: 'The device sends an unfinished object again.',
  },
  {
    name: 'copies',
    holds: 'Every copy of a file and every generation of it opens, and a generation’s chunks are those it was made of.',
    severity: 'loss',
  },
  {
    name: 'copy-packs',
    holds: 'Every pack that rows name is there and long enough, and every chunk in it opens and is what its hash says.',
    severity: 'loss',
  },
  {
    name: 'copy-drafts',
    holds: 'The draft of a copy opens, and its chunks are those it was made of.',
    severity: 'fault',
    repair: 'The draft is dropped.',
    safe: 'It is no backup yet: the device begins its own again, and the last generation stays as it is.',
  },
  {
    name: 'copy-totals',
    holds: 'The counts of a pack are those of the rows that name it.',
    severity: 'fault',
    repair: 'They are counted again.',
    safe: 'They are sums; the sweeper looks at the rows themselves before it removes a pack.',
  },
  { name: 'conflicts', holds: 'Entries of the conflict journal open.', severity: 'loss' },
  {
    name: 'overdue',
    holds:
      'Nothing is kept that a server should have removed long ago: sessions, syncs, chunks, versions, journal, tombstones, drafts, blobs, packs.',
    severity: 'untidy',
    repair: 'The sweeper runs once.',
    safe: 'It is what every server does every few minutes, by the same ages.',
  },
  { name: 'blob-files', holds: 'The blob folder holds blobs only, each in its place.', severity: 'untidy' },
  { name: 'stray-files', holds: 'The data folder holds nothing of others.', severity: 'notice' },
  {
    name: 'permissions',
    holds: 'Data and master key are their owner’s alone, and all files have one owner.',
    severity: 'notice',
    repair: 'Rights of data files are taken from group and others.',
    safe: 'Nobody but their owner needs them. Owners and the key file are only reported.',
  },
  { name: 'disk-space', holds: 'There is room for what comes.', severity: 'notice' },
  {
    name: 'log-size',
    holds: 'The write-ahead log is moved into the database now and then.',
    severity: 'notice',
    repair: 'The log is moved into the database.',
    safe: 'It is what SQLite does by itself.',
  },
  { name: 'clock', holds: 'No row is from the future.', severity: 'notice' },
] as const satisfies readonly Check[];

export type CheckName = (typeof CHECKS)[number]['name'];

export const checkOf = (name: CheckName): Check => CHECKS.find((check) => check.name === name) as Check;
