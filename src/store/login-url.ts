import { ConfigAggregator, OrgConfigProperties, SfProject } from '@salesforce/core';
import { Failure } from '../failure.js';

const PRODUCTION = 'https://login.salesforce.com';

/**
 * Where to log in: the URL that was given, else the one host that sf's own configuration names (`sfdcLoginUrl` of the
 * project, then `org-instance-url`), else login.salesforce.com.
 *
 * @throws Failure `lightning_url` with the org's My Domain instead
 */
export async function loginUrlFor(given: URL | undefined, config: ConfigAggregator): Promise<URL> {
  const url = given ?? new URL((await projectLoginUrl()) ?? configured(config) ?? PRODUCTION);
  const myDomain = myDomainOf(url);
  if (myDomain !== undefined) throw new Failure('lightning_url', { url: url.origin, myDomain });
  return url;
}

function configured(config: ConfigAggregator): string | undefined {
  const value = config.getPropertyValue(OrgConfigProperties.ORG_INSTANCE_URL);
  return typeof value === 'string' ? value : undefined;
}

async function projectLoginUrl(): Promise<string | undefined> {
  let project: SfProject;
  try {
    project = await SfProject.resolve();
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidProjectWorkspaceError') return undefined;
    throw error;
  }
  const value = (await project.retrieveSfProjectJson()).getContents().sfdcLoginUrl;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The My Domain of an org whose Lightning pages stand at `url`; undefined where it is no Lightning page. */
export function myDomainOf(url: URL): string | undefined {
  const domains: Array<[lightning: string, myDomain: string]> = [
    ['.lightning.force.com', '.my.salesforce.com'],
    ['.lightning.crmforce.mil', '.my.salesforce.mil'],
    ['.lightning.sfcrmapps.cn', '.my.sfcrmproducts.cn'],
  ];
  const host = url.hostname.toLowerCase();
  const pair = domains.find(([lightning]) => host.endsWith(lightning));
  return pair && `https://${host.slice(0, -pair[0].length)}${pair[1]}`;
}
