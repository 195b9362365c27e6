/** What holds for the Statuses of every answer. [SyncML Representation Protocol 1.2.2, "Status"] */
import { isSyncType } from '../../model/alert.js';
import type { Command, Item, Message, StatusCommand } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { scan, type ConformanceCase, type Scan } from '../case.js';
import { everyCommand } from '../lab/answer.js';
import { commandName, eachExchange, untilOdd, type Exchange } from '../lab/ordinary.js';
import type { SessionTrace } from '../lab/trace.js';

const statusesOf = (message: Message): readonly StatusCommand[] =>
  message.body.filter((command): command is StatusCommand => command.kind === 'Status');
const headerStatusOf = ({ request, answer }: Exchange): StatusCommand | undefined =>
  statusesOf(answer).find(({ cmdRef, msgRef }) => cmdRef === '0' && msgRef === request.header.msgId);
const nameOf = ({ cmd, msgRef, cmdRef, code }: StatusCommand): string => `Status ${code} for ${cmd} ${msgRef}/${cmdRef}`;

const headerFirst = eachExchange(({ request, answer }) => {
  if (request.header.noResp) return undefined;
  const [first] = statusesOf(answer);
  if (!first) return ['no Status at all'];
  return first.cmdRef === '0' && first.msgRef === request.header.msgId ? [] : [`the first Status is ${nameOf(first)}`];
});

const headerNames = eachExchange((exchange) => {
  const status = headerStatusOf(exchange);
  if (!status) return undefined;
  const { target, source } = exchange.request.header;
  return [
    ...(status.cmd === 'SyncHdr' ? [] : [`Cmd ${status.cmd}`]),
    ...(status.targetRefs.join() === target.uri ? [] : [`TargetRef [${status.targetRefs.join()}], not ${target.uri}`]),
    ...(status.sourceRefs.join() === source.uri ? [] : [`SourceRef [${status.sourceRefs.join()}], not ${source.uri}`]),
  ];
});

/** A command that waits for its Status, by `MsgID/CmdID`. Unknown elements are no commands of the protocol; Results need no Status. */
function owedBy({ request }: Exchange): readonly (readonly [key: string, command: Command])[] {
  if (request.header.noResp) return [];
  return everyCommand(request.body)
    .filter(({ kind }) => kind !== 'Status' && kind !== 'Results' && kind !== 'Unknown')
    .filter((command) => !('noResp' in command && command.noResp))
    .map((command) => [`${request.header.msgId}/${command.cmdId}`, command]);
}

const isTaken = (exchange: Exchange): boolean => {
  const code = headerStatusOf(exchange)?.code;
  return exchange.request.header.noResp === true || (code !== undefined && code >= 200 && code < 300);
};

/** Small messages put Statuses off, but not past the Final of the package they belong to. */
function everyStatus(session: SessionTrace): Scan {
  const owed = new Map<string, Command>();
  const broken: string[] = [];
  let applied = 0;
  for (const exchange of untilOdd(session)) {
    if (!isTaken(exchange)) continue;
    for (const [key, command] of owedBy(exchange)) {
      owed.set(key, command);
      applied += 1;
    }
    for (const { msgRef, cmdRef } of statusesOf(exchange.answer)) owed.delete(`${msgRef}/${cmdRef}`);
    if (!exchange.answer.final) continue;
    broken.push(...[...owed].map(([key, command]) => `Final, and ${commandName(command)} ${key} has no Status`));
    owed.clear();
  }
  return { applied, broken };
}

function inOrder(session: SessionTrace): Scan {
  const order = new Map<string, number>();
  const broken: string[] = [];
  let applied = 0;
  for (const { request, answer } of untilOdd(session)) {
    for (const { cmdId } of everyCommand(request.body)) order.set(`${request.header.msgId}/${cmdId}`, order.size);
    const others = statusesOf(answer).filter(({ cmdRef }) => cmdRef !== '0');
    others.forEach((status, i) => {
      const before = others[i - 1];
      if (!before) return;
      applied += 1;
      const [one, two] = [before, status].map(({ msgRef, cmdRef }) => order.get(`${msgRef}/${cmdRef}`));
      if (one !== undefined && two !== undefined && one > two) broken.push(`${nameOf(status)} comes after ${nameOf(before)}`);
    });
  }
  return { applied, broken };
}

/** Every address a Status for this command may name. */
function addressesOf(command: Command): { readonly targets: readonly string[]; readonly sources: readonly string[] } {
  const own = 'target' in command || 'source' in command ? [command] : [];
  const items: readonly Pick<Item, 'target' | 'source'>[] = 'items' in command ? command.items : [];
  const all = [...own, ...items] as readonly Pick<Item, 'target' | 'source'>[];
  return { targets: all.flatMap(({ target }) => target?.uri ?? []), sources: all.flatMap(({ source }) => source?.uri ?? []) };
}

function foreignRefs(session: SessionTrace): Scan {
  const sent = new Map<string, Command>();
  const broken: string[] = [];
  let applied = 0;
  for (const { request, answer } of untilOdd(session)) {
    for (const command of everyCommand(request.body)) sent.set(`${request.header.msgId}/${command.cmdId}`, command);
    for (const status of statusesOf(answer)) {
      const command = sent.get(`${status.msgRef}/${status.cmdRef}`);
      if (!command || status.targetRefs.length + status.sourceRefs.length === 0) continue;
      applied += 1;
      const { targets, sources } = addressesOf(command);
      const [target, source] = [
        status.targetRefs.find((ref) => !targets.includes(ref)),
        status.sourceRefs.find((ref) => !sources.includes(ref)),
      ];
      if (target !== undefined) broken.push(`${nameOf(status)}: TargetRef ${target} is of no Item`);
      if (source !== undefined) broken.push(`${nameOf(status)}: SourceRef ${source} is of no Item`);
    }
  }
  return { applied, broken };
}

/** Where an Alert was taken, or answered with another type: its Status says which Next was heard. */
const alertNext = eachExchange(({ request, answer }) => {
  const seen = request.body.flatMap((command) => {
    if (command.kind !== 'Alert' || command.code === undefined || !isSyncType(command.code) || command.items.length !== 1) return [];
    const status = statusesOf(answer).find(({ msgRef, cmdRef }) => msgRef === request.header.msgId && cmdRef === command.cmdId);
    if (!status || (status.code >= 300 && status.code !== Status.RefreshRequired)) return [];
    const data = status.items[0]?.data;
    const is = data?.kind === 'anchor' ? data.anchor.next : undefined;
    const should = command.items[0]?.meta?.anchor?.next;
    return [is === should ? undefined : `${nameOf(status)}: Next ${is ?? 'is missing'}, not ${should ?? ''}`];
  });
  return seen.length === 0 ? undefined : seen.flatMap((wrong) => wrong ?? []);
});

const CODES: ReadonlySet<number> = new Set(Object.values(Status));

/** In odd exchanges as well: whatever a client does, a code means what the list says. */
function undefinedCodes({ exchanges }: SessionTrace): Scan {
  const codes = exchanges.flatMap(({ answer }) => (answer ? statusesOf(answer) : []));
  return { applied: codes.length, broken: codes.filter(({ code }) => !CODES.has(code)).map(nameOf) };
}

function commandIds({ exchanges }: SessionTrace): Scan {
  const answers = exchanges.flatMap(({ answer }) => answer ?? []);
  const broken = answers.flatMap(({ header, body }) => {
    const ids = everyCommand(body).map(({ cmdId }) => cmdId);
    const bad = ids.find((id, i) => id === '' || id === '0' || ids.indexOf(id) !== i);
    return bad === undefined ? [] : [`answer ${header.msgId}: CmdID ${bad === '' || bad === '0' ? `"${bad}"` : `${bad} twice`}`];
  });
  return { applied: answers.length, broken };
}

export const STATUS_RULES: readonly ConformanceCase[] = [
  scan('STA-001', headerFirst),
  scan('STA-002a', everyStatus, { title: 'When the server says Final, no command of a taken message is without its Status' }),
  scan('STA-003a', inOrder, { title: 'In every answer the Statuses are in the order of their commands' }),
  scan('STA-006a', foreignRefs, { title: 'No Status names an address that its command does not have' }),
  scan('STA-007', headerNames),
  scan('STA-011', alertNext),
  scan('STA-012', undefinedCodes),
  scan('STA-013', commandIds),
];
