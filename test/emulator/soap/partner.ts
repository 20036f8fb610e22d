import type { Operation } from './soap-routes.js';
import { toXml } from './to-xml.js';

/** The little of the partner API that login and logout of clients need. */
export const partnerOperations: Record<string, Operation> = {
  getUserInfo: ({ state, user }) =>
    toXml('result', {
      accessibilityMode: false,
      organizationId: state.orgId,
      organizationName: state.identity.name,
      profileId: user.profileId,
      userDefaultCurrencyIsoCode: null,
      userEmail: user.email,
      userFullName: `${user.firstName} ${user.lastName}`,
      userId: user.id,
      userLanguage: 'en_US',
      userLocale: 'en_US',
      userName: user.username,
      userTimeZone: 'America/Los_Angeles',
      userType: 'Standard',
    }),
  getServerTimestamp: ({ state }) => toXml('result', { timestamp: state.clock.iso() }),
  logout: ({ state, sessionId }) => {
    state.sessions.delete(sessionId);
    return '';
  },
};
