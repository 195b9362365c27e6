/** Meta information. [SyncML Meta Information 1.2.2] */
import { Alert } from '../../model/alert.js';
import type { Meta } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, scan, type ConformanceCase } from '../case.js';
import { everyCommand } from '../lab/answer.js';
import * as drafts from '../lab/drafts.js';
import type { Draft } from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { SendOptions } from '../lab/session.js';

/** A change with this Meta is carried out, and the item is what was sent. */
async function addsWith(
  lab: Lab,
  what: string,
  meta: Meta,
  options: { readonly data?: (text: string) => string; readonly push?: SendOptions } = {},
): Promise<void> {
  const name = lab.name();
  const text = lab.kind.make(name);
  const add = drafts.add('1', options.data?.(text) ?? text, lab.kind.type, { meta: { type: lab.kind.type, ...meta } });
  const { session } = await lab.sync(lab.device(), Alert.SlowSync, [add], options.push ? { push: options.push } : {});
  lab.success(session.code(add), `an Add with ${what}`);
  lab.equal(await lab.held(), [name], 'the server holds');
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** Puts the root element MetInf around the Type of a command, in the encoded message. @returns the bytes themselves where there is no such Meta. */
function withRoot(bytes: Uint8Array, type: string): Uint8Array {
  const pairs = [
    [`<Meta><Type xmlns="syncml:metinf">${type}</Type></Meta>`, `<Meta><MetInf xmlns="syncml:metinf"><Type>${type}</Type></MetInf></Meta>`],
    // Meta, page 1, Type, text, END of Type, END of Meta; with MetInf behind the switch of pages.
    [`\x5a\0\x01\x53\x03${type}\0\x01\x01`, `\x5a\0\x01\x4e\x53\x03${type}\0\x01\x01\x01`],
  ] as const;
  const text = Buffer.from(bytes).toString('latin1');
  const found = pairs.find(([plain]) => text.includes(plain));
  return found ? Buffer.from(text.replace(found[0], found[1]), 'latin1') : bytes;
}

/** What a memory of this size lets the server send. */
async function withMemory(lab: Lab, what: string, mem: NonNullable<Meta['mem']>): Promise<void> {
  const session = lab.device().session();
  await session.openStore(Alert.SlowSync);
  const add = lab.add('1', lab.name());
  const sync: Draft = drafts.sync(session.device.store.names, [add], { meta: { mem } });
  await session.send([sync]);
  lab.success(session.code(sync), `a Sync with ${what}`);
  lab.success(session.code(add), 'a change in it');
}

const MANDATORY: readonly ConformanceCase[] = [
  active(
    'MET-001a',
    async (lab) => {
      const device = lab.device();
      await lab.sync(device, Alert.SlowSync);
      const session = device.session();
      const alert = session.alert(Alert.TwoWay);
      const answer = await session.open([alert]);
      const data = session.statusesFor(alert)[0]?.items[0]?.data;
      lab.equal(data?.kind === 'anchor' ? data.anchor.next : undefined, session.nextOf(device.store), 'Next in the Status of the Alert');
      const own = answer.alerts()[0]?.items[0]?.meta?.anchor;
      lab.check(own?.next !== undefined, 'the server’s Alert has Anchor and Next', JSON.stringify(own ?? {}));
      lab.check(own?.last !== undefined, 'after a sync it has Last', JSON.stringify(own ?? {}));
    },
    { title: 'Anchor, Last and Next supported' },
  ),
  active(
    'MET-001b',
    async (lab) => {
      const name = lab.name();
      const add = drafts.change('Add', [{ source: '1', data: lab.kind.make(name), meta: { type: lab.kind.type, format: 'chr' } }]);
      const { session } = await lab.sync(lab.device(), Alert.SlowSync, [add]);
      lab.success(session.code(add), 'an Add with Type and Format in the Item');
      lab.equal(await lab.held(), [name], 'the server holds');
    },
    { title: 'Type and Format supported' },
  ),
  active('MET-001c', (lab) => withMemory(lab, 'Mem, FreeMem and FreeID', { freeMem: 1_000_000, freeId: 1000 }), {
    title: 'Mem, FreeMem and FreeID supported',
  }),
  active('MET-001d', (lab) => withMemory(lab, 'SharedMem', { sharedMem: true, freeMem: 1_000_000, freeId: 1000 }), {
    title: 'SharedMem supported',
  }),
  active(
    'MET-001e',
    async (lab) => {
      await lab.seed(
        Array.from({ length: 6 }, () => lab.name()),
        { filler: 700 },
      );
      const { package4 } = await lab.sync(lab.device({ maxMsgSize: 3000 }), Alert.SlowSync);
      lab.check(package4.length > 1, 'MaxMsgSize makes several messages of package 4', `${package4.length}`);
    },
    { title: 'MaxMsgSize supported' },
  ),
  active(
    'MET-001f',
    async (lab) => {
      const session = lab.device({ maxObjSize: 50_000 }).session();
      const alert = session.alert(Alert.SlowSync, session.device.store, { meta: { maxObjSize: 50_000 } });
      await session.open([alert]);
      lab.oneOf(session.code(alert), [Status.Ok, Status.RefreshRequired], 'Status of an Alert with MaxObjSize');
    },
    { title: 'MaxObjSize supported', versions: ['1.1', '1.2'] },
  ),
  active(
    'MET-001g',
    async (lab) => {
      let changed = false;
      const editBytes = (bytes: Uint8Array): Uint8Array => {
        const edited = withRoot(bytes, lab.kind.type);
        changed = edited !== bytes;
        return edited;
      };
      await addsWith(lab, 'the root element MetInf', {}, { push: { editBytes } });
      lab.given(changed, 'the message has no Meta with nothing but Type');
    },
    { title: 'MetInf supported as a root of Meta' },
  ),
  active('MET-001h', (lab) => addsWith(lab, 'Version', { version: lab.kind.verCt }), { title: 'Version supported' }),
  active(
    'MET-001i',
    async (lab) => {
      const session = lab.device().session();
      await session.openStore(Alert.SlowSync);
      const add = lab.add('1', lab.name());
      const answer = await session.push([add], {
        headerStatus: { code: Status.Ok, chal: { type: 'syncml:auth-md5', format: 'b64', nextNonce: base64('a nonce for later') } },
        // From here on the server may send credentials, and wait for our word on them.
        odd: true,
      });
      lab.check(answer.headerCode !== undefined && answer.headerCode < 300, 'a message with NextNonce is taken', String(answer.headerCode));
      lab.success(session.code(add), 'a change in it');
    },
    { title: 'NextNonce supported' },
  ),
];

export const METINF_CASES: readonly ConformanceCase[] = [
  ...MANDATORY,
  active('MET-002a', (lab) => addsWith(lab, 'Format b64', { format: 'b64' }, { data: base64 }), { title: 'Format b64 decoded' }),
  active(
    'MET-002b',
    async (lab) => {
      const name = lab.name();
      const text = base64(lab.kind.make(name));
      const add = drafts.change('Add', [{ source: '1', data: text, meta: { format: 'b64' } }], { meta: { type: lab.kind.type } });
      const { session } = await lab.sync(lab.device(), Alert.SlowSync, [add]);
      lab.success(session.code(add), 'an Add with Format b64 in the Item, Type in the command');
      lab.equal(await lab.held(), [name], 'the server holds');
    },
    { title: 'Format b64 decoded where the Item names it' },
  ),
  active('MET-002c', (lab) => addsWith(lab, 'no Format', {}), { title: 'Format left out means chr' }),
  active('MET-002d', (lab) => addsWith(lab, 'Format chr', { format: 'chr' }), { title: 'Format chr taken as it is' }),
  active('MET-003', async (lab) => {
    const place = lab.needsStoreFor(['text/plain']);
    const name = `untyped${lab.run}${lab.name()}`;
    const device = lab.device();
    const store = device.storeAt(place);
    const add = drafts.change('Add', [{ source: '1', data: place.kind.make(name) }]);
    const { session } = await lab.sync(device, Alert.SlowSync, [add], { store });
    const code = session.code(add);
    try {
      lab.success(code, 'an Add without Type, to a datastore for text/plain');
      const reader = lab.device();
      await lab.sync(reader, Alert.SlowSync, [], { store: reader.storeAt(place) });
      const found = [...reader.storeAt(place).items.values()].find(({ text }) => place.kind.read(text)?.name === name);
      // Without Type it is text/plain once more.
      lab.equal(found && (found.type || 'text/plain'), 'text/plain', 'Type of the item as another device gets it');
    } finally {
      if (code !== undefined && code < 300) await lab.sync(device, Alert.TwoWay, [drafts.remove('1')], { store });
    }
  }),
  scan('MET-004', ({ exchanges }) => {
    const commands = exchanges.flatMap(({ answer }) => everyCommand(answer?.body ?? []));
    const metas = commands.flatMap((command) => {
      const own = 'meta' in command && command.meta ? [command.meta] : [];
      const items = 'items' in command ? command.items.flatMap((item) => ('meta' in item && item.meta ? [item.meta] : [])) : [];
      return [...own, ...items].map((meta) => ({ kind: command.kind, cmdId: command.cmdId, meta }));
    });
    const broken = metas.filter(({ kind, meta }) => meta.fieldLevel && kind !== 'Replace');
    return { applied: metas.length, broken: broken.map(({ kind, cmdId }) => `${kind} ${cmdId} has FieldLevel`) };
  }),
  active('MET-005', (lab) => addsWith(lab, 'EMI', { emi: ['x-lab=1'] })),
];
