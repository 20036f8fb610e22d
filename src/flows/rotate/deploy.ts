import { certificateSwap } from '../../salesforce/app/certificate-swap.js';
import { deploy, DEPLOYMENT_LIMIT, untilDone } from '../../salesforce/app/deployment.js';
import { runningDeployments } from '../../salesforce/app/running.js';
import { Failure } from '../../failure.js';
import type { Certificate } from '../../keys/credential/certificate.js';
import type { Rotation } from './rotation.js';

export type Deployment = {
  id: string;
  /** The last moment at which the certificate before it was surely in force, in milliseconds since the epoch. */
  since: number;
};

/**
 * Deploys a certificate, unless the app has it. In a dry run the org only checks it.
 *
 * @param certificate `proven` where a login has shown that the app has it, in an org that doesn't show certificates
 * @throws Failure `app_vanished`, those of reading an app and of `deploy`
 */
export async function deployCertificate(
  { request, dependencies, current: { adapter, app } }: Pick<Rotation, 'request' | 'dependencies' | 'current'>,
  certificate: Certificate & { proven?: boolean },
): Promise<Deployment | undefined> {
  const { connection, now, onDeployment } = dependencies;
  // One that a killed run began goes on in the org, and may bring a certificate too.
  const running = request.dryRun ? [] : await runningDeployments(connection);
  const deadline = now() + DEPLOYMENT_LIMIT;
  for (const id of running) await untilDone(connection.metadata, id, dependencies, onDeployment, deadline);
  const current = await adapter.read(connection.metadata, app.name);
  if (current === undefined) throw new Failure('app_vanished', { name: app.name });
  const components = certificateSwap(adapter, current, certificate);
  if (components.length === 0) return undefined;
  let [since, last] = [now(), now()];
  const options = { apiVersion: request.apiVersion, checkOnly: request.dryRun };
  const { id } = await deploy(connection.metadata, components, options, dependencies, (progress) => {
    [since, last] = [last, now()];
    onDeployment(progress);
  });
  return { id, since };
}
