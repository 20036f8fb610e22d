/**
 * Preload for child processes (`NODE_OPTIONS=--require …`): every connection that would leave the machine is refused
 * and written to the file named by NO_EGRESS_LOG, so that a test can prove there was none.
 */
'use strict';

const dns = require('node:dns');
const fs = require('node:fs');
const net = require('node:net');

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|::ffff:127(\.\d+){3}|0\.0\.0\.0|::)$/i;

function refuse(what) {
  const { NO_EGRESS_LOG: log } = process.env;
  if (log) fs.appendFileSync(log, `${what}\n`);
  const error = new Error(`Blocked by the test: ${what} is not on this machine`);
  error.code = 'ENOTFOUND';
  return error;
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function guarded(...args) {
  // net.connect normalizes its arguments into one array before it calls this.
  const [first] = Array.isArray(args[0]) ? args[0] : args;
  const target = typeof first === 'object' && first !== null ? first : { port: first, host: args[1] };
  const isLocal = target.path !== undefined || target.host === undefined || LOOPBACK.test(String(target.host));
  if (isLocal) return connect.apply(this, args);
  const error = refuse(`connect ${String(target.host)}:${String(target.port)}`);
  process.nextTick(() => this.destroy(error));
  return this;
};

for (const [owner, style] of [
  [dns, 'callback'],
  [dns.promises, 'promise'],
]) {
  for (const name of [
    'lookup',
    'resolve',
    'resolve4',
    'resolve6',
    'resolveCname',
    'resolveAny',
    'resolveSrv',
    'resolveTxt',
  ]) {
    const original = owner[name];
    owner[name] = function guarded(host, ...rest) {
      if (LOOPBACK.test(String(host)) || !host) return original.call(this, host, ...rest);
      const error = refuse(`${name} ${String(host)}`);
      if (style === 'promise') return Promise.reject(error);
      process.nextTick(rest.at(-1), error);
      return undefined;
    };
  }
}
