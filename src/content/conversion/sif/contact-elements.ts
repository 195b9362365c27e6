/** Elements of a SIF contact that are one property each. */

export interface PhoneSlot {
  readonly element: string;
  readonly types: readonly string[];
}

/** In the order they are filled. Types of ours (`X-…`) are words for what vCard has none for. */
export const PHONES: readonly PhoneSlot[] = [
  { element: 'MobileTelephoneNumber', types: ['CELL'] },
  { element: 'HomeTelephoneNumber', types: ['HOME', 'VOICE'] },
  { element: 'Home2TelephoneNumber', types: ['HOME', 'VOICE'] },
  { element: 'BusinessTelephoneNumber', types: ['WORK', 'VOICE'] },
  { element: 'Business2TelephoneNumber', types: ['WORK', 'VOICE'] },
  { element: 'HomeFaxNumber', types: ['HOME', 'FAX'] },
  { element: 'BusinessFaxNumber', types: ['WORK', 'FAX'] },
  { element: 'OtherFaxNumber', types: ['FAX'] },
  { element: 'PagerNumber', types: ['PAGER'] },
  { element: 'CarTelephoneNumber', types: ['CAR'] },
  { element: 'OtherTelephoneNumber', types: ['VOICE'] },
  { element: 'PrimaryTelephoneNumber', types: ['VOICE', 'PREF'] },
  { element: 'CompanyMainTelephoneNumber', types: ['WORK', 'X-COMPANY'] },
  { element: 'AssistantTelephoneNumber', types: ['X-EVOLUTION-ASSISTANT'] },
  { element: 'CallbackTelephoneNumber', types: ['X-EVOLUTION-CALLBACK'] },
  { element: 'RadioTelephoneNumber', types: ['X-EVOLUTION-RADIO'] },
  { element: 'TelexNumber', types: ['X-EVOLUTION-TELEX'] },
];

/** One text each; the extensions are those of Evolution, iOS and Android. */
export const CONTACT_TEXTS: readonly (readonly [element: string, name: string])[] = [
  ['NickName', 'NICKNAME'],
  ['JobTitle', 'TITLE'],
  ['Profession', 'ROLE'],
  ['Body', 'NOTE'],
  ['Spouse', 'X-SPOUSE'],
  ['ManagerName', 'X-MANAGER'],
  ['AssistantName', 'X-ASSISTANT'],
  ['YomiFirstName', 'X-PHONETIC-FIRST-NAME'],
  ['YomiLastName', 'X-PHONETIC-LAST-NAME'],
  ['YomiCompanyName', 'X-PHONETIC-ORG'],
];
