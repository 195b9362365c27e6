/**
 * Overload, brought about from outside: many small messages at once, while one session sends its changes. A server that has room for all of
 * them shows nothing. [Sync Protocol 1.1, "Busy Signaling"]
 */
import { Alert } from '../../model/alert.js';
import { Status } from '../../model/status.js';
import { MEDIA_TYPES } from '../../wire/media-type.js';
import { active, CaseFailed, type ConformanceCase } from '../case.js';
import type { Answer } from '../lab/answer.js';
import { dialectOf, encode } from '../lab/codec.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import { NoResponse, type HttpClient } from '../lab/http.js';
import type { Lab } from '../lab/lab.js';
import type { LabSession, SendOptions } from '../lab/session.js';

/** Messages at once, try by try: whether the one that counts comes just when there is no room is a matter of luck. */
const CROWDS = [40, 40, 40, 120, 250, 40, 40, 40, 250] as const;
/** Alerts 221 until a message that was put off has to be done. */
const MOST_ASKED = 20;

/** First messages without credentials, which cost the server as little as a message can. @returns when all are answered. */
async function flood(lab: Lab, size: number): Promise<void> {
  const { version, encoding } = lab.variant;
  const headers = { 'Content-Type': MEDIA_TYPES[encoding], Accept: MEDIA_TYPES[encoding] };
  const bodyOf = (sessionId: string): Uint8Array =>
    encode(
      {
        header: {
          verDtd: version,
          verProto: `SyncML/${version}`,
          sessionId,
          msgId: '1',
          target: { uri: lab.target.url },
          source: { uri: `lab-${lab.run}-crowd` },
        },
        body: [
          {
            kind: 'Alert',
            cmdId: '1',
            code: Alert.SlowSync,
            items: [drafts.syncAlert(Alert.SlowSync, lab.names, { next: '1' }).items[0] ?? {}],
          },
        ],
        final: true,
      },
      dialectOf(version, encoding),
    );
  await Promise.all(
    Array.from({ length: size }, async (_, at) => {
      try {
        await lab.http.send({ url: lab.target.url, headers, body: bodyOf(String(1000 + at)) });
      } catch (error) {
        // A server may turn connections away when it has no room for them.
        if (!(error instanceof NoResponse)) throw error;
      }
    }),
  );
}

/** No room, said otherwise than with 101. */
const isTurnedAway = ({ headerCode = 0 }: Answer): boolean => headerCode === Status.RetryLater || headerCode >= 500;
const isBusy = (answer: Answer): boolean => answer.headerCode === Status.InProgress;

interface Overload {
  readonly session: LabSession;
  readonly add: Draft;
  readonly name: string;
  /** The answer with 101. */
  readonly answer: Answer;
  /** Messages at once that made the server busy. */
  readonly size: number;
}

/** Sends while a crowd does. @returns undefined where no SyncML message comes: no room for it, which HTTP may say as well. */
async function inTheCrowd(
  size: number,
  session: LabSession,
  commands: readonly Draft[],
  options: SendOptions = {},
): Promise<Answer | undefined> {
  const crowd = flood(session.device.lab, size);
  try {
    return await session.send(commands, options);
  } catch (error) {
    if (error instanceof CaseFailed) return undefined;
    throw error;
  } finally {
    await crowd;
  }
}

/** Runs whose server had room for every crowd: their other cases do not try again, since it takes long. */
const neverBusy = new WeakSet<HttpClient>();

/** Crowds until a session's message with changes is put off, or none is left. `turnedAway`: how a message was refused without 101. */
async function crowds(lab: Lab): Promise<{ readonly overload?: Overload; readonly turnedAway?: string }> {
  let turnedAway: string | undefined;
  for (const size of neverBusy.has(lab.http) ? [] : CROWDS) {
    const session = lab.device().session({ odd: true });
    await session.openStore(Alert.SlowSync);
    const name = lab.name();
    const add = lab.add('1', name);
    const answer = await inTheCrowd(size, session, [drafts.sync(session.device.store.names, [add])]);
    if (answer && isBusy(answer)) return { overload: { session, add, name, answer, size } };
    if (!answer) turnedAway = session.exchanges.at(-1)?.fault ?? 'no answer';
    else if (isTurnedAway(answer)) turnedAway = `SyncHdr ${answer.headerCode}`;
  }
  neverBusy.add(lab.http);
  return turnedAway === undefined ? {} : { turnedAway };
}

function neverPutOff(lab: Lab): never {
  lab.given(false, `the server does not say that it is busy while ${Math.max(...CROWDS)} messages come at once`);
  throw new Error('unreachable');
}

/** A session whose message with changes was put off. @throws {Inconclusive} when the server does not signal that it is busy. */
const overload = async (lab: Lab): Promise<Overload> => (await crowds(lab)).overload ?? neverPutOff(lab);

const resultAlert = (session: LabSession): Draft => drafts.deviceAlert(Alert.Result, session.device.uri, session.device.lab.target.url);

export const BUSY_CASES: readonly ConformanceCase[] = [
  active('BSY-001', async (lab) => {
    const { overload: found, turnedAway } = await crowds(lab);
    if (!found && turnedAway === undefined) neverPutOff(lab);
    lab.check(found !== undefined, 'a server that has no room says 101 for the SyncHdr', turnedAway ?? found?.answer.summary ?? '');
  }),
  active('BSY-002', async (lab) => {
    const { answer } = await overload(lab);
    lab.check(!answer.final, 'a message that says 101 has no Final', answer.summary);
    lab.check(answer.message.body.length === 1, 'it has no other command than the Status of the SyncHdr', answer.summary);
  }),
  active('BSY-003', async (lab) => {
    const { session, size } = await overload(lab);
    for (let round = 0; round < 6; round += 1) {
      const alert = resultAlert(session);
      const answer = await inTheCrowd(size, session, [alert], { final: false });
      if (!answer || !isBusy(answer)) continue;
      lab.equal(session.code(alert), Status.InProgress, 'Status of the Alert 221 of a server that is still busy');
      return;
    }
    lab.given(false, 'the server is no longer busy when it is asked with Alert 221');
  }),
  active('BSY-004', async (lab) => {
    const { session, add, name } = await overload(lab);
    let alert = resultAlert(session);
    let answer = await session.send([alert], { final: false });
    for (let asked = 1; isBusy(answer) && asked < MOST_ASKED; asked += 1) {
      alert = resultAlert(session);
      answer = await session.send([alert], { final: false });
    }
    lab.given(!isBusy(answer), `the server is still busy after ${MOST_ASKED} Alerts 221`);
    lab.success(session.code(alert), 'Alert 221 when the server is ready');
    lab.success(session.code(add), 'the Add of the message that was put off');
    await session.pull(answer);
    await session.close();
    const held = await lab.held();
    lab.check(held.includes(name), 'the server holds its item', held.join(', ') || 'nothing');
  }),
];
