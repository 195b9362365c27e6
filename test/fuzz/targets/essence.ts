/** What a sync depends on in a message: who, what, in which order, with which content. */
import type { Command, Item, Location, MapItem, Message } from '../../../src/model/message.js';

export function essenceOf({ header, body, final }: Message): unknown {
  const { verDtd, verProto, sessionId, msgId, target, source, respUri, noResp, cred } = header;
  return {
    verDtd,
    verProto,
    sessionId,
    msgId,
    target: place(target),
    source: place(source),
    respUri,
    noResp,
    cred: cred?.data,
    final,
    body: body.map(command),
  };
}

function command(one: Command): unknown {
  const told = one as Partial<Record<'code' | 'cmd' | 'cmdRef' | 'msgRef' | 'archive' | 'sftDel' | 'noResp' | 'numberOfChanges', unknown>>;
  return {
    kind: one.kind,
    cmdId: one.cmdId,
    told: [told.code, told.cmd, told.cmdRef, told.msgRef, told.archive, told.sftDel, told.noResp, told.numberOfChanges],
    target: 'target' in one ? place(one.target) : undefined,
    source: 'source' in one ? place(one.source) : undefined,
    items: 'items' in one ? one.items.map((each) => item(each, one.kind !== 'Put' && one.kind !== 'Results')) : [],
    commands: 'commands' in one ? one.commands.map(command) : [],
  };
}

/** What a Put or Results holds is device information as soon as it can be read as such. */
function item(one: Item | MapItem, holdsContent: boolean): unknown {
  const whole = one as Item;
  const { data } = whole;
  return {
    target: place(one.target),
    source: place(one.source),
    moreData: whole.moreData,
    size: whole.meta?.size,
    // Other data than content is compared by what it is written as.
    content: holdsContent && data?.kind === 'content' ? data.bytes : undefined,
  };
}

const place = (location: Location | undefined): unknown => location && [location.uri, location.name];
