import JSZip from 'jszip';

import type { Org } from '../index.js';

export type Elements = ReadonlyArray<readonly [name: string, text: string]>;

export function metadataXml(type: string, elements: Elements): string {
  const body = elements.map(([name, text]) => `    <${name}>${text}</${name}>\n`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${type} xmlns="http://soap.sforce.com/2006/04/metadata">\n${body}</${type}>\n`;
}

export function packageXml(members: Record<string, string[]>, version = '62.0'): string {
  const types = Object.entries(members).map(
    ([name, names]) =>
      `<types>${names.map((member) => `<members>${member}</members>`).join('')}<name>${name}</name></types>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Package xmlns="http://soap.sforce.com/2006/04/metadata">${types.join('')}<version>${version}</version></Package>`;
}

/** Where each type keeps its files. */
const PLACES: Record<string, [directory: string, suffix: string]> = {
  ExternalClientApplication: ['externalClientApps', 'eca'],
  ExtlClntAppGlobalOauthSettings: ['extlClntAppGlobalOauthSets', 'ecaGlblOauth'],
  ExtlClntAppOauthSettings: ['extlClntAppOauthSettings', 'ecaOauth'],
  ExtlClntAppOauthConfigurablePolicies: ['extlClntAppOauthPolicies', 'ecaOauthPlcy'],
  ExtlClntAppConfigurablePolicies: ['extlClntAppPolicies', 'ecaPlcy'],
  ConnectedApp: ['connectedApps', 'connectedApp'],
  PermissionSet: ['permissionsets', 'permissionset'],
};

export type Components = Record<`${string}:${string}`, string>;

export function filesOf(components: Components, version?: string): Record<string, string> {
  const members: Record<string, string[]> = {};
  const files: Record<string, string> = {};
  for (const [key, xml] of Object.entries(components)) {
    const [type = '', name = ''] = key.split(':');
    const [directory, suffix] = PLACES[type] ?? ['unknown', 'xml'];
    (members[type] ??= []).push(name);
    files[`${directory}/${name}.${suffix}`] = xml;
  }
  return { 'package.xml': packageXml(members, version), ...files };
}

export async function zip(files: Record<string, string>): Promise<Buffer> {
  const archive = new JSZip();
  for (const [name, text] of Object.entries(files)) archive.file(name, text);
  return archive.generateAsync({ type: 'nodebuffer' });
}

export interface AppParts {
  header?: Elements;
  oauth?: Elements;
  global?: Elements;
  policy?: Elements;
}

/** An External Client App as a CI needs it: header, scopes, key and certificate, pre-authorized permission set. */
export function ecaComponents(
  app: string,
  certificate: string,
  consumerKey: string | undefined,
  parts: AppParts = {},
): Components {
  const parent = ['externalClientApplication', app] as const;
  return {
    [`PermissionSet:${app}`]: metadataXml('PermissionSet', [['label', app]]),
    [`ExternalClientApplication:${app}`]: metadataXml(
      'ExternalClientApplication',
      parts.header ?? [
        ['contactEmail', 'ops@example.com'],
        ['distributionState', 'Local'],
        ['isProtected', 'false'],
        ['label', app],
      ],
    ),
    [`ExtlClntAppOauthSettings:${app}_oauth`]: metadataXml(
      'ExtlClntAppOauthSettings',
      parts.oauth ?? [['commaSeparatedOauthScopes', 'Api, Web, RefreshToken'], parent, ['label', `${app} OAuth`]],
    ),
    [`ExtlClntAppGlobalOauthSettings:${app}_glbloauth`]: metadataXml(
      'ExtlClntAppGlobalOauthSettings',
      parts.global ?? [
        ['callbackUrl', 'http://localhost:1717/OauthRedirect'],
        ['certificate', certificate],
        ...(consumerKey === undefined ? [] : [['consumerKey', consumerKey] as const]),
        parent,
        ['isConsumerSecretOptional', 'true'],
        ['label', `${app} global`],
      ],
    ),
    [`ExtlClntAppOauthConfigurablePolicies:${app}_oauth_defaultPolicy`]: metadataXml(
      'ExtlClntAppOauthConfigurablePolicies',
      parts.policy ?? [
        ['commaSeparatedPermissionSet', app],
        parent,
        ['ipRelaxationPolicyType', 'Bypass'],
        ['label', `${app} policy`],
        ['permittedUsersPolicyType', 'AdminApprovedPreAuthorized'],
      ],
    ),
  };
}

export function connectedAppComponents(
  app: string,
  certificate: string,
  oauth: Elements = [],
  top: Elements = [],
): Components {
  const config = [
    ['callbackUrl', 'http://localhost:1717/OauthRedirect'] as const,
    ['certificate', certificate] as const,
    ...oauth,
  ];
  const scopes = ['Api', 'Web', 'RefreshToken'].map((scope) => `<scopes>${scope}</scopes>`).join('');
  const inner = config.map(([name, text]) => `<${name}>${text}</${name}>`).join('');
  return {
    [`ConnectedApp:${app}`]: metadataXml('ConnectedApp', [
      ['contactEmail', 'ops@example.com'],
      ['label', app],
      ['oauthConfig', inner + scopes],
      ...top,
    ]),
  };
}

export interface Message {
  fullName: string;
  componentType: string;
  problem?: string;
  problemType?: string;
  created: boolean;
  changed: boolean;
  success: boolean;
  lineNumber?: number;
  id?: string;
}

export interface Outcome {
  id: string;
  status: string;
  success: boolean;
  done: boolean;
  errorMessage?: string;
  numberComponentErrors: number;
  numberComponentsTotal: number;
  numberComponentsDeployed: number;
  numberFiles: string;
  zipSize: string;
  numberTestErrors: number;
  details: { componentFailures: Message[]; componentSuccesses: Message[]; runTestResult: { failures: Message[] } };
  [field: string]: unknown;
}

/** Deploys over REST with a hand-made multipart body and waits for the end. */
export async function deploy(
  org: Org,
  components: Components | Buffer,
  options: Record<string, unknown> = {},
  { version = '62.0', token = org.admin.accessToken }: { version?: string; token?: string } = {},
): Promise<Outcome> {
  const archive = Buffer.isBuffer(components) ? components : await zip(filesOf(components, version));
  const deployOptions = { singlePackage: true, rollbackOnError: true, ...options };
  const form = new FormData();
  form.append('json', new Blob([JSON.stringify({ deployOptions })], { type: 'application/json' }));
  form.append('file', new Blob([new Uint8Array(archive)], { type: 'application/zip' }), 'deploy.zip');
  const headers = { authorization: `Bearer ${token}` };
  const url = `${org.url}/services/data/v66.0/metadata/deployRequest`;
  const started = await fetch(url, { method: 'POST', headers, body: form });
  if (started.status !== 201) throw new Error(`${started.status} ${await started.text()}`);
  const { id } = (await started.json()) as { id: string };
  for (;;) {
    const answer = await fetch(`${url}/${id}?includeDetails=true`, { headers });
    const { deployResult } = (await answer.json()) as { deployResult: Outcome };
    if (deployResult.done) return deployResult;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function problems(outcome: Outcome): string[] {
  return outcome.details.componentFailures.map(({ problem }) => problem ?? '');
}
