import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeTogether, type NewFile } from '../../machine/files/replace-together.js';
import type { SnippetLogin } from '../snippet/request.js';
import type { PlannedFile } from './files.js';
import { pipelineRequest, setupPipeline } from './pipeline.js';
import type { SetupPlan } from './plan.js';
import { credentialsXml } from './stores/jenkins.js';

/** What Jenkins imports, where nobody could hand it over. */
export const JENKINS_FILE = 'jenkins-credentials.xml';

/**
 * Writes the pipeline and `.gitignore`, each only where it differs. The pipeline has the client id by now.
 *
 * @param secret the secret as the CI holds it, where it's at hand
 * @returns the pipeline as it stands now
 * @throws Failure those of `writeTogether` and `setupPipeline`
 */
export async function writePlannedFiles(
  { request, file, ignore, secret, keyFiles }: SetupPlan,
  login: SnippetLogin,
  value: string | undefined,
): Promise<PlannedFile | undefined> {
  const files: NewFile[] = [];
  let written = file;
  if (file !== undefined && request.ci !== 'none' && file.status !== 'edited') {
    const asked = pipelineRequest(request.ci, request.shape, request.secretName, login);
    const { content } = await setupPipeline(asked);
    const isSame = existsSync(file.path) && readFileSync(file.path, 'utf8') === content;
    written = { ...file, content, status: isSame ? 'unchanged' : file.status === 'created' ? 'created' : 'updated' };
    if (!isSame) files.push({ path: file.path, data: content, mode: 0o644 });
  }
  if (ignore !== undefined) files.push(ignore.file);
  const importFile = importFileOf({ request, secret, keyFiles });
  if (importFile !== undefined && value !== undefined)
    files.push({ path: importFile, data: credentialsXml(request.secretName, value), mode: 0o600, secret: 'file' });
  writeTogether(files, { overwrite: true });
  return written;
}

/** The file for Jenkins to import beside the key, where its client can't hand it over; undefined where it can. */
export function importFileOf({
  request: { ci, keyFolder },
  secret,
}: Pick<SetupPlan, 'request' | 'secret' | 'keyFiles'>): string | undefined {
  const byHand = ci === 'jenkins' && keyFolder !== undefined && secret?.manual !== undefined;
  return byHand ? join(keyFolder, JENKINS_FILE) : undefined;
}
