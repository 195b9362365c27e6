/** Codes as a person says them. */
import { Alert } from '../model/alert.js';

const SYNC_TYPES: Readonly<Record<number, string>> = {
  [Alert.TwoWay]: 'two-way sync',
  [Alert.SlowSync]: 'slow sync',
  [Alert.OneWayFromClient]: 'one-way sync from the device',
  [Alert.RefreshFromClient]: 'refresh from the device',
  [Alert.OneWayFromServer]: 'one-way sync from the server',
  [Alert.RefreshFromServer]: 'refresh from the server',
};

export const syncTypeWords = (code: number): string => SYNC_TYPES[code] ?? `alert ${code}`;

const CAUSES: Readonly<Record<string, string>> = {
  'update-update': 'changed on both sides',
  'update-delete': 'changed on the server, deleted on the device',
  'delete-update': 'deleted on the server, changed on the device',
  'slow-match': 'two versions met in a slow sync',
  refresh: 'replaced by a refresh from the device',
  archive: 'archived by the device',
  import: 'replaced by an imported file of its name',
  undo: 'an entry was undone',
};

export const causeWords = (cause: string): string => CAUSES[cause] ?? cause;

const DECISIONS: Readonly<Record<string, string>> = {
  client: "the device's version stands",
  server: "the server's version stands",
  both: 'both stand',
  merged: 'of some fields the one, of some the other',
  restored: 'the item is there again',
  removed: 'the item is removed again',
  replaced: 'the other content stands',
};

export const decisionWords = (decision: string): string => DECISIONS[decision] ?? decision;
