/** Faults in device information, and in what is made of the client's. */
import type { CtCap, DevInf, DevInfDataStore } from '../../../src/model/devinf.js';
import type { Command, Message, SyncCommand } from '../../../src/model/message.js';
import { isSyncType } from '../../../src/model/alert.js';
import { Status } from '../../../src/model/status.js';
import { editText } from './client-changes.js';
import { both, editAnswer, editCommands, editHttp, editRequest, editStatuses, type Fault, type Wrap } from './faulty.js';

/** Changes the device information the server gives. */
const editDevInf = (edit: (devInf: DevInf, request: Message) => DevInf): Wrap =>
  editCommands((command, request) => {
    if (command.kind !== 'Results') return command;
    const items = command.items.map((item) =>
      item.data?.kind === 'devinf' ? { ...item, data: { ...item.data, devinf: edit(item.data.devinf, request) } } : item,
    );
    return { ...command, items };
  });
const editStores = (edit: (store: DevInfDataStore) => DevInfDataStore): Wrap =>
  editDevInf((devInf) => ({ ...devInf, dataStores: devInf.dataStores.map(edit) }));

const hasSync = ({ body }: Message): boolean => body.some(({ kind }) => kind === 'Sync');
const sessionOf = ({ header }: Message): string => `${header.source.uri} ${header.sessionId}`;

/** Changes NumberOfChanges of the server's Syncs, by the one its session began with. */
function editNumbers(edit: (sync: SyncCommand, first: { readonly number: number | undefined } | undefined) => SyncCommand): Wrap {
  const first = new Map<string, { number: number | undefined }>();
  return editAnswer((answer, request) => {
    if (!hasSync(answer)) return answer;
    const session = sessionOf(request);
    const body = answer.body.map((command) => {
      if (command.kind !== 'Sync') return command;
      const edited = edit(command, first.get(session));
      if (!first.has(session)) first.set(session, { number: command.numberOfChanges });
      return edited;
    });
    return { ...answer, body };
  });
}

/** Answers that fail the session of a client that will not say what it is. */
const needsDevInf = editAnswer((answer, request) => {
  const refuses = request.body.some((command) => command.kind === 'Status' && command.cmd === 'Get' && command.code >= 400);
  if (!refuses) return answer;
  const failed = answer.body.flatMap((command): Command[] =>
    command.kind === 'Status' ? [command.cmdRef === '0' ? command : { ...command, code: Status.CommandFailed }] : [],
  );
  return { ...answer, body: failed };
});

const noSource = editCommands((command) => {
  if (command.kind !== 'Results') return command;
  const { sourceRef: _sourceRef, ...rest } = command;
  return { ...rest, items: command.items.map(({ source: _source, ...item }) => item) };
});
const wrongType = editCommands((command) =>
  command.kind === 'Results' || command.kind === 'Get'
    ? { ...command, meta: { ...command.meta, type: 'application/vnd.syncml-devinf+xml' } }
    : command,
);
const oldUri = editCommands((command) =>
  command.kind === 'Get' ? { ...command, items: command.items.map((item) => ({ ...item, target: { uri: './devinf11' } })) } : command,
);

/** Hears other lists of properties than the client sends. */
function editCtCaps(edit: (ctCaps: readonly CtCap[]) => readonly CtCap[] | undefined): Wrap {
  const edited = <T extends { readonly ctCaps?: readonly CtCap[] }>({ ctCaps, ...rest }: T): Omit<T, 'ctCaps'> & Pick<DevInf, 'ctCaps'> => {
    const heard = ctCaps && edit(ctCaps);
    return heard ? { ...rest, ctCaps: heard } : rest;
  };
  return editRequest((request) => ({
    ...request,
    body: request.body.map((command) => {
      if (command.kind !== 'Put' && command.kind !== 'Results') return command;
      const items = command.items.map((item) => {
        if (item.data?.kind !== 'devinf') return item;
        const devinf = edited(item.data.devinf);
        return { ...item, data: { ...item.data, devinf: { ...devinf, dataStores: devinf.dataStores.map(edited) } } };
      });
      return { ...command, items };
    }),
  }));
}

/** What the client says of properties it can hold is overlooked. */
const deafToProperties = editCtCaps(() => undefined);

/** What the client leaves out of its lists it is taken to have all the same. */
const knowsBetter = editCtCaps((ctCaps) =>
  ctCaps.map((cap) => {
    const missing = ['NOTE', 'DESCRIPTION'].filter((name) => !cap.properties.some((property) => property.name === name));
    return { ...cap, properties: [...cap.properties, ...missing.map((name) => ({ name }))] };
  }),
);

/** Times in UTC become local ones, and the other way round. */
const otherTimes = editCommands((command) =>
  command.kind === 'Add' || command.kind === 'Replace'
    ? {
        ...command,
        items: command.items.map((item) =>
          editText(item, (text) =>
            text.replace(
              /^(DT(?:START|END)[^:\r\n]*:\d{8}T\d{6})(Z?)/gm,
              (_whole, time: string, z: string) => time + (z === '' ? 'Z' : ''),
            ),
          ),
        ),
      }
    : command,
);

export const DEVINF_FAULTS: readonly Fault[] = [
  {
    name: 'answers device information, given and asked for, as something it does not do',
    red: ['DEV-001a', 'DEV-002a', 'DEV-002b', 'DEV-003a'],
    alsoRed: ['AUT-006a', 'AUT-006b', 'WBX-003a', 'WBX-013c'],
    wrap: () =>
      editStatuses((status) =>
        status.cmd === 'Put' || status.cmd === 'Results' || (status.cmd === 'Get' && status.code === Status.Ok)
          ? { ...status, code: Status.FeatureNotSupported }
          : status,
      ),
  },
  {
    name: 'has a datastore without a name, and one that takes nothing',
    red: ['DEV-010a', 'DEV-010b'],
    wrap: () =>
      editDevInf((devInf) => ({
        ...devInf,
        dataStores: devInf.dataStores.map((store, at) => {
          const { rxPref: _rxPref, ...rest } = store;
          return at === devInf.dataStores.length - 1 ? { ...rest, sourceRef: '' } : store;
        }),
      })),
  },
  {
    name: 'does not describe what its datastores like best',
    red: ['DEV-012'],
    variant: { version: '1.1', encoding: 'wbxml' },
    wrap: () =>
      editDevInf((devInf) => ({
        ...devInf,
        ctCaps: (devInf.ctCaps ?? []).filter(({ ctType }) => !devInf.dataStores.some(({ rxPref }) => rxPref?.ctType === ctType)),
      })),
  },
  { name: 'writes times as the other half of its clients want them', red: ['DEV-015', 'DEV-016'], wrap: () => otherTimes },
  {
    name: 'overlooks what a client can hold of an item',
    red: ['DEV-017', 'DEV-018', 'DEV-019'],
    wrap: () => deafToProperties,
  },
  { name: 'takes what a client has no place for as removed by it', red: ['DEV-024'], wrap: () => knowsBetter },
  {
    name: 'sends and asks for device information under wrong names',
    red: ['DEV-004', 'DEV-005a', 'DEV-005b', 'DEV-006'],
    wrap: () => both(noSource, both(wrongType, oldUri)),
  },
  {
    name: 'describes itself as a client would, and its datastores by half',
    red: ['DEV-008', 'DEV-009', 'DEV-010c', 'DEV-010d', 'DEV-011', 'DEV-022a'],
    wrap: () =>
      both(
        editDevInf((devInf, { header }) => ({ ...devInf, devId: header.source.uri })),
        editStores(({ txPref: _txPref, ...store }) => ({
          ...store,
          sourceRef: `./${store.sourceRef.replace(/^\.\//, '')}`,
          maxGuidSize: 64,
          syncCap: [],
          ctCaps: (store.ctCaps ?? []).map((cap, at) => (at === 1 ? { ...cap, properties: [] } : cap)),
        })),
      ),
  },
  {
    name: 'counts one change too many, and again in every message',
    red: ['DEV-014b', 'DEV-014c'],
    wrap: () =>
      editNumbers((sync, first) => {
        const number = first ? first.number : sync.numberOfChanges;
        return number === undefined ? sync : { ...sync, numberOfChanges: number + 1 };
      }),
  },
  {
    name: 'gives no Results for a Get of its device information',
    red: ['DEV-001b'],
    wrap: () => editCommands((command) => (command.kind === 'Results' ? undefined : command)),
  },
  {
    name: 'is deaf to the Results it asked for',
    red: ['DEV-003b', 'DEV-021b'],
    wrap: () => editRequest((request) => ({ ...request, body: request.body.filter(({ kind }) => kind !== 'Results') })),
  },
  {
    name: 'fails clients that give no device information',
    red: ['DEV-023'],
    wrap: () => needsDevInf,
  },
  {
    name: 'says that its device information is of DevInf 1.1 in a session of 1.2',
    red: ['DEV-007'],
    variant: { version: '1.2', encoding: 'xml' },
    wrap: () =>
      editHttp((answer) => {
        const text = Buffer.from(answer.body).toString('utf8');
        const edited = text.replace(/(<DevInf[^>]*><VerDTD>)1\.2/, '$11.1');
        return edited === text ? answer : { ...answer, body: Buffer.from(edited) };
      }),
  },
  {
    name: 'counts its changes for everybody',
    red: ['DEV-013a', 'DEV-013b', 'DEV-013c'],
    wrap: () => editNumbers((sync, first) => (first ? sync : { ...sync, numberOfChanges: sync.numberOfChanges ?? sync.commands.length })),
  },
  {
    name: 'counts its changes for nobody',
    red: ['DEV-014a'],
    wrap: () => editNumbers(({ numberOfChanges: _number, ...sync }) => sync),
  },
  {
    name: 'marks whole items as changes of single fields',
    red: ['DEV-020b', 'MET-004'],
    wrap: () =>
      editCommands((command) =>
        command.kind === 'Add' || command.kind === 'Replace' ? { ...command, meta: { ...command.meta, fieldLevel: true } } : command,
      ),
  },
  {
    name: 'asks for device information in every session',
    red: ['DEV-021a', 'DEV-021b'],
    wrap: () =>
      editAnswer((answer) => {
        const opens = answer.body.some((command) => command.kind === 'Alert' && isSyncType(command.code ?? 0));
        if (!opens || answer.body.some(({ kind }) => kind === 'Get')) return answer;
        const get: Command = {
          kind: 'Get',
          cmdId: '900',
          meta: { type: 'application/vnd.syncml-devinf+wbxml' },
          items: [{ target: { uri: './devinf12' } }],
        };
        return { ...answer, body: [...answer.body, get] };
      }),
  },
];
