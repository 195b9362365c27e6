/** What a server has to make of the SyncHdr it gets, and of the document around it. [SyncML Representation Protocol 1.2.2, "SyncHdr"] */
import { Alert } from '../../model/alert.js';
import type { SyncHdr, SyncmlVersion } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, type ConformanceCase } from '../case.js';
import { textOfItem, type Answer } from '../lab/answer.js';
import type { DeviceOptions } from '../lab/device.js';
import type * as drafts from '../lab/drafts.js';
import type { Lab } from '../lab/lab.js';
import type { SendOptions, SessionOptions } from '../lab/session.js';

/** A message of a version nobody has. */
async function strange(lab: Lab, header: Partial<SyncHdr>): Promise<Answer> {
  const session = lab.device({ devInf: 'none' }).session();
  return session.send([session.alert(Alert.SlowSync)], { header, odd: true });
}

const refusal = (id: string, code: number, header: Partial<SyncHdr>, what: string): readonly ConformanceCase[] => [
  active(
    `${id}a`,
    async (lab) => {
      const { headerCode } = await strange(lab, header);
      lab.equal(headerCode, code, `Status of SyncHdr for ${what}`);
    },
    { title: `${what} is answered with ${code}` },
  ),
  active(
    `${id}b`,
    async (lab) => {
      const { headerStatus } = await strange(lab, header);
      lab.given(headerStatus?.code === code, `the answer is ${headerStatus?.code ?? 'no Status'}, not ${code}`);
      const listed = (headerStatus?.items ?? []).map(textOfItem).join(' ');
      lab.check(/\b1\.[012]\b/.test(listed), 'the Item of the Status lists the versions the server has', listed || 'it lists none');
    },
    { title: `${what}: the Status lists the versions the server has` },
  ),
];

/** A first message is taken, and the session goes on. */
async function goesOn(lab: Lab, options: { device?: DeviceOptions; session?: SessionOptions; open?: SendOptions }, what: string) {
  const session = lab.device(options.device).session(options.session);
  const alert = session.alert(Alert.SlowSync);
  const answer = await session.open([alert], options.open);
  lab.success(answer.headerCode, `${what}: the SyncHdr`);
  lab.success(session.code(alert), `${what}: its Alert`);
  const add = lab.add('1', lab.name());
  const next = await session.push([add]);
  lab.success(next.headerCode, `${what}: the SyncHdr of the next message`);
  lab.success(session.code(add), `${what}: an Add in it`);
}

const takes = (id: string, options: (lab: Lab) => Parameters<typeof goesOn>[1], title: string, rest = {}): ConformanceCase =>
  active(id, (lab) => goesOn(lab, options(lab), title), { title, ...rest });

const text = (edit: (xml: string) => string) => (bytes: Uint8Array) => Buffer.from(edit(Buffer.from(bytes).toString('utf8')), 'utf8');
const withoutProlog = text((xml) => xml.replace(/^<\?xml[^>]*\?>\s*/, ''));
const withDocType = (docType: string) => text((xml) => xml.replace(/^(<\?xml[^>]*\?>\s*)?/, (prolog) => `${prolog}${docType}`));

/** Digits of their own for each variant and run, in the form of an IMEI. */
const digits = (lab: Lab): string => {
  const { version, encoding } = lab.variant;
  return `35${version.replace('.', '')}${encoding === 'xml' ? 1 : 2}${lab.run.padStart(10, '0').slice(-10)}`;
};
const from = (uri: (lab: Lab) => string) => (lab: Lab) => ({ device: { uri: uri(lab) } });

const PROBE = 'expandedprobe';

/** Whether an entity in SyncHdr comes back as what it stands for; a message that is refused is no less good. */
const entity = (id: string, declaration: string, expanded: string, title: string): ConformanceCase =>
  active(
    id,
    async (lab) => {
      const session = lab.device({ devInf: 'none' }).session();
      const { message } = session.compose([session.alert(Alert.SlowSync)]);
      const trace = await session.post(message, {
        odd: true,
        editBytes: (bytes) =>
          text((xml) => xml.replace(message.header.source.uri, `${message.header.source.uri}&probe;`))(
            withDocType(`<!DOCTYPE SyncML [${declaration}]>`)(bytes),
          ),
      });
      const body = Buffer.from(trace.response?.body ?? []).toString('utf8');
      lab.check(
        trace.response !== undefined,
        'a message with an entity of its own is answered',
        trace.fault ?? `HTTP ${trace.response?.status}`,
      );
      lab.check(!body.includes(expanded), 'the answer does not hold what the entity stands for', `HTTP ${trace.response?.status ?? 0}`);
    },
    { title, encodings: ['xml'] },
  );

/** Behind VerDTD, an element of a token that no version has: `3f`, with a string in it. */
const unknownToken =
  (version: SyncmlVersion) =>
  (bytes: Uint8Array): Uint8Array => {
    const all = Buffer.from(bytes);
    const verDtd = Buffer.from([0x71, 0x03, ...Buffer.from(version), 0x00, 0x01]);
    const at = all.indexOf(verDtd) + verDtd.byteLength;
    return Buffer.concat([all.subarray(0, at), Buffer.from([0x7f, 0x03, 0x78, 0x00, 0x01]), all.subarray(at)]);
  };

export const HEADER_TAKEN: readonly ConformanceCase[] = [
  ...refusal('HDR-010', Status.DtdVersionNotSupported, { verDtd: '9.9' }, 'VerDTD 9.9'),
  ...refusal('HDR-011', Status.ProtocolVersionNotSupported, { verProto: 'SyncML/9.9' }, 'VerProto SyncML/9.9'),
  takes('HDR-013a', () => ({ open: { editBytes: withoutProlog } }), 'A message without XML prolog', { encodings: ['xml'] }),
  takes(
    'HDR-013b',
    ({ variant }) => ({
      open: { editBytes: withDocType(`<!DOCTYPE SyncML PUBLIC "-//SYNCML//DTD SyncML ${variant.version}//EN" "syncml.dtd">`) },
    }),
    'A message with the DOCTYPE of its version',
    { encodings: ['xml'] },
  ),
  takes('HDR-014', () => ({ open: { header: { respUri: 'http://phone.example/back' } } }), 'A message with a RespURI'),
  takes(
    'HDR-018a',
    from((lab) => `IMEI:${digits(lab)}`),
    'A Source of the form IMEI:…',
  ),
  takes(
    'HDR-018b',
    from((lab) => `http://phone.example/${digits(lab)}`),
    'A Source that is a URL',
  ),
  takes(
    'HDR-018c',
    from((lab) => `urn:x-lab:${digits(lab)}`),
    'A Source that is a URN',
  ),
  takes(
    'HDR-018d',
    from((lab) => `phone of Anna ${digits(lab)}`),
    'A Source in plain words',
  ),
  active(
    'HDR-018e',
    async (lab) => {
      const session = await lab.openFirst();
      const luids = ['urn:x-lab:1', './2/3?a=b', 'plain words 4'];
      const adds = luids.map((luid) => lab.add(luid, lab.name()));
      await session.push(adds);
      adds.forEach((add, i) => lab.success(session.code(add), `an Add of the LUID ${luids[i]}`));
    },
    { title: 'LUIDs that are a URN, a relative URI and plain words' },
  ),
  takes('HDR-019', () => ({ session: { firstMsgId: 3 } }), 'A first message with MsgID 3'),
  active('HDR-020', async (lab) => {
    const [one, other] = [lab.device().session({ sessionId: '1' }), lab.device().session({ sessionId: '1' })];
    const sessions = [one, other];
    for (const session of sessions) await session.openStore(Alert.SlowSync);
    const adds = sessions.map(() => lab.add('1', lab.name()));
    for (const [i, session] of sessions.entries()) {
      const answer = await session.push(adds.slice(i, i + 1));
      lab.equal(answer.header.target.uri, session.device.uri, `Target of the answer to device ${i + 1}`);
      lab.success(answer.headerCode, `the SyncHdr of device ${i + 1}`);
    }
    for (const [i, session] of sessions.entries())
      lab.success(session.code(adds[i] as drafts.Draft), `the Add of device ${i + 1}, whose LUID is that of the other's`);
    lab.equal(await lab.held(), ['item001', 'item002'], 'the server holds');
  }),
  entity('HDR-021a', `<!ENTITY probe "${PROBE}">`, PROBE, 'An entity of an internal subset is not expanded'),
  entity('HDR-021b', '<!ENTITY probe SYSTEM "file:///etc/passwd">', 'root:', 'An external entity is not read'),
  takes(
    'HDR-022a',
    () => ({ open: { editBytes: text((xml) => xml.replace('</SyncHdr>', '<Probe>1</Probe></SyncHdr>')) } }),
    'An unknown element in SyncHdr',
    { encodings: ['xml'] },
  ),
  takes('HDR-022b', ({ variant }) => ({ open: { editBytes: unknownToken(variant.version) } }), 'An unknown token in SyncHdr', {
    encodings: ['wbxml'],
  }),
  active(
    'HDR-022c',
    async (lab) => {
      const session = await lab.openFirst();
      const add = lab.add('1', lab.name());
      await session.push([add], {
        editBytes: text((xml) => xml.replace('<Add>', '<Add><Probe><Inner>1</Inner></Probe>').replace('<Item>', '<Item><Probe/>')),
      });
      lab.success(session.code(add), 'an Add with unknown elements in it and in its Item');
      lab.equal(await lab.held(), ['item001'], 'the server holds');
    },
    { title: 'Unknown elements in a command', encodings: ['xml'] },
  ),
];
