const NOTIFICATION = 'notifications go to the device by WAP push, SMS or OBEX';
const PROVISIONING = 'provisioning documents go to the device by WAP push or SMS';

/** Requirements that nobody can look at through the sync endpoint, each with the reason. */
export const UNOBSERVABLE: ReadonlyMap<string, string> = new Map([
  ['SAN-001', `${NOTIFICATION}: their fields are never in an answer`],
  ['SAN-002', `${NOTIFICATION}: their digest is never in an answer`],
  ['SAN-003', `${NOTIFICATION}: their future-use bits are never in an answer`],
  ['SAN-004', `${NOTIFICATION}: whether one is repeated shows on the device only`],
  ['SAN-005', `${NOTIFICATION}: their version field is never in an answer`],
  ['SAN-006', `${NOTIFICATION}: the content type is that of the push, not of an answer`],
  ['SAN-007', `${NOTIFICATION}: the application id is in the header of the push`],
  ['SAN-008', `${NOTIFICATION}: that the server waits for nothing after one shows nowhere but inside it`],
  ['SAN-009', `${NOTIFICATION}: their body is never in an answer`],
  ['SAN-010', `${NOTIFICATION}, those of 1.1 as well: on HTTP the server cannot send first`],
  ['SAN-011', `${NOTIFICATION}, those of 1.1 as well: on HTTP the server cannot send first`],
  ['SAN-012', `${NOTIFICATION}: ports and segments are those of the short messages`],
  ['SAN-013', 'a push proxy gateway is spoken to by the server, at an address of its own choice'],
  ['PRV-001', `${PROVISIONING}: the document is never in an answer`],
  ['PRV-002', `${PROVISIONING}: the document’s PROVIDER-ID is never in an answer`],
  ['PRV-003', `${PROVISIONING}: the MAC is a parameter of the push`],
  ['PRV-004', `${PROVISIONING}: the key of the MAC is known to the device and the operator only`],
  ['PRV-005', `${PROVISIONING}: their tokens are in no answer`],
  ['PRV-006', `${PROVISIONING}, SyncSettings as well`],
  ['ANC-007', 'a server is busy when it has too much to do, and the suite does not put it under load'],
  ['SYN-007', `${NOTIFICATION}, and so does package 0`],
  ['SYN-025', 'nothing in device information tells that a datastore is read-only, and a client cannot make one so'],
]);
