/** All services that keep a key for a pipeline, in which one key is, and a CI's job that proves to them who it is. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { SignerCi } from '../../../src/flows/snippet/signer.js';
import { CiMachine } from '../ci-machine.js';
import { AwsService } from './aws-service.js';
import { AwsTool } from './aws-tool.js';
import { AzureTool } from './azure-tool.js';
import { GoogleService } from './google-service.js';
import { GoogleTool } from './google-tool.js';
import { toolsOnPath } from './on-path.js';
import type { StandInTool } from './tool.js';
import { VaultService } from './vault-service.js';

const ID_TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqb2IifQ.signature-of-the-ci';
const RING = 'projects/acme/locations/europe-west1/keyRings/ci';

/** The work of a pipeline: one query with the login that there is. */
const WORK = `
  import { readdirSync } from 'node:fs';
  import { homedir } from 'node:os';
  import { join } from 'node:path';
  import { AuthInfo, Connection } from '@salesforce/core';
  for (const name of readdirSync(join(homedir(), '.sfdx')).filter((each) => each.includes('@'))) {
    const authInfo = await AuthInfo.create({ username: name.slice(0, -'.json'.length) });
    const connection = await Connection.create({ authInfo });
    await connection.query('SELECT Id FROM Account');
    console.log('USED', authInfo.getUsername(), connection.getAuthInfoFields().privateKey === undefined);
  }
`;

/** What only installs a program that is there already. */
const INSTALLERS = ['apt-get', 'gpg', 'tee'];

export class CiServices {
  public readonly azure = new AzureTool();
  public readonly vault = new VaultService();
  private readonly aws = new AwsTool(new AwsService());
  private readonly google = new GoogleTool(new GoogleService());
  private tokens: Server | undefined;
  private readonly ends: Array<() => void> = [];
  /** A URI of the key in each service */
  public readonly uris: Record<'awskms' | 'azurekms' | 'gcpkms' | 'hashivault', string>;

  /** @param key PEM of the private key that the services keep */
  public constructor(key: string) {
    const privateKey = createPrivateKey(key);
    const pair = { privateKey, publicKey: createPublicKey(privateKey) };
    this.azure.add('ci', { pair });
    this.vault.add('ci', 1, { pairs: [pair] });
    this.uris = {
      awskms: `awskms:///${this.aws.service.add('ci', { pair })}`,
      azurekms: 'azurekms://acme.vault.azure.net/ci',
      gcpkms: `gcpkms://${this.google.service.add(RING, 'sf', { pair })}`,
      hashivault: 'hashivault://ci',
    };
  }

  public get tools(): StandInTool[] {
    return [this.aws, this.azure, this.google];
  }

  public async listen(): Promise<void> {
    await this.vault.listen();
    // GitHub hands a job its token over HTTP.
    this.tokens = createServer(({ headers, url }, response) => {
      const isJob =
        headers.authorization === 'bearer request-token' && url?.endsWith('&audience=salesforce-ci') === true;
      response.writeHead(isJob ? 200 : 401).end(JSON.stringify({ value: ID_TOKEN }));
    });
    await new Promise<void>((resolve) => void this.tokens!.listen(0, '127.0.0.1', resolve));
  }

  public close(): void {
    this.vault.close();
    this.tokens?.close();
    for (const end of this.ends) end();
  }

  /** A machine of the CI on which nobody is logged in anywhere. What an action of a vendor does is done already. */
  public async machineOf(ci: SignerCi, home: string): Promise<CiMachine> {
    for (const each of [this.aws, this.azure, this.google, this.vault]) each.idToken = ID_TOKEN;
    this.azure.signedIn = ci !== 'gitlab-ci';
    const machine = await CiMachine.at(home, { WORK, ...this.variablesOf(ci) });
    if (ci === 'github-actions') this.google.idToken = undefined;
    for (const name of INSTALLERS)
      await writeFile(join(machine.folder, name), '#!/bin/sh\n[ ! -p /dev/stdin ] || cat >/dev/null\n', {
        mode: 0o755,
      });
    const curl = `#!/bin/sh\ncase "$*" in *https://*) exit 0 ;; esac\nexec "$CURL" "$@"\n`;
    await writeFile(join(machine.folder, 'curl'), curl, { mode: 0o755 });
    this.ends.push(await toolsOnPath(machine.folder, this.tools));
    return machine;
  }

  private variablesOf(ci: SignerCi): Record<string, string> {
    const variables = {
      AZURE_CLIENT_ID: 'client-id-of-the-app',
      AZURE_TENANT_ID: 'tenant',
      GCP_WORKLOAD_IDENTITY_PROVIDER: 'projects/1/locations/global/workloadIdentityPools/salesforce-ci/providers/ci',
      VAULT_ADDR: this.vault.url,
    };
    const port = (this.tokens!.address() as AddressInfo).port;
    switch (ci) {
      case 'github-actions':
        return {
          ...variables,
          ...{ AWS_ACCESS_KEY_ID: 'of-the-role', AWS_DEFAULT_REGION: 'eu-west-1' },
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
          ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/?api-version=2.0`,
        };
      case 'gitlab-ci':
        return { ...variables, KMS_ID_TOKEN: ID_TOKEN };
      case 'azure-pipelines':
        return { ...variables, idToken: ID_TOKEN };
    }
  }
}
