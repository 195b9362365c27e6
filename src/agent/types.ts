/** What the agent is told and what it tells: the types of its public face. */
import type { BackupMethod, BackupWay } from '../records/manifest.js';

export type { BackupMethod, BackupWay } from '../records/manifest.js';

/** How a file or folder is backed up. */
export interface FileSettings {
  /** Of a file or a folder; made absolute. */
  readonly path: string;
  /** Sync endpoint: `https://sync.example.org/sync`. */
  readonly server: string;
  readonly user: string;
  /** `auto`: `logical` for SQLite databases, `file` for anything else. */
  readonly way: BackupWay | 'auto';
  readonly method: BackupMethod;
  /** How changes of a database by records travel: one batch, or an item each. */
  readonly form: 'batch' | 'records';
  readonly coding: 'gzip' | 'br' | 'zip' | 'none';
  /** Tables of a database; patterns such as `cache/` or `*.tmp` in a folder. */
  readonly exclude: readonly string[];
  /** Cron, local time: `0 0 * * *`. */
  readonly schedule?: string;
  /** `22:00-06:00`, local time. */
  readonly between?: string;
  /** Backups a day at most. */
  readonly maxPerDay?: number;
  /** `table.column` that the application raises with its changes. */
  readonly mark?: string;
  /** Smaller numbers first. */
  readonly order: number;
  readonly media?: string;
  readonly encoding: 'wbxml' | 'xml';
  readonly auth: 'md5' | 'basic';
  /** The server must prove that it knows the password. */
  readonly verifyServer: boolean;
}

export interface AddOptions extends Partial<Omit<FileSettings, 'path' | 'server' | 'user'>> {
  readonly path: string;
  readonly server: string;
  readonly user: string;
  /** Left out where this user's password at this server is known already. */
  readonly password?: string;
  /** On the server; the file's own name when left out. */
  readonly name?: string;
}

export interface ChangeCounts {
  readonly schema: number;
  readonly added: number;
  readonly replaced: number;
  readonly deleted: number;
  /** Of `exact` and `file`. */
  readonly bytes: number;
}

/** What became of one job. */
export interface JobReport {
  readonly file: string;
  /** `unchanged`: nothing was sent, not even a session. */
  readonly outcome: 'done' | 'unchanged' | 'interrupted' | 'suspended' | 'failed';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** The server's name of the session. */
  readonly job?: string;
  readonly way?: BackupWay;
  readonly method?: BackupMethod;
  /** Of the item the changes went in: `.`, `changes/42`, `records`, `pages/42`. */
  readonly sentAs?: string;
  readonly modification?: number;
  readonly generation?: number;
  readonly changes?: ChangeCounts;
  /** Bytes of messages, both ways. */
  readonly sent: number;
  readonly received: number;
  /** Milliseconds in which a writing application had to wait, at most. */
  readonly lockedMs: number;
  /** In words; says what to do where something is to be done. */
  readonly message?: string;
}

export interface FileStatus {
  readonly name: string;
  readonly settings: FileSettings;
  readonly folder: boolean;
  readonly way?: BackupWay;
  /** Why the file is kept `exact` although `logical` was meant. */
  readonly exactOnly?: string;
  readonly modification?: number;
  readonly generation?: number;
  readonly size?: number;
  /** Milliseconds since 1970. */
  readonly backedUpAt?: number;
  readonly checkedAt?: number;
  readonly nextAt?: number;
  /** Something was changed since the last backup; undefined when the file cannot be looked at. */
  readonly changed?: boolean;
  /** A backup was interrupted and goes on with the next run: the share sent, 0…1. */
  readonly pending?: number;
  readonly last?: JobReport;
}

export interface RestoreOptions {
  readonly out: string;
  /** Name of the file on the server. */
  readonly file: string;
  readonly server: string;
  readonly user: string;
  readonly password?: string;
  /** The newest generation not later. */
  readonly at?: Date;
  readonly generation?: number;
  /** URI of another device of the account. */
  readonly from?: string;
  /** Replace a file that is there. */
  readonly overwrite?: boolean;
  readonly encoding?: 'wbxml' | 'xml';
  readonly auth?: 'md5' | 'basic';
  readonly verifyServer?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface RestoreReport {
  readonly out: string;
  readonly size: number;
  readonly modification: number;
  readonly way: BackupWay;
  /** Whose backup it is, where it is another device's. */
  readonly device?: string;
  /** When the file had been written last, milliseconds since 1970. */
  readonly modifiedAt?: number;
  /** Hexadecimal; of the restored file. */
  readonly sha256: string;
  /** What was compared with the manifest. */
  readonly verifiedBy: 'sha256' | 'digest';
  readonly received: number;
  readonly objects: number;
}

export interface Progress {
  readonly file: string;
  readonly step: 'read' | 'send' | 'receive' | 'verify';
  /** Bytes. */
  readonly done: number;
  readonly total: number;
}

export interface BackupOptions {
  /** All when left out. */
  readonly names?: readonly string[];
  /** At the same time; one after another when left out or 1. */
  readonly parallel?: number;
  /** Suspends what is under way: it goes on with the next call. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}
