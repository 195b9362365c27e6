/** What a simulated phone book holds: cards of a phone's usual size that say which card and which edit of it they are. */

/** Owner and number of a card; the same on every device that holds it. */
export type CardKey = string;

export const cardKey = (owner: number, n: number): CardKey => `${owner}.${n}`;

/** About 330 bytes of vCard 2.1. */
export function cardOf(key: CardKey, edit: number): Buffer {
  const text = [
    'BEGIN:VCARD',
    'VERSION:2.1',
    `N:${key};Load;;;`,
    `FN:${key}`,
    `TEL;CELL:+1555${key.replace('.', '')}`,
    'TEL;HOME;VOICE:+15550100200',
    'ADR;HOME:;;Beispielweg 12;Musterstadt;;99999;Exampleland',
    'ORG:Sample Works;Department 7',
    'TITLE:Test pilot',
    `EMAIL;INTERNET:card${key}@example.com`,
    `NOTE:edit ${edit}; met at the fair in spring, prefers mail to phone, likes tea and long walks on tuesdays`,
    'END:VCARD',
    '',
  ].join('\r\n');
  return Buffer.from(text);
}

/** @throws {Error} when it is no card of ours. */
export function readCard(bytes: Uint8Array): { readonly key: CardKey; readonly edit: number } {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const [, key] = /\r\nFN:([\d.]+)\r\n/.exec(text) ?? [];
  const [, edit] = /\r\nNOTE:edit (\d+)/.exec(text) ?? [];
  if (key === undefined || edit === undefined) throw new Error(`no card of ours: ${text.slice(0, 200)}`);
  return { key, edit: Number(edit) };
}
