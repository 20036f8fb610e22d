/** Where CIs keep their secrets, as far as a job of theirs may write one: their APIs on this machine, for one secret each. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export const WRITER_TOKEN = 'ci-robot:writer-token';

export type SecretStores = {
  url: string;
  /** What was written, in order. */
  written: string[];
  stop: () => Promise<void>;
};

type Answer = { status: number; body?: unknown; value?: string };

const BITBUCKET = '/2.0/repositories/acme/app/pipelines_config/variables/';
const CIRCLECI = '/api/v2/context';

export async function startSecretStores(): Promise<SecretStores> {
  const written: string[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const { status, body = {}, value } = isWriter(request) ? answerTo(request, text) : { status: 401 };
      if (value !== undefined) written.push(value);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, written, stop };
}

/** The token in the header that each of the CIs wants it in. */
function isWriter({ headers }: IncomingMessage): boolean {
  const basic = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
  return [
    headers['private-token'],
    headers['circle-token'],
    headers.authorization?.replace(/^Bearer /, ''),
    basic,
  ].includes(WRITER_TOKEN);
}

function answerTo({ method = '', url = '', headers }: IncomingMessage, text: string): Answer {
  switch (`${method} ${url}`) {
    case 'PUT /api/v4/projects/7/variables/SF_JWT_KEY':
      return { status: 200, value: /name="value"\r\n(?:.*\r\n)*?\r\n([^\r]*)\r\n--/.exec(text)?.[1] ?? '' };
    case `GET ${BITBUCKET}?pagelen=100`: {
      const [other, own] = ['{other}', '{1f-2}'];
      return {
        status: 200,
        body: {
          values: [
            { key: 'X', uuid: other },
            { key: 'SF_JWT_KEY', uuid: own },
          ],
        },
      };
    }
    case `PUT ${BITBUCKET}%7B1f-2%7D`: {
      const { key, value, secured } = JSON.parse(text) as { key: string; value: string; secured: boolean };
      return key === 'SF_JWT_KEY' && secured ? { status: 200, value } : { status: 400 };
    }
    case `GET ${CIRCLECI}?owner-id=org-1`:
      return {
        status: 200,
        body: {
          items: [
            { name: 'other', id: 'c-0' },
            { name: 'salesforce', id: 'c-1' },
          ],
        },
      };
    case `PUT ${CIRCLECI}/c-1/environment-variable/SF_JWT_KEY`:
      return { status: 200, value: (JSON.parse(text) as { value: string }).value };
    case 'POST /jenkins/credentials/store/system/domain/_/credential/SF_JWT_KEY/config.xml': {
      const isXml = headers['content-type'] === 'application/xml' && text.includes('<id>SF_JWT_KEY</id>');
      return isXml ? { status: 200, value: /<secret>(.*)<\/secret>/.exec(text)?.[1] ?? '' } : { status: 400 };
    }
    default:
      return { status: 404 };
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
