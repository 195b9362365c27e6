import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONFIG_KEYS, configSchema } from '../../src/runtime/config-schema.js';
import { ConfigError, loadConfig, printConfig, type ConfigSources } from '../../src/runtime/config.js';
import { findSpec } from '../../src/model/datastore.js';
import { Tolerance } from '../../src/model/leniency.js';
import { specsOf } from '../../src/exchange/specs.js';

describe('configuration', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'moorage-config-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const load = (sources: ConfigSources = {}) => loadConfig({ environment: { HOME: folder }, workingFolder: folder, ...sources });
  const faultsOf = (sources: ConfigSources): readonly string[] => {
    try {
      load(sources);
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      for (const fault of error.faults) assert.ok(error.message.includes(fault));
      return error.faults;
    }
    return assert.fail('no faults');
  };

  it('works without any', () => {
    const { config, warnings } = load();
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.port, 8080);
    assert.equal(config.data, join(folder, '.moorage'));
    assert.equal(config.limits.maxMsgSize, 150_000);
    assert.equal(config.auth.challenge, 'md5');
    assert.deepEqual(warnings, []);
  });

  it('keeps the key outside the data folder, one file for each', () => {
    const one = load().config;
    assert.ok(one.key.file.startsWith(join(folder, '.config', 'moorage')));
    const other = load({ flags: { data: 'elsewhere' } }).config;
    assert.notEqual(other.key.file, one.key.file);
    assert.ok(!other.key.file.startsWith(other.data));
    const xdg = load({ environment: { HOME: folder, XDG_CONFIG_HOME: join(folder, 'xdg') } }).config;
    assert.ok(xdg.key.file.startsWith(join(folder, 'xdg', 'moorage')));
  });

  it('takes flags before environment before file before defaults', () => {
    const file = join(folder, 'my.json');
    writeFileSync(file, JSON.stringify({ host: 'from-file', port: 1, serverId: 'from-file' }));
    const environment = { HOME: folder, MOORAGE_PORT: '2', MOORAGE_HOST: 'from-environment' };
    const { config } = load({ file, environment, flags: { host: 'from-flag' } });
    assert.deepEqual([config.host, config.port, config.serverId], ['from-flag', 2, 'from-file']);
  });

  it('reads moorage.json of the data folder', () => {
    mkdirSync(join(folder, 'd'));
    writeFileSync(join(folder, 'd', 'moorage.json'), JSON.stringify({ limits: { quotaBytes: 7 }, key: { file: 'k' } }));
    const { config } = load({ flags: { data: 'd' } });
    assert.equal(config.limits.quotaBytes, 7);
    assert.equal(config.key.file, join(folder, 'd', 'k'), 'paths in a file are relative to it');
  });

  it('names every key in the environment by one rule', () => {
    const { config } = load({
      environment: {
        HOME: folder,
        MOORAGE_LIMITS_MAX_MSG_SIZE: '20000',
        MOORAGE_AUTH_METHODS: 'md5',
        MOORAGE_AUTH_LOCK_OUT_FIRST_DELAY_MS: '5',
        MOORAGE_AUTH_REQUIRE_HMAC: 'yes',
        MOORAGE_DATASTORES: '[{"uri":"work","kind":"contacts","types":["text/vcard"],"policy":"server-wins"}]',
        MOORAGE_KEY: 'text of the key',
      },
    });
    assert.equal(config.limits.maxMsgSize, 20_000);
    assert.deepEqual(config.auth.methods, ['md5']);
    assert.equal(config.auth.lockOut.firstDelayMs, 5);
    assert.equal(config.auth.requireHmac, true);
    assert.deepEqual(config.datastores, [{ uri: 'work', kind: 'contacts', types: ['text/vcard'], policy: 'server-wins', aliases: [] }]);
    assert.equal(config.key.text, 'text of the key');
  });

  it('reports all faults at once, each with its key, its origin and what to write', () => {
    const file = join(folder, 'my.json');
    writeFileSync(file, JSON.stringify({ serverId: 5, limit: { x: 1 }, auth: { metods: [] } }));
    const faults = faultsOf({
      file,
      environment: { HOME: folder, MOORAGE_PORT: 'eighty', MOORAGE_LOG_LEVEL: 'loud' },
      flags: { 'limits.maxMsgSize': '1', publicUrl: 'ftp://x/?a=b' },
    });
    const fault = (key: string): string =>
      faults.find((line) => line.startsWith(key)) ?? assert.fail(`nothing about ${key} in\n${faults.join('\n')}`);
    assert.match(fault('port '), /from MOORAGE_PORT.*"eighty".*whole number from 0 to 65535/);
    assert.match(fault('log.level '), /from MOORAGE_LOG_LEVEL.*one of silent, error, warn, info, debug/);
    assert.match(fault('limits.maxMsgSize '), /from the command line.* 2000 /);
    assert.match(fault('publicUrl '), /https:\/\/sync\.example\.org\/sync/);
    assert.match(fault('serverId '), /my\.json/);
    assert.match(fault('limit '), /there is no such key/);
    assert.match(fault('auth.metods '), /did you mean auth\.methods\?/);
    assert.equal(faults.length, 7);
  });

  it('reports faults that show only when settings are seen together', () => {
    const datastores = JSON.stringify([
      { uri: 'one', kind: 'contacts', aliases: ['card'] },
      { uri: 'Card', kind: 'notes' },
    ]);
    const faults = faultsOf({
      flags: { datastores, 'auth.methods': 'basic', 'auth.challenge': 'md5', 'limits.maxBodyBytes': 10_240, 'http.requestTimeoutMs': 2000 },
    });
    assert.equal(faults.length, 4);
    assert.match(faults.join('\n'), /"card" stands for both one and Card/);
  });

  it('takes a file that is no JSON, or is not there, for a fault', () => {
    const file = join(folder, 'my.json');
    assert.match(faultsOf({ file })[0] ?? '', /cannot be read \(ENOENT\)/);
    writeFileSync(file, '{"port": 80');
    assert.match(faultsOf({ file })[0] ?? '', /is not JSON/);
    writeFileSync(file, '[]');
    assert.match(faultsOf({ file })[0] ?? '', /not a JSON object/);
  });

  it('warns of variables nobody reads', () => {
    const { warnings } = load({ environment: { HOME: folder, MOORAGE_LIMITS_MAXMSGSIZE: '1', MOORAGE_REQUIRE_TOOLS: '1' } });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /did you mean MOORAGE_LIMITS_MAX_MSG_SIZE\?/);
  });

  it('cannot be changed, and is printed without secrets', () => {
    const { config } = load({ environment: { HOME: folder, MOORAGE_KEY: 'very secret' } });
    assert.throws(() => Object.assign(config.limits, { maxMsgSize: 1 }), TypeError);
    assert.throws(() => Object.assign(config.datastores[0] ?? {}, { uri: 'x' }), TypeError);
    assert.ok(!printConfig(config).includes('very secret'));
    assert.ok(printConfig(config).includes('"maxMsgSize": 150000'));
  });

  it('takes each limit at its edges and not beyond', () => {
    const limited = CONFIG_KEYS.filter((key) => key.type === 'number');
    assert.ok(limited.length > 15);
    for (const key of limited) {
      const [, least, most] = /a whole number from (\d+) to (\d+)/.exec(key.hint) ?? assert.fail(key.hint);
      const accepts = (value: number): boolean => {
        const path = key.path.split('.');
        const tree = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
        return configSchema.safeParse(tree).success;
      };
      assert.deepEqual([accepts(Number(least)), accepts(Number(most))], [true, true], key.path);
      assert.deepEqual([accepts(Number(least) - 1), accepts(Number(most) + 1)], [false, false], key.path);
    }
  });

  it('knows the datastore names that phones are set up with (W5)', () => {
    const specs = specsOf(load().config.datastores);
    for (const [typed, meant] of [
      ['contacts', 'contacts'],
      ['./contacts', 'contacts'],
      ['card', 'contacts'],
      ['addressbook', 'contacts'],
      ['Card/', 'contacts'],
      ['con', 'contacts'],
      ['addr?x=y', 'contacts'],
      ['cal', 'calendar'],
      ['event', 'calendar'],
      ['scal', 'calendar'],
      ['task', 'tasks'],
      ['todo', 'tasks'],
      ['stask', 'tasks'],
      ['note', 'notes'],
      ['memo', 'notes'],
      ['snote', 'notes'],
      ['caltasks', 'caltasks'],
      ['calendar+tasks', 'caltasks'],
      ['nothing', undefined],
    ] as const)
      assert.equal(findSpec(specs, typed, new Tolerance(false))?.uri, meant, typed);
  });
});
