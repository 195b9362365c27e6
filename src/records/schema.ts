/** Schema changes as items say them; see docs/device-backup-protocol.md, "Schema changes". */

export type SchemaObject = 'table' | 'index' | 'view' | 'trigger';

export type SchemaChange =
  | {
      readonly op: 'create';
      readonly type: SchemaObject;
      readonly name: string;
      /** The table it belongs to; its own name for tables and views. */
      readonly table: string;
      readonly sql: string;
    }
  | { readonly op: 'drop'; readonly type: SchemaObject; readonly name: string }
  | { readonly op: 'extend'; readonly name: string; readonly sql: string }
  | { readonly op: 'set'; readonly userVersion?: number; readonly applicationId?: number };
