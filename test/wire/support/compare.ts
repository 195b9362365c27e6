import type { Message } from '../../../src/model/message.js';

/**
 * A message as it can be written: MaxObjSize in a DataStore has no place in any DTD and is read only; a DevInf without a VerDTD gets the
 * message's, which the DTD demands.
 */
export function asWritten(message: Message, version: string): Message {
  return adapt(message, version) as Message;
}

function adapt(value: unknown, version: string): unknown {
  if (Array.isArray(value)) return value.map((member) => adapt(member, version));
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  const isDataStore = 'sourceRef' in value && 'syncCap' in value;
  const isDevInf = 'dataStores' in value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !(isDataStore && key === 'maxObjSize'))
      .map(([key, member]) => [key, isDevInf && key === 'verDtd' && member === '' ? version : adapt(member, version)]),
  );
}
