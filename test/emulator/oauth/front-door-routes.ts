import { empty, formOf, html, type HttpReply, json } from '../http/message.js';
import { bearerSession, type Call, open, type Route } from '../http/router.js';
import type { Session, User } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import { BASE62, randomText } from '../model/ids.js';

const LOGIN_PAGE = '<html><body><form name="login"></form></body></html>';
const PAGE_GONE = '<html><body>URL No Longer Exists</body></html>';

/** The ways from a token into a browser, at the org itself and below each Experience Cloud site; and pages behind them. */
export const frontDoorRoutes: readonly Route[] = [
  open('GET', '/services/oauth2/singleaccess', (call) => singleAccess(call, call.state.origin)),
  open('POST', '/services/oauth2/singleaccess', (call) => singleAccess(call, call.state.origin)),
  open('GET', '/secur/frontdoor.jsp', frontDoor),
  open('GET', '/:site/services/oauth2/singleaccess', (call) => atSite(call, (url) => singleAccess(call, url))),
  open('POST', '/:site/services/oauth2/singleaccess', (call) => atSite(call, (url) => singleAccess(call, url))),
  open('GET', '/:site/secur/frontdoor.jsp', (call) => atSite(call, () => frontDoor(call))),
  open('GET', '/lightning/*', page),
  open('GET', '/:site/s/*', (call) => atSite(call, () => page(call))),
];

function atSite({ state, params }: Call, answer: (url: string) => HttpReply): HttpReply {
  const site = state.sites.find(({ name }) => name === params['site']);
  return site ? answer(`${state.origin}/${site.name}`) : html(404, PAGE_GONE);
}

/** A browser session needs the scope for it; sessions that were opened by hand have them all. */
const canOpenBrowser = ({ scopes }: Session): boolean => scopes.some((scope) => scope === 'web' || scope === 'full');

/** Exchanges a token for a URL that works once (Salesforce Help, "Single-Access UI Bridge API"). */
function singleAccess(call: Call, base: string): HttpReply {
  const { state, request } = call;
  if (state.switches.singleAccess === 'missing') return html(404, PAGE_GONE);
  const form = formOf(request);
  const posted = form.get('access_token');
  const session = posted === null ? bearerSession(call) : state.liveSession(posted);
  if (!session || !canOpenBrowser(session)) return html(403, 'Bad_OAuth_Token');
  const startURL = form.get('redirect_uri') ?? request.query.get('redirect_uri') ?? '/';
  const otp = randomText(64, BASE62);
  state.frontDoors.set(otp, { userId: session.userId, until: state.clock.elapsed() + state.switches.frontDoorMs });
  const query = new URLSearchParams({ otp, cshc: '0', startURL });
  return json(200, { frontdoor_uri: `${base}/secur/frontdoor.jsp?${query.toString()}` });
}

/** Opens a browser session of its own: with a one-time password once, with a session id as long as that session lives. */
function frontDoor({ state, request }: Call): HttpReply {
  const user = userOfOtp(state, request.query.get('otp')) ?? userOfSession(state, request.query.get('sid'));
  if (!user) return html(200, LOGIN_PAGE);
  const path = request.query.get('startURL') ?? request.query.get('retURL') ?? '/lightning/page/home';
  const location = new URL(path, state.origin);
  // [assumed] Nobody is led out of the org.
  if (location.origin !== state.origin) return html(400, 'Invalid redirect');
  const { token } = state.openSession(user, { scopes: ['web'] });
  return empty(302, { 'location': location.href, 'set-cookie': `sid=${token}; Path=/; HttpOnly` });
}

function userOfOtp(state: OrgState, otp: string | null): User | undefined {
  const door = otp === null ? undefined : state.frontDoors.get(otp);
  if (otp === null || !door) return undefined;
  state.frontDoors.delete(otp);
  return door.until > state.clock.elapsed() ? state.userById(door.userId) : undefined;
}

function userOfSession(state: OrgState, sid: string | null): User | undefined {
  const session = state.liveSession(sid ?? '');
  return session && canOpenBrowser(session) ? state.userById(session.userId) : undefined;
}

/** A page shows who is logged in; without a session in the cookie it is the login page. */
function page({ state, request }: Call): HttpReply {
  const sid = /(?:^|;\s*)sid=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  const session = state.liveSession(sid ?? '');
  const user = session && state.userById(session.userId);
  return html(200, user ? `<html><body>${user.username} at ${request.path}</body></html>` : LOGIN_PAGE);
}
