/**
 * Answers that no org gives: what proxies, captive portals, dying servers and enemies send in its place. Each takes the
 * place of one answer of the local org.
 */
import type { ServerResponse } from 'node:http';
import type { Fault } from '../emulator/index.js';

type Take = NonNullable<Fault['take']>;

/** Where a redirect leads; whoever follows it is seen there. */
export type Elsewhere = { url: string };

/** Marks what a hostile answer says, to find it in what a command prints. */
export const WORDS = 'hostile words';

/** Steers a terminal: clears it, writes its clipboard (OSC 52), turns text around, forges a line of ours. */
export const CONTROLS = `\x1b[2J\x1b]52;c;${Buffer.from('rm -rf /').toString('base64')}\x07\x9b31m\u202e\r\n\nTry this:\n\n${WORDS}\x7f`;

const send = (outgoing: ServerResponse, status: number, type: string, body: string): void => {
  outgoing.writeHead(status, { 'content-type': type });
  outgoing.end(body);
};

const PAGE = `<!doctype html><html><body><h1>Welcome</h1><p>${WORDS}</p></body></html>`;
const MEGABYTE = Buffer.alloc(1024 * 1024, 'x');

/** Sends a gigabyte as fast as it's taken, and stops where nobody listens any more. */
function gigabyte(outgoing: ServerResponse): void {
  let left = 1024;
  const more = (): void => {
    while (left > 0 && !outgoing.destroyed) {
      left -= 1;
      if (!outgoing.write(MEGABYTE)) {
        outgoing.once('drain', more);
        return;
      }
    }
    outgoing.end();
  };
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  more();
}

/** A byte now and then, for ever. */
function drip(outgoing: ServerResponse): void {
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => outgoing.write(' '), 50);
  outgoing.once('close', () => clearInterval(timer));
}

/** Every text of the org's own answer gets control characters, as JSON and XML can carry them. */
function withControls(body: string, type: string): string {
  if (/json/.test(type)) {
    const steered = (value: unknown): unknown => {
      if (typeof value === 'string') return value + CONTROLS;
      if (Array.isArray(value)) return value.map(steered);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, steered(each)]));
    };
    try {
      return JSON.stringify(steered(JSON.parse(body)));
    } catch {
      return body + CONTROLS;
    }
  }
  return body.replace(/>([^<>]+)</g, (_, text: string) => `>${text}${CONTROLS}<`);
}

/** By the name of the attack. `elsewhere` is a host that asks for nothing and sees what comes. */
export function hostileAnswers(elsewhere: Elsewhere): Record<string, Take> {
  return {
    'a page': (outgoing) => send(outgoing, 200, 'text/html', PAGE),
    'null': (outgoing) => send(outgoing, 200, 'application/json', 'null'),
    'an empty object': (outgoing) => send(outgoing, 200, 'application/json', '{}'),
    'nothing': (outgoing) => send(outgoing, 200, 'application/json', ''),
    'a redirect': (outgoing) => {
      outgoing.writeHead(307, { location: `${elsewhere.url}/taken` });
      outgoing.end();
    },
    'a drip': drip,
    'a stall': (outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      outgoing.write('{');
    },
    'a gigabyte': gigabyte,
    'an echo': (outgoing, request) => {
      const { headers, body } = request;
      send(outgoing, 400, 'text/plain', `${JSON.stringify(headers)}\n${body.toString()}\n${WORDS}`);
    },
    'controls in every text': async (outgoing, _, reply) => {
      const { status, headers, body } = await reply();
      const type = headers['content-type'] ?? '';
      send(outgoing, status, type, withControls(body.toString(), type));
    },
    'controls in a refusal': (outgoing, { path }) => {
      const refusal = path.endsWith('/token')
        ? { error: `invalid_grant${CONTROLS}`, error_description: CONTROLS }
        : [{ errorCode: `MALFORMED_ID${CONTROLS}`, message: CONTROLS }];
      send(outgoing, 400, 'application/json', JSON.stringify(refusal));
    },
    'a closed connection': (outgoing) => void outgoing.socket?.destroy(),
    'a cut answer': async (outgoing, _, reply) => {
      const { status, headers, body } = await reply();
      outgoing.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body) + 10) });
      outgoing.write(body, () => outgoing.socket?.destroy());
    },
  };
}
