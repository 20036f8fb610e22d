import type { Connection } from '@salesforce/core';
import { adminOf } from './admin.js';
import { Failure, isFailure } from '../../failure.js';
import { meaningOfFailure } from '../org/reachability.js';
import type { Clock } from '../../clock.js';
import { componentFile, componentXml, packageXml, type Component, type ComponentType } from './component.js';

export type DeploymentProgress = { id: string; status: string; done: number; total: number };

/** Milliseconds. Real deployments of an app took up to a minute; past this nobody waits for one. */
export const DEPLOYMENT_LIMIT = 15 * 60_000;
/** How often one poll is tried, each time with the repetitions that the client library makes by itself. */
const POLL_TRIES = 4;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;

/** Component successes and failures come one by one or as lists, by the API that was asked. */
type Details = {
  componentFailures?: DeployMessage | DeployMessage[];
  componentSuccesses?: DeployMessage | DeployMessage[];
};
type DeployMessage = {
  fullName: string;
  componentType?: string | null;
  created?: boolean;
  problem?: string | null;
};

/**
 * Deploys components as one transaction over REST and waits for the end. No test level is sent: there is no Apex in it,
 * so the org's own default is the right one.
 *
 * @returns the deployment's id, `0Af…`, and the types of the components that were in the org before
 * @throws Failure `deployment_unanswered`, `deployment_refused`, `deployment_failed`, `deployment_canceled`, `connected_app_creation_blocked`, and
 *   those of `untilDone`
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_rest_deploy.htm
 */
export async function deploy(
  metadata: Connection['metadata'],
  components: Component[],
  { apiVersion, checkOnly }: { apiVersion: string; checkOnly: boolean },
  clock: Clock,
  onProgress: (progress: DeploymentProgress) => void,
  deadline?: number,
): Promise<{ id: string; existing: string[] }> {
  return deployed(metadata, await zipOf(components, apiVersion), checkOnly, clock, onProgress, deadline);
}

/**
 * Deletes components as one transaction; as {@link deploy}. One that isn't there is no failure.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_deploy_deleting_files.htm
 */
export async function deployRemoval(
  metadata: Connection['metadata'],
  components: Array<Pick<Component, 'type' | 'fullName'>>,
  { apiVersion, checkOnly }: { apiVersion: string; checkOnly: boolean },
  clock: Clock,
  onProgress: (progress: DeploymentProgress) => void,
  deadline?: number,
): Promise<{ id: string }> {
  const { default: JSZip } = await import('jszip');
  const zip = new JSZip();
  zip.file('package.xml', await packageXml([], apiVersion));
  zip.file('destructiveChanges.xml', await packageXml(components, apiVersion));
  return deployed(metadata, await zip.generateAsync({ type: 'nodebuffer' }), checkOnly, clock, onProgress, deadline);
}

async function deployed(
  metadata: Connection['metadata'],
  zip: Buffer,
  checkOnly: boolean,
  clock: Clock,
  onProgress: (progress: DeploymentProgress) => void,
  deadline?: number,
): Promise<{ id: string; existing: string[] }> {
  const options = { checkOnly, ignoreWarnings: false, rollbackOnError: true, singlePackage: true };
  const id = await accepted(metadata, zip, options);
  onProgress({ id, status: 'Pending', done: 0, total: 0 });
  const result = await untilDone(metadata, id, clock, onProgress, deadline);
  const { details } = result as unknown as { details?: Details };
  if (!result.success) throw refused(id, result as unknown as RefusedResult, adminOf(metadata));
  const existing = [details?.componentSuccesses ?? []].flat().filter(({ created }) => created === false);
  return { id, existing: existing.map(({ componentType }) => componentType ?? '') };
}

async function accepted(
  metadata: Connection['metadata'],
  zip: Buffer,
  options: { checkOnly: boolean },
): Promise<string> {
  try {
    // The locator's own methods poll over SOAP; awaited, it is the answer to the request.
    const { id } = (await metadata.deployRest(zip, options)) as { id: string };
    return id;
  } catch (error) {
    const meaning = meaningOfFailure(error, { instanceUrl: '', username: '' });
    const unanswered = options.checkOnly ? undefined : whyUnanswered(meaning);
    if (unanswered !== undefined)
      throw new Failure('deployment_unanswered', { reason: unanswered, admin: adminOf(metadata) });
    const answered = error instanceof Error && 'errorCode' in error && typeof error.errorCode === 'string';
    if (!answered || isFailure(meaning)) throw error;
    throw new Failure('deployment_refused', {
      words: `${String(error.errorCode)}: ${error.message}`,
      admin: adminOf(metadata),
    });
  }
}

/** What the system and the platform say of a connection that was there: the request may have arrived. */
const BROKEN_OFF = /^(ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|UND_ERR_(SOCKET|ABORTED|(HEADERS|BODY)_TIMEOUT)|timeout)/;

/** Why no answer came to a request that the org may have got all the same; undefined where it surely hasn't, or has refused it. */
function whyUnanswered(meaning: unknown): string | undefined {
  if (isFailure(meaning, 'org_unreachable') && BROKEN_OFF.test(meaning.data.reason)) return meaning.data.reason;
  if (isFailure(meaning, 'org_answer_strange')) return meaning.data.answer;
  // A gateway that has passed the request on, and got nothing back.
  return isFailure(meaning, 'org_failing') && /^HTTP 50[24]\b/.test(meaning.data.words)
    ? meaning.data.words
    : undefined;
}

export type DeploymentResult = Awaited<ReturnType<Connection['metadata']['checkDeployStatus']>>;

/**
 * Waits for the end of a deployment, whoever began it.
 *
 * @param deadline by the clock; where several are waited for, of all of them
 * @throws Failure `deployment_unfinished`, `deployment_lost`
 */
export async function untilDone(
  metadata: Connection['metadata'],
  id: string,
  { now, sleep }: Clock,
  onProgress: (progress: DeploymentProgress) => void,
  deadline = now() + DEPLOYMENT_LIMIT,
): Promise<DeploymentResult> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    const result = await statusOf(metadata, id, sleep);
    const { status, numberComponentsDeployed: done, numberComponentsTotal: total } = result;
    onProgress({ id, status, done, total });
    if (result.done) return result;
    if (now() + pause > deadline) throw new Failure('deployment_unfinished', { id, status, admin: adminOf(metadata) });
    await sleep(pause);
  }
}

/**
 * Whether a deployment has made one of these components; not, if it failed or they were there before. A deployment of
 * which the org knows nothing any more says nothing against it.
 */
export async function hasMade(metadata: Connection['metadata'], id: string, types: ComponentType[]): Promise<boolean> {
  const result = await knownDeployment(metadata, id);
  if (result === undefined) return true;
  const { details } = result as unknown as { details?: Details };
  const made = [details?.componentSuccesses ?? []].flat().filter(({ created }) => created !== false);
  return result.success && made.some(({ componentType }) => types.some((type) => type === componentType));
}

/** @returns undefined where the org knows no deployment of that id (any more) */
export async function knownDeployment(
  metadata: Connection['metadata'],
  id: string,
): Promise<DeploymentResult | undefined> {
  try {
    return await metadata.checkDeployStatus(id, true, true);
  } catch (error) {
    const code = error instanceof Error && 'errorCode' in error ? String(error.errorCode) : '';
    if (/^(INVALID_(ID_FIELD|CROSS_REFERENCE_KEY|LOCATOR)|MALFORMED_ID|NOT_FOUND)$/.test(code)) return undefined;
    throw error;
  }
}

/** The deployment goes on in the org, whatever happens to the connection: a poll that is lost is repeated. */
async function statusOf(
  metadata: Connection['metadata'],
  id: string,
  sleep: Clock['sleep'],
): Promise<DeploymentResult> {
  for (let tries = 1; ; tries++) {
    try {
      return await metadata.checkDeployStatus(id, true, true);
    } catch (error) {
      const reason = lossOf(error);
      if (reason === undefined) throw error;
      if (tries === POLL_TRIES) throw new Failure('deployment_lost', { id, reason, admin: adminOf(metadata) });
      await sleep(LONGEST_PAUSE);
    }
  }
}

/** Why no answer of the org's came, or undefined if one did. */
function lossOf(error: unknown): string | undefined {
  const meaning = meaningOfFailure(error, { instanceUrl: '', username: '' });
  if (isFailure(meaning, 'org_unreachable')) return meaning.data.reason;
  if (isFailure(meaning, 'org_answer_strange')) return meaning.data.answer;
  if (isFailure(meaning, 'org_redirects')) return `→ ${meaning.data.location}`;
  // The deployment goes on without being asked after.
  const passing = ['org_failing', 'org_busy', 'org_request_limit'] as const;
  return passing.some((code) => isFailure(meaning, code)) ? (meaning as Failure<'org_failing'>).data.words : undefined;
}

type RefusedResult = {
  status: string;
  canceledByName?: string;
  errorMessage?: string | null;
  details?: Details & { runTestResult?: { failures?: Array<{ name: string; methodName: string; message: string }> } };
};

function refused(id: string, result: RefusedResult, admin: string): Failure {
  if (result.status === 'Canceled') return new Failure('deployment_canceled', { id, by: result.canceledByName ?? '' });
  const problems = [result.details?.componentFailures ?? []].flat().map(({ componentType, fullName, problem }) => ({
    type: componentType ?? '',
    component: fullName,
    problem: problem ?? '',
  }));
  const blocked = problems.find(({ problem }) => /can.t create a connected app/i.test(problem));
  if (blocked) return new Failure('connected_app_creation_blocked', { id, problem: blocked.problem });
  const tests = (result.details?.runTestResult?.failures ?? []).map(
    (test) => `${test.name}.${test.methodName}: ${test.message}`,
  );
  const words = [...problems.map(({ type, component, problem }) => `${type} ${component}: ${problem}`), ...tests];
  if (result.errorMessage) words.push(result.errorMessage);
  return new Failure('deployment_failed', { id, problems, words: words.map(onOneLine).join('\n'), admin });
}

/** Each problem is a line of its own, so none may have several. */
function onOneLine(words: string): string {
  return words.replace(/\s+/g, ' ').trim();
}

/** The zip of a deployment: `package.xml` at the root and a file for each component. */
async function zipOf(components: Component[], apiVersion: string): Promise<Buffer> {
  const { default: JSZip } = await import('jszip');
  const zip = new JSZip();
  zip.file('package.xml', await packageXml(components, apiVersion));
  for (const component of components) {
    zip.file(componentFile(component), await componentXml(component));
  }
  return zip.generateAsync({ type: 'nodebuffer', compression: 'DEFLATE' });
}
