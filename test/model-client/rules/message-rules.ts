/** What every server message must obey, whatever the sync is about. [session-and-packages §3, §5, §6, §10.1] */
import { Alert } from '../../../src/model/alert.js';
import { Status } from '../../../src/model/status.js';
import type { Command, Message, StatusCommand } from '../../../src/model/message.js';
import type { Findings } from './findings.js';
import { StatusLedger, type Answer } from './status-ledger.js';

/** Facts about one exchange that the messages alone do not tell. */
export interface Exchange {
  readonly request: Message;
  readonly response: Message;
  /** Encoded length of the response. */
  readonly bytes: number;
}

const isChallenge = (code: number): boolean => code === Status.InvalidCredentials || code === Status.MissingCredentials;
const everyCommand = (commands: readonly Command[]): readonly Command[] =>
  commands.flatMap((command) => [command, ...('commands' in command ? everyCommand(command.commands) : [])]);

export class MessageRules {
  readonly #findings: Findings;
  readonly #ledger: StatusLedger;
  #serverMsgId: number | undefined;
  #maxMsgSize: number | undefined;
  #authenticated = false;
  /** The client's current package has had its Final. */
  #clientClosed = false;
  /** The server's current package has had its Final. */
  #serverClosed = false;

  constructor(findings: Findings) {
    this.#findings = findings;
    this.#ledger = new StatusLedger(findings);
  }

  /** Checks one exchange. @returns the answers to the client's commands, in order. */
  received(exchange: Exchange): readonly Answer[] {
    const { request, response } = exchange;
    this.#maxMsgSize = request.header.meta?.maxMsgSize ?? this.#maxMsgSize;
    this.#checkHeader(exchange);
    this.#checkCommandIds(response);
    this.#ledger.sent(request);
    const answers = this.#ledger.received(request, response);
    const header = response.body.find((command) => command.kind === 'Status');
    if (header && !request.header.noResp) {
      this.#checkAuthentication(request, response, header);
      if (isChallenge(header.code)) return answers;
    }
    this.#checkPackage(request, response);
    return answers;
  }

  #checkHeader({ request, response, bytes }: Exchange): void {
    const { header } = response;
    const findings = this.#findings;
    findings.check(header.verDtd === request.header.verDtd, '§3.1', `VerDTD ${header.verDtd} answers ${request.header.verDtd}`);
    findings.check(header.verProto === request.header.verProto, '§3.1', `VerProto ${header.verProto} answers ${request.header.verProto}`);
    findings.check(
      header.sessionId === request.header.sessionId,
      '§3.3',
      `SessionID ${header.sessionId} answers ${request.header.sessionId}`,
    );
    findings.check(header.target.uri === request.header.source.uri, '§3.4', `Target ${header.target.uri} is not the request's Source`);
    findings.check(header.source.uri === request.header.target.uri, '§3.4', `Source ${header.source.uri} is not the request's Target`);
    const msgId = Number(header.msgId);
    findings.check(Number.isInteger(msgId) && msgId > 0, '§3.2', `MsgID ${header.msgId}`);
    if (this.#serverMsgId !== undefined) {
      findings.check(msgId === this.#serverMsgId + 1, '§3.2', `MsgID ${header.msgId} follows ${this.#serverMsgId}`);
    }
    this.#serverMsgId = msgId;
    if (header.respUri !== undefined)
      findings.check(/^https?:\/\//i.test(header.respUri), '§3.5', `RespURI ${header.respUri} is not absolute`);
    if (this.#maxMsgSize !== undefined) {
      findings.check(bytes <= this.#maxMsgSize, '§6', `a message of ${bytes} bytes, MaxMsgSize is ${this.#maxMsgSize}`);
    }
  }

  #checkCommandIds(response: Message): void {
    const seen = new Set<string>();
    for (const command of everyCommand(response.body)) {
      const what = `${command.kind} CmdID "${command.cmdId}"`;
      this.#findings.check(command.cmdId !== '' && command.cmdId !== '0', '§4.10', `${what} is invalid`);
      this.#findings.check(!seen.has(command.cmdId), '§4.10', `${what} is used twice`);
      seen.add(command.cmdId);
    }
  }

  #checkAuthentication(request: Message, response: Message, status: StatusCommand): void {
    const findings = this.#findings;
    const cred = request.header.cred;
    const { code } = status;
    if (code === Status.AuthAccepted) {
      findings.check(cred !== undefined, '§10.1', '212 although the request had no Cred');
      this.#authenticated = true;
    } else if (code === Status.Ok && !this.#authenticated) {
      findings.check(cred !== undefined, '§10.1', 'a request without Cred was accepted');
      if (cred?.meta?.type === 'syncml:auth-md5')
        findings.check(status.chal?.nextNonce !== undefined, '§10.1', '200 for md5 without a NextNonce');
    } else if (isChallenge(code)) {
      findings.check(cred !== undefined || code === Status.MissingCredentials, '§10.1', '401 although the request had no Cred');
      findings.check(cred === undefined || code === Status.InvalidCredentials, '§10.1', '407 although the request had Cred');
      findings.check(status.chal !== undefined, '§4.8', `${code} without Chal`);
      findings.check(
        response.body.every((command) => command.kind === 'Status' && command.code === code),
        '§7.1',
        `the answer to an unauthorised message holds more than ${code}`,
      );
      this.#ledger.clear();
    }
    if (status.chal?.type === 'syncml:auth-md5') {
      findings.check(status.chal.nextNonce !== undefined && status.chal.nextNonce !== '', '§10.1', 'an md5 challenge without NextNonce');
      findings.check(status.chal.format === 'b64', '§10.2', 'an md5 challenge without Format b64');
    }
  }

  #checkPackage(request: Message, response: Message): void {
    const findings = this.#findings;
    const refused = request.body.some((command) => command.kind === 'Status' && command.cmd === 'SyncHdr' && isChallenge(command.code));
    if (refused) {
      // The server repeats its package with credentials; whether the refusal counts as an unfinished package 3 is left open.
      this.#serverClosed ||= response.final;
      return;
    }
    // A message after the Final of the server's package begins the client's next one.
    this.#clientClosed = request.final || (this.#clientClosed && !this.#serverClosed);
    const asksForMore = response.body.some((command) => command.kind === 'Alert' && command.code === Alert.NextMessage);
    if (this.#clientClosed) {
      findings.check(!asksForMore, '§5.3', 'Alert 222 although the client has sent Final');
    } else {
      findings.check(!response.final, '§5.2', 'Final before the Final of the client');
      findings.check(!response.body.some((command) => command.kind === 'Sync'), '§5.4', 'Sync before the Final of the client');
      const bare = response.body.every((command) => command.kind === 'Status' && command.cmd === 'SyncHdr');
      findings.check(!bare || asksForMore, '§5.3', 'neither a command nor Alert 222');
      if (!asksForMore) findings.advises('§5.3', 'an unfinished package is answered without Alert 222');
    }
    if (response.final) {
      const [unanswered] = this.#ledger.open;
      if (unanswered) {
        findings.broke(
          '§4.1',
          `Final although ${unanswered.command.kind} ${unanswered.msgRef}/${unanswered.command.cmdId} has no Status yet`,
        );
        this.#ledger.clear();
      }
    }
    this.#serverClosed = response.final;
  }
}
