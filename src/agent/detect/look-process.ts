/** The process in which files are looked at; see `look.ts`. It ends with the one that started it. */
import { look, tablesOf, type Look, type LookRequest } from './look.js';

export type Question = { readonly kind: 'look'; readonly request: LookRequest } | { readonly kind: 'tables'; readonly path: string };
export interface LookMessage {
  readonly id: number;
  readonly question: Question;
}
export interface LookAnswer {
  readonly id: number;
  readonly look?: Look;
  readonly tables?: readonly string[] | undefined;
  readonly error?: { readonly code?: string | undefined; readonly message: string };
}

process.on('message', ({ id, question }: LookMessage) => {
  let answer: LookAnswer;
  try {
    answer = question.kind === 'look' ? { id, look: look(question.request) } : { id, tables: tablesOf(question.path) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    answer = { id, error: { code, message } };
  }
  process.send?.(answer);
});
process.on('disconnect', () => process.exit());
