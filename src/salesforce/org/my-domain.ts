/** What the host of an org tells of it; a field of which it tells nothing is absent. */
export type DomainFacts = { isSandbox?: boolean; isScratch?: boolean; edition?: 'Developer Edition' };

const MY_DOMAIN = /^(?<name>[^.]+)(?:\.(?<part>[^.]+))?\.my\.(?:salesforce\.com|salesforce\.mil|sfcrmproducts\.cn)$/;

/** Partitions of My Domain, and what lives there. */
const PARTITIONS: Readonly<Record<string, DomainFacts>> = {
  sandbox: { isSandbox: true, isScratch: false },
  scratch: { isSandbox: false, isScratch: true },
  develop: { isSandbox: false, isScratch: false, edition: 'Developer Edition' },
  trailblaze: { isSandbox: false, isScratch: false },
  demo: { isSandbox: false, isScratch: false },
};

/**
 * The kind of an org by the host of its My Domain. Without a partition in it, `NAME--SANDBOX` is a sandbox and
 * `NAME-dev-ed` a Developer Edition or a scratch org; a host named after a sandbox instance (`cs42`) is one or the other.
 *
 * @see https://help.salesforce.com/s/articleView?id=xcloud.domain_name_url_formats.htm
 */
export function domainFacts(host: string): DomainFacts {
  const { name, part } = MY_DOMAIN.exec(host.toLowerCase())?.groups ?? {};
  if (name === undefined) return {};
  if (part !== undefined && PARTITIONS[part] !== undefined) return PARTITIONS[part];
  if (name.includes('--')) return { isSandbox: true, isScratch: false };
  if (name.endsWith('-dev-ed')) return { isSandbox: false };
  return part === undefined ? { isSandbox: false, isScratch: false } : {};
}
