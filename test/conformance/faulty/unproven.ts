/**
 * Cases of a MUST that no faulty server turns red, each with the reason: all of them look at what every other case needs, so that a server that
 * breaks it fails nearly everything and shows nothing of this case. `faulty.test.ts` compares the list with what there is: a case that gets its
 * fault leaves it, and a new case without one has to be entered here.
 */
const ANSWERED = 'without it no message is answered, or none is read';
const GOES_ON = 'without it no session comes to its second message';
const USUAL_ITEM = 'the way in which the suite sends every item';
const USUAL_BYTES = 'the way in which the suite writes every message';
const FIRST_SYNC = 'every other case begins with such a sync';

export const UNPROVEN: ReadonlyMap<string, string> = new Map([
  ['HTTP-001', ANSWERED],
  ['HTTP-002', ANSWERED],
  ['HTTP-003', ANSWERED],
  ['HDR-015b', GOES_ON],
  ['AUT-010', GOES_ON],
  ['PKG-001a', GOES_ON],
  ['ANC-014a', FIRST_SYNC],
  ['PKG-009a', FIRST_SYNC],
  ['SYN-015a', USUAL_ITEM],
  ['MET-002c', USUAL_ITEM],
  ['WBX-001', USUAL_BYTES],
  ['WBX-004a', USUAL_BYTES],
  ['WBX-010a', USUAL_BYTES],
]);
