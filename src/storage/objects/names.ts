import { OBJECT_NAME } from '../ports/objects.js';

/** @throws {RangeError} when no object can have this name. */
export function checkName(name: string): void {
  if (!OBJECT_NAME.test(name)) throw new RangeError(`"${name}" is no object name`);
}

/** @throws {RangeError} when no object's name can begin so. */
export function checkPrefix(prefix: string): void {
  if (prefix !== '' && !OBJECT_NAME.test(`${prefix}x`)) throw new RangeError(`no object's name begins with "${prefix}"`);
}
