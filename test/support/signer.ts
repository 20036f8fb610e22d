import { Duplex } from 'node:stream';
import type { SignerDependencies } from '../../src/keys/signer/provider.js';

/** A machine on which nothing is, for a signer; what a test needs of it is given. */
export function signerDependencies(given: Partial<SignerDependencies> = {}): SignerDependencies {
  return {
    environment: {},
    platform: 'linux',
    resolvePath: (path) => (path.startsWith('/') ? path : `/here/${path.replace('./', '')}`),
    run: () => Promise.resolve(undefined),
    connect: (path) =>
      new Duplex({
        read() {},
        construct: (done) => done(Object.assign(new Error(`connect ENOENT ${path}`), { code: 'ENOENT' })),
      }),
    fetch: () => Promise.reject(new TypeError('fetch failed')),
    readFile: () => Promise.resolve(undefined),
    withTemporaryFile: () => Promise.reject(new Error('no file is needed')),
    askPin: undefined,
    timeout: 5000,
    ...given,
  };
}
