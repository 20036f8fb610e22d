/** Metadata scope names (`scopes`, `commaSeparatedOauthScopes`) → OAuth scope names. */
const OAUTH_NAMES: Record<string, string> = {
  Api: 'api',
  Web: 'web',
  Full: 'full',
  RefreshToken: 'refresh_token',
  OfflineAccess: 'refresh_token',
  Basic: 'id',
  Profile: 'profile',
  Email: 'email',
  Address: 'address',
  Phone: 'phone',
  OpenID: 'openid',
  CustomPermissions: 'custom_permissions',
  CustomApplications: 'visualforce',
  Chatter: 'chatter_api',
  Wave: 'wave_api',
  Eclair: 'eclair_api',
  Pardot: 'pardot_api',
  SFAP: 'sfap_api',
  SFApiPlatform: 'sfap_api',
  Interaction: 'interaction_api',
  EinsteinGPT: 'einstein_gpt_api',
  Lightning: 'lightning',
  Content: 'content',
  CDPIngest: 'cdp_ingest_api',
  CDPProfile: 'cdp_profile_api',
  CDPQuery: 'cdp_query_api',
  CDPSegment: 'cdp_segment_api',
  CDPIdentityResolution: 'cdp_identityresolution_api',
  CDPCalculatedInsight: 'cdp_calculated_insight_api',
  CDP: 'cdp_api',
  Chatbot: 'chatbot_api',
  ForgotPassword: 'forgot_password',
  UserRegistration: 'user_registration_api',
  PwdlessLogin: 'pwdless_login_api',
  MCP: 'mcp_api',
  SCRT: 'scrt_api',
};

export const REFRESH_TOKEN = 'refresh_token';

export function oauthScopes(metadataNames: readonly string[]): string[] {
  return [...new Set(metadataNames.map((name) => OAUTH_NAMES[name] ?? name.toLowerCase()))];
}
