/** The command line's view of storage locations, and the choice kept with the account. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandLine } from './run.js';

describe('storage locations on the command line', () => {
  let cli: CommandLine;
  let nas: string;
  const config = (locations: readonly object[], more: object = {}): void => {
    mkdirSync(cli.data, { recursive: true });
    writeFileSync(join(cli.data, 'moorage.json'), JSON.stringify({ locations, ...more }));
  };
  beforeEach(() => {
    cli = new CommandLine();
    nas = mkdtempSync(join(tmpdir(), 'moorage-nas-'));
  });
  afterEach(() => {
    cli.remove();
    rmSync(nas, { recursive: true });
  });
  const json = async (...args: string[]): Promise<unknown> => {
    const ran = await cli.run([...args, '--json']);
    assert.equal(ran.code, 0, ran.err);
    return JSON.parse(ran.out);
  };

  it('shows which answer, and makes a folder ready (R65)', async () => {
    config([{ id: 'nas', kind: 'disk', folder: nas }]);
    const state = async (): Promise<unknown> => (await cli.run(['location', 'list'])).out;
    assert.match(String(await state()), /nas .*is its file system mounted/);
    assert.deepEqual(readdirSync(nas), [], 'looking makes nothing');
    assert.equal((await cli.run(['location', 'prepare', 'nas'])).code, 0);
    assert.match(String(await state()), /nas +disk +\S+ +ready/);
    rmSync(nas, { recursive: true });
    const again = await cli.run(['location', 'prepare', 'nas']);
    assert.equal(again.code, 1);
    assert.match(again.err, /There is no folder/);
    mkdirSync(nas);
  });

  it('keeps the choice with the account, and shows it (R16)', async () => {
    config([{ id: 'nas', kind: 'disk', folder: nas }]);
    await cli.run(['user', 'add', 'anna']);
    const where = async (): Promise<string> => ((await json('user', 'list')) as { location: string }[])[0]?.location ?? '';
    assert.equal(await where(), 'local');
    assert.deepEqual(await json('user', 'location', 'anna', 'nas'), { name: 'anna', location: 'nas', own: true });
    assert.equal(await where(), 'nas');
    assert.match((await cli.run(['user', 'list'])).out, /anna .* nas/);
    const unknown = await cli.run(['user', 'location', 'anna', 'cloud']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /no storage location "cloud".*local, nas/);
    assert.equal((await cli.run(['user', 'location', 'bert', 'nas'])).code, 1);
    assert.equal(await where(), 'nas');
    assert.deepEqual(await json('user', 'location', 'anna'), { name: 'anna', location: 'local', own: false });
    config([{ id: 'nas', kind: 'disk', folder: nas }], { location: 'nas' });
    assert.equal(await where(), 'nas', 'the default of the configuration');
  });

  it('never shows the credentials of a location, not in faults either (R93)', async () => {
    const cloud = { id: 'cloud', kind: 's3', endpoint: 'http://127.0.0.1:1/b', accessKeyId: 'KEYID', secretAccessKey: 'TOP-SECRET' };
    config([cloud]);
    const outputs = [
      await cli.run(['config']),
      await cli.run(['location', 'list', '--set', 'log.level=debug']),
      await cli.run(['config', '--set', `locations=${JSON.stringify([{ ...cloud, kind: 'tape' }])}`]),
      await cli.run(['config', '--set', `locations=${JSON.stringify([{ ...cloud, region: 5 }])}`]),
      await cli.run(['config', '--set', `locations=${JSON.stringify({ cloud })}`]),
      await cli.run(['config', '--set', `locations=[${JSON.stringify(cloud)}`]),
      await cli.run(['config', '--set', `locations=["TOP-SECRET"]`]),
    ];
    for (const { out, err } of outputs) {
      assert.ok(out + err !== '');
      assert.doesNotMatch(out + err, /TOP-SECRET/);
    }
    assert.equal(outputs[0]?.code, 0);
    assert.match(outputs[1]?.out ?? '', /cloud +s3 +http:\/\/127.0.0.1:1\/b\/ +.*cannot be listed/);
    for (const faulty of outputs.slice(2)) assert.equal(faulty.code, 1, faulty.err);
  });

  for (const { why, set, says } of [
    { why: 'a location called local', set: 'locations=[{"id":"local","kind":"disk","folder":"/x"}]', says: /always there/ },
    {
      why: 'two of one id',
      set: 'locations=[{"id":"a","kind":"disk","folder":"/x"},{"id":"a","kind":"disk","folder":"/y"}]',
      says: /two of the id/,
    },
    { why: 'a default that is none', set: 'location=cloud', says: /no location "cloud"; write local/ },
    {
      why: 'credentials in a URL',
      set: 'locations=[{"id":"a","kind":"s3","endpoint":"https://a:b@x/y","accessKeyId":"a","secretAccessKey":"b"}]',
      says: /endpoint/,
    },
  ])
    it(`refuses ${why}`, async () => {
      const ran = await cli.run(['config', '--set', set]);
      assert.equal(ran.code, 1);
      assert.match(ran.err, says);
    });
});

describe('entitlement on the command line (R69)', () => {
  it('is said, shown and taken back', async () => {
    const cli = new CommandLine();
    try {
      await cli.ok('user', 'add', 'anna', '--password', 'words');
      const entitled = async (): Promise<boolean | undefined> => (await cli.json<{ entitled: boolean }[]>('user', 'list'))[0]?.entitled;
      assert.equal(await entitled(), true);
      assert.match(await cli.ok('user', 'entitle', 'anna', '--withdraw'), /may not use/);
      assert.equal(await entitled(), false);
      assert.match(await cli.ok('user', 'list'), /not entitled/);
      await cli.ok('user', 'entitle', 'anna');
      assert.equal(await entitled(), true);
      assert.equal((await cli.run(['user', 'entitle', 'nobody'])).code, 1);
      for (const set of ['log.level=info', 'accountApi.serverToken=short'])
        assert.equal((await cli.run(['account-service', '--set', set])).code, 1, 'no service without a token');
      const one = ['accountApi.serverToken=one-token-for-both', 'accountApi.signUpToken=one-token-for-both'];
      const both = await cli.run(['account-service', ...one.flatMap((set) => ['--set', set])]);
      assert.match(both.err, /has to be another/);
    } finally {
      cli.remove();
    }
  });
});
