/** Large objects the server receives in parts. [Sync Protocol 1.1, "Large Object Handling"] */
import { Alert } from '../../model/alert.js';
import { Status } from '../../model/status.js';
import { active, type ActiveCase, type ConformanceCase } from '../case.js';
import type { Answer } from '../lab/answer.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession } from '../lab/session.js';

const FILLER = 3000;
const NOT_FINAL = { final: false } as const;

/** Bytes in pieces of about the same length. */
export function pieces(bytes: Uint8Array, count: number): readonly Uint8Array[] {
  const length = Math.ceil(bytes.byteLength / count);
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * length, (at + 1) * length));
}

export interface Parts {
  readonly text: string;
  readonly drafts: readonly Draft[];
}

/** An item in parts, each a command of its own. `sizeOff` is added to the Size the first one announces. */
export function partsOf(
  lab: Lab,
  luid: string,
  name: string,
  options: { readonly kind?: 'Add' | 'Replace'; readonly count?: number; readonly edit?: number; readonly sizeOff?: number } = {},
): Parts {
  const { kind = 'Add', count = 3, edit = 1, sizeOff = 0 } = options;
  const text = lab.kind.make(name, { filler: FILLER, edit });
  const bytes = drafts.bytesOf(text);
  return {
    text,
    drafts: pieces(bytes, count).map((piece, at) =>
      drafts.part(kind, luid, piece, {
        type: lab.kind.type,
        ...(at === 0 ? { size: bytes.byteLength + sizeOff } : {}),
        last: at === count - 1,
      }),
    ),
  };
}

/** Sends parts one a message, the last with Final where `final`. @returns the answer to the last. @throws {Inconclusive} when a part but the last is not answered with 213. */
async function sendParts(lab: Lab, session: LabSession, parts: readonly Draft[], final: boolean): Promise<Answer> {
  let answer: Answer | undefined;
  for (const [at, part] of parts.entries()) {
    const last = at === parts.length - 1;
    answer = await session.push([part], { final: final && last });
    if (!last) lab.given(session.code(part) === Status.ChunkAccepted, `a part is answered with ${session.code(part) ?? 'no Status'}`);
  }
  return answer as Answer;
}

/** A session of a new device that has come to package 3. */
async function inPackage3(lab: Lab): Promise<LabSession> {
  lab.needsLargeObjects();
  const session = lab.device().session();
  await session.openStore(Alert.SlowSync);
  return session;
}

/** An object that is sent whole in parts in its own session. @returns the code of its last part. */
async function upload(lab: Lab, sizeOff: number): Promise<{ code: number | undefined; name: string; session: LabSession }> {
  const session = await inPackage3(lab);
  const name = lab.name();
  const parts = partsOf(lab, '1', name, { sizeOff });
  const answer = await sendParts(lab, session, parts.drafts, true);
  const code = session.code(parts.drafts.at(-1) as Draft);
  await session.pull(answer);
  await session.close();
  return { code, name, session };
}

/** An edit of an item the server has, as a Replace in parts. @returns the code of its last part. */
async function uploadReplace(lab: Lab, sizeOff: number): Promise<{ code: number | undefined; name: string }> {
  lab.needsLargeObjects();
  const name = lab.name();
  const session = await lab.reopen(await lab.seed([name]));
  const parts = partsOf(lab, name, name, { kind: 'Replace', edit: 2, sizeOff }).drafts;
  await session.pull(await sendParts(lab, session, parts, true));
  await session.close();
  return { code: session.code(parts.at(-1) as Draft), name };
}

/** The object of LUID 1 once more and in its right Size, after one that was answered with 424. */
async function sentAgain(lab: Lab, session: LabSession, name: string, before: number | undefined): Promise<void> {
  lab.given(before === Status.SizeMismatch, 'an object whose Size differs is not answered with 424');
  const right = partsOf(lab, '1', name).drafts;
  await session.pull(await sendParts(lab, session, right, true));
  await session.close();
  lab.success(session.code(right.at(-1) as Draft), 'the object, sent again after 424');
  lab.equal(await lab.held(), [name], 'the server holds');
}

/** An object whose second part does not come: another command does. */
async function interrupted(
  lab: Lab,
  command: Draft,
  final: boolean,
): Promise<{ session: LabSession; answer: Answer; part: Draft; alert: ReturnType<Answer['alerts']>[number] | undefined }> {
  const session = await inPackage3(lab);
  const [part] = partsOf(lab, 'unfinished', lab.name()).drafts as [Draft];
  await sendParts(lab, session, [part], false);
  lab.given(session.code(part) === Status.ChunkAccepted, `the first part is answered with ${session.code(part) ?? 'no Status'}`);
  const answer = await session.push([command], { final });
  return { session, answer, part, alert: answer.alerts(Alert.NoEndOfData)[0] };
}

const alertsAfter =
  (command: (lab: Lab) => Draft): ActiveCase['run'] =>
  async (lab) => {
    const { alert, answer } = await interrupted(lab, command(lab), false);
    lab.check(alert !== undefined, 'an object that is not finished is answered with Alert 223', answer.summary);
  };

const withoutSpace = (text: string): string => text.replace(/=\r?\n|\s/g, '');

const mismatch =
  (sizeOff: number): ActiveCase['run'] =>
  async (lab) => {
    const { code } = await upload(lab, sizeOff);
    lab.equal(
      code,
      Status.SizeMismatch,
      `Status of the last part, where Size is ${sizeOff > 0 ? '' : 'less by '}${Math.abs(sizeOff)} bytes${sizeOff > 0 ? ' more than came' : ''}`,
    );
  };

const versions = ['1.1', '1.2'] as const;
const titled = (title: string) => ({ title, versions });

export const LARGE_OBJECT_CASES: readonly ConformanceCase[] = [
  active(
    'LOB-001a',
    async (lab) => {
      const session = await inPackage3(lab);
      const [part] = partsOf(lab, '1', lab.name()).drafts as [Draft];
      await session.push([part], NOT_FINAL);
      lab.equal(session.code(part), Status.ChunkAccepted, 'Status of the first part');
    },
    titled('First chunk answered 213'),
  ),
  active(
    'LOB-001b',
    async (lab) => {
      const session = await inPackage3(lab);
      const [first, second] = partsOf(lab, '1', lab.name()).drafts as [Draft, Draft];
      await sendParts(lab, session, [first, second], false);
      lab.equal(session.code(second), Status.ChunkAccepted, 'Status of the second part of three');
    },
    titled('Middle chunk answered 213'),
  ),
  active(
    'LOB-001c',
    async (lab) => {
      const session = await inPackage3(lab);
      const [part] = partsOf(lab, '2', lab.name()).drafts as [Draft];
      const add = lab.add('1', lab.name());
      await session.push([add, part], NOT_FINAL);
      lab.success(session.code(add), 'the Add in front of a first part');
      lab.equal(session.code(part), Status.ChunkAccepted, 'Status of the first part, behind another command');
    },
    titled('First chunk behind other commands answered 213'),
  ),
  active(
    'LOB-002',
    async (lab) => {
      const session = await inPackage3(lab);
      const [part] = partsOf(lab, '1', lab.name()).drafts as [Draft];
      const answer = await session.push([part], NOT_FINAL);
      lab.given(session.code(part) === Status.ChunkAccepted, `the part is answered with ${session.code(part) ?? 'no Status'}`);
      const asks = answer.message.body.some(({ kind }) => kind !== 'Status');
      lab.check(asks, 'a part is answered with Alert 222 where no other command is sent', answer.summary);
    },
    { versions },
  ),
  active(
    'LOB-003a',
    async (lab) => {
      const { code, name } = await upload(lab, 0);
      lab.success(code, 'the last part');
      lab.equal(await lab.held(), [name], 'the server holds');
    },
    titled('Last chunk: object committed as one'),
  ),
  active(
    'LOB-003b',
    async (lab) => {
      const { code, name } = await upload(lab, 0);
      lab.given(code !== undefined && code < 300, `the last part is answered with ${code ?? 'no Status'}`);
      const filler = withoutSpace(lab.kind.make(name, { filler: FILLER })).slice(-FILLER / 2, -20);
      const [text = ''] = await lab.contents();
      lab.check(withoutSpace(text).includes(filler), 'the object is all there, in order', `${text.length} characters`);
    },
    titled('Last chunk: the parts are put together in order'),
  ),
  active(
    'LOB-003c',
    async (lab) => {
      const session = await inPackage3(lab);
      const text = lab.kind.make(lab.name(), { filler: FILLER }).replace(/ [1-9]0 /g, ' zähes Öl, süß ');
      const [one, two] = [text.slice(0, 1000), text.slice(1000)];
      const size = drafts.bytesOf(text).byteLength;
      lab.given(size > text.length, 'the item has no character of two bytes');
      const last = drafts.part('Add', '1', two, { type: lab.kind.type, last: true });
      await sendParts(lab, session, [drafts.part('Add', '1', one, { type: lab.kind.type, size }), last], true);
      lab.success(session.code(last), 'the last part of an object whose Size counts bytes, not characters');
    },
    titled('Last chunk: Size counts bytes'),
  ),
  active('LOB-004a', mismatch(10), titled('Size too big: 424')),
  active('LOB-004b', mismatch(-10), titled('Size too small: 424')),
  active(
    'LOB-004c',
    async (lab) => {
      await upload(lab, 10);
      lab.equal(await lab.held(), [], 'the server holds, after an object whose Size differs');
    },
    titled('Size differs: nothing committed'),
  ),
  active(
    'LOB-005a',
    alertsAfter((lab) => lab.add('2', lab.name())),
    titled('Object interrupted by an Add: Alert 223'),
  ),
  active(
    'LOB-005b',
    alertsAfter((lab) => lab.replace('2', lab.name())),
    titled('Object interrupted by a Replace: Alert 223'),
  ),
  active(
    'LOB-005c',
    async (lab) => {
      const { alert } = await interrupted(lab, lab.add('2', lab.name()), false);
      lab.given(alert !== undefined, 'no Alert 223 comes');
      const names = (alert?.items ?? []).flatMap(({ target, source }) => [target?.uri, source?.uri]).filter((uri) => uri !== undefined);
      lab.check(names.includes('unfinished'), 'the Item of Alert 223 names the object', names.join(', ') || 'no address');
    },
    titled('Alert 223 names the object by Source or Target'),
  ),
  active(
    'LOB-006a',
    async (lab) => {
      const name = lab.name();
      const { session, answer } = await interrupted(lab, lab.add('2', name), true);
      await session.pull(answer);
      await session.close();
      lab.equal(await lab.held(), [name], 'the server holds, after an object that another command interrupted');
    },
    titled('Interrupted object not committed'),
  ),
  active(
    'LOB-006b',
    async (lab) => {
      const session = await inPackage3(lab);
      await sendParts(lab, session, partsOf(lab, '1', lab.name()).drafts.slice(0, 2), false);
      lab.equal(await lab.held(), [], 'the server holds, after a session that ended within an object');
    },
    titled('Object of a session that broke off not committed'),
  ),
  active(
    'LOB-012a',
    async (lab) => {
      const session = await inPackage3(lab);
      const name = lab.name();
      const wrong = partsOf(lab, '1', name, { sizeOff: 10 }).drafts;
      await sendParts(lab, session, wrong, false);
      await sentAgain(lab, session, name, session.code(wrong.at(-1) as Draft));
    },
    titled('After 424 the client may resend: in the same session'),
  ),
  active(
    'LOB-012b',
    async (lab) => {
      const { code, name, session } = await upload(lab, 10);
      const again = session.device.session();
      await again.openStore(Alert.TwoWay);
      await sentAgain(lab, again, name, code);
    },
    titled('After 424 the client may resend: in the next session'),
  ),
  active(
    'LOB-013',
    async (lab) => {
      const { code, name } = await upload(lab, 1);
      if (code === Status.SizeMismatch) lab.unsupported('a Size of one byte more is answered with 424');
      lab.success(code, 'the last part of an object whose Size is one byte more than came');
      lab.equal(await lab.held(), [name], 'the server holds');
    },
    { versions },
  ),
  active(
    'LOB-014a',
    async (lab) => {
      const { code, name } = await uploadReplace(lab, 0);
      lab.success(code, 'the last part of a Replace');
      lab.equal(await lab.held(), [`${name}#2`], 'the server holds');
    },
    titled('Chunked Replace replaces the item'),
  ),
  active(
    'LOB-014b',
    async (lab) => {
      const { code, name } = await uploadReplace(lab, 10);
      lab.equal(code, Status.SizeMismatch, 'Status of the last part of a Replace whose Size differs');
      lab.equal(await lab.held(), [name], 'the server holds, as before');
    },
    titled('Chunked Replace whose Size differs: 424, the old item stays'),
  ),
];
