/** Words that all kinds of SIF items have in common. [Outlook, "OlSensitivity", "OlImportance"] */

const SENSITIVITIES: ReadonlyMap<string, string> = new Map([
  ['1', 'PRIVATE'],
  ['2', 'PRIVATE'],
  ['3', 'CONFIDENTIAL'],
]);

/** CLASS of a number; '' for an item that is not hidden. */
export const sensitivityIn = (text: string): string => SENSITIVITIES.get(text) ?? '';

export const sensitivityOf = (word: string): string => {
  switch (word.toUpperCase()) {
    case 'PRIVATE':
      return '2';
    case 'CONFIDENTIAL':
      return '3';
    default:
      return '0';
  }
};

/** PRIORITY of an importance; '' for the usual one. */
export const importanceIn = (text: string): string => (text === '2' ? '1' : text === '0' ? '9' : '');

export function importanceOf(priority: string): string {
  const number = Number(priority);
  if (!Number.isInteger(number) || number < 1 || number === 5) return '1';
  return number < 5 ? '2' : '0';
}

export const categoriesIn = (text: string): readonly string[] => [
  ...new Set(
    text
      .split(/[,;]/)
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  ),
];

export const categoriesText = (members: readonly string[]): string =>
  [...new Set(members.map((one) => one.replace(/[,;]/g, ' ').trim()))].join(', ');
