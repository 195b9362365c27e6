/** Token values, in both directions. [Representation Protocol 1.2.2, "WBXML Definition"; MetInf 1.2.2; DevInf 1.2] */
import { Alert } from '../../model/alert.js';
import type { DevInf } from '../../model/devinf.js';
import type { SyncmlVersion } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, scan, type ConformanceCase } from '../case.js';
import type { LabDevice } from '../lab/device.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import { serverDevInf } from '../lab/server-devinf.js';
import { readTokens, type WbxmlToken } from '../lab/wbxml-tokens.js';

/** Highest tag of each page and version; the pages begin with 05. Without 30, which is reserved on page 0. */
const LAST: Record<SyncmlVersion, readonly [syncml: number, metinf: number]> = {
  '1.0': [0x32, 0x14],
  '1.1': [0x34, 0x15],
  '1.2': [0x3c, 0x16],
};
const RESERVED = 0x30;

/** A tag that the version has on this page. */
function isDefined({ page, id }: WbxmlToken & { readonly kind: 'tag' }, version: SyncmlVersion): boolean {
  const last = LAST[version][page];
  return last !== undefined && id >= 0x05 && id <= last && !(page === 0 && id === RESERVED);
}

const DATA = 0x0f;
const DEV_INF = 0x0a;
const DEVINF_IDS: Record<SyncmlVersion, number> = { '1.0': 0x0fd2, '1.1': 0x0fd4, '1.2': 0x1203 };

/** Commands in SyncBody by which a server shows how it reads their tokens. */
const bodyCommands = (lab: Lab, device: LabDevice): readonly Draft[] => [
  device.putDevInf(),
  drafts.get(device.devInfUri, device.devInfType),
  drafts.change('Add', [{ source: 'x', data: 'x' }], { meta: { type: lab.kind.type } }),
  drafts.change('Replace', [{ source: 'x', data: 'x' }], { meta: { type: lab.kind.type } }),
  drafts.change('Delete', [{ source: 'x' }]),
  drafts.change('Copy', [{ source: 'x', target: 'y' }]),
  drafts.map(device.store.names, [['x', 'y']]),
  { kind: 'Exec', items: [drafts.item({ target: './no-program' })] },
  {
    kind: 'Search',
    sources: [{ uri: lab.target.datastore }],
    meta: { type: 'application/x-query' },
    data: { kind: 'content', bytes: drafts.bytesOf('all') },
  },
  drafts.group('Atomic', [drafts.change('Delete', [{ source: 'z' }])]),
  drafts.group('Sequence', [drafts.change('Delete', [{ source: 'z' }])]),
  ...(lab.variant.version === '1.2' ? [drafts.change('Move', [{ source: 'x', sourceParent: '/' }])] : []),
];

/** Device information in which every element of its version stands. */
function wholeDevInf(device: LabDevice): DevInf {
  const type = { ctType: 'text/x-vcard', verCt: '2.1' };
  const { version } = device;
  return {
    ...device.devInf(),
    oem: 'Example',
    dataStores: device.devInf().dataStores.map((store) => ({
      ...store,
      displayName: 'Laboratory',
      rx: [{ ctType: 'text/vcard', verCt: '3.0' }],
      tx: [{ ctType: 'text/vcard', verCt: '3.0' }],
      dsMem: { sharedMem: true, maxMem: 1_000_000, maxId: 1000 },
      ...(version === '1.2'
        ? {
            supportHierarchicalSync: true,
            filterRx: [{ ctType: 'syncml:filtertype-cgi', verCt: '1.0' }],
            filterCaps: [{ ctType: 'syncml:filtertype-cgi', verCt: '1.0', keywords: ['SINCE'], propNames: ['FN'] }],
          }
        : {}),
    })),
    ctCaps: [
      {
        ...type,
        ...(version === '1.2' ? { fieldLevel: true } : {}),
        properties: [
          { name: 'BEGIN', valEnum: ['VCARD'] },
          {
            name: 'FN',
            dataType: 'chr',
            maxSize: 200,
            displayName: 'Name',
            ...(version === '1.2' ? { maxOccur: 1, noTruncate: true } : {}),
          },
          { name: 'TEL', params: [{ name: 'TYPE', valEnum: ['CELL', 'HOME'], displayName: 'Kind' }] },
        ],
      },
    ],
    ext: [{ xNam: 'X-LAB', xVal: ['1'] }],
  };
}

const encodings = ['wbxml'] as const;

export const WBXML_TABLE_CASES: readonly ConformanceCase[] = [
  active(
    'WBX-003a',
    async (lab) => {
      const device = lab.device({ devInf: 'none' });
      const session = device.session();
      const put = device.putDevInf();
      let nested = false;
      await session.open([put, session.alert(Alert.SlowSync)], {
        editBytes: (bytes) => {
          nested = readTokens(bytes).tokens.some((token) => token.kind === 'opaque' && isDevInfDocument(token.bytes, lab.variant.version));
          return bytes;
        },
      });
      lab.given(nested, 'the suite writes DevInf otherwise');
      lab.success(session.code(put), 'a Put whose Data is an OPAQUE with a WBXML document');
    },
    { title: 'DevInf as OPAQUE WBXML document accepted', encodings },
  ),
  active(
    'WBX-003b',
    async (lab) => {
      const { answer } = await serverDevInf(lab);
      const { tokens } = readTokens(answer.http.body);
      const documents = tokens.filter((token, at) => {
        const before = tokens[at - 1];
        return (
          token.kind === 'opaque' && before?.kind === 'tag' && before.id === DATA && isDevInfDocument(token.bytes, lab.variant.version)
        );
      });
      lab.equal(documents.length, 1, 'Data with an OPAQUE that is a WBXML document of DevInf');
    },
    { title: 'DevInf as OPAQUE WBXML document sent', encodings },
  ),
  active(
    'WBX-013a',
    async (lab) => {
      const device = lab.device({ devInf: 'none' });
      const session = device.session();
      const commands = bodyCommands(lab, device);
      await session.open([session.alert(Alert.SlowSync), ...commands], { odd: true });
      const read = commands.map((command) => session.statusesFor(command)[0]?.cmd ?? 'no Status');
      lab.equal(
        read,
        commands.map(({ kind }) => kind),
        'Cmd of the Statuses',
      );
    },
    { title: 'Tokens of commands read', encodings },
  ),
  active(
    'WBX-013b',
    async (lab) => {
      const name = lab.name();
      const meta = {
        type: lab.kind.type,
        format: 'chr',
        version: lab.kind.verCt,
        size: drafts.bytesOf(lab.kind.make(name)).byteLength,
      };
      const add = drafts.add('1', lab.kind.make(name), lab.kind.type, { meta });
      const session = lab.device().session();
      await session.openStore(Alert.SlowSync);
      const mem = { sharedMem: true, freeMem: 1_000_000, freeId: 1000 };
      const sync = drafts.sync(session.device.store.names, [add], {
        meta: { mem, ...(lab.variant.version === '1.0' ? {} : { maxObjSize: 1_000_000 }) },
      });
      const answer = await session.send([sync]);
      lab.success(session.code(sync), 'a Sync with Mem, SharedMem, FreeMem and FreeID');
      lab.success(session.code(add), 'an Add with Type, Format, Version and Size');
      await session.pull(answer);
      await session.close();
      lab.equal(await lab.held(), [name], 'the server holds');
    },
    { title: 'Tokens of MetInf read', encodings },
  ),
  active(
    'WBX-013c',
    async (lab) => {
      const device = lab.device({ devInf: 'none' });
      const session = device.session();
      const put: Draft = {
        kind: 'Put',
        meta: { type: device.devInfType },
        items: [{ source: { uri: device.devInfUri }, data: { kind: 'devinf', devinf: wholeDevInf(device) } }],
      };
      const alert = session.alert(Alert.SlowSync);
      await session.open([put, alert]);
      lab.success(session.code(put), 'a Put of DevInf with every element');
      lab.oneOf(session.code(alert), [Status.Ok, Status.RefreshRequired], 'Status of the Alert beside it');
    },
    { title: 'Tokens of DevInf read', encodings },
  ),
  scan(
    'WBX-013d',
    ({ exchanges }) => {
      let applied = 0;
      const broken: string[] = [];
      for (const { response, responseEncoding, answer } of exchanges) {
        const version = (['1.0', '1.1', '1.2'] as const).find((one) => one === answer?.header.verDtd);
        if (responseEncoding !== 'wbxml' || !response || !version) continue;
        applied += 1;
        const tags = readTokens(response.body).tokens.flatMap((token) => (token.kind === 'tag' ? [token] : []));
        broken.push(
          ...tags
            .filter((tag) => !isDefined(tag, version))
            .map(({ page, id }) => `tag ${id.toString(16)} of page ${page} in SyncML ${version}`),
        );
      }
      return { applied, broken };
    },
    { title: 'Tokens written are those of the version’s tables', encodings },
  ),
];

function isDevInfDocument(bytes: Uint8Array, version: SyncmlVersion): boolean {
  try {
    const { publicId, publicIdText, tokens } = readTokens(bytes);
    const [root] = tokens;
    const known = publicId === DEVINF_IDS[version] || publicId === 1 || /DTD DevInf/i.test(publicIdText ?? '');
    return known && root?.kind === 'tag' && root.page === 0 && root.id === DEV_INF && root.content;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
