/** What all commands have in common: the options, the settings, the store, and how an answer is printed. */
import { Option, type Command } from 'commander';
import { UserError } from '../model/errors.js';
import { loadConfig, type Config } from '../runtime/config.js';
import { createLogger, type Logger } from '../runtime/logger.js';
import type { InspectableStore } from '../storage/ports/inspection.js';
import { json, printableLines } from './output.js';
import type { OpenMode, Rooms } from './rooms.js';

/** A command's words for people, and the same as JSON. */
export interface Answer {
  readonly text: string;
  readonly json: unknown;
  /** The text is data, for files and other programs: to those it goes as it is. */
  readonly verbatim?: boolean;
  /** When it is not 0: the command did its work, and what it found is no good news. */
  readonly exitCode?: number;
}

/** Options as commander gives them: text, true for flags, lists for repeated ones. */
export type Options = Readonly<Record<string, unknown>>;

/** One run of a command. */
export interface Run {
  readonly rooms: Rooms;
  readonly config: Config;
  readonly logger: Logger;
  readonly options: Options;
  /** The command's arguments, in order. */
  readonly args: readonly string[];
  /** Opens the store, and closes it after `work`. */
  withStore<T>(mode: OpenMode, work: (store: InspectableStore) => Promise<T>): Promise<T>;
}

/** Ends the command line with an exit code; what there is to say has been printed. */
export class Finished extends Error {
  override readonly name = 'Finished';
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

export type Action = (run: Run) => Promise<Answer | undefined>;

/** Text of an option; undefined when it was not given. */
export const textOption = (run: Run, name: string): string | undefined => {
  const value = run.options[name];
  return typeof value === 'string' ? value : undefined;
};
export const flagOption = (run: Run, name: string): boolean => run.options[name] === true;

/** @throws {UserError} when it is no whole number of at least `least`. */
export function numberOption(run: Run, name: string, least: number): number | undefined {
  const text = textOption(run, name);
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text) || Number(text) < least) throw new UserError(`--${name} ${text}: write a whole number of at least ${least}.`);
  return Number(text);
}

export const argument = (run: Run, at: number): string => run.args[at] ?? '';

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** Flags that set a key of the configuration, by commander's name for them. */
const CONFIG_FLAGS: Readonly<Record<string, string>> = {
  data: 'data',
  keyFile: 'key.file',
  host: 'host',
  port: 'port',
  processes: 'processes',
  publicUrl: 'publicUrl',
  logLevel: 'log.level',
  strict: 'strict',
  keepMessages: 'trace.messages',
  handsets: 'handsets.folder',
};

function configFlags(options: Options): Record<string, unknown> {
  const flags: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(CONFIG_FLAGS)) if (options[name] !== undefined) flags[key] = options[name];
  for (const pair of (options['set'] as readonly string[] | undefined) ?? []) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new UserError(`--set ${pair}: write --set KEY=VALUE, such as --set limits.maxMsgSize=20000.`);
    flags[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return flags;
}

/** Adds the options every command takes, and runs `action` with settings read and a store at hand. */
export function leaf(rooms: Rooms, command: Command, action: Action): Command {
  return command
    .option('--data <dir>', 'the data folder (default: .moorage)')
    .option('--config <file>', 'settings, as JSON (default: moorage.json in the data folder)')
    .addOption(new Option('--key-file <file>', 'the file with the master key'))
    .option('--set <key=value>', 'any other setting; "moorage config" lists them', collect)
    .option('--log-level <level>', 'silent, error, warn, info or debug')
    .option('--json', 'answer as JSON')
    .action(async () => {
      const options: Options = command.opts();
      const file = options['config'];
      const { config, warnings } = loadConfig({
        flags: configFlags(options),
        environment: rooms.environment,
        ...(typeof file === 'string' ? { file } : {}),
      });
      for (const warning of warnings) rooms.streams.err(`Note: ${warning}\n`);
      const logger = createLogger(config.log.level, undefined, rooms.worker && { worker: rooms.worker.place });
      const run: Run = {
        rooms,
        config,
        logger,
        options,
        args: command.processedArgs.filter((arg) => arg !== undefined).map(String),
        withStore: async (mode, work) => {
          const store = await rooms.openStore(config, logger, mode);
          try {
            return await work(store);
          } finally {
            await store.close();
          }
        },
      };
      const answer = await action(run);
      if (answer === undefined) return;
      const asIs = answer.verbatim === true && !rooms.streams.isTerminal;
      rooms.streams.out(options['json'] === true ? `${json(answer.json)}\n` : asIs ? answer.text : printableLines(answer.text));
      if (answer.exitCode !== undefined && answer.exitCode !== 0) throw new Finished(answer.exitCode);
    });
}
