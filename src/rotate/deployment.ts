import { certificateSwap } from '../app/certificate-swap.js';
import { deploy, untilDone } from '../app/deployment.js';
import { runningDeployments } from '../app/running.js';
import type { Certificate } from '../credential/certificate.js';
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
 * @throws Failure those of `deploy`
 */
export async function put(
  { request, world, standing: { door, app } }: Pick<Rotation, 'request' | 'world' | 'standing'>,
  certificate: Certificate & { proven?: boolean },
): Promise<Deployment | undefined> {
  const { connection, now, onDeployment } = world;
  // One that a killed run began goes on in the org, and may bring a certificate too.
  const running = request.dryRun ? [] : await runningDeployments(connection);
  for (const id of running) await untilDone(connection.metadata, id, world, onDeployment);
  const standing = (await door.read(connection.metadata, app.name)) ?? app;
  const components = certificateSwap(door, standing, certificate);
  if (components.length === 0) return undefined;
  let [since, last] = [now(), now()];
  const options = { apiVersion: request.apiVersion, checkOnly: request.dryRun };
  const { id } = await deploy(connection.metadata, components, options, world, (progress) => {
    [since, last] = [last, now()];
    onDeployment(progress);
  });
  return { id, since };
}
