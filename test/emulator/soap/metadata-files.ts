import { readDeployOptions } from '../metadata/deploy-message.js';
import { deployResult, type Json } from '../metadata/deploy-result.js';
import type { DeployJob } from '../metadata/deploy-job.js';
import { DeployRefused } from '../metadata/deployments.js';
import { propertiesOf } from '../metadata/retrievals.js';
import { METADATA_TYPES, metadataType } from '../metadata/types.js';
import { childOf, childrenOf, textOf, type XmlElement } from '../metadata/xml.js';
import { mayUseMetadataApi, NO_METADATA_ACCESS } from '../rest/deploy.js';
import { SoapFault } from './envelope.js';
import { requireAccess } from './metadata-crud.js';
import type { Operation, SoapContext } from './soap-routes.js';
import { toXml } from './to-xml.js';

/** The file-based half of the Metadata API, and what describes the org. */
export const fileOperations: Record<string, Operation> = {
  deploy,
  checkDeployStatus: (context, call) => {
    const job = jobOf(context, textOf(call, 'asyncProcessId'));
    return toXml('result', forSoap(deployResult(job, textOf(call, 'includeDetails') === 'true', context.apiVersion)));
  },
  cancelDeploy: (context, call) => {
    const job = jobOf(context, textOf(call, 'String') ?? textOf(call, 'id'));
    job.cancel(context.user);
    return toXml('result', { done: job.done, id: job.id });
  },
  listMetadata,
  describeMetadata: (context) => toXml('result', describe(context)),
  retrieve: (context, call) => {
    const request = childOf(call, 'request');
    const unpackaged = childOf(request, 'unpackaged');
    const id = context.retrievals.start({
      apiVersion: textOf(unpackaged, 'version') ?? context.apiVersion,
      singlePackage: textOf(request, 'singlePackage') === 'true',
      types: childrenOf(unpackaged, 'types').map((types) => ({
        name: textOf(types, 'name') ?? '',
        members: childrenOf(types, 'members').map(({ text }) => text),
      })),
    });
    return toXml('result', { done: false, id, state: 'Queued' });
  },
  checkRetrieveStatus: async (context, call) => {
    const result = await context.retrievals.result(textOf(call, 'asyncProcessId') ?? '');
    if (result === undefined) throw new SoapFault('INVALID_CROSS_REFERENCE_KEY', 'No Retrieve found for Id');
    return toXml('result', result);
  },
};

function deploy(context: SoapContext, call: XmlElement): string {
  if (!mayUseMetadataApi(context)) throw new SoapFault('INSUFFICIENT_ACCESS', NO_METADATA_ACCESS.replace(/^\w+: /, ''));
  const options = childOf(call, 'DeployOptions');
  const values: Record<string, unknown> = {};
  for (const { name, text } of options?.children ?? []) {
    values[name] = name === 'runTests' ? [...((values[name] as string[] | undefined) ?? []), text] : text;
  }
  try {
    const zip = Buffer.from(textOf(call, 'ZipFile') ?? '', 'base64');
    const job = context.deployments.start(context.user, zip, readDeployOptions(values));
    return toXml('result', { done: false, id: job.id, state: 'Queued' });
  } catch (error) {
    if (error instanceof DeployRefused) throw new SoapFault(error.code, error.message);
    throw error;
  }
}

function jobOf({ deployments }: SoapContext, id: string | undefined): DeployJob {
  const job = deployments.find(id ?? '');
  if (!job) throw new SoapFault('INVALID_CROSS_REFERENCE_KEY', 'No DeployResult found for Id');
  return job;
}

/** The recorded SOAP answer has a smaller test result than the REST one. */
function forSoap(result: Record<string, Json>): Json {
  const details = result['details'] as { runTestResult?: Record<string, Json> } | undefined;
  if (!details?.runTestResult) return result;
  const { numFailures = 0, numTestsRun = 0, failures = [] } = details.runTestResult;
  const runTestResult = { failures, numFailures, numTestsRun, totalTime: '0.0' };
  return { ...result, details: { ...details, runTestResult } };
}

function listMetadata(context: SoapContext, call: XmlElement): string {
  requireAccess(context);
  const { state, apiVersion } = context;
  const asOf = Number(textOf(call, 'asOfVersion') ?? apiVersion);
  const queries = childrenOf(call, 'queries');
  if (queries.length > 3) throw new SoapFault('EXCEEDED_ID_LIMIT', 'listMetadata takes at most three queries');
  return queries
    .flatMap((query) => {
      const type = metadataType(textOf(query, 'type') ?? '');
      if (!type || asOf < type.since) {
        throw new SoapFault('INVALID_TYPE', `Cannot use: ${textOf(query, 'type') ?? ''} in this version`);
      }
      return state.componentsOf(type.name);
    })
    .map((component) => toXml('result', propertiesOf(state, component)))
    .join('');
}

function describe({ state, apiVersion }: SoapContext): Json {
  return {
    metadataObjects: METADATA_TYPES.filter(({ since }) => since <= Number(apiVersion)).map((type) => ({
      directoryName: type.directory,
      inFolder: false,
      metaFile: type.hasContent ?? false,
      suffix: type.suffix,
      xmlName: type.name,
    })),
    organizationNamespace: state.identity.namespace ?? '',
    partialSaveAllowed: state.identity.kind !== 'production',
    testRequired: state.identity.kind === 'production',
  };
}
