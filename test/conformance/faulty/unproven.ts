/**
 * Cases of a MUST that no faulty server turns red, each with the reason. `faulty.test.ts` compares the list with what there is: a case that
 * gets its fault leaves it, and a new case without one has to be entered here.
 */
const ALL = 'a server that breaks it fails nearly every case, so that no fault shows this one';

export const UNPROVEN: ReadonlyMap<string, string> = new Map([['HTTP-001', ALL]]);
