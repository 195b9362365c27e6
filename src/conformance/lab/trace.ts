/** What was said in a session, message by message, as bytes and decoded: rules look at it and reports show it. */
import type { Message } from '../../model/message.js';
import type { Encoding } from '../../wire/dialect.js';

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface ExchangeTrace {
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: Uint8Array;
  readonly requestEncoding: Encoding;
  /** Undefined where the bytes were made by hand. */
  readonly request: Message | undefined;
  /** Undefined where no response came. */
  readonly response: HttpResponse | undefined;
  readonly responseEncoding: Encoding | undefined;
  /** Undefined where the body is no SyncML message. */
  readonly answer: Message | undefined;
  /** Why there is no answer. */
  readonly fault?: string;
  /**
   * The request breaks a rule on purpose, is sent twice, or its session is not an ordinary one: rules about what the server makes of an
   * ordinary message are not looked for in its answer.
   */
  readonly odd: boolean;
}

export interface SessionTrace {
  readonly caseId: string;
  readonly device: string;
  readonly exchanges: readonly ExchangeTrace[];
}
