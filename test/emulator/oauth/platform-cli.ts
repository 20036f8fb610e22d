/** The client id of the Salesforce CLI's own Connected App, which exists in every org. It has no secret. */
export const PLATFORM_CLI = 'PlatformCLI';

/** What a login with the CLI in a browser is granted. */
export const PLATFORM_CLI_SCOPES: readonly string[] = ['refresh_token', 'web', 'api'];
