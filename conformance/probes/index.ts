import type { Probe } from '../probe.js';
import { accessRow } from './access-row.js';
import { appSettings } from './app-settings.js';
import { certificateForms } from './certificate-forms.js';
import { certificates } from './certificates.js';
import { clientId } from './client-id.js';
import { clientIdReadback } from './client-id-readback.js';
import { connectedAppProbe } from './connected-app.js';
import { deployment } from './deployment.js';
import { endedApp } from './ended-app.js';
import { expiry } from './expiry.js';
import { forcedSettings } from './forced-settings.js';
import { hostsAndAudiences } from './hosts-and-audiences.js';
import { integrationUser } from './integration-user.js';
import { leftOutSettings } from './left-out-settings.js';
import { licenseName } from './license-name.js';
import { policyNames } from './policy-names.js';
import { propagation } from './propagation.js';
import { refusedFiles } from './refused-files.js';
import { refusedLogins } from './refused-logins.js';
import { replay } from './replay.js';
import { revocation } from './revocation.js';
import { sandboxRefresh } from './sandbox-refresh.js';
import { scratchSignUp } from './scratch-sign-up.js';
import { sentBack } from './sent-back.js';
import { signature } from './signature.js';
import { singleAccess } from './single-access.js';
import { tokenResponse } from './token-response.js';

/** In the order in which they run: what changes nothing comes first, what touches a user and takes longest last. */
export const PROBES: readonly Probe[] = [
  licenseName,
  appSettings,
  refusedFiles,
  hostsAndAudiences,
  expiry,
  replay,
  signature,
  clientIdReadback,
  revocation,
  singleAccess,
  tokenResponse,
  clientId,
  certificateForms,
  leftOutSettings,
  policyNames,
  accessRow,
  forcedSettings,
  sentBack,
  connectedAppProbe,
  deployment,
  endedApp,
  certificates,
  integrationUser,
  refusedLogins,
  propagation,
  scratchSignUp,
  sandboxRefresh,
];
