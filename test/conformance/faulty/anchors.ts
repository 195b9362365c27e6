/** Servers that keep anchors wrongly. */
import { Alert, isSyncType } from '../../../src/model/alert.js';
import type { AlertCommand, Command, Message } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { both, editAnswer, editCommands, editRequest, type Fault, type Wrap } from './faulty.js';

interface Opening {
  readonly device: string;
  /** Device and store. */
  readonly pair: string;
  readonly code: number;
  readonly last: string | undefined;
  readonly next: string;
}

function openingOf(command: Command, { header }: Message): Opening | undefined {
  if (command.kind !== 'Alert' || command.code === undefined || !isSyncType(command.code)) return undefined;
  const item = command.items[0];
  const device = header.source.uri;
  const { last, next = '' } = item?.meta?.anchor ?? {};
  return { device, pair: `${device} ${item?.target?.uri}`, code: command.code, last, next };
}

export const openingsOf = (message: Message): readonly Opening[] =>
  message.body.flatMap((command) => {
    const opening = openingOf(command, message);
    return opening ? [opening] : [];
  });

/** Changes the Alerts that open stores. */
export const editOpening = (edit: (alert: AlertCommand, opening: Opening) => AlertCommand): Wrap =>
  editRequest((request) => {
    const body = request.body.map((command) => {
      const opening = openingOf(command, request);
      return opening ? edit(command as AlertCommand, opening) : command;
    });
    return body.every((command, at) => command === request.body[at]) ? request : { ...request, body };
  });

/** Another Last, or none, for what the client sent. */
export const editLast = (edit: (opening: Opening) => string | undefined): Wrap =>
  editOpening((alert, opening) => {
    const last = edit(opening);
    if (last === opening.last) return alert;
    const [item] = alert.items;
    return {
      ...alert,
      items: [{ ...item, meta: { ...item?.meta, anchor: { next: opening.next, ...(last === undefined ? {} : { last }) } } }],
    };
  });

/** Answers a mismatch as a match. */
const agrees = (when: (opening: Opening) => boolean): Wrap =>
  editAnswer((answer, request) => {
    const asked = openingsOf(request).filter((opening) => when(opening));
    if (asked.length === 0) return answer;
    const codes = new Map(
      request.body.flatMap((c) => (openingOf(c, request) && when(openingOf(c, request) as Opening) ? [[c.cmdId, c]] : [])),
    );
    const body = answer.body.map((command): Command => {
      if (command.kind === 'Status' && command.code === Status.RefreshRequired && codes.has(command.cmdRef))
        return { ...command, code: Status.Ok };
      const own = openingOf(command, answer);
      return own && command.kind === 'Alert' && asked[0] ? { ...command, code: asked[0].code } : command;
    });
    return { ...answer, body };
  });

/** Nexts by device and store, and devices and stores that were opened before. */
function memory(): { readonly nexts: Set<string>; readonly pairs: Set<string>; readonly keep: Wrap } {
  const nexts = new Set<string>();
  const pairs = new Set<string>();
  const keep = editAnswer((answer, request) => {
    for (const { pair, next } of openingsOf(request)) {
      nexts.add(`${pair} ${next}`);
      pairs.add(pair);
    }
    return answer;
  });
  return { nexts, pairs, keep };
}

const editServerAnchor = (
  edit: (anchor: { readonly last?: string; readonly next?: string }) => { readonly last?: string; readonly next?: string },
): Wrap =>
  editCommands((command, _request, answer) => {
    if (!openingOf(command, answer) || command.kind !== 'Alert') return command;
    return { ...command, items: command.items.map((item) => ({ ...item, meta: { ...item.meta, anchor: edit(item.meta?.anchor ?? {}) } })) };
  });

export const ANCHOR_FAULTS: readonly Fault[] = [
  {
    name: 'forgets all anchors',
    red: ['ANC-001a', 'ANC-002a'],
    // These need a two-way sync.
    alsoRed: ['PKG-008b', 'PKG-009b', 'SUS-002d', 'SUS-011a'],
    wrap: () => editLast(() => undefined),
  },
  {
    name: 'keeps the anchors of slow syncs only',
    red: ['ANC-001b'],
    wrap: () => {
      const twoWay = new Set<string>();
      return editLast(({ device, code, last, next }) => {
        if (code === Alert.TwoWay) twoWay.add(`${device} ${next}`);
        return twoWay.has(`${device} ${last}`) ? undefined : last;
      });
    },
  },
  {
    name: 'says 508 and alerts what was asked for',
    red: ['ANC-003b', 'ANC-003c', 'ANC-004a', 'ANC-004b'],
    alsoRed: ['PKG-008c'],
    wrap: () =>
      editAnswer((answer, request) => {
        const [asked] = openingsOf(request);
        if (!asked || !answer.body.some((c) => c.kind === 'Status' && c.code === Status.RefreshRequired)) return answer;
        return { ...answer, body: answer.body.map((c) => (c.kind === 'Alert' && openingOf(c, answer) ? { ...c, code: asked.code } : c)) };
      }),
  },
  {
    name: 'takes every Last of a device it knows',
    red: ['ANC-003a', 'ANC-003b', 'ANC-003c'],
    wrap: () => {
      const { nexts, pairs, keep } = memory();
      return both(
        keep,
        agrees(({ pair, last }) => last !== undefined && pairs.has(pair) && !nexts.has(`${pair} ${last}`)),
      );
    },
  },
  {
    name: 'takes a device it does not know at its word',
    red: ['ANC-004a', 'ANC-004b', 'ANC-009a', 'ANC-010'],
    wrap: () => {
      const { pairs, keep } = memory();
      return both(
        keep,
        agrees(({ code, pair }) => code !== Alert.SlowSync && !pairs.has(pair)),
      );
    },
  },
  {
    name: 'keeps the Next of the client as soon as it comes',
    red: ['ANC-005b', 'ANC-005c', 'ANC-006a'],
    alsoRed: ['SUS-011b'],
    wrap: () => {
      const { nexts, keep } = memory();
      return both(
        keep,
        agrees(({ pair, last }) => nexts.has(`${pair} ${last}`)),
      );
    },
  },
  {
    name: 'forgets an anchor once a session has begun with it',
    red: ['ANC-005a', 'ANC-006b'],
    // Here a session begins twice with one anchor.
    alsoRed: ['PKG-018a', 'SUS-011a'],
    wrap: () => {
      const shown = new Set<string>();
      return editLast(({ device, last }) => {
        const key = `${device} ${last}`;
        if (last === undefined || !shown.has(key)) {
          shown.add(key);
          return last;
        }
        return undefined;
      });
    },
  },
  {
    name: 'keeps no anchors of a sync in which an item failed',
    red: ['ANC-008a', 'ANC-008b'],
    wrap: () => {
      const failed = new Set<string>();
      const isFailure = (c: Command): boolean => c.kind === 'Status' && c.code >= 400 && (c.cmd === 'Add' || c.cmd === 'Replace');
      return both(
        editAnswer((answer, request) => {
          if ([...answer.body, ...request.body].some(isFailure)) failed.add(request.header.source.uri);
          return answer;
        }),
        editLast(({ device, last }) => (failed.has(device) ? undefined : last)),
      );
    },
  },
  {
    name: 'keeps one anchor for all devices of an account',
    red: ['ANC-009b'],
    // Another device comes in between.
    alsoRed: ['PKG-008b', 'PKG-009b'],
    wrap: () => {
      let latest = '';
      return both(
        editAnswer((answer, request) => {
          for (const { device } of openingsOf(request)) latest = device;
          return answer;
        }),
        editLast(({ device, last }) => (latest === '' || latest === device ? last : undefined)),
      );
    },
  },
  {
    name: 'has anchors of letters',
    red: ['ANC-011a'],
    wrap: () =>
      editServerAnchor(({ last, next }) => ({
        ...(last === undefined ? {} : { last: `n${last}` }),
        ...(next === undefined ? {} : { next: `n${next}` }),
      })),
  },
  {
    name: 'has one anchor for all times',
    red: ['ANC-011b'],
    wrap: () => editServerAnchor(({ last }) => ({ ...(last === undefined ? {} : { last: '20260101T000000Z' }), next: '20260101T000000Z' })),
  },
  {
    name: 'never sends its Last',
    red: ['ANC-002b'],
    alsoRed: ['MET-001a', 'PKG-015b'],
    wrap: () => editServerAnchor(({ next }) => (next === undefined ? {} : { next })),
  },
  {
    name: 'does not look at the Status of its Alert',
    red: ['ANC-012'],
    wrap: () =>
      editRequest((request) => {
        const isMismatch = (c: Command): boolean => c.kind === 'Status' && c.cmd === 'Alert' && c.code === Status.RefreshRequired;
        if (!request.body.some(isMismatch)) return request;
        return { ...request, body: request.body.map((c) => (c.kind === 'Status' && isMismatch(c) ? { ...c, code: Status.Ok } : c)) };
      }),
  },
  {
    name: 'runs a two-way sync for Alert 201 where the anchors match',
    red: ['ANC-013a'],
    wrap: () => editOpening((alert, { code, last }) => (code === Alert.SlowSync && last ? { ...alert, code: Alert.TwoWay } : alert)),
  },
  {
    name: 'says slow sync and runs a two-way one where the anchors match',
    red: ['ANC-013b', 'SYN-027'],
    wrap: () =>
      both(
        editAnswer((answer, request) => {
          const [asked] = openingsOf(request);
          if (asked?.code !== Alert.SlowSync) return answer;
          return {
            ...answer,
            body: answer.body.map((c) => (c.kind === 'Alert' && openingOf(c, answer) ? { ...c, code: Alert.SlowSync } : c)),
          };
        }),
        editOpening((alert, { code, last }) => (code === Alert.SlowSync && last ? { ...alert, code: Alert.TwoWay } : alert)),
      ),
  },
  {
    name: 'takes an empty Last for a fault',
    red: ['ANC-014b'],
    wrap: () =>
      editOpening((alert, { last }) =>
        last === '' ? { ...alert, items: alert.items.map((item) => ({ ...item, meta: { anchor: {} } })) } : alert,
      ),
  },
];
