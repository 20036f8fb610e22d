import { PERMISSION_SET, testSituations } from '../support/doctor.js';
import { CI_USER } from '../support/workplace.js';

testSituations('jwt doctor comes down to one thing to do first: the user', [
  {
    name: 'row 12: the user is unassigned',
    prepare: ({ org }) => org.setup.removeAssignment(CI_USER, PERMISSION_SET),
    first: 'user_unassigned',
    answer: 'user_not_admin_approved',
    fix: /^sf org assign permset --target-org \S+ --name CiUsers --on-behalf-of ci@acme\.example\.com$/,
  },
  {
    name: 'a frozen user',
    prepare: ({ org }) => org.setup.changeUser(CI_USER, { frozen: true }),
    first: 'user_frozen',
    answer: 'user_inactive',
    fix: 'sf data update record',
  },
  {
    name: 'an inactive user',
    prepare: ({ org }) => org.setup.changeUser(CI_USER, { active: false }),
    first: 'user_deactivated',
    answer: 'user_inactive',
    fix: 'IsActive=true',
  },
  {
    name: 'a user who is locked out',
    prepare: ({ org }) => org.setup.changeUser(CI_USER, { locked: true }),
    first: 'user_locked_out',
    answer: 'user_locked',
  },
  {
    name: 'a user that the org does not have',
    prepare: () => ({ args: ['--username', 'typo@acme.example.com'] }),
    first: 'user_unknown',
    answer: 'user_not_approved',
  },
]);
