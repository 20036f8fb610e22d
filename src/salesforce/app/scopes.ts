/**
 * OAuth scopes by their name in a metadata file. `web` includes `visualforce`; `full` is all but `refresh_token`.
 *
 * @see https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_tokens_scopes.htm
 */
const METADATA_NAMES = {
  address: 'Address',
  api: 'Api',
  cdp_api: 'CDP',
  cdp_calculated_insight_api: 'CDPCalculatedInsight',
  cdp_identityresolution_api: 'CDPIdentityResolution',
  cdp_ingest_api: 'CDPIngest',
  cdp_profile_api: 'CDPProfile',
  cdp_query_api: 'CDPQuery',
  cdp_segment_api: 'CDPSegment',
  chatbot_api: 'Chatbot',
  chatter_api: 'Chatter',
  content: 'Content',
  custom_permissions: 'CustomPermissions',
  eclair_api: 'Eclair',
  einstein_gpt_api: 'EinsteinGPT',
  email: 'Email',
  forgot_password: 'ForgotPassword',
  full: 'Full',
  id: 'Basic',
  interaction_api: 'Interaction',
  lightning: 'Lightning',
  mcp_api: 'MCP',
  offline_access: 'RefreshToken',
  openid: 'OpenID',
  pardot_api: 'Pardot',
  phone: 'Phone',
  profile: 'Profile',
  pwdless_login_api: 'PwdlessLogin',
  refresh_token: 'RefreshToken',
  scrt_api: 'SCRT',
  user_registration_api: 'UserRegistration',
  visualforce: 'CustomApplications',
  wave_api: 'Wave',
  web: 'Web',
} as const;

export type Scope = keyof typeof METADATA_NAMES;

/** The scopes that `--scope` takes, by their OAuth names. */
export const SCOPES = Object.keys(METADATA_NAMES) as Scope[];

/** What a new app gets: the scopes that sf itself asks for. */
export const DEFAULT_SCOPES: readonly Scope[] = ['api', 'web', 'refresh_token'];

export function isScope(name: string): name is Scope {
  return Object.hasOwn(METADATA_NAMES, name);
}

export function metadataNamesOf(scopes: readonly Scope[]): string[] {
  return [...new Set(scopes.map((scope) => METADATA_NAMES[scope]))];
}

/** Scopes as OAuth calls them, by their metadata names; one that has no name here stays as it is. */
export function oauthNamesOf(metadataNames: string[]): string[] {
  // `RefreshToken` is `offline_access` too, and its own name comes later.
  const names = new Map<string, string>(Object.entries(METADATA_NAMES).map(([scope, name]) => [name, scope]));
  return metadataNames.map((name) => names.get(name) ?? name);
}
