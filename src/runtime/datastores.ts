/** The datastores every user has unless the configuration says otherwise, with the names phones are known to be configured with. */

export const DATASTORE_KINDS = ['contacts', 'calendar', 'tasks', 'caltasks', 'notes', 'opaque'] as const;
export type DatastoreKind = (typeof DATASTORE_KINDS)[number];

export const DEFAULT_DATASTORES = [
  {
    uri: 'contacts',
    kind: 'contacts',
    displayName: 'Contacts',
    aliases: ['contact', 'card', 'cards', 'scard', 'vcard', 'con', 'addressbook', 'address', 'addr', 'pab', 'people', 'phonebook'],
  },
  {
    uri: 'calendar',
    kind: 'calendar',
    displayName: 'Calendar',
    aliases: ['cal', 'scal', 'event', 'events', 'sevent', 'vcalendar', 'agenda', 'appointments'],
  },
  {
    uri: 'tasks',
    kind: 'tasks',
    displayName: 'Tasks',
    aliases: ['task', 'stask', 'todo', 'todos', 'vtodo', 'jobs'],
  },
  {
    uri: 'notes',
    kind: 'notes',
    displayName: 'Notes',
    aliases: ['note', 'snote', 'memo', 'memos', 'vnote', 'notepad'],
  },
  {
    uri: 'caltasks',
    kind: 'caltasks',
    displayName: 'Calendar and tasks',
    aliases: ['caltask', 'calendartasks', 'calendar+tasks', 'caltodo', 'eventtask'],
  },
] as const;
