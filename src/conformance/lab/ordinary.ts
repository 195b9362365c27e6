/** Looking for a rule in the messages of all sessions: which exchanges a rule applies to, and how its breaches are gathered. */
import type { Command, Message } from '../../model/message.js';
import type { Scan } from '../case.js';
import type { ExchangeTrace, SessionTrace } from './trace.js';
import { treeOf, type Element } from './tree.js';

/** A message and its answer, both decoded. */
export interface Exchange {
  readonly trace: ExchangeTrace;
  readonly request: Message;
  readonly answer: Message;
}

/** Exchanges in which the client kept the rules and got a SyncML message. */
export function ordinary({ exchanges }: SessionTrace): readonly Exchange[] {
  return exchanges.flatMap((trace) => {
    const { request, answer, odd } = trace;
    return odd || !request || !answer ? [] : [{ trace, request, answer }];
  });
}

/** Those before the first odd one: for rules that look at several messages of a session. */
export function untilOdd(session: SessionTrace): readonly Exchange[] {
  const at = session.exchanges.findIndex(({ odd, request, answer }) => odd || !request || !answer);
  return ordinary({ ...session, exchanges: at < 0 ? session.exchanges : session.exchanges.slice(0, at) });
}

/**
 * A rule that each ordinary exchange keeps by itself.
 * @param look what is wrong with it, one text a breach; undefined where there is nothing to look at.
 */
export const eachExchange =
  (look: (exchange: Exchange) => readonly string[] | undefined) =>
  (session: SessionTrace): Scan => {
    const seen = ordinary(session).flatMap((exchange) => {
      const wrong = look(exchange);
      return wrong ? [wrong.map((words) => `message ${exchange.request.header.msgId}: ${words}`)] : [];
    });
    return { applied: seen.length, broken: seen.flat() };
  };

const trees = new WeakMap<ExchangeTrace, Element>();

/** The answer's elements; several rules look at them, they are read once. */
export function answerTree(trace: ExchangeTrace): Element {
  let tree = trees.get(trace);
  if (!tree) {
    if (!trace.response || !trace.responseEncoding) throw new Error('the exchange has no answer');
    tree = treeOf(trace.response.body, trace.responseEncoding);
    trees.set(trace, tree);
  }
  return tree;
}

/** Name of a command as Status/Cmd writes it. */
export const commandName = (command: Command): string => (command.kind === 'Unknown' ? command.name : command.kind);
