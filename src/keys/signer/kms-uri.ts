import { Failure } from '../../failure.js';

/** A key of AWS KMS. */
export type AwsKey = {
  kind: 'awskms';
  /** `HOST[:PORT]` of another endpoint than Amazon's own */
  endpoint: string | undefined;
  /** The key's id, its ARN, `alias/NAME` or an alias' ARN */
  id: string;
  /** Region of the ARN; undefined: the one that the tool is configured for */
  region: string | undefined;
};

/** A key of Azure Key Vault. Without a version, the newest. */
export type AzureKey = { kind: 'azurekms'; host: string; name: string; version: string | undefined };

/** A key of Google Cloud KMS. */
export type GoogleKey = {
  kind: 'gcpkms';
  project: string;
  location: string;
  ring: string;
  name: string;
  version: string | undefined;
};

/** A key of the transit engine of HashiCorp Vault or OpenBao. Without a version, the newest. */
export type VaultKey = { kind: 'hashivault'; mount: string | undefined; name: string; version: string | undefined };

/** A key in a key management service, as a URI names it. */
export type KmsKey = AwsKey | AzureKey | GoogleKey | VaultKey;

export type KmsKind = KmsKey['kind'];

/** What a URI looks like, for whoever wrote another. */
export const KMS_FORMS: Record<KmsKind, string> = {
  awskms: 'awskms:///KEY, with the ID or ARN of a key, alias/NAME or the ARN of an alias after the third slash',
  azurekms: 'azurekms://VAULT.vault.azure.net/KEY[/VERSION]',
  gcpkms: 'gcpkms://projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY/cryptoKeyVersions/VERSION',
  hashivault: 'hashivault://[MOUNT/]KEY[/versions/VERSION]',
};

const AWS_ID = '(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';
const AWS_ALIAS = 'alias/[A-Za-z0-9/_-]{1,250}';
const AWS = new RegExp(
  `^awskms://((?:[A-Za-z0-9.-]+|\\[[0-9a-f:]+\\])(?::\\d{1,5})?)?/` +
    `(${AWS_ID}|${AWS_ALIAS}|arn:aws[a-z-]*:kms:([a-z0-9-]+):\\d{12}:(?:key/${AWS_ID}|${AWS_ALIAS}))$`,
);
const AZURE = /^azurekms:\/\/([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)\/([A-Za-z0-9-]{1,127})(?:\/([0-9a-f]{32}))?$/;
const GOOGLE =
  /^gcpkms:\/\/projects\/([\w.:-]+)\/locations\/([\w-]+)\/keyRings\/([\w-]+)\/cryptoKeys\/([\w-]+)(?:\/(?:cryptoKeyVersions|versions)\/(\d+))?$/;
const VAULT = /^hashivault:\/\/(?:((?:[\w.-]+\/)*[\w.-]+)\/)?([\w.-]+)$/;
const VAULT_VERSION = /\/versions\/(\d+)$/;

/** A host that can't be one: what stands there belongs after a third slash. */
const NO_AWS_HOST = new RegExp(`^(?:alias|${AWS_ID})$`);

/** Whether the scheme of the URI is one of these. */
export const isKmsUri = (uri: string): boolean => Object.keys(KMS_FORMS).includes(schemeOf(uri));

/**
 * Reads the URI of a key in a key management service, in the notation of sigstore's cosign. A version of Vault's, which
 * cosign has none for, is written as Google's are.
 *
 * @throws Failure `signer_uri_malformed`
 */
export function parseKmsUri(uri: string): KmsKey {
  const kind = schemeOf(uri) as KmsKind;
  const key = parseAs(kind, `${kind}${uri.slice(kind.length)}`);
  if (key === undefined) {
    const part = uri.slice(kind.length + 1).replace(/^\/+/, '');
    throw new Failure('signer_uri_malformed', {
      uri,
      form: KMS_FORMS[kind],
      ...(part === '' ? { part: 'KEY', variant: 'incomplete' } : { part }),
    });
  }
  return key;
}

function parseAs(kind: KmsKind, uri: string): KmsKey | undefined {
  switch (kind) {
    case 'awskms': {
      const [, endpoint, id, region] = AWS.exec(uri) ?? [];
      if (id === undefined || (endpoint !== undefined && NO_AWS_HOST.test(endpoint))) return undefined;
      return { kind, endpoint, id, region };
    }
    case 'azurekms': {
      const [, host, name, version] = AZURE.exec(uri) ?? [];
      return host === undefined || name === undefined ? undefined : { kind, host: host.toLowerCase(), name, version };
    }
    case 'gcpkms': {
      const [, project = '', location = '', ring = '', name, version] = GOOGLE.exec(uri) ?? [];
      return name === undefined ? undefined : { kind, project, location, ring, name, version };
    }
    case 'hashivault': {
      const [behind = '', version] = VAULT_VERSION.exec(uri) ?? [];
      const [, mount, name] = VAULT.exec(uri.slice(0, uri.length - behind.length)) ?? [];
      return name === undefined || /(^|\/)\.\.?($|\/)/.test(`${mount}/${name}`)
        ? undefined
        : { kind, mount, name, version };
    }
  }
}

const schemeOf = (uri: string): string => uri.slice(0, Math.max(0, uri.indexOf(':'))).toLowerCase();

/** The URI of a key, in the form that is stored. */
export function kmsUri(key: KmsKey): string {
  switch (key.kind) {
    case 'awskms':
      return `awskms://${key.endpoint ?? ''}/${key.id}`;
    case 'azurekms':
      return `azurekms://${key.host}/${key.name}${key.version === undefined ? '' : `/${key.version}`}`;
    case 'gcpkms':
      return `gcpkms://${googleName(key)}`;
    case 'hashivault': {
      const mount = key.mount === undefined ? '' : `${key.mount}/`;
      return `hashivault://${mount}${key.name}${key.version === undefined ? '' : `/versions/${key.version}`}`;
    }
  }
}

/** The full name of a key of Google's, or of its version where there is one. */
export function googleName({ project, location, ring, name, version }: GoogleKey): string {
  const key = `projects/${project}/locations/${location}/keyRings/${ring}/cryptoKeys/${name}`;
  return version === undefined ? key : `${key}/cryptoKeyVersions/${version}`;
}
