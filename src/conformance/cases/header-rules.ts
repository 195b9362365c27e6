/** What stands in the SyncHdr of every answer. [SyncML Representation Protocol 1.2.2, "SyncHdr"] */
import type { SyncmlVersion } from '../../model/message.js';
import { Alert } from '../../model/alert.js';
import { active, scan, type ConformanceCase, type Scan } from '../case.js';
import * as drafts from '../lab/drafts.js';
import { answerTree, commandName, eachExchange, type Exchange } from '../lab/ordinary.js';
import { everyCommand } from '../lab/answer.js';
import type { Lab } from '../lab/lab.js';
import type { SessionTrace } from '../lab/trace.js';
import { child, descendants, type Element } from '../lab/tree.js';

const headerOf = (exchange: Exchange): Element | undefined => child(answerTree(exchange.trace), 'SyncHdr');

const CHILDREN = ['VerDTD', 'VerProto', 'SessionID', 'MsgID', 'Target', 'Source', 'RespURI', 'NoResp', 'Cred', 'Meta'];
const REQUIRED = CHILDREN.slice(0, 6);

/** Text of a child of SyncHdr, or of the LocURI in it. */
const said = (one: Element | undefined): string => (child(one, 'LocURI') ?? one)?.text.trim() ?? '';

const missing = eachExchange((exchange) =>
  REQUIRED.filter((name) => said(child(headerOf(exchange), name)) === '').map((name) => `SyncHdr without ${name}`),
);

const outOfOrder = eachExchange((exchange) => {
  const names = (headerOf(exchange)?.children ?? []).map(({ name }) => name).filter((name) => CHILDREN.includes(name));
  const at = names.findIndex((name, i) => i > 0 && CHILDREN.indexOf(name) <= CHILDREN.indexOf(names[i - 1] ?? ''));
  return at < 0 ? [] : [`${names[at]} after ${names[at - 1]}`];
});

/** The server's numbers, wherever two of its messages follow each other. After an odd message the count begins anew. */
function messageIds({ exchanges }: SessionTrace): Scan {
  const broken: string[] = [];
  let applied = 0;
  let expected: number | undefined = exchanges[0]?.request?.header.msgId === '1' ? 1 : undefined;
  for (const { request, answer, odd } of exchanges) {
    if (odd || !answer) {
      expected = undefined;
      continue;
    }
    const msgId = Number(answer.header.msgId);
    if (expected !== undefined) {
      applied += 1;
      if (msgId !== expected) broken.push(`message ${request?.header.msgId ?? ''}: MsgID ${answer.header.msgId}, not ${expected}`);
    }
    expected = msgId + 1;
  }
  return { applied, broken };
}

/** Whether Statuses or Results name commands the client sent, in the message they say. */
const references =
  (kind: 'Status' | 'Results') =>
  (session: SessionTrace): Scan => {
    const sent = new Map<string, string>();
    const broken: string[] = [];
    let applied = 0;
    for (const { request, answer, odd } of session.exchanges) {
      if (!request) return { applied, broken };
      sent.set(`${request.header.msgId}/0`, 'SyncHdr');
      for (const command of everyCommand(request.body)) sent.set(`${request.header.msgId}/${command.cmdId}`, commandName(command));
      if (odd || !answer) continue;
      for (const command of answer.body) {
        if (command.kind !== kind || (command.kind !== 'Status' && command.kind !== 'Results')) continue;
        applied += 1;
        const { msgRef = '1', cmdRef } = command;
        const named = sent.get(`${msgRef}/${cmdRef}`);
        const what = `${kind} with MsgRef ${msgRef} and CmdRef ${cmdRef}`;
        if (named === undefined) broken.push(`message ${request.header.msgId}: ${what}, and no such command was sent`);
        else if (command.kind === 'Status' && command.cmd !== named) broken.push(`${what} is for ${command.cmd}, which was ${named}`);
        else if (command.kind === 'Results' && named !== 'Get' && named !== 'Search') broken.push(`${what} is for a ${named}`);
      }
    }
    return { applied, broken };
  };

const sessionId = eachExchange(({ request, answer }) =>
  answer.header.sessionId === request.header.sessionId ? [] : [`SessionID ${answer.header.sessionId}, not ${request.header.sessionId}`],
);

const addresses = (side: 'target' | 'source') =>
  eachExchange(({ request, answer }) => {
    const is = answer.header[side].uri;
    const should = request.header[side === 'target' ? 'source' : 'target'].uri;
    return is === should ? [] : [`${side === 'target' ? 'Target' : 'Source'} ${is}, not ${should}`];
  });

const versionIs = (id: string, version: SyncmlVersion): ConformanceCase =>
  scan(
    id,
    eachExchange(({ answer: { header } }) => [
      ...(header.verDtd === version ? [] : [`VerDTD ${header.verDtd}`]),
      ...(header.verProto === `SyncML/${version}` ? [] : [`VerProto ${header.verProto}`]),
    ]),
    { versions: [version] },
  );

const wrongNamespace = (elements: readonly Element[], namespace: string): readonly string[] => {
  const wrong = elements.find((one) => one.namespace !== namespace);
  return wrong ? [`${wrong.name} in namespace ${wrong.namespace ?? 'none'}, not ${namespace}`] : [];
};
const withAll = (element: Element): readonly Element[] => [element, ...element.children.flatMap(withAll)];

/** In sessions in XML a message may be asked for in WBXML, which knows no namespaces. */
const rootNamespace = eachExchange(({ trace, request }) =>
  trace.responseEncoding === 'xml' ? wrongNamespace([answerTree(trace)], `SYNCML:SYNCML${request.header.verDtd}`) : undefined,
);

const metInfNamespace = eachExchange(({ trace }) => {
  if (trace.responseEncoding !== 'xml') return undefined;
  const tree = answerTree(trace);
  const elements = [...descendants(tree, 'Meta').flatMap(({ children }) => children), ...descendants(tree, 'Anchor')];
  return elements.length === 0 ? undefined : wrongNamespace(elements.flatMap(withAll), 'syncml:metinf');
});

export const HEADER_RULES: readonly ConformanceCase[] = [
  scan('HDR-001', missing),
  scan('HDR-002', outOfOrder),
  scan('HDR-003', sessionId),
  scan('HDR-004', messageIds),
  scan('HDR-005a', references('Status'), { title: 'MsgRef and CmdRef of each Status name the command, as it was sent' }),
  scan('HDR-005b', references('Results'), { title: 'MsgRef and CmdRef of Results name a Get of the client' }),
  active(
    'HDR-005c',
    async (lab) => {
      const session = await lab.openFirst();
      const get = drafts.get(session.device.devInfUri, session.device.devInfType);
      const answer = await session.send([get], { final: false });
      const [results] = answer.results;
      lab.given(results !== undefined, 'a Get in message 2 brings no Results');
      lab.equal(results?.msgRef, '2', 'MsgRef of the Results for a Get in message 2');
    },
    { title: 'Results for a Get in a later message have its MsgRef' },
  ),
  scan('HDR-006a', addresses('target'), { title: 'Target is the Source of the request' }),
  scan('HDR-006b', addresses('source'), { title: 'Source is the Target of the request' }),
  versionIs('HDR-007', '1.2'),
  versionIs('HDR-008', '1.1'),
  versionIs('HDR-009', '1.0'),
  scan('HDR-012a', rootNamespace, { title: 'The root is in the namespace of its version', encodings: ['xml'] }),
  scan('HDR-012b', metInfNamespace, { title: 'Meta information is in the namespace syncml:metinf', encodings: ['xml'] }),
  active(
    'HDR-012c',
    async (lab) => {
      const session = lab.device().session();
      const { devInfUri, devInfType } = session.device;
      const answer = await session.open([session.alert(Alert.SlowSync), drafts.get(devInfUri, devInfType)]);
      const found = descendants(answer.tree(), 'DevInf');
      lab.given(found.length > 0, 'the server gives no device information');
      const [wrong] = wrongNamespace(found.flatMap(withAll), 'syncml:devinf');
      lab.check(wrong === undefined, 'device information is in the namespace syncml:devinf', wrong ?? 'all its elements are');
    },
    { title: 'Device information is in the namespace syncml:devinf', encodings: ['xml'] },
  ),
  active(
    'HDR-015a',
    async (lab: Lab) => {
      const session = lab.device().session();
      const { header } = await session.open([session.alert(Alert.SlowSync)]);
      if (header.respUri === undefined) lab.unsupported('the server sends no RespURI');
      lab.check(/^https?:\/\/[^/]/i.test(header.respUri), 'RespURI is an absolute URI', header.respUri);
    },
    { title: 'RespURI sent is absolute' },
  ),
  active(
    'HDR-015b',
    async (lab: Lab) => {
      const session = lab.device().session();
      const { header } = await session.open([session.alert(Alert.SlowSync)]);
      const { respUri } = header;
      if (respUri === undefined) lab.unsupported('the server sends no RespURI');
      lab.given(URL.canParse(respUri, session.url), `RespURI ${respUri} is no address`);
      const { message } = session.compose([drafts.sync(session.device.store.names, [])]);
      const trace = await session.post(message, { url: new URL(respUri, session.url).href });
      lab.check(trace.answer !== undefined, 'the next message, sent to RespURI, is answered', trace.fault ?? 'it is');
      const status = trace.answer?.body.find((one) => one.kind === 'Status' && one.cmdRef === '0');
      lab.success(status?.kind === 'Status' ? status.code : undefined, 'its SyncHdr');
    },
    { title: 'RespURI works for the next message' },
  ),
];
