import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

import type { Json, ProbeRecord, Recording, Verdict } from '../../conformance/recording.js';
import { startOrg } from './index.js';
import { settledBy, settledText } from './like.js';
import { DEFAULT_SWITCHES } from './switches.js';

const ROOT = join(import.meta.dirname, '..', '..');

const verdict = (settings: Record<string, Json>): Verdict => ({ question: 'q', answer: 'a', settings });

function probe(name: string, settings: Record<string, Json>, more: Partial<ProbeRecord> = {}): ProbeRecord {
  return { probe: name, outcome: 'answered', verdicts: [verdict(settings)], exchanges: [], ...more };
}

function recording(probes: ProbeRecord[], org: Partial<Recording['org']> = {}): Recording {
  const whole: Recording['org'] = { kind: 'sandbox', apiVersion: '66.0', ...org };
  return { format: 1, source: 'kit', date: '2026-11-26', org: whole, probes };
}

describe('local org: like a recording', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sf-jwt-like-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  let count = 0;
  const written = async (content: unknown): Promise<string> => {
    const file = join(folder, `recording-${++count}.json`);
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  const refusal = async (content: unknown): Promise<string> => {
    const file = await written(content);
    expect(() => settledBy(file))
      .to.throw()
      .with.property('name', 'Error');
    try {
      settledBy(file);
    } catch (error) {
      return (error as Error).message.replaceAll(file, 'FILE');
    }
    return '';
  };

  it('has its kind, its version, and the settings of every answered verdict', async () => {
    const file = await written(
      recording(
        [
          probe('policy', { defaultPolicyTiming: 'with-settings', accessRowCreated: false }),
          probe('fields', { pkceRequired: 'as-deployed', expiryGraceSeconds: 240 }),
          probe('broken', { singleAccess: 'missing' }, { outcome: 'failed' }),
          probe('silent', {}, { verdicts: [{ question: 'q', answer: 'neither' }] }),
        ],
        { devHub: true },
      ),
    );
    const settled = {
      defaultPolicyTiming: 'with-settings',
      accessRowCreated: false,
      pkceRequired: 'as-deployed',
      expiryGraceSeconds: 240,
      maxApiVersion: 66,
    };
    expect(settledBy(file)).to.deep.equal({ kind: 'sandbox', devHub: true, switches: settled });
    expect(settledText(settledBy(file))).to.contain('pkceRequired as-deployed, expiryGraceSeconds 240');

    const org = await startOrg({ like: file });
    try {
      expect(org.switches).to.deep.equal({ ...DEFAULT_SWITCHES, ...settled });
      expect(org.data.identity).to.include({ kind: 'sandbox', devHub: true });
      const versions = (await (await fetch(`${org.url}/services/data`)).json()) as { version: string }[];
      expect(versions.at(-1)?.version).to.equal('66.0');
    } finally {
      await org.stop();
    }
  });

  it('is overruled by what the caller says', async () => {
    const file = await written(recording([probe('fields', { pkceRequired: 'as-deployed', singleAccess: 'missing' })]));
    const org = await startOrg({ like: file, kind: 'scratch', switches: { singleAccess: 'served' } });
    try {
      expect(org.data.identity.kind).to.equal('scratch');
      expect(org.switches).to.include({ singleAccess: 'served', pkceRequired: 'as-deployed' });
    } finally {
      await org.stop();
    }
  });

  it('takes two probes that agree, and leaves the version alone where none is known', async () => {
    const both = [probe('one', { omittedFields: 'kept' }), probe('two', { omittedFields: 'kept' })];
    const { apiVersion: _, ...org } = recording([]).org;
    expect(settledBy(await written({ ...recording(both), org })).switches).to.deep.equal({ omittedFields: 'kept' });
  });

  it('refuses what is no recording, in one line', async () => {
    const whole = recording([]);
    const none = join(folder, 'none.json');
    expect(() => settledBy(none)).to.throw(`The recording ${none} can't be read: ENOENT.`);
    expect(() => settledBy(folder)).to.throw(`The recording ${folder} can't be read: EISDIR.`);
    const refusals: [content: unknown, reason: string][] = [
      ['{"format": 1', "it isn't JSON"],
      ['', "it isn't JSON"],
      ['[]', 'it holds no JSON object'],
      ['null', 'it holds no JSON object'],
      ['{}', 'its format is undefined, not 1'],
      [{ ...whole, format: 2 }, 'its format is 2, not 1'],
      [{ ...whole, org: undefined }, 'it has no org'],
      [{ ...whole, org: { kind: 'playground' } }, 'its org is of kind "playground"'],
      [{ ...whole, org: { kind: 'sandbox', apiVersion: 'newest' } }, 'its org has the API version "newest"'],
      [{ ...whole, org: { kind: 'sandbox', apiVersion: '30.0' } }, 'its org has the API version "30.0"'],
      [{ ...whole, probes: {} }, 'it has no list of probes'],
      [{ ...whole, probes: [null] }, 'entry 1 of its probes has no name or no outcome'],
      [{ ...whole, probes: [{ ...probe('p', {}), verdicts: 'yes' }] }, 'entry 1 of its probes has no list of verdicts'],
      [
        { ...whole, probes: [probe('p', {}), { ...probe('p', {}), verdicts: [{ settings: ['forced'] }] }] },
        'entry 2 of its probes has a verdict whose settings are no object',
      ],
      [
        { ...whole, probes: [{ ...probe('p', {}), verdicts: [null] }] },
        'entry 1 of its probes has a verdict that is no object',
      ],
    ];
    for (const [content, reason] of refusals) {
      expect(await refusal(content)).to.equal(`FILE is no recording of the conformance kit: ${reason}.`);
    }
  });

  it('refuses settings that the local org does not have, and probes that disagree, in one line', async () => {
    expect(await refusal(recording([probe('p', { pkce: 'forced' })]))).to.equal(
      'FILE, probe p: the local org has no switch pkce.',
    );
    expect(await refusal(recording([probe('p', { constructor: 'forced' })]))).to.contain('no switch constructor');
    expect(await refusal(recording([probe('p', { pkceRequired: 'sometimes' })]))).to.equal(
      'FILE, probe p: pkceRequired can\'t be "sometimes", only forced, as-deployed.',
    );
    expect(await refusal(recording([probe('p', { expiryGraceSeconds: -1 })]))).to.equal(
      "FILE, probe p: expiryGraceSeconds can't be -1, only a whole number of seconds.",
    );
    expect(await refusal(recording([probe('p', { requestLimit: { requests: 3 } })]))).to.contain('requestLimit');
    expect(
      await refusal(recording([probe('p', { omittedFields: 'kept' }), probe('q', { omittedFields: 'reset' })])),
    ).to.equal('FILE: probes p and q disagree on omittedFields: "kept" and "reset".');
  });

  it('is started by "npm run emulator -- --like FILE", which says what was settled; a flag goes before it', async () => {
    const probes = [probe('fields', { pkceRequired: 'as-deployed', connectedAppCreation: 'blocked' })];
    const file = await written(recording(probes, { devHub: true }));
    const flags = ['--like', file, '--port', '0', '--connected-apps'];
    const child = spawn(process.execPath, ['--import', 'tsx', join('test', 'emulator', 'main.ts'), ...flags], {
      cwd: ROOT,
    });
    let shown = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      shown += String(chunk);
      if (shown.includes('org login access-token')) break;
    }
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    expect(shown).to.contain('A local sandbox org is up (Dev Hub).');
    expect(shown).to.contain(`Like ${file}: maxApiVersion 66, pkceRequired as-deployed, connectedAppCreation blocked.`);
  });

  it('is told by "npm run emulator" too, as is a wrong call: one line, exit 1, nothing started, no trace', async () => {
    const file = await written('{}');
    const calls: [flags: string[], firstLine: string | RegExp][] = [
      [['--like', file], `${file} is no recording of the conformance kit: its format is undefined, not 1.`],
      [['--like', join(folder, 'none.json'), '--switches'], /^The recording .*none\.json can't be read: ENOENT\.$/],
      [['--like'], /--like/],
      [['--port', 'many'], '--port takes a number from 0 to 65535, not "many".'],
    ];
    const answers = await Promise.all(calls.map(([flags]) => emulator(flags)));
    for (const [index, [flags, firstLine]] of calls.entries()) {
      const { code, stdout, stderr } = answers[index]!;
      expect({ code, stdout }, flags.join(' ')).to.deep.equal({ code: 1, stdout: '' });
      const [first = '', ...rest] = stderr.split('\n');
      if (typeof firstLine === 'string') expect(first).to.equal(firstLine);
      else expect(first).to.match(firstLine);
      expect(rest.join('\n')).not.to.match(/^ +at /m);
    }
  });
});

async function emulator(flags: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = ['--import', 'tsx', join('test', 'emulator', 'main.ts'), ...flags];
  return promisify(execFile)(process.execPath, script, { cwd: ROOT }).then(
    (ended) => ({ code: 0, ...ended }),
    (error: unknown) => error as { code: number; stdout: string; stderr: string },
  );
}
