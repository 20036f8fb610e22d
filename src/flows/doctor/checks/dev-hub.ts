import { SIGN_UP_VARIABLES } from '../../../salesforce/org/sign-up-variables.js';
import { shellLine } from '../../../terminal/shell-quote.js';
import type { Facts } from '../facts.js';
import { finding, type Finding } from '../finding.js';
import { appOf } from './app.js';

/** With an External Client App, `sf org create scratch` on a Dev Hub fails unless two variables say otherwise. */
export function checkDevHub(facts: Facts): Finding[] {
  const { login, org, stored, target, signupVariables, platform } = facts;
  const isDevHub =
    (login.state === 'granted' && login.isDevHub) ||
    (org?.read === true && org.value.isDevHub.read && org.value.isDevHub.value) ||
    stored?.isDevHub === true;
  const app = appOf(facts)?.app;
  if (!isDevHub || signupVariables || app?.type === 'connected-app') return [];
  const { username } = target;
  const exports = Object.entries(SIGN_UP_VARIABLES)
    .map(([name, value]) => shellLine(`export ${name}=${value}`, platform))
    .join('\n');
  return [
    app === undefined
      ? finding('warning', 'dev_hub_app_type_unknown', { username, exports })
      : finding('warning', 'dev_hub_external_client_app', { username, app: app.name, exports }),
  ];
}
