/**
 * Short messages as phones back them up: a VMSG with the sender's or the receiver's VCARD, and the text in VBODYs. Kept as they are; what is read is no
 * more than it takes to know one again and to show it. [IrMC 1.1, "vMessage"]
 *
 * @NOTE Nokia puts X-NOK-DT and the text as it is after a Date line; Samsung a SUBJECT in quoted-printable; Siemens X-MESSAGE-TYPE:DELIVER for what came in.
 */
import { decodeText } from './charset.js';
import { parseDocument, type Component, type Document } from './components.js';
import { utcStamp } from './date-time.js';
import { firstLine, loose } from './identity.js';
import { normalizeNewlines, textValue, type ValueSource } from './value.js';
import { phoneNumber } from './vcard.js';

export interface MessageView {
  readonly kind: 'message' | 'email';
  readonly canonical: string;
  readonly identity: string | undefined;
  readonly loose: string | undefined;
  readonly label: string;
  readonly modified?: string | undefined;
}

/** Where a message lies, in one spelling; other words stay. */
const FOLDERS: ReadonlyMap<string, string> = new Map([
  ['deliver', 'inbox'],
  ['submit', 'sent'],
  ['outgoing', 'sent'],
  ['incoming', 'inbox'],
  ['sentbox', 'sent'],
  ['outbox', 'sent'],
]);
/** Characters of the text that stand for a subject. */
const SUBJECT_LENGTH = 60;

/** @returns undefined when there is no VMSG in it, or several: files of them are split. */
export function viewMessage(bytes: Uint8Array): MessageView | undefined {
  const document = parseDocument(bytes);
  const [root, ...more] = document?.roots ?? [];
  if (!document || root?.name !== 'VMSG' || more.length > 0) return undefined;
  const { text, transcoded } = document.source;
  const source: ValueSource = { text, transcoded, dialect: 'legacy' };
  const all = componentsIn(root);
  const value = (...names: readonly string[]): string => {
    for (const name of names)
      for (const { lines } of all) {
        const line = lines.find((one) => one.name === name);
        const said = line ? textValue(source, line) : '';
        if (said !== '') return said;
      }
    return '';
  };
  const box = value('X-IRMC-BOX', 'X-BOX', 'X-MESSAGE-TYPE').toLowerCase();
  const person =
    all
      .filter(({ name }) => name === 'VCARD')
      .map((card) => personIn(source, card))
      .find((one) => one !== '') ?? '';
  const time = value('X-NOK-DT', 'X-MESSAGE-DATE', 'DATE');
  const body = bodyOf(
    document,
    all.find(({ name }) => name === 'VBODY'),
  );
  const subject = value('SUBJECT') || firstLine(body);
  const key = [FOLDERS.get(box) ?? box, loose(person), utcStamp(time) ?? loose(time), loose(subject).slice(0, SUBJECT_LENGTH)];
  return {
    kind: 'message',
    canonical: normalizeNewlines(text).trimEnd(),
    identity: key.slice(1).every((one) => one === '') ? undefined : JSON.stringify(['message', ...key]),
    loose: undefined,
    label: [person, subject].filter((one) => one !== '').join(': '),
  };
}

const componentsIn = (component: Component): readonly Component[] => [component, ...component.children.flatMap(componentsIn)];

function personIn(source: ValueSource, card: Component): string {
  for (const name of ['TEL', 'EMAIL', 'FN', 'N']) {
    const line = card.lines.find((one) => one.name === name);
    const said = line ? textValue(source, line).replace(/;+$/, '') : '';
    if (said !== '') return name === 'TEL' ? phoneNumber(said) : said;
  }
  return '';
}

/** Headers of a text, `Name: value` or `NAME;PARAM:value`; what comes after them is the text. */
const HEADER = /^(?:date|from|to|cc|subject|x-[\w-]+)(?:;[^:]*)?:/i;

function bodyOf({ source }: Document, body: Component | undefined): string {
  if (!body) return '';
  const lines = decodeText(source.text.slice(body.begin.end, body.end)).split(/\r\n|\r|\n/);
  return lines
    .filter((line) => !HEADER.test(line.trim()) && !/^END:/i.test(line.trim()))
    .join('\n')
    .trim();
}
