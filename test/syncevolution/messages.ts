/** Reads captured messages through libwbxml, a codec that is not ours, far enough to count what went over the wire. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  /** Character data directly inside, trimmed. */
  readonly text: string;
}

/** The XML of one body, as libwbxml writes it; XML bodies are answered unchanged. */
export function toXml(body: Buffer): string {
  if (body[0] === 0x3c) return body.toString('utf8');
  const folder = mkdtempSync(join(tmpdir(), 'moorage-message-'));
  try {
    const [input, output] = [join(folder, 'in.wbxml'), join(folder, 'out.xml')];
    writeFileSync(input, body);
    const run = spawnSync('wbxml2xml', ['-k', '-o', output, input], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`wbxml2xml: ${run.stdout}${run.stderr}`);
    return readFileSync(output, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const TOKEN = /<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<![^>]*>|<\/([^>\s]+)\s*>|<([^>\s/]+)[^>]*?(\/?)>|([^<]+)/g;

/** Tree of a document that is known to be well formed; namespaces prefixes are dropped. */
export function parseXml(xml: string): Element {
  const open: { name: string; children: Element[]; text: string }[] = [{ name: '', children: [], text: '' }];
  for (const [, cdata, close, start, empty, text] of xml.matchAll(TOKEN)) {
    const top = open.at(-1);
    if (top === undefined) break;
    if (cdata !== undefined) top.text += cdata;
    else if (text !== undefined) top.text += text;
    else if (start !== undefined) {
      const node = { name: start.replace(/^.*:/, ''), children: [], text: '' };
      top.children.push(node);
      if (empty === '') open.push(node);
    } else if (close !== undefined) open.pop();
  }
  const trim = (node: Element): Element => ({ ...node, text: node.text.trim(), children: node.children.map(trim) });
  const root = open[0]?.children[0];
  if (root === undefined) throw new Error('no element in the document');
  return trim(root);
}

const child = (node: Element | undefined, name: string): Element | undefined => node?.children.find((each) => each.name === name);
const uri = (node: Element | undefined): string => child(node, 'LocURI')?.text ?? '';

/** A change to an item as one side sent it, complete or the last chunk of it. */
export interface SentChange {
  readonly msgId: string;
  readonly cmdId: string;
  readonly kind: 'Add' | 'Replace' | 'Delete';
  /** The datastore of the sender and the sender's id of the item (the receiver's where only that was sent). */
  readonly datastore: string;
  readonly id: string;
}

export interface ReadMessage {
  readonly msgId: string;
  readonly changes: readonly SentChange[];
  readonly statuses: readonly { readonly msgRef: string; readonly cmdRef: string; readonly cmd: string; readonly code: number }[];
  readonly alerts: readonly number[];
  readonly maps: number;
}

/** What of one message the proofs look at. */
export function readMessage(body: Buffer): ReadMessage {
  const root = parseXml(toXml(body));
  const msgId = child(child(root, 'SyncHdr'), 'MsgID')?.text ?? '';
  const commands = child(root, 'SyncBody')?.children ?? [];
  const changes: SentChange[] = [];
  for (const sync of commands.filter((command) => command.name === 'Sync')) {
    const datastore = uri(child(sync, 'Source')).replace(/^\.\//, '');
    for (const command of sync.children) {
      if (command.name !== 'Add' && command.name !== 'Replace' && command.name !== 'Delete') continue;
      const cmdId = child(command, 'CmdID')?.text ?? '';
      for (const item of command.children.filter((each) => each.name === 'Item')) {
        if (child(item, 'MoreData') !== undefined) continue;
        changes.push({ msgId, cmdId, kind: command.name, datastore, id: uri(child(item, 'Source')) || `>${uri(child(item, 'Target'))}` });
      }
    }
  }
  const text = (node: Element, name: string): string => child(node, name)?.text ?? '';
  return {
    msgId,
    changes,
    statuses: commands
      .filter((command) => command.name === 'Status')
      .map((each) => ({
        msgRef: text(each, 'MsgRef'),
        cmdRef: text(each, 'CmdRef'),
        cmd: text(each, 'Cmd'),
        code: Number(text(each, 'Data')),
      })),
    alerts: commands.filter((command) => command.name === 'Alert').map((each) => Number(text(each, 'Data'))),
    maps: commands.filter((command) => command.name === 'Map').flatMap((each) => each.children.filter(({ name }) => name === 'MapItem'))
      .length,
  };
}
