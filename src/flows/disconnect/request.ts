/** What `disconnect` is asked for. */
export type DisconnectRequest = {
  /** API name or label of the app; undefined where a client id names it. */
  name: string | undefined;
  clientId: string | undefined;
  /** `remove`: all of it goes. The others switch an External Client App off and on. */
  action: 'remove' | 'disable' | 'enable';
  keepPermissionSet: boolean;
  apiVersion: string;
  dryRun: boolean;
};
