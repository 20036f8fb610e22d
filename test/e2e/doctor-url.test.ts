import { startLoginHost, startOrg } from '../emulator/index.js';
import { testSituations } from '../support/doctor.js';

testSituations('jwt doctor comes down to one thing to do first: the login URL and the audience', [
  {
    name: 'row 2: the wrong audience for the kind of org',
    prepare: ({ org }) => {
      org.switches.myDomainAudience = 'matching';
      return { args: ['--audience', 'https://test.salesforce.com'] };
    },
    first: 'audience_unusual',
    answer: 'audience_invalid',
    fix: '--audience https://login.salesforce.com',
  },
  {
    name: 'row 4: the app is in another org than the one at the URL',
    prepare: async ({ org }, others) => {
      const other = await startOrg({ kind: 'sandbox', registry: org.registry });
      others.push(other);
      return { args: ['--instance-url', other.url] };
    },
    first: 'login_url_of_other_org',
    answer: 'app_not_in_org',
    fix: 'sf jwt grant',
  },
  {
    name: 'row 4: a login host that knows no External Client App',
    prepare: async ({ org }, others) => {
      org.switches.ecaAtLoginHosts = 'nowhere';
      const host = await startLoginHost([org]);
      others.push(host);
      return { args: ['--instance-url', host.url] };
    },
    first: 'login_url_of_other_org',
    answer: 'app_not_in_org',
  },
  {
    name: 'a My Domain policy that keeps logins away from login hosts',
    prepare: async ({ org }, others) => {
      org.switches.genericLogins = 'refused';
      const host = await startLoginHost([org]);
      others.push(host);
      return { args: ['--instance-url', host.url] };
    },
    first: 'login_domain_restricted',
    answer: 'authentication_failure',
    fix: 'sf jwt grant',
  },
  {
    name: 'a Lightning URL',
    prepare: () => ({ args: ['--instance-url', 'https://acme.lightning.force.com'] }),
    first: 'lightning_url',
    blind: true,
  },
  {
    name: 'a host where nobody listens',
    prepare: async () => {
      const host = await startLoginHost([]);
      await host.stop();
      return { args: ['--instance-url', host.url] };
    },
    first: 'connection_refused',
    blind: true,
  },
]);
