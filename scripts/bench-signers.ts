/** What a signer adds to `sf jwt grant`: the same login with a key file, and with keys that others keep. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSignedCertificate } from '../src/keys/credential/issue.js';
import { createSignerKey, openSigner } from '../src/keys/signer/open.js';
import type { SignerDependencies } from '../src/keys/signer/provider.js';
import { signerDependencies } from '../src/machine/signer-dependencies.js';
import { startOrg, type Org } from '../test/emulator/index.js';
import { scriptIn } from '../test/support/doc-blocks.js';
import { pairOf } from '../test/support/key-pair.js';
import {
  hasMoto,
  hasOpensshAgent,
  hasSoftHsm,
  startMoto,
  startOpensshAgent,
  startSoftHsm,
  type RealKeeper,
} from '../test/support/real-keepers.js';
import { makeSfHome, sf, SF_CLI_VERSION, type SfHome } from '../test/support/sf-cli.js';
import { machine, median } from './bench-figures.js';
import { installPlugin } from './bench-install.js';

const USERNAME = 'ci@acme.example.com';

/** How a login is made: the flags that name its key, the variables of its keeper, and its client ID. */
type Contestant = { name: string; flags: string[]; env: Record<string, string>; clientId: string; times: number[] };

/** @returns this part of docs/benchmarks.md */
export async function benchSigners(runs: number, say: (line: string) => void): Promise<string> {
  const org = await startOrg({ kind: 'developer', users: [{ username: USERNAME }] });
  const home = await makeSfHome();
  const folder = await mkdtemp(join(tmpdir(), 'bench-signers-'));
  const keepers: RealKeeper[] = [];
  try {
    org.setup.createPermissionSet('Jwt');
    org.setup.assignPermissionSet(USERNAME, 'Jwt');
    await installPlugin(home);
    const contestants = await contestantsIn({ org, folder, keepers });
    for (let round = 0; round <= runs; round += 1) {
      say(`round ${round} of ${runs} …`);
      // The first round warms the disk cache and isn't counted.
      for (const each of contestants) {
        const time = await timeOf(each, org, home);
        if (round > 0) each.times.push(time);
      }
    }
    return markdown(contestants, runs);
  } finally {
    for (const keeper of keepers) await keeper.stop();
    await org.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

type Place = { org: Org; folder: string; keepers: RealKeeper[] };

async function contestantsIn(place: Place): Promise<Contestant[]> {
  const { folder, keepers } = place;
  const pair = await pairOf('server');
  const file = join(folder, 'server.key');
  await writeFile(file, pair.key, { mode: 0o600 });
  const app = (name: string, certificate: string): string => appOf(place.org, name, certificate);
  const contestants: Contestant[] = [
    {
      name: 'a key file',
      flags: ['--jwt-key-file', file],
      env: {},
      clientId: app('File', pair.certificate),
      times: [],
    },
  ];
  const add = async (name: string, uri: string, keeper: RealKeeper | undefined, api: string): Promise<void> => {
    const env = keeper?.env ?? {};
    const signer = await openSigner(uri, machineOf(env));
    const certificate = await selfSignedCertificate({
      ...{ subject: { commonName: api }, signer, serialNumber: Buffer.from([1]), notBefore: new Date(), days: 30 },
    });
    contestants.push({ name, flags: ['--signer', signer.uri!], env, clientId: app(api, certificate), times: [] });
  };
  const script = join(folder, 'sign.sh');
  await writeFile(script, scriptIn('docs/signers.md', 'Signs with the key of a file'));
  await chmod(script, 0o755);
  await add('`exec:`, the script with openssl', `exec:${script} ${file}`, undefined, 'Exec');
  if (hasOpensshAgent) {
    const agent = await startOpensshAgent();
    keepers.push(agent);
    await agent.run('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-C', 'bench', '-f', 'bench']);
    await agent.run('ssh-add', ['bench']);
    await add("`ssh-agent:`, OpenSSH's", 'ssh-agent:bench', agent, 'Agent');
  }
  if (hasSoftHsm) {
    const hsm = await startSoftHsm();
    keepers.push(hsm);
    await add('`pkcs11:`, SoftHSM', await createSignerKey('pkcs11:object=bench', 2048, machineOf(hsm.env)), hsm, 'Hsm');
  }
  if (hasMoto) {
    const moto = await startMoto();
    keepers.push(moto);
    const uri = await createSignerKey('awskms:///alias/bench', 2048, machineOf(moto.env));
    await add('`awskms:`, the real `aws`, moto on this machine in the place of AWS', uri, moto, 'Kms');
  }
  return contestants;
}

function appOf(org: Org, name: string, certificate: string): string {
  return org.setup.createExternalClientApp({ name, certificate, adminApproved: true, permissionSets: ['Jwt'] });
}

/** This machine with the variables of a keeper. */
function machineOf(env: Record<string, string>): SignerDependencies {
  const own = signerDependencies(undefined);
  const environment = { ...process.env, ...env };
  return {
    ...own,
    environment,
    run: (program, args, options) => own.run(program, args, { ...options, env: { ...env, ...options.env } }),
  };
}

/** One process, from its start to its end, in milliseconds. The login of the run before is gone. */
async function timeOf({ name, flags, env, clientId }: Contestant, org: Org, home: SfHome): Promise<number> {
  await rm(join(home.path, '.sfdx', `${USERNAME}.json`), { force: true });
  const args = ['--username', USERNAME, '--client-id', clientId, '--instance-url', org.url, ...flags];
  const start = process.hrtime.bigint();
  const { status, stdout, stderr } = await sf(['jwt', 'grant', ...args], {
    home,
    env: { ...env, SF_DISABLE_LOG_FILE: 'true' },
  });
  const time = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0) throw new Error(`grant with ${name}: status ${status}\n${stdout}\n${stderr}`);
  return time;
}

function markdown(contestants: Contestant[], runs: number): string {
  const file = median(contestants[0]!.times);
  const rows = contestants.map(({ name, times }) => {
    const middle = median(times);
    const spread = `${Math.round(middle)} (${Math.round(Math.min(...times))}–${Math.round(Math.max(...times))})`;
    return `| ${name} | ${spread} | ${Math.round(middle - file)} |`;
  });
  return `## What a signer adds to \`sf jwt grant\`

The same login in the Salesforce CLI ${SF_CLI_VERSION}, as processes of their own, ${runs} times each after one run that wasn't counted,
taking turns, without the log file. The keepers of the keys are on this machine: a network, a device or a person who confirms comes on
top. Write these figures again with \`npm run bench -- signers\`.

Machine: ${machine()}.

| Key | median (min–max), ms | more than a key file, ms |
|---|---:|---:|
${rows.join('\n')}
`;
}
