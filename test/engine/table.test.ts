/** The whole phase × command table, cell by cell. */
import assert from 'node:assert/strict';
import type { Phase } from '../../src/engine/session.js';
import type { CommandKind, Message, StatusCommand } from '../../src/model/message.js';
import { Driver, inPhase } from './support/driver.js';
import { alert, openAlert, sync } from './support/messages.js';
import { ALERTS, EXAMPLES, IN_BODY, IN_SYNC, type Direction, type Expected } from './support/table.js';

const nameOf = (kind: CommandKind): string => (kind === 'Unknown' ? 'Frobnicate' : kind);
const statusOf = (answer: Message, cmdRef: string): StatusCommand | undefined =>
  answer.body.find((c): c is StatusCommand => c.kind === 'Status' && c.cmdRef === cmdRef);

function expect(answer: Message, cmdRef: string, kind: CommandKind, expected: Expected): void {
  const status = statusOf(answer, cmdRef);
  assert.equal(status?.code ?? 'none', expected);
  if (status) assert.equal(status.cmd, nameOf(kind));
}

describe('engine: commands in SyncBody, by phase', () => {
  for (const [phase, row] of Object.entries(IN_BODY) as [Phase, Record<CommandKind, Expected>][]) {
    for (const [kind, expected] of Object.entries(row) as [CommandKind, Expected][]) {
      for (const final of [true, false]) {
        it(`${phase}: ${kind} ${final ? 'with' : 'without'} Final gets ${expected}`, () => {
          const driver = inPhase(phase);
          assert.equal(driver.session.phase, phase);
          expect(driver.send([EXAMPLES[kind]], { final }), '1', kind, expected);
        });
      }
    }
  }
});

describe('engine: commands in Sync, by direction', () => {
  const types: Record<Direction, readonly number[]> = { 'client sends': [200, 201, 202, 203], 'only the server sends': [204, 205] };
  for (const [direction, row] of Object.entries(IN_SYNC) as [Direction, Record<CommandKind, Expected>][]) {
    for (const type of types[direction]) {
      for (const [kind, expected] of Object.entries(row) as [CommandKind, Expected][]) {
        it(`${type} (${direction}): ${kind} gets ${expected}`, () => {
          const driver = new Driver();
          driver.send([openAlert(type)]);
          const answer = driver.send([sync([EXAMPLES[kind]])]);
          expect(answer, '1', 'Sync', 200);
          expect(answer, '2', kind, expected);
        });
      }
    }
  }
});

describe('engine: Alert codes', () => {
  for (const { code, expected, why } of ALERTS) {
    it(`${code} gets ${expected}: ${why}`, () => {
      const driver = new Driver();
      const command = code === 206 ? openAlert(206) : alert(code, { target: 'http://sync.example/sync', source: 'IMEI:350000000000011' });
      const answer = driver.send([command]);
      expect(answer, '1', 'Alert', expected);
      if (expected !== 406) return;
      const named = statusOf(answer, '1')?.items[0]?.data;
      assert.equal(named?.kind === 'content' ? Buffer.from(named.bytes).toString() : '', `Alert ${code}`);
    });
  }

  it('no number gets 400', () => {
    expect(new Driver().send([{ kind: 'Alert', items: [] }]), '1', 'Alert', 400);
  });
  it('225 gets 406 before version 1.2', () => {
    expect(new Driver({ version: '1.1' }).send([openAlert(225)]), '1', 'Alert', 406);
  });
  for (const type of [200, 201, 202, 203, 204, 205]) {
    it(`${type} gets 200 and an Alert with the same code and our anchors`, () => {
      const answer = new Driver().send([openAlert(type)]);
      const status = statusOf(answer, '1');
      assert.equal(status?.code, 200);
      assert.deepEqual(status?.items[0]?.data, { kind: 'anchor', anchor: { next: '2' } });
      const own = answer.body.find((c) => c.kind === 'Alert');
      assert.equal(own?.kind === 'Alert' && own.code, type);
      assert.deepEqual(own?.kind === 'Alert' && own.items[0]?.meta?.anchor, { last: '20240101T000000Z', next: '20240102T000000Z' });
      assert.equal(own?.kind === 'Alert' && own.items[0]?.target?.uri, './C');
      assert.equal(own?.kind === 'Alert' && own.items[0]?.source?.uri, 'contacts');
    });
  }
});
