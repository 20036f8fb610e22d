import { type DeployOptions, readDeployOptions } from '../metadata/deploy-message.js';
import type { DeployJob } from '../metadata/deploy-job.js';
import { deployResult } from '../metadata/deploy-result.js';
import { DeployRefused } from '../metadata/deployments.js';
import { type HttpReply, json, jsonBody, ReplyError, restError } from '../http/message.js';
import { parseMultipart } from '../http/multipart.js';
import { type AuthorizedCall, rest, type Route } from '../http/router.js';

const NO_METADATA_ACCESS =
  'INSUFFICIENT_ACCESS: use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions';

/** "Deploying Metadata with REST" of the Metadata API Developer Guide. */
export const deployRoutes: readonly Route[] = [
  rest('POST', '/metadata/deployRequest', start),
  rest('GET', '/metadata/deployRequest/:id', (call) => {
    const job = find(call);
    return json(200, envelope(call, job, call.request.query.get('includeDetails') === 'true'));
  }),
  rest('PATCH', '/metadata/deployRequest/:id', (call) => {
    const job = find(call);
    const wanted = (jsonBody(call.request)['deployResult'] as { status?: unknown } | undefined)?.status;
    if (wanted !== 'Canceling') return restError(400, 'INVALID_REQUEST', 'Only the status Canceling can be set.');
    job.cancel(call.user);
    return json(202, envelope(call, job, false));
  }),
];

function start(call: AuthorizedCall): HttpReply {
  const { state, user, request } = call;
  if (!mayUseMetadataApi(call)) return restError(403, 'INSUFFICIENT_ACCESS', NO_METADATA_ACCESS);
  const parts = parseMultipart(request.headers['content-type'] ?? '', request.body);
  // Salesforce's examples name the parts `json` and `file`; jsforce sends `file` first and calls the other `entity_content`.
  const options = parts.find(({ contentType }) => contentType === 'application/json');
  const zip = parts.find(({ contentType }) => contentType === 'application/zip');
  if (!options || !zip) {
    return restError(400, 'INVALID_MULTIPART_REQUEST', 'A JSON part with deployOptions and a zip part are required.');
  }
  try {
    const job = call.deployments.start(user, zip.body, deployOptions(options.body.toString()));
    return json(201, envelope({ ...call, state }, job, false));
  } catch (error) {
    if (error instanceof DeployRefused) return restError(400, error.code, error.message);
    throw error;
  }
}

export function mayUseMetadataApi({ state, user }: Pick<AuthorizedCall, 'state' | 'user'>): boolean {
  return ['ModifyMetadata', 'ModifyAllData'].some((name) => state.hasPermission(user, name));
}

export { NO_METADATA_ACCESS };

function deployOptions(text: string): DeployOptions {
  try {
    const { deployOptions: options } = JSON.parse(text) as { deployOptions?: Record<string, unknown> };
    return readDeployOptions(options ?? {});
  } catch {
    throw new ReplyError(restError(400, 'JSON_PARSER_ERROR', 'The deployOptions part is not valid JSON.'));
  }
}

function find(call: AuthorizedCall): DeployJob {
  const job = call.deployments.find(call.params['id'] ?? '');
  if (!job) throw new ReplyError(restError(404, 'NOT_FOUND', 'The requested resource does not exist'));
  return job;
}

function envelope(call: AuthorizedCall, job: DeployJob, includeDetails: boolean): object {
  const path = `/services/data/v${call.apiVersion}/metadata/deployRequest/${job.id}`;
  return {
    id: job.id,
    url: `${call.state.origin}${path}?includeDetails=${String(includeDetails)}`,
    deployResult: deployResult(job, includeDetails, call.apiVersion),
    deployOptions: { ...job.options, testLevel: job.options.testLevel ?? null },
    validatedDeployRequestId: null,
  };
}
