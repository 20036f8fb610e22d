/**
 * A registry of npm on this machine that holds one package: what `npm view` and `npm install` ask for, and nothing else. verdaccio
 * would bring hundreds of packages for it.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export type NpmRegistry = {
  /** Without a slash at its end. */
  url: string;
  /** Where the package is, as its packument says. */
  tarballUrl: string;
  /** `GET /path` of every request, in order. */
  requests: string[];
  stop: () => Promise<void>;
};

type Manifest = { name: string; version: string };

export async function startNpmRegistry(tarball: string): Promise<NpmRegistry> {
  const data = await readFile(tarball);
  const manifest = manifestOf(data);
  const requests: string[] = [];
  let url = '';
  const file = `/${manifest.name}/-/${manifest.name}-${manifest.version}.tgz`;
  const answer = ({ method = '', url: path = '' }: IncomingMessage, response: ServerResponse): void => {
    requests.push(`${method} ${path}`);
    if (method === 'GET' && path === file) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(data);
    } else if (method === 'GET' && path === `/${manifest.name}`) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(packumentOf(manifest, `${url}${file}`, data));
    } else {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Not found"}');
    }
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, tarballUrl: `${url}${file}`, requests, stop };
}

/** What a registry says of a package: https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md */
function packumentOf(manifest: Manifest, tarball: string, data: Buffer): string {
  const integrity = `sha512-${createHash('sha512').update(data).digest('base64')}`;
  const shasum = createHash('sha1').update(data).digest('hex');
  return JSON.stringify({
    'name': manifest.name,
    'dist-tags': { latest: manifest.version },
    'versions': { [manifest.version]: { ...manifest, dist: { tarball, integrity, shasum } } },
  });
}

/** `package/package.json` of a packed package, which is a gzipped tar with blocks of 512 bytes. */
function manifestOf(data: Buffer): Manifest {
  const tar = gunzipSync(data);
  for (let at = 0; at + 512 <= tar.length;) {
    const name = tar.toString('utf8', at, at + 100).replace(/\0[^]*$/, '');
    const size = parseInt(tar.toString('latin1', at + 124, at + 136), 8) || 0;
    if (name === 'package/package.json') return JSON.parse(tar.toString('utf8', at + 512, at + 512 + size)) as Manifest;
    at += 512 * (1 + Math.ceil(size / 512));
  }
  throw new Error('The package holds no package.json');
}
