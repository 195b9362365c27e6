import type { Session } from '../engine/session.js';
import { isOpen } from '../engine/turn.js';
import type { SessionFacts } from '../storage/ports/inspection.js';
import type { Encoding } from '../wire/dialect.js';

/** What is stored with a session beside the engine's part. Sealed at rest. */
export interface SessionState {
  readonly engine: Session;
  /** Each message needs credentials of its own. */
  readonly perMessage: boolean;
  /** Known while a client that logged in with basic is served: answers a basic challenge. */
  readonly password?: string;
  /** Messages that were taken but not carried out yet, oldest first: the next message of the session brings their answers. */
  readonly parked?: readonly ParkedMessage[];
}

export interface ParkedMessage {
  readonly msgId: number;
  readonly encoding: Encoding;
  /** The client's package ended with it. */
  readonly final?: boolean;
  /** Base64 of the request's body. */
  readonly body: string;
}

export const parseState = (text: string): SessionState => JSON.parse(text) as SessionState;

/** What an inspection asks of a state; undefined when the text is none. */
export function sessionFacts(text: string): SessionFacts | undefined {
  try {
    const { engine, parked } = parseState(text);
    const phases: readonly string[] = ['initialization', 'modifications', 'map', 'ended'] satisfies readonly Session['phase'][];
    if (!phases.includes(engine.phase)) return undefined;
    return {
      ended: engine.phase === 'ended',
      // What has ended asks nothing of its pair any more.
      pairs: engine.stores.filter(isOpen).map(({ pair }) => pair),
      parked: (parked ?? []).map(({ msgId }) => msgId),
    };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
