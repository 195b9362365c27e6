/** Logging in: basic, challenges, and what a refused message is answered with. [SyncML Sync Protocol 1.1, "Authentication"] */
import { Alert } from '../../model/alert.js';
import type { Cred, Meta, StatusCommand } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, scan, type ConformanceCase } from '../case.js';
import type { Answer } from '../lab/answer.js';
import { basicCred, md5Cred } from '../lab/credentials.js';
import type { LabDevice } from '../lab/device.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import { isRefusal, type LabSession, type SendOptions } from '../lab/session.js';
import type { ExchangeTrace } from '../lab/trace.js';

const NOBODY = 'nobody-of-this-name';

/** Package 1 of a device that is new if nothing else is said, sent once: a challenge is not followed. */
async function logIn(
  lab: Lab,
  options: SendOptions,
  more: (session: LabSession) => readonly Draft[] = () => [],
  device: LabDevice = lab.device(),
): Promise<{ readonly session: LabSession; readonly answer: Answer; readonly commands: readonly Draft[] }> {
  const session = device.session();
  const commands = [...more(session), session.alert(Alert.SlowSync)];
  const answer = await session.send(commands, options);
  return { session, answer, commands };
}

const wrongBasic = (lab: Lab): Cred => basicCred(lab.target.user, `not ${lab.target.password}`);
const strangersBasic = (): Cred => basicCred(NOBODY, 'nothing');
const rightBasic = (lab: Lab): Cred => basicCred(lab.target.user, lab.target.password);

const withoutFormat = (lab: Lab): Cred => ({ meta: { type: 'syncml:auth-basic' }, data: rightBasic(lab).data });

/** The same of a known device, with a wrong log-in. */
const logInWrongly = async (lab: Lab, cred: Cred): ReturnType<typeof logIn> => logIn(lab, { cred }, undefined, await lab.knownDevice());

/** 212 holds for the session, 200 for the message. */
const LET_IN = [Status.AuthAccepted, Status.Ok];

const headerStatusIn = ({ request, answer }: ExchangeTrace): StatusCommand | undefined =>
  answer?.body.find((c): c is StatusCommand => c.kind === 'Status' && c.cmdRef === '0' && c.msgRef === request?.header.msgId);

const chalOf = (status: StatusCommand | undefined): string => {
  const chal = status?.chal;
  return chal ? `Chal for ${chal.type ?? 'no type, which is basic'}` : 'no Chal';
};

const accepts = (credOf: (lab: Lab) => Cred, what: string, usual?: (lab: Lab) => Cred) => async (lab: Lab) => {
  if (usual) {
    const { answer } = await logIn(lab, { cred: usual(lab) });
    lab.given(
      LET_IN.some((code) => code === answer.headerCode),
      'the server does not let basic in at all',
    );
  }
  const { answer } = await logIn(lab, { cred: credOf(lab) });
  lab.oneOf(answer.headerCode, LET_IN, `Status of the SyncHdr for ${what}`);
};

/** Package 1 with device information both ways, so that there is more to be refused than the Alert. */
const refused =
  (credOf: (lab: Lab) => Cred | 'none', look: (lab: Lab, answer: Answer, commands: readonly Draft[]) => void) => async (lab: Lab) => {
    const cred = credOf(lab);
    const more = ({ device }: LabSession): readonly Draft[] => [device.putDevInf(), drafts.get(device.devInfUri, device.devInfType)];
    const { answer, commands } = await logIn(lab, { cred }, more, cred === 'none' ? lab.device() : await lab.knownDevice());
    lab.given(isRefusal(answer.headerCode), `the message is not refused, but answered with ${answer.headerCode ?? 'no Status'}`);
    look(lab, answer, commands);
  };

const onlyStatuses = (lab: Lab, answer: Answer): void => {
  const others = answer.message.body.filter(({ kind }) => kind !== 'Status');
  lab.check(others.length === 0, 'the answer to a refused message holds only Status commands', answer.summary);
};

const eachRefused = (lab: Lab, answer: Answer, commands: readonly Draft[]): void => {
  for (const command of commands) {
    const codes = answer.codesFor(command);
    lab.check(
      codes.length === 1 && isRefusal(codes[0]),
      `the ${command.kind} of a refused message has one Status, 401 or 407`,
      codes.join(', ') || 'no Status',
    );
  }
};

/** A refused package 1, and the same with credentials as the next message. */
async function repeated(lab: Lab, first: Cred | 'none', url?: (answer: Answer) => string | undefined): Promise<void> {
  const { session, answer, commands } = first === 'none' ? await logIn(lab, { cred: first }) : await logInWrongly(lab, first);
  lab.given(isRefusal(answer.headerCode), `the message is not refused, but answered with ${answer.headerCode ?? 'no Status'}`);
  const to = url?.(answer);
  const again = await session.send(commands, {
    ...(lab.target.auth === 'basic' ? { cred: rightBasic(lab) } : {}),
    ...(to === undefined ? {} : { url: to }),
  });
  lab.oneOf(again.headerCode, LET_IN, 'Status of the SyncHdr of the repeated message');
  for (const alert of commands) lab.success(again.codeFor(alert), 'its Alert');
}

/** The server has to log in to the client: its next message holds Cred as it was asked for. */
const challengesServer =
  (chal: Meta & { readonly type: string }, looksRight: (data: string) => boolean, form: string) => async (lab: Lab) => {
    const session = lab.device().session();
    await session.open([session.alert(Alert.SlowSync)]);
    const answer = await session.send([], {
      statuses: () => Status.MissingCredentials,
      headerStatus: { code: Status.MissingCredentials, chal },
      odd: true,
    });
    const { cred } = answer.header;
    lab.check(
      cred !== undefined,
      `after 407 with Chal for ${chal.type} the server's next SyncHdr holds Cred`,
      cred ? 'it does' : answer.summary,
    );
    lab.equal(cred?.meta?.type ?? 'syncml:auth-basic', chal.type, 'Type of its credentials');
    lab.check(
      looksRight(cred?.data ?? ''),
      `the credentials are ${form}`,
      cred?.data === undefined || cred.data === '' ? 'no Data' : 'Data of another form',
    );
  };

const MOST_TRIES = 8;

export const AUTHENTICATION_CASES: readonly ConformanceCase[] = [
  active('AUT-001', accepts(rightBasic, 'right basic credentials')),
  active(
    'AUT-003a',
    async (lab) => {
      const { answer } = await logIn(lab, { cred: 'none' });
      lab.equal(answer.headerCode, Status.MissingCredentials, 'Status of the SyncHdr of a message without Cred');
    },
    { title: 'No Cred: Status 407 for the SyncHdr' },
  ),
  active(
    'AUT-003b',
    async (lab) => {
      const { answer } = await logIn(lab, { cred: 'none' });
      lab.given(isRefusal(answer.headerCode), 'the message is not refused');
      lab.check(answer.headerStatus?.chal !== undefined, 'the refusal of a message without Cred holds Chal', chalOf(answer.headerStatus));
    },
    { title: 'No Cred: Chal with the Status' },
  ),
  active(
    'AUT-004a',
    async (lab) => {
      const { answer } = await logInWrongly(lab, wrongBasic(lab));
      lab.equal(answer.headerCode, Status.InvalidCredentials, 'Status of the SyncHdr for a wrong password');
    },
    { title: 'Wrong password: Status 401 for the SyncHdr' },
  ),
  active(
    'AUT-004b',
    async (lab) => {
      const { answer } = await logIn(lab, { cred: strangersBasic() });
      lab.equal(answer.headerCode, Status.InvalidCredentials, 'Status of the SyncHdr for an unknown user');
    },
    { title: 'Unknown user: Status 401 for the SyncHdr' },
  ),
  active(
    'AUT-004c',
    async (lab) => {
      const { version } = lab.variant;
      const { user, password } = lab.target;
      const { answer } = await logInWrongly(lab, md5Cred(version, user, `not ${password}`, new Uint8Array(0)));
      lab.equal(answer.headerCode, Status.InvalidCredentials, 'Status of the SyncHdr for a wrong md5 digest');
    },
    { title: 'Wrong md5 digest: Status 401 for the SyncHdr' },
  ),
  active(
    'AUT-004d',
    async (lab) => {
      const { answer } = await logInWrongly(lab, wrongBasic(lab));
      lab.given(isRefusal(answer.headerCode), 'the message is not refused');
      lab.check(answer.headerStatus?.chal !== undefined, 'the first refusal of a wrong Cred holds Chal', chalOf(answer.headerStatus));
    },
    { title: 'Wrong Cred: Chal with the Status' },
  ),
  active(
    'AUT-005a',
    refused(() => 'none', onlyStatuses),
    { title: 'Message without Cred: only Status commands in the answer' },
  ),
  active('AUT-005b', refused(wrongBasic, onlyStatuses), { title: 'Message with wrong Cred: only Status commands in the answer' }),
  active(
    'AUT-006a',
    refused(() => 'none', eachRefused),
    { title: 'Message without Cred: a Status for each command' },
  ),
  active('AUT-006b', refused(wrongBasic, eachRefused), { title: 'Message with wrong Cred: a Status for each command' }),
  active('AUT-007a', (lab) => repeated(lab, 'none'), { title: 'Repeat after 407 in the same session' }),
  active('AUT-007b', (lab) => repeated(lab, wrongBasic(lab)), { title: 'Repeat after 401 in the same session' }),
  active('AUT-008', (lab) =>
    repeated(
      lab,
      'none',
      ({ header }) => header.respUri ?? lab.unsupported('the refusal gives no RespURI: the message is repeated where it was'),
    ),
  ),
  scan('AUT-009', ({ exchanges }) => {
    const seen = exchanges.flatMap((trace) => {
      const { request, requestHeaders, odd } = trace;
      if (!request || odd || request.header.cred || 'x-syncml-hmac' in requestHeaders) return [];
      const status = headerStatusIn(trace);
      return status ? [{ msgId: request.header.msgId, code: status.code }] : [];
    });
    const broken = seen.filter(({ code }) => code === Status.AuthAccepted);
    return { applied: seen.length, broken: broken.map(({ msgId }) => `212 for the SyncHdr of message ${msgId}, which held no Cred`) };
  }),
  active('AUT-010', async (lab) => {
    const session = lab.device().session();
    const answer = await session.open([session.alert(Alert.SlowSync)]);
    if (answer.headerCode === Status.Ok && answer.headerStatus?.chal) lab.unsupported('the server wants credentials with each message');
    lab.given(answer.headerCode === Status.AuthAccepted, `the log-in is answered with ${answer.headerCode ?? 'no Status'}`);
    const next = await session.push([], { cred: 'none' });
    lab.success(next.headerCode, 'the SyncHdr of the message after 212, which holds no Cred,');
  }),
  active(
    'AUT-020',
    accepts((lab) => ({ data: rightBasic(lab).data }), 'basic credentials without Meta', rightBasic),
  ),
  active('AUT-021a', accepts(rightBasic, 'basic credentials with Type and Format b64', withoutFormat), {
    title: 'Basic credentials with Format b64 are Base64 once',
  }),
  active('AUT-021b', accepts(withoutFormat, 'basic credentials with Type and without Format', rightBasic), {
    title: 'Basic credentials without Format are Base64, too',
  }),
  active(
    'AUT-022a',
    async (lab) => {
      const session = lab.device().session();
      const alert: Draft = { ...session.alert(Alert.SlowSync), cred: rightBasic(lab) };
      await session.open([alert]);
      lab.success(session.code(alert), 'an Alert with right credentials of its own');
    },
    { title: 'Right credentials in an Alert are accepted' },
  ),
  active(
    'AUT-022b',
    async (lab) => {
      const session = lab.device().session();
      const alert: Draft = { ...session.alert(Alert.SlowSync), cred: strangersBasic() };
      await session.open([alert]);
      lab.equal(session.code(alert), Status.InvalidCredentials, 'Status of an Alert with wrong credentials of its own');
    },
    { title: 'Wrong credentials in an Alert are refused' },
  ),
  active(
    'AUT-023a',
    challengesServer(
      { type: 'syncml:auth-basic', format: 'b64' },
      (data) => Buffer.from(data, 'base64').toString('utf8').includes(':'),
      'the Base64 of a name, a colon and a password',
    ),
    { title: 'Able to send own credentials when challenged for basic' },
  ),
  active(
    'AUT-023b',
    challengesServer(
      { type: 'syncml:auth-md5', format: 'b64', nextNonce: Buffer.from('lab nonce').toString('base64') },
      (data) => Buffer.from(data, 'base64').byteLength === 16,
      'the Base64 of a digest of 16 bytes',
    ),
    { title: 'Able to send own credentials when challenged for md5' },
  ),
  active('AUT-026', async (lab) => {
    const cred: Cred = { meta: { format: 'b64', type: 'syncml:auth-x509' }, data: Buffer.from('certificate').toString('base64') };
    const { answer } = await logIn(lab, { cred });
    lab.oneOf(
      answer.headerCode,
      [Status.FeatureNotSupported, Status.InvalidCredentials, Status.MissingCredentials],
      'Status of the SyncHdr for credentials of a type the server cannot check',
    );
  }),
  active('AUT-027', async (lab) => {
    // A name nobody has: an account must not be locked for the cases that follow.
    const session = lab.device({ auth: 'basic', user: NOBODY }).session();
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      const { message } = session.compose([session.alert(Alert.SlowSync)], { cred: basicCred(NOBODY, `guess ${tries}`) });
      const trace = await session.post(message, { odd: true });
      if (!trace.answer) return lab.note(`try ${tries}: ${trace.fault ?? 'no answer'}`);
      const status = headerStatusIn(trace);
      lab.given(status !== undefined && status.code >= 300, 'wrong credentials are not refused');
      if (!isRefusal(status?.code) || !status?.chal) return lab.note(`try ${tries}: ${status?.code}, ${chalOf(status)}`);
    }
    lab.check(false, `after ${MOST_TRIES} wrong log-ins the server stops asking for another`, 'each was answered with a challenge');
  }),
];
