/** The process in which one file is looked at; see `look.ts`. It ends with its answer: so does every lock and every file it had open. */
import { digestOf } from './digest-of.js';
import { look, tablesOf, type Look, type LookRequest } from './look.js';

export type Question =
  | { readonly kind: 'look'; readonly request: LookRequest }
  | { readonly kind: 'tables'; readonly path: string }
  | { readonly kind: 'digest'; readonly path: string };

export interface LookAnswer {
  readonly look?: Look;
  readonly tables?: readonly string[] | undefined;
  readonly digest?: string;
  readonly error?: { readonly code?: string | undefined; readonly message: string };
}

async function answerTo(question: Question): Promise<LookAnswer> {
  try {
    if (question.kind === 'look') return { look: look(question.request) };
    if (question.kind === 'tables') return { tables: tablesOf(question.path) };
    return { digest: await digestOf(question.path) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { error: { code, message } };
  }
}

process.on('message', (question: Question) => {
  void answerTo(question).then((answer) => process.send?.(answer, () => process.exit()));
});
process.on('disconnect', () => process.exit());
