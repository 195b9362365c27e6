/** The engine's effects for a datastore that is the copy of a device's file. */
export { change } from './change.js';
export { finish } from './restored.js';
export { answered, outgoing, received, resend, rewind, sent, skip } from './sending.js';
