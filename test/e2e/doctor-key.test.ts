import { join } from 'node:path';
import { storeLogin, testSituations } from '../support/doctor.js';
import { pairOf } from '../support/workplace.js';

testSituations('jwt doctor comes down to one thing to do first: the key and this machine', [
  {
    name: 'row 3: the stored key is gone, and no other is at hand',
    prepare: async (at) => {
      await storeLogin(at, join(at.cwd, 'deleted.key'));
      return { args: ['no--jwt-key-file'] };
    },
    first: 'stored_key_missing',
    fix: 'sf jwt grant --username ci@acme.example.com',
    blind: true,
  },
  {
    name: 'row 5: a key that is not of the certificate at hand',
    prepare: async (at) => {
      await at.save('other.key', (await pairOf('other')).key);
      return { args: ['--jwt-key-file', 'other.key', '--certificate-file', 'server.crt'] };
    },
    first: 'key_not_of_certificate',
    answer: 'signature_mismatch',
    blind: true,
  },
  {
    name: 'row 8: a certificate instead of the key',
    prepare: () => ({ args: ['--jwt-key-file', 'server.crt'] }),
    first: 'key_is_certificate',
  },
  {
    name: 'a word that leads to no file, which is not repeated',
    prepare: () => ({ args: ['--jwt-key-file', 'correcthorse', '--certificate-file', 'batterystaple'] }),
    first: 'file_missing',
    blind: true,
  },
  {
    name: 'row 8: no key at all',
    prepare: () => ({ args: ['no--jwt-key-file'] }),
    first: 'key_missing',
    blind: true,
  },
  {
    name: 'row 11: this machine is eleven minutes behind',
    prepare: ({ org }) => {
      org.clock.skewMs = 11 * 60_000;
    },
    first: 'clock_behind',
    answer: 'assertion_expired',
    fix: /^\S/,
    blind: true,
  },
]);
