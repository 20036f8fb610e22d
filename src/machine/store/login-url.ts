import { ConfigAggregator, OrgConfigProperties, SfProject } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { PRODUCTION_AUDIENCE } from '../../keys/assertion/audience.js';
import { parseLoginUrl, requireLoginUrl } from '../../salesforce/token/login-url.js';

/**
 * Where to log in: the URL that was given, else the one host that sf's own configuration names (`sfdcLoginUrl` of the
 * project, then `org-instance-url`), else login.salesforce.com.
 *
 * @param onConfigured is told of a host that no flag named, before anything asks it, and who named it
 * @throws Failure `login_url_malformed`, those of {@link requireLoginUrl}
 */
export async function loginUrlFor(
  given: URL | undefined,
  config: ConfigAggregator,
  onConfigured?: (url: URL, source: string) => void,
): Promise<URL> {
  const { url, source } = given === undefined ? await configuredUrl(config) : { url: given, source: '' };
  requireLoginUrl(url);
  if (source !== '') onConfigured?.(url, source);
  return url;
}

async function configuredUrl(config: ConfigAggregator): Promise<{ url: URL; source: string }> {
  const [source, text] = (await projectLoginUrl()) ?? configured(config) ?? ['', PRODUCTION_AUDIENCE];
  const url = parseLoginUrl(text);
  if (url === undefined) throw new Failure('login_url_malformed', { source });
  return { url, source };
}

/** Where a URL stands, and the text of it. */
type Configured = [source: string, text: string];

function configured(config: ConfigAggregator): Configured | undefined {
  const { value, location } = config.getInfo(OrgConfigProperties.ORG_INSTANCE_URL);
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  return [(location as string | undefined) === 'Environment' ? 'SF_ORG_INSTANCE_URL' : 'org-instance-url', value];
}

async function projectLoginUrl(): Promise<Configured | undefined> {
  let project: SfProject;
  try {
    project = await SfProject.resolve();
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidProjectWorkspaceError') return undefined;
    throw error;
  }
  const value = (await project.retrieveSfProjectJson()).getContents().sfdcLoginUrl;
  return typeof value === 'string' && value.trim() !== '' ? ['sfdcLoginUrl', value] : undefined;
}
