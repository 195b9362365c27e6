/** Deletes that archive or spare the server's copy, groups of commands, and commands a server need not have. [Representation Protocol 1.2.2] */
import { Alert } from '../../model/alert.js';
import { Status } from '../../model/status.js';
import { active, type ConformanceCase } from '../case.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession } from '../lab/session.js';

const succeeded = (code: number | undefined): boolean => code !== undefined && code >= 200 && code < 300;

/** Runs these commands in a two-way sync of a device that has the items of these names. */
async function twoWay(lab: Lab, names: readonly string[], commands: readonly Draft[]): Promise<LabSession> {
  const device = await lab.seed(names);
  return (await lab.sync(device, Alert.TwoWay, commands, { granted: Alert.TwoWay })).session;
}

/** An Add that no server can carry out: it has no content. */
const emptyAdd = (lab: Lab, luid: string): Draft => drafts.change('Add', [{ source: luid }], { meta: { type: lab.kind.type } });

interface AtomicOutcome {
  readonly session: LabSession;
  readonly atomic: Draft;
  readonly children: readonly Draft[];
}

/** An Atomic of these commands in the first sync of a device. @throws {NotSupported} when the server offers none. */
async function atomicOf(lab: Lab, children: readonly Draft[]): Promise<AtomicOutcome> {
  const atomic = drafts.group('Atomic', children);
  const { session } = await lab.sync(lab.device(), Alert.SlowSync, [atomic]);
  lab.offers(session.code(atomic), 'Atomic');
  return { session, atomic, children };
}

async function failingAtomic(lab: Lab): Promise<AtomicOutcome> {
  const outcome = await atomicOf(lab, [lab.add('1', lab.name()), emptyAdd(lab, '2')]);
  const bad = outcome.session.code(outcome.children[1] as Draft);
  lab.given(!succeeded(bad), `an Add without Data is answered with ${bad ?? 'no Status'}`);
  return outcome;
}

/** A command in SyncBody of package 1 that few servers have. */
const inBody = (id: string, title: string, command: (lab: Lab) => Draft, others: readonly number[]): ConformanceCase =>
  active(
    id,
    async (lab) => {
      const session = lab.device().session();
      const draft = command(lab);
      await session.open([session.alert(Alert.SlowSync), draft]);
      isRefused(lab, session.code(draft), draft.kind, others);
    },
    { title },
  );

/** 501 or 406; a server that has the command carries it out. */
function isRefused(lab: Lab, code: number | undefined, what: string, others: readonly number[] = []): void {
  if (succeeded(code)) lab.note(`the server carries out ${what}`);
  else lab.oneOf(code, [Status.CommandNotImplemented, Status.FeatureNotSupported, ...others], `Status of ${what}`);
}

/** A command no version defines, in SyncBody of the encoded message, behind the other commands. */
function withUnknown(bytes: Uint8Array, cmdId: string): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const [end, command] =
    bytes[0] === 0x3c
      ? (['<Final/>', `<Frobnicate><CmdID>${cmdId}</CmdID></Frobnicate>`] as const)
      : // Tag 0x3f is in no table; END of the last command, Final, END of SyncBody and SyncML.
        (['\x12\x01\x01', `\x7f\x4b\x03${cmdId}\0\x01\x01`] as const);
  const at = text.lastIndexOf(end);
  return at < 0 ? bytes : Buffer.from(text.slice(0, at) + command + text.slice(at), 'latin1');
}

export const COMMAND_CASES: readonly ConformanceCase[] = [
  active('FLT-012', async (lab) => {
    const [gone, kept] = [lab.name(), lab.name()];
    const archiving = drafts.remove(gone, { archive: true });
    const session = await twoWay(lab, [gone, kept], [archiving]);
    lab.offers(session.code(archiving), 'Delete with Archive');
    lab.oneOf(session.code(archiving), [Status.Ok, Status.DeleteWithoutArchive], 'Status of a Delete with Archive');
    lab.equal(await lab.held(), [kept], 'the server holds, for other devices');
  }),
  active('FLT-013', async (lab) => {
    const [kept, gone] = [lab.name(), lab.name()];
    const device = await lab.seed([kept, gone]);
    const soft = drafts.remove(kept, { sftDel: true });
    const { session } = await lab.sync(device, Alert.TwoWay, [soft], { granted: Alert.TwoWay });
    lab.offers(session.code(soft), 'Delete with SftDel');
    lab.given(succeeded(session.code(soft)), `Delete with SftDel is answered with ${session.code(soft) ?? 'no Status'}`);
    if (!(await lab.held()).includes(kept)) lab.unsupported('Delete with SftDel deletes the server’s item as well');
    const other = lab.device();
    await lab.sync(other, Alert.SlowSync);
    const luid = [...other.store.items].find(([, { text }]) => lab.kind.read(text)?.name === gone)?.[0];
    lab.given(luid !== undefined, 'another device does not get the item');
    await lab.sync(other, Alert.TwoWay, [drafts.remove(luid ?? '')], { granted: Alert.TwoWay });
    const late = drafts.remove(gone, { sftDel: true });
    const { session: last } = await lab.sync(device, Alert.TwoWay, [late], { granted: Alert.TwoWay });
    lab.equal(last.code(late), Status.SoftDeleteConflict, 'Status of a SftDel of an item that another device deleted');
  }),
  active(
    'FLT-014a',
    async (lab) => {
      const { session, atomic, children } = await atomicOf(lab, [lab.add('1', lab.name()), lab.add('2', lab.name())]);
      lab.success(session.code(atomic), 'an Atomic whose commands succeed');
      for (const child of children) lab.success(session.code(child), 'a command of it');
      lab.equal((await lab.held()).length, 2, 'items the server holds');
    },
    { title: 'Atomic: all' },
  ),
  active(
    'FLT-014b',
    async (lab) => {
      const { session, atomic, children } = await failingAtomic(lab);
      lab.equal(session.code(atomic), Status.AtomicFailed, 'Status of an Atomic with a command that fails');
      lab.equal(session.code(children[0] as Draft), Status.AtomicRollBackOk, 'Status of the command that was undone');
    },
    { title: 'Atomic that fails: 507, and 216 for what was undone' },
  ),
  active(
    'FLT-014c',
    async (lab) => {
      await failingAtomic(lab);
      lab.equal(await lab.held(), [], 'the server holds');
    },
    { title: 'Atomic that fails: nothing is kept' },
  ),
  active('FLT-015', async (lab) => {
    const name = lab.name();
    const children = [lab.add('1', name), lab.replace('1', name, { edit: 2 }), lab.replace('1', name, { edit: 3 })];
    const sequence = drafts.group('Sequence', children);
    const { session } = await lab.sync(lab.device(), Alert.SlowSync, [sequence]);
    lab.offers(session.code(sequence), 'Sequence');
    lab.success(session.code(sequence), 'a Sequence');
    for (const child of children) lab.success(session.code(child), `the ${child.kind} in it`);
    lab.equal(await lab.held(), [`${name}#3`], 'the server holds what the last command of the Sequence brought');
  }),
  inBody(
    'FLT-016a',
    'Unsupported command -> 501 or 406: Search',
    (lab) => ({
      kind: 'Search',
      target: { uri: './result' },
      sources: [{ uri: lab.target.datastore }],
      meta: { type: 'application/x-query' },
      data: { kind: 'content', bytes: drafts.bytesOf('all') },
    }),
    [Status.UnknownSearchGrammar],
  ),
  inBody(
    'FLT-016b',
    'Unsupported command -> 501 or 406: Exec',
    () => ({ kind: 'Exec', items: [drafts.item({ target: './no-program' })] }),
    // There is no such program either, and nobody may run one.
    [Status.CommandNotAllowed, Status.NotFound, Status.Forbidden],
  ),
  active(
    'FLT-016c',
    async (lab) => {
      const name = lab.name();
      const copy = drafts.change('Copy', [{ source: name, target: 'copy' }], { meta: { type: lab.kind.type } });
      const session = await twoWay(lab, [name], [copy]);
      isRefused(lab, session.code(copy), 'Copy');
      lab.equal(await lab.held(), [name], 'the server holds');
    },
    { title: 'Unsupported command -> 501 or 406: Copy' },
  ),
  active(
    'FLT-016d',
    async (lab) => {
      const session = lab.device().session();
      let changed = false;
      const answer = await session.open([session.alert(Alert.SlowSync)], {
        odd: true,
        editBytes: (bytes) => {
          const edited = withUnknown(bytes, '77');
          changed = edited !== bytes;
          return edited;
        },
      });
      lab.given(changed, 'the command could not be put into the message');
      const codes = answer.statuses.filter(({ cmdRef }) => cmdRef === '77').map(({ code }) => code);
      isRefused(lab, codes[0], 'a command that no version defines');
    },
    { title: 'Unsupported command -> 501 or 406: one that no version defines' },
  ),
];
