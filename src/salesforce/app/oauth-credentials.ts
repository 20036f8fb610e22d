import type { Connection } from '@salesforce/core';

type Usage = { apps?: Array<{ developerName: string; identifier: string }> };
type Consumers = { consumers?: Array<{ key?: string | null; url: string }> };

/**
 * The client id of an External Client App, from the REST API for OAuth credentials, which few orgs have switched on. An
 * answer that brings the client id may bring the secret too; nothing but the client id leaves this function.
 *
 * @returns undefined where the org doesn't give it out
 */
export async function learnClientId(connection: Connection, name: string): Promise<string | undefined> {
  try {
    const { apps = [] } = await connection.request<Usage>('/apps/oauth/usage');
    const app = apps.find(({ developerName }) => developerName === name);
    if (app === undefined) return undefined;
    const { consumers = [] } = await connection.request<Consumers>(`/apps/oauth/credentials/${app.identifier}`);
    const [consumer] = consumers;
    if (consumer === undefined || consumers.length > 1) return undefined;
    if (consumer.key) return consumer.key;
    const { key } = await connection.request<{ key?: string | null }>(`${consumer.url}?part=keyandsecret`);
    return key || undefined;
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** An org that answers, and doesn't want to: the feature is off, unknown to it, or not for this user. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !('errorCode' in error) || typeof error.errorCode !== 'string') return false;
  return (
    /^(FUNCTIONALITY_NOT_ENABLED|INSUFFICIENT_ACCESS\w*|NOT_FOUND|ERROR_HTTP_40[0134])$/.test(error.errorCode) ||
    /not (currently )?enabled/i.test(error.message)
  );
}
