import { expect } from 'chai';
import fc from 'fast-check';
import { isFailure } from '../../../src/failure.js';
import { ciOf, parseRemote, repositoryFor, requireRepository } from '../../../src/flows/setup/repository.js';
import type { Ci } from '../../../src/flows/snippet/request.js';

describe('the repository behind a Git remote', () => {
  const KNOWN: Array<[address: string, ci: Ci, repository: string]> = [
    ['git@github.com:acme/app.git', 'github-actions', 'acme/app'],
    ['https://github.com/acme/app', 'github-actions', 'acme/app'],
    ['https://x-access-token:ghs_secret@github.com/acme/app.git', 'github-actions', 'acme/app'],
    ['ssh://git@github.example.com:2222/acme/app.git', 'github-actions', 'github.example.com/acme/app'],
    ['git@gitlab.com:acme/team/app.git', 'gitlab-ci', 'acme/team/app'],
    ['https://gitlab.example.com/acme/app.git', 'gitlab-ci', 'https://gitlab.example.com/acme/app'],
    ['https://acme@dev.azure.com/acme/My%20Project/_git/app', 'azure-pipelines', 'acme/My Project/app'],
    ['git@ssh.dev.azure.com:v3/acme/project/app', 'azure-pipelines', 'acme/project/app'],
    ['https://acme.visualstudio.com/project/_git/app', 'azure-pipelines', 'acme/project/app'],
    ['git@bitbucket.org:acme/app.git', 'bitbucket-pipelines', 'acme/app'],
  ];
  for (const [address, ci, repository] of KNOWN) {
    it(`${address.replace(/:\w+@/, ':…@')} is ${repository}`, () => {
      const remote = parseRemote(address)!;
      expect(ciOf(remote)).to.equal(ci);
      expect(repositoryFor(ci, remote)).to.equal(repository);
      expect(requireRepository(ci, address)).to.equal(repository);
      expect(requireRepository(ci, repository)).to.equal(repository);
    });
  }

  it('is one of CircleCI by the host', () => {
    expect(repositoryFor('circleci', parseRemote('git@github.com:acme/app.git'))).to.equal('gh/acme/app');
    expect(repositoryFor('circleci', parseRemote('git@bitbucket.org:acme/app.git'))).to.equal('bb/acme/app');
    expect(requireRepository('circleci', 'acme/app')).to.equal('gh/acme/app');
  });

  it('is none where the host is another one', () => {
    expect(repositoryFor('github-actions', parseRemote('git@gitlab.com:acme/app.git'))).to.equal(undefined);
    expect(repositoryFor('bitbucket-pipelines', parseRemote('git@github.com:acme/app.git'))).to.equal(undefined);
    expect(parseRemote('../other-clone')).to.equal(undefined);
  });

  it('never begins with a dash, and never leads out of the API, whatever is given', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Ci>('github-actions', 'gitlab-ci', 'azure-pipelines', 'bitbucket-pipelines', 'circleci'),
        fc.oneof(fc.string(), fc.stringMatching(/^[-.\w/:@ ]{1,30}$/)),
        (ci, given) => {
          try {
            const name = requireRepository(ci, given);
            expect(name.startsWith('-'), name).to.equal(false);
            expect(name.split('/').includes('..'), name).to.equal(false);
          } catch (error) {
            expect(isFailure(error, 'repository_malformed'), String(error)).to.equal(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
