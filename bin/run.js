#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `sf-plugin-jwt needs Node.js 22.19 or later; this is ${process.version}. Get a newer one from https://nodejs.org.\n`,
  );
  process.exit(1);
}
const { settleHome } = await import('./home.js');
settleHome();
const { default: oclif } = await import('#libraries/oclif');
// `npx sf-plugin-jwt keygen`: all commands are of one topic, which the program's name stands for.
const [given = '--help', ...others] = process.argv.slice(2);
const first = given === '-h' ? '--help' : given;
const ofTopic = /^(jwt\b|help$|--version$)/.test(first) ? [] : ['jwt'];
void oclif.execute({ args: [...ofTopic, first, ...others], dir: import.meta.url });
