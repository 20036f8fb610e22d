import { APP, healthyApp, PERMISSION_SET, testSituations } from '../support/doctor.js';
import { CI_USER, pairOf } from '../support/workplace.js';

testSituations('jwt doctor comes down to one thing to do first: the app and its policy', [
  {
    name: 'row 1a: self-authorized policy',
    appless: true,
    prepare: (at) => ({ clientId: healthyApp(at, { adminApproved: false, permissionSets: [] }) }),
    first: 'app_self_authorized',
    answer: 'user_not_approved',
    fix: /^sf jwt connect --target-org \S+ --name CiApp --certificate-file server\.crt --username ci@acme\.example\.com$/,
  },
  {
    name: 'row 1c: no refresh_token among the scopes',
    prepare: ({ org }) => org.setup.changeScopes(APP, ['Api', 'Web']),
    first: 'app_scopes_without_refresh_token',
    answer: 'scope_refresh_token_missing',
    fix: '--scope refresh_token',
  },
  {
    name: 'nothing but refresh_token among the scopes',
    prepare: ({ org }) => org.setup.changeScopes(APP, ['RefreshToken']),
    first: 'app_scopes_only_refresh_token',
  },
  {
    name: 'row 5: the key of another certificate',
    prepare: async (at) => {
      await at.save('other.key', (await pairOf('other')).key);
      return { args: ['--jwt-key-file', 'other.key'] };
    },
    first: 'app_certificate_of_other_key',
    answer: 'signature_mismatch',
    fix: 'jwt connect',
  },
  {
    name: 'row 6: a client id that nobody has',
    prepare: () => ({ clientId: '3MVG9someOtherClientId' }),
    first: 'app_missing',
    answer: 'client_id_unknown',
    fix: 'sf jwt connect --target-org',
  },
  {
    name: 'row 6: without an admin the answer itself says what to do',
    prepare: () => ({ clientId: '3MVG9someOtherClientId' }),
    first: 'client_id_unknown',
    blind: true,
  },
  {
    name: 'no permission set and no profile in the policy',
    prepare: ({ org }) => org.setup.removePermissionSetFromApp(APP, PERMISSION_SET),
    first: 'app_opens_to_nobody',
    answer: 'user_not_admin_approved',
  },
  {
    name: 'the policy names the permission set, and the row is missing',
    prepare: ({ org }) => {
      org.setup.removePermissionSetFromApp(APP, PERMISSION_SET);
      org.switches.accessRowCreated = false;
      org.setup.addPermissionSetToApp(APP, PERMISSION_SET);
    },
    first: 'access_row_missing',
    answer: 'user_not_admin_approved',
    fix: '--permission-set CiUsers',
  },
  {
    name: "a permission set whose license can't hold apps",
    prepare: ({ org }) => {
      org.setup.createPermissionSet('Licensed', { license: 'Salesforce API Integration' });
      org.setup.removePermissionSetFromApp(APP, PERMISSION_SET);
      org.setup.addPermissionSetToApp(APP, 'Licensed');
      org.setup.assignPermissionSet(CI_USER, 'Licensed');
    },
    first: 'permission_set_license',
    answer: 'user_not_approved',
  },
  {
    name: 'an address outside the ranges',
    prepare: ({ org }) => {
      org.switches.ipRanges = 'closed';
    },
    first: 'app_enforces_ip',
    answer: 'ip_restricted',
    fix: '--ip-relaxation bypass',
  },
  {
    name: 'a high assurance session',
    prepare: ({ org }) =>
      org.setup.changePolicy(APP, { requiredSessionLevel: 'HIGH_ASSURANCE', policyAction: 'Block' }),
    first: 'app_requires_high_assurance',
  },
  {
    name: 'an app that is disabled',
    prepare: ({ org }) => org.setup.setEnabled(APP, false),
    first: 'app_disabled',
  },
  {
    name: 'an app without a certificate',
    prepare: ({ org }) => {
      org.setup.deleteApp(APP);
      return { clientId: org.setup.createExternalClientApp({ name: APP }) };
    },
    first: 'app_certificate_missing',
    answer: 'grant_type_unsupported',
  },
]);
