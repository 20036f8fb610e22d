import type { Connection } from '@salesforce/core';
import { Failure, isFailure } from '../failure.js';
import { meaningOfFailure } from '../org/reachability.js';
import type { Patience } from '../patience.js';
import { COMPONENT_TYPES, componentXml, packageXml, type Component } from './component.js';

export type DeploymentProgress = { id: string; status: string; done: number; total: number };

/** Real deployments of an app took up to a minute; past this nobody waits for one. */
const DEPLOYMENT_LIMIT = 15 * 60_000;
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
 * @throws Failure `deployment_refused`, `deployment_failed`, `deployment_canceled`, `connected_app_creation_blocked`, and
 *   those of `untilDone`
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_rest_deploy.htm
 */
export async function deploy(
  metadata: Connection['metadata'],
  components: Component[],
  { apiVersion, checkOnly }: { apiVersion: string; checkOnly: boolean },
  patience: Patience,
  onProgress: (progress: DeploymentProgress) => void,
): Promise<{ id: string; existing: string[] }> {
  const zip = await zipOf(components, apiVersion);
  const options = { checkOnly, ignoreWarnings: false, rollbackOnError: true, singlePackage: true };
  const id = await accepted(metadata, zip, options);
  onProgress({ id, status: 'Pending', done: 0, total: 0 });
  const result = await untilDone(metadata, id, patience, onProgress);
  const { details } = result as unknown as { details?: Details };
  if (!result.success) throw refused(id, result.status, result as unknown as RefusedResult);
  const existing = [details?.componentSuccesses ?? []].flat().filter(({ created }) => created === false);
  return { id, existing: existing.map(({ componentType }) => componentType ?? '') };
}

async function accepted(metadata: Connection['metadata'], zip: Buffer, options: object): Promise<string> {
  try {
    // The locator's own methods poll over SOAP; awaited, it is the answer to the request.
    const { id } = (await metadata.deployRest(zip, options)) as { id: string };
    return id;
  } catch (error) {
    const meaning = meaningOfFailure(error, { instanceUrl: '', username: '' });
    const answered = error instanceof Error && 'errorCode' in error && typeof error.errorCode === 'string';
    if (!answered || isFailure(meaning)) throw error;
    throw new Failure('deployment_refused', { words: `${String(error.errorCode)}: ${error.message}` });
  }
}

export type DeploymentResult = Awaited<ReturnType<Connection['metadata']['checkDeployStatus']>>;

/**
 * Waits for the end of a deployment, whoever began it.
 *
 * @throws Failure `deployment_unfinished`, `deployment_lost`
 */
export async function untilDone(
  metadata: Connection['metadata'],
  id: string,
  { now, sleep }: Patience,
  onProgress: (progress: DeploymentProgress) => void,
): Promise<DeploymentResult> {
  const deadline = now() + DEPLOYMENT_LIMIT;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    const result = await statusOf(metadata, id, sleep);
    const { status, numberComponentsDeployed: done, numberComponentsTotal: total } = result;
    onProgress({ id, status, done, total });
    if (result.done) return result;
    if (now() + pause > deadline) throw new Failure('deployment_unfinished', { id, status });
    await sleep(pause);
  }
}

/** The deployment goes on in the org, whatever happens to the connection: a poll that is lost is repeated. */
async function statusOf(
  metadata: Connection['metadata'],
  id: string,
  sleep: Patience['sleep'],
): Promise<DeploymentResult> {
  for (let tries = 1; ; tries++) {
    try {
      return await metadata.checkDeployStatus(id, true, true);
    } catch (error) {
      const reason = lossOf(error);
      if (reason === undefined) throw error;
      if (tries === POLL_TRIES) throw new Failure('deployment_lost', { id, reason });
      await sleep(LONGEST_PAUSE);
    }
  }
}

/** Why no answer of the org's came, or undefined if one did. */
function lossOf(error: unknown): string | undefined {
  const meaning = meaningOfFailure(error, { instanceUrl: '', username: '' });
  if (isFailure(meaning, 'org_unreachable')) return meaning.data.reason;
  return isFailure(meaning, 'org_failing') ? meaning.data.words : undefined;
}

type RefusedResult = {
  canceledByName?: string;
  errorMessage?: string | null;
  details?: Details & { runTestResult?: { failures?: Array<{ name: string; methodName: string; message: string }> } };
};

function refused(id: string, status: string, result: RefusedResult): Failure {
  if (status === 'Canceled') return new Failure('deployment_canceled', { id, by: result.canceledByName ?? '' });
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
  return new Failure('deployment_failed', { id, problems, words: words.join('\n') });
}

/** The zip of a deployment: `package.xml` at the root and a file for each component. */
async function zipOf(components: Component[], apiVersion: string): Promise<Buffer> {
  const { default: JSZip } = await import('jszip');
  const zip = new JSZip();
  zip.file('package.xml', await packageXml(components, apiVersion));
  for (const component of components) {
    const { directory, suffix } = COMPONENT_TYPES[component.type];
    zip.file(`${directory}/${component.fullName}.${suffix}`, await componentXml(component));
  }
  return zip.generateAsync({ type: 'nodebuffer', compression: 'DEFLATE' });
}
