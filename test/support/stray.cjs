/** Preload for child processes: brings about an error that nobody awaits, of the kind STRAY, at the moment STRAY_AT. */
'use strict';

const { createConnection, createServer } = require('node:net');

const SECRET = '00D000000000001!AQ.stray';
const broken = () => Object.assign(new TypeError(`no way\n\x1b]0;title\x07 on ${SECRET}`), { code: 'E_STRAY' });

const strays = {
  'thrown': () => setTimeout(() => undefined.property, 1),
  'rejected': () => void Promise.reject(broken()),
  'rejected with a text': () => void Promise.reject(`no way\n\x1b]0;title\x07 on ${SECRET}`),
  'rejected with nothing': () => void Promise.reject(),
  'event of a socket': () => {
    const server = createServer((socket) => socket.destroy());
    server.listen(0, '127.0.0.1', () => {
      const socket = createConnection(server.address().port, '127.0.0.1');
      socket.on('close', () => server.close());
      socket.on('connect', () => socket.destroy(broken()));
    });
  },
};
const stray = strays[process.env.STRAY];

if (process.env.STRAY_AT === 'end') process.once('beforeExit', () => stray());
else {
  const { fetch } = globalThis;
  const isDue = (url) => process.env.STRAY_AT !== 'poll' || /deployRequest\/0Af/.test(url);
  globalThis.fetch = (...args) => {
    if (!isDue(String(args[0]))) return fetch(...args);
    globalThis.fetch = fetch;
    stray();
    return fetch(...args);
  };
}
if (process.env.STRAY_HEARD) process.on('uncaughtException', () => process.stderr.write('heard by another\n'));
