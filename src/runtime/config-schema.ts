/**
 * Every setting there is: its type, its default, and what a person is told to write. The names below are the keys of the
 * configuration file; `limits.maxMsgSize` is `MOORAGE_LIMITS_MAX_MSG_SIZE` in the environment. Sizes in bytes, times in milliseconds.
 */
import { z } from 'zod';
import { CONFLICT_POLICIES } from '../model/datastore.js';
import { DATASTORE_KINDS, DEFAULT_DATASTORES } from './datastores.js';
import { LOG_LEVELS } from './logger.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const whole = (fallback: number, least: number, most: number, what: string) =>
  z.number().int().min(least).max(most).default(fallback).describe(`${what}: a whole number from ${least} to ${most}`);
const bytes = (fallback: number, least: number, what: string, most = 1024 * 1024 * MIB) =>
  whole(fallback, least, most, `${what}, in bytes`);
/** No timer of the platform waits longer than 24 days. */
const time = (fallback: number, least: number, what: string, most = 24 * DAY) => whole(fallback, least, most, `${what}, in milliseconds`);
const age = (fallback: number, least: number, what: string) => time(fallback, least, what, 10 * 365 * DAY);
const text = (what: string) => z.string().min(1).describe(what);
const flag = (fallback: boolean, what: string) => z.boolean().default(fallback).describe(`${what}: true or false`);
const oneOf = <const T extends readonly [string, ...string[]]>(values: T, what: string) =>
  z.enum(values).describe(`${what}: one of ${values.join(', ')}`);

/** As it stands in Alert and DevInf. Phones type it on a number pad: short, no blanks, no path. */
const DATASTORE_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,31}$/;

const datastore = z.strictObject({
  uri: z.string().regex(DATASTORE_NAME).describe('the name a phone is given: letters, digits and . _ + -, at most 32'),
  kind: oneOf(DATASTORE_KINDS, 'what it holds'),
  types: z
    .array(text('a media type such as text/x-vcard'))
    .min(1)
    .optional()
    .describe('media types in order of preference, when not those of the kind'),
  policy: oneOf(CONFLICT_POLICIES, 'what stands when two sides changed the same').default('client-wins'),
  firstPolicy: oneOf(CONFLICT_POLICIES, "the same in a device's first sync").optional(),
  slowPolicy: oneOf(CONFLICT_POLICIES, 'the same in a later slow sync').optional(),
  aliases: z.array(text('another name phones use for it')).default([]).describe('other names phones use for it'),
  displayName: text('the name shown to people').optional(),
});

const LOCATION_ID = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const locationId = z.string().regex(LOCATION_ID).describe('its name: small letters, digits and _ -, at most 32');
const diskLocation = z.strictObject({
  id: locationId,
  kind: z.literal('disk'),
  folder: text('the folder; made, or mounted, before "moorage location prepare" is run'),
  timeoutMs: time(MINUTE, 100, 'how long one pack may take').optional(),
});
const s3Location = z.strictObject({
  id: locationId,
  kind: z.literal('s3'),
  endpoint: z
    .string()
    .refine((value) => isBaseUrl(value) && new URL(value).username === '')
    .describe('the URL of the bucket: such as https://s3.example.org/backups'),
  region: text('the region, as the service calls it').default('us-east-1'),
  accessKeyId: text('the access key'),
  secretAccessKey: text('the secret of the access key'),
  prefix: z
    .string()
    .regex(/^([A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/)
    .describe('what names in the bucket begin with; ends with a slash')
    .default(''),
  timeoutMs: time(30 * SECOND, 100, 'how long one try of a transfer may take').optional(),
  attempts: whole(4, 1, 20, 'tries of a transfer').optional(),
});

const isBaseUrl = (value: string): boolean => {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.search === '' && url.hash === '';
};

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const configSchema = z.strictObject({
  host: text('the address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for every network').default('127.0.0.1'),
  port: whole(8080, 0, 65535, 'the port to listen on, 0 picks a free one'),
  processes: whole(1, 1, 64, 'server processes that share the port and the data folder: as many as there are processor cores'),
  data: text('the folder the server keeps everything in').default('.moorage'),
  publicUrl: z
    .string()
    .refine(isBaseUrl)
    .optional()
    .describe('the URL phones reach the sync endpoint by, when a proxy stands in front: such as https://sync.example.org/sync'),
  strict: flag(false, 'for laboratories: let no deviation from the specification pass that phones are let off with otherwise'),
  serverId: text('the name the server gives itself towards phones').max(64).default('moorage'),
  timeZone: z
    .string()
    .refine(isTimeZone)
    .default(() => new Intl.DateTimeFormat().resolvedOptions().timeZone)
    .describe('where phones are of which nothing nearer is known: a name such as Europe/Berlin; else that of this machine'),
  handsets: z
    .strictObject({ folder: text('a folder with handset profiles of your own, as JSON; they are read again when they change').optional() })
    .prefault({}),
  matching: z
    .strictObject({
      loose: oneOf(
        ['first', 'always', 'never'],
        "when two items are taken for one that have a name in common and nothing against it: in a device's first sync, in every slow sync, or never",
      ).default('first'),
    })
    .prefault({}),
  growth: z
    .strictObject({
      guard: flag(true, 'stop a device that keeps adding items which say nothing beyond those it has'),
      least: whole(20, 0, 1_000_000, 'how many such items it may bring in a day in any case'),
      percent: whole(50, 0, 100, 'how many percent of the items it brings may be such'),
    })
    .prefault({}),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional()
    .describe('where telephone numbers without the prefix of a country are: the two capital letters of ISO 3166, such as DE'),
  key: z
    .strictObject({
      file: text('the file that holds the master key').optional(),
      text: text('the master key itself').optional(),
    })
    .prefault({}),
  limits: z
    .strictObject({
      maxBodyBytes: bytes(16 * MIB, 10 * KIB, 'largest request body, also after unpacking'),
      maxDepth: whole(64, 8, 1000, 'deepest nesting of elements'),
      maxElements: whole(400_000, 1000, 100_000_000, 'most elements in a message'),
      itemsPerMessage: whole(20_000, 1, 1_000_000, 'most items in a message'),
      sessionsPerAccount: whole(20, 1, 10_000, 'most open sessions of one user'),
      maxMsgSize: bytes(150_000, 2000, 'largest message phones are asked to send', 16 * MIB),
      maxObjSize: bytes(16 * MIB, 1000, 'largest item', 1024 * MIB),
      quotaBytes: bytes(1024 * MIB, 0, 'item content one user may keep'),
      maxFileBytes: bytes(1024 * MIB, 1000, 'largest file of a device that is backed up', 64 * 1024 * MIB),
      maxUpdateBytes: bytes(64 * MIB, 1000, 'largest batch of changes to such a file; it is held in memory', 1024 * MIB),
      inFlight: whole(64, 1, 100_000, 'messages worked on at a time; phones get "busy" beyond'),
    })
    .prefault({}),
  auth: z
    .strictObject({
      methods: z
        .array(oneOf(['md5', 'basic'], 'a way to log in'))
        .min(1)
        .default(['md5', 'basic'])
        .describe('the ways to log in that are allowed: md5,basic'),
      challenge: oneOf(['md5', 'basic'], 'the way to log in that phones are asked for (md5 where it is allowed)').optional(),
      maxAttempts: whole(3, 1, 100, 'failed log-ins before no further challenge is given'),
      lockOut: z
        .strictObject({
          firstDelayMs: time(2 * SECOND, 0, 'how long log-ins are refused after the last allowed attempt; doubles with each failure'),
          maxDelayMs: time(15 * MINUTE, 0, 'the longest such delay'),
        })
        .prefault({}),
      requireHmac: flag(false, 'accept only messages with an x-syncml-hmac header'),
      keepPasswords: flag(true, 'keep passwords, sealed: md5 of SyncML 1.0 cannot be checked without them'),
      perMessage: flag(false, 'ask for credentials with every message instead of once a session'),
    })
    .prefault({}),
  http: z
    .strictObject({
      headersTimeoutMs: time(
        20 * SECOND,
        SECOND,
        'how long the headers of a request may take, and a slow body while others wait for its place',
      ),
      requestTimeoutMs: time(5 * MINUTE, SECOND, 'how long a whole request may take to arrive'),
      keepAliveTimeoutMs: time(75 * SECOND, SECOND, 'how long an idle connection is kept'),
      maxConnections: whole(2000, 10, 1_000_000, 'connections of one process at a time; for one more, the one idle longest is closed'),
      shutdownTimeoutMs: time(10 * SECOND, 0, 'how long messages in hand may take when the server stops'),
      trustProxy: flag(false, 'take the address of a phone from X-Forwarded-For, because a proxy of yours sets it'),
    })
    .prefault({}),
  datastores: z
    .array(datastore)
    .min(1)
    .default(DEFAULT_DATASTORES.map((store) => ({ ...store, aliases: [...store.aliases], policy: 'client-wins' as const })))
    .describe('the datastores every user has: a list such as [{"uri":"contacts","kind":"contacts"}]'),
  locations: z
    .array(z.discriminatedUnion('kind', [diskLocation, s3Location]))
    .default([])
    .describe(
      'storage locations of device backups beside "local" in the data folder: a list such as [{"id":"nas","kind":"disk","folder":"/mnt/nas/moorage"}]',
    ),
  location: text('the storage location of users that have none of their own: local, or one of locations').default('local'),
  accountService: z
    .strictObject({
      url: z
        .string()
        .refine((value) => isBaseUrl(value) && new URL(value).username === '')
        .optional()
        .describe(
          'the account service that is asked about users and devices this server does not know: such as https://accounts.example.org/moorage',
        ),
      token: text('the bearer token this server shows to the account service').min(16).optional(),
      timeoutMs: time(5 * SECOND, 100, 'how long one try of asking may take', MINUTE),
      attempts: whole(2, 1, 5, 'tries of asking'),
      restMs: time(10 * SECOND, 0, 'how long it is not asked again after it did not answer', HOUR),
    })
    .prefault({}),
  accountApi: z
    .strictObject({
      serverToken: text('"moorage account-service": the bearer token of servers that ask about users').min(16).optional(),
      signUpToken: text('"moorage account-service": the bearer token of who signs users up and entitles them').min(16).optional(),
    })
    .prefault({}),
  databases: z.strictObject({ enabled: flag(true, "back up devices' files, under ./db/NAME") }).prefault({}),
  backup: z
    .strictObject({
      keepGenerations: whole(30, 1, 100_000, 'backups kept of one file, the newest'),
      keepDays: whole(365, 1, 100_000, 'how many days backups are kept'),
      maxRemovedPercent: whole(50, 0, 100, 'percent of the rows a backup may remove without being flagged'),
      minRemovedRows: whole(20, 0, 1_000_000_000, 'rows a backup may remove in any case without being flagged'),
      keepUpdates: flag(false, 'keep the updates of files as they came, for restores of a full copy and what followed'),
    })
    .prefault({}),
  log: z.strictObject({ level: oneOf(LOG_LEVELS, 'how much is logged').default('info') }).prefault({}),
  trace: z
    .strictObject({
      messages: flag(false, 'for laboratories: keep the messages of each session, sealed, for "session show --messages"'),
      maxMessages: whole(200, 1, 100_000, 'messages kept of one session, the newest'),
      maxBytes: bytes(8 * MIB, 10 * KIB, 'bodies kept of one session', 1024 * MIB),
    })
    .prefault({}),
  sweepIntervalMs: time(5 * MINUTE, SECOND, 'how often what is out of date is removed'),
  /** Ages, milliseconds. */
  retention: z
    .strictObject({
      endedSessionAge: age(2 * DAY, 10 * MINUTE, 'how long ended sessions are kept'),
      openSessionAge: age(2 * HOUR, 10 * MINUTE, 'how long a session waits for the next message'),
      openSyncAge: age(30 * DAY, HOUR, 'how long a sync that was broken off can be taken up again'),
      versionAge: age(90 * DAY, 0, 'how long older versions of items are kept'),
      conflictAge: age(90 * DAY, 0, 'how long the conflict journal is kept'),
      refusalAge: age(30 * DAY, HOUR, 'how long failed log-ins are remembered'),
      orphanBlobAge: age(HOUR, 10 * MINUTE, 'how long content that no row names is kept'),
      draftAge: age(DAY, HOUR, 'how long a backup that was broken off can be taken up again'),
    })
    .prefault({}),
});

/** Keys whose values are never printed. */
export const SECRET_KEYS: ReadonlySet<string> = new Set([
  'key.text',
  'accountService.token',
  'accountApi.serverToken',
  'accountApi.signUpToken',
]);
/** Names within lists whose values are never printed. */
export const SECRET_NAMES: ReadonlySet<string> = new Set(['secretAccessKey']);

/** How a key's text in the environment is read. */
export type KeyType = 'text' | 'number' | 'boolean' | 'list' | 'json';
export interface ConfigKey {
  /** `limits.maxMsgSize` */
  readonly path: string;
  /** `MOORAGE_LIMITS_MAX_MSG_SIZE` */
  readonly variable: string;
  readonly type: KeyType;
  /** What it is and what to write. */
  readonly hint: string;
  /** The value when nothing is said; undefined: none. */
  readonly fallback: unknown;
}

const upperSnake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();

/** The environment's name of a key. The key text is the one exception to the rule: MOORAGE_KEY. */
export const variableOf = (path: string): string =>
  path === 'key.text' ? 'MOORAGE_KEY' : `MOORAGE_${path.split('.').map(upperSnake).join('_')}`;

function leafType(schema: z.core.$ZodType): KeyType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return leafType(schema.unwrap());
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'boolean';
  if (schema instanceof z.ZodArray)
    return schema.element instanceof z.ZodObject || schema.element instanceof z.ZodDiscriminatedUnion ? 'json' : 'list';
  return 'text';
}

function hintOf(schema: z.core.$ZodType): string {
  const own = schema instanceof z.ZodType ? schema.description : undefined;
  if (own !== undefined) return own;
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? hintOf(schema.unwrap()) : '';
}

function leaves(shape: Readonly<Record<string, z.core.$ZodType>>, prefix: string): ConfigKey[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const inner = schema instanceof z.ZodPrefault ? schema.unwrap() : schema;
    if (inner instanceof z.ZodObject) return leaves(inner.shape, path);
    const fallback: unknown = schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
    return [{ path, variable: variableOf(path), type: leafType(schema), hint: hintOf(schema), fallback }];
  });
}

/** All keys, in the order of the schema. */
export const CONFIG_KEYS: readonly ConfigKey[] = leaves(configSchema.shape, '');
