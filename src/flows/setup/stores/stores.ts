import type { Ci } from '../../snippet/request.js';
import { azureStore } from './azure.js';
import { bitbucketStore } from './bitbucket.js';
import { circleCiStore } from './circleci.js';
import { gitHubStore } from './github.js';
import { gitLabStore } from './gitlab.js';
import { jenkinsStore } from './jenkins.js';
import type { SecretStore, StoreDependencies, StoreRequest } from './store.js';

/** Where a CI keeps its secrets; undefined for a script, whose machine is whoever's. */
export function storeOf(ci: Ci, request: StoreRequest, dependencies: StoreDependencies): SecretStore | undefined {
  switch (ci) {
    case 'github-actions':
      return gitHubStore(request, dependencies);
    case 'gitlab-ci':
      return gitLabStore(request, dependencies);
    case 'azure-pipelines':
      return azureStore(request, dependencies);
    case 'bitbucket-pipelines':
      return bitbucketStore(request, dependencies);
    case 'circleci':
      return circleCiStore(request, dependencies);
    case 'jenkins':
      return jenkinsStore(request, dependencies);
    case 'shell':
      return undefined;
  }
}

/** The key as a CI's secret: GitHub masks each line of a PEM, and the others want one line. */
export function secretValueOf(ci: Ci, privateKeyPem: string): string {
  const pem = privateKeyPem.trimEnd();
  return ci === 'github-actions' || ci === 'shell' ? pem : Buffer.from(`${pem}\n`).toString('base64');
}
