/**
 * Books every command the client sent until its Status came: exactly one a command (or one an Item), in command order,
 * SyncHdr's first. [session-and-packages §4]
 */
import type { Command, Item, Message, StatusCommand } from '../../../src/model/message.js';
import type { Findings } from './findings.js';

interface Reference {
  readonly target?: string;
  readonly source?: string;
}

/** A command that waits for its Status. */
export interface Owed {
  readonly msgRef: string;
  readonly command: Exclude<Command, StatusCommand>;
  readonly references: readonly Reference[];
  /** Items that have their Status already. */
  readonly answered: number;
}

export interface Answer {
  readonly command: Exclude<Command, StatusCommand>;
  readonly msgRef: string;
  readonly status: StatusCommand;
}

const ofItem = (item: Item): Reference => ({
  ...(item.target ? { target: item.target.uri } : {}),
  ...(item.source ? { source: item.source.uri } : {}),
});

function referencesOf(command: Command): readonly Reference[] {
  switch (command.kind) {
    case 'Add':
    case 'Replace':
    case 'Delete':
    case 'Copy':
    case 'Move':
    case 'Alert':
    case 'Put':
    case 'Get':
    case 'Exec':
    case 'Results':
      return command.items.map(ofItem);
    case 'Sync':
    case 'Map':
      return [{ ...(command.target ? { target: command.target.uri } : {}), ...(command.source ? { source: command.source.uri } : {}) }];
    default:
      return [];
  }
}

const nameOf = (command: Command): string => (command.kind === 'Unknown' ? command.name : command.kind);

export class StatusLedger {
  readonly #findings: Findings;
  #owed: Owed[] = [];

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Commands whose Status must still come; Results may stay without one. */
  get open(): readonly Owed[] {
    return this.#owed.filter((owed) => owed.command.kind !== 'Results');
  }

  sent(message: Message): void {
    if (message.header.noResp) return;
    const walk = (commands: readonly Command[]): void => {
      for (const command of commands) {
        if (command.kind === 'Status') continue;
        if (!('noResp' in command && command.noResp)) {
          this.#owed.push({ msgRef: message.header.msgId, command, references: referencesOf(command), answered: 0 });
        }
        if ('commands' in command) walk(command.commands);
      }
    };
    walk(message.body);
  }

  /** Books the Statuses of the response to `request`. @returns those that answer a command, in order; SyncHdr's is not among them. */
  received(request: Message, response: Message): readonly Answer[] {
    const statuses = response.body.filter((command) => command.kind === 'Status');
    if (request.header.noResp) {
      this.#findings.check(statuses.length === 0, '§3.6', 'Status although SyncHdr asked for none');
      return [];
    }
    this.#checkHeaderStatus(request, response);
    return statuses.flatMap((status) => {
      if (status.cmd === 'SyncHdr' || status.cmdRef === '0') {
        this.#findings.check(status === response.body[0], '§4.2', 'a second Status for SyncHdr');
        return [];
      }
      const answer = this.#book(status);
      return answer ? [answer] : [];
    });
  }

  /** Forgets what is owed: the message was refused as a whole or the session is over. */
  clear(): void {
    this.#owed = [];
  }

  #checkHeaderStatus(request: Message, response: Message): void {
    const first = response.body[0];
    const { header } = request;
    if (first?.kind !== 'Status' || first.cmd !== 'SyncHdr' || first.cmdRef !== '0') {
      this.#findings.broke('§4.2', 'the first command is not the Status of SyncHdr');
      return;
    }
    this.#findings.check(
      first.msgRef === header.msgId,
      '§4.6',
      `SyncHdr Status has MsgRef ${first.msgRef}, the message is ${header.msgId}`,
    );
    this.#checkReferences(first, { target: header.target.uri, source: header.source.uri });
  }

  #book(status: StatusCommand): Answer | undefined {
    const what = `Status ${status.code} for ${status.cmd} ${status.msgRef}/${status.cmdRef}`;
    const index = this.#owed.findIndex((owed) => owed.msgRef === status.msgRef && owed.command.cmdId === status.cmdRef);
    const owed = this.#owed[index];
    if (!owed) {
      this.#findings.broke('§4.1', `${what}: no such command waits for a Status`);
      return undefined;
    }
    const before = this.#owed.slice(0, index).filter((other) => other.command.kind !== 'Results');
    const [skipped] = before;
    if (skipped)
      this.#findings.broke('§4.3', `${what} comes before that of ${skipped.command.kind} ${skipped.msgRef}/${skipped.command.cmdId}`);
    this.#findings.check(status.cmd === nameOf(owed.command), '§4.1', `${what}: the command is ${nameOf(owed.command)}`);
    const forAll = owed.references.length <= 1 || (owed.answered === 0 && status.targetRefs.length + status.sourceRefs.length === 0);
    const reference = owed.references[owed.answered];
    if (reference && (owed.references.length === 1 || !forAll)) this.#checkReferences(status, reference);
    if (forAll || owed.answered + 1 === owed.references.length) this.#owed.splice(index, 1);
    else this.#owed[index] = { ...owed, answered: owed.answered + 1 };
    return { command: owed.command, msgRef: owed.msgRef, status };
  }

  #checkReferences(status: StatusCommand, reference: Reference): void {
    const what = `Status for ${status.cmd} ${status.msgRef}/${status.cmdRef}`;
    const same = (refs: readonly string[], uri: string | undefined): boolean => refs.join('\n') === (uri ?? '');
    this.#findings.check(
      same(status.targetRefs, reference.target),
      '§4.5',
      `${what}: TargetRef [${status.targetRefs.join(', ')}], expected ${reference.target ?? 'none'}`,
    );
    this.#findings.check(
      same(status.sourceRefs, reference.source),
      '§4.5',
      `${what}: SourceRef [${status.sourceRefs.join(', ')}], expected ${reference.source ?? 'none'}`,
    );
  }
}
