/**
 * What the CLI signs scratch orgs up with instead of the app of the Dev Hub's login: its own app, which every org has, and
 * that app's callback URL. An External Client App can't take part in a sign-up, which then ends with C-1016.
 */
export const SIGN_UP_VARIABLES = {
  SF_SCRATCH_SIGNUP_CONNECTED_APP: 'PlatformCLI',
  SF_SCRATCH_SIGNUP_CALLBACK_URL: 'http://localhost:1717/OauthRedirect',
};

/** Both are set; one alone doesn't help. */
export function hasSignUpVariables(environment: NodeJS.ProcessEnv): boolean {
  return Object.keys(SIGN_UP_VARIABLES).every((name) => Boolean(environment[name]));
}
