/** What can be asked of `npm run bench -- load`. */
import { Command, InvalidArgumentError } from 'commander';
import { KINDS, type Kind, type Mix } from './plan.js';

export interface LoadOptions {
  readonly devices: number;
  readonly processes: number;
  /** Sessions a second; undefined: the highest sustainable rate is looked for. */
  readonly rate: number | undefined;
  readonly minutes: number;
  readonly mix: Mix;
  readonly cards: number;
  readonly seed: number;
  /** Sessions left open for the memory figure; 0: none. */
  readonly open: number;
  /** Accounts whose content is fetched and compared at the end. */
  readonly verify: number;
  /** Minutes of a soak, which takes the place of the other measurements; 0: none. */
  readonly soakMinutes: number;
  /** Collects garbage before memory is read, in the soak. */
  readonly heap: boolean;
  /** The servers are run with these options of node, such as --cpu-prof. */
  readonly node: readonly string[];
  /** One `moorage serve` runs all processes on one port. */
  readonly oneCommand: boolean;
}

const number =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isFinite(value) || value < least) throw new InvalidArgumentError(`a number, ${least} or more`);
    return value;
  };

/** `no-change=8,two-way=1,slow=1`; kinds left out have no share. */
function mixOf(text: string): Mix {
  const mix: Record<Kind, number> = { 'no-change': 0, 'two-way': 0, slow: 0 };
  for (const part of text.split(',')) {
    const [name, weight = '1'] = part.split('=');
    const kind = KINDS.find((one) => one === name);
    if (kind === undefined) throw new InvalidArgumentError(`kinds are ${KINDS.join(', ')}`);
    mix[kind] = number(0)(weight);
  }
  return mix;
}

const NO_CHANGE: Mix = { 'no-change': 1, 'two-way': 0, slow: 0 };

/** Prints and ends the process when an option is wrong. */
export function loadOptions(args: readonly string[]): LoadOptions {
  const command = new Command('npm run bench -- load')
    .option('--devices <n>', 'simulated devices, two an account', number(2), 1000)
    .option('--processes <n>', 'server processes on one store', number(1), 2)
    .option('--rate <n>', 'sessions a second; left out: the highest sustainable rate is looked for', number(0.1))
    .option('--minutes <n>', 'how long the rate is kept up', number(0.05), 0.5)
    .option('--mix <mix>', 'kinds of session by weight: no-change=8,two-way=1,slow=1', mixOf, NO_CHANGE)
    .option('--cards <n>', 'cards each device brings along', number(1), 10)
    .option('--seed <n>', 'makes arrivals and edits the same again', number(0), 1)
    .option('--open <n>', 'sessions left open to see what each holds in memory', number(0), 1000)
    .option('--verify <n>', 'accounts whose content is fetched and compared at the end', number(0), 50)
    .option('--soak-minutes <n>', 'keep the rate up this long and watch memory and files instead', number(0), 0)
    .option('--heap', 'collect garbage before memory is read in the soak', false)
    .option('--node <option>', 'an option of node for the servers, such as --cpu-prof', (one, all: string[]) => [...all, one], [])
    .option('--one-command', 'one "moorage serve --processes N" instead of one command a process', false);
  return command.parse([...args], { from: 'user' }).opts<LoadOptions>();
}
