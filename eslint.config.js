import { fixupPluginRules } from '@eslint/compat';
import sfPlugin from 'eslint-plugin-sf-plugin';
import tseslint from 'typescript-eslint';

/** What `keys` and the token endpoint do without. */
const SALESFORCE = ['@salesforce/*', '@jsforce/*', '@oclif/*', 'jsforce'];
const FILES_AND_PROCESSES = [
  'node:fs',
  'node:fs/*',
  'node:os',
  'node:path',
  'node:child_process',
  'node:http',
  'node:https',
];
const AUTH_INFO = {
  selector: "ImportSpecifier[imported.name='AuthInfo']",
  message: 'Only the store touches AuthInfo.',
};
/** What this plugin has in the place of sf's own: through these, no secret and no control character leaves. */
const OUTLETS = [
  {
    selector: "ImportDeclaration[source.value='@salesforce/core'] > ImportSpecifier[imported.name='Messages']",
    message: 'Texts come from terminal/messages.ts.',
  },
  {
    selector:
      "ImportDeclaration[importKind!='type'][source.value='@salesforce/sf-plugins-core'] > ImportSpecifier[importKind!='type'][imported.name='SfCommand']",
    message: 'Commands extend the SfCommand of terminal/command.ts.',
  },
  {
    selector:
      "MemberExpression[object.object.name='process'][object.property.name=/^std(out|err)$/][property.name='write']",
    message: 'What is printed goes through the command.',
  },
];
const NO_CLOCK = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Time is an argument.',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time is an argument.' },
];

/** From the top down. A storey may use any below it, none above. */
const STOREYS = ['commands', 'flows', 'terminal', 'machine', 'salesforce', 'keys'];

const above = (storey) => ({
  group: STOREYS.slice(0, STOREYS.indexOf(storey)).map((each) => `**/${each}/**`),
  message: `${STOREYS.join(' → ')}: a storey may use any below it, none above.`,
});

/** A storey, or a room in it, with what else it may not import. */
const storey = (name, ...more) => ({
  'no-restricted-imports': ['error', { patterns: [above(name), ...more] }],
});

/** The recommended rules of the sf plugin guidelines; those of the old sfdx commands say nothing here. */
const sfRules = Object.fromEntries(Object.keys(sfPlugin.configs.recommended.rules).map((rule) => [rule, 'error']));

export default tseslint.config(
  { ignores: ['lib/', 'dist/', 'node_modules/', '.cache/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './test/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_+$', argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'eqeqeq': 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true }],
    },
  },
  // A list: a line for each failure.
  { files: ['src/failure.ts'], rules: { 'max-lines': 'off' } },
  ...STOREYS.slice(1).map((name) => ({ files: [`src/${name}/**/*.ts`], rules: storey(name) })),
  {
    files: ['src/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: STOREYS.map((each) => `**/${each}/**`) }] }] },
  },
  {
    files: ['src/commands/**/*.ts', 'src/terminal/flags/**/*.ts'],
    // Its newest version in the registry speaks to ESLint 8; under 10 it would find nothing, or crash.
    plugins: { 'sf-plugin': fixupPluginRules(sfPlugin) },
    rules: sfRules,
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/machine/store/**', 'src/commands/**', 'src/terminal/{command,messages}.ts'],
    rules: { 'no-restricted-syntax': ['error', AUTH_INFO, ...OUTLETS] },
  },
  {
    files: ['src/commands/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...OUTLETS] },
  },
  {
    files: ['src/keys/**/*.ts'],
    rules: {
      ...storey('keys', {
        group: [...SALESFORCE, ...FILES_AND_PROCESSES],
        message: 'Key material knows no Salesforce library, no files and no network.',
      }),
      'no-restricted-globals': ['error', 'fetch', 'process'],
      'no-restricted-syntax': ['error', AUTH_INFO, ...NO_CLOCK],
    },
  },
  {
    files: ['src/salesforce/token/**/*.ts'],
    rules: storey('salesforce', { group: SALESFORCE, message: 'The token endpoint is plain HTTP.' }),
  },
  {
    files: ['test/emulator/**/*.ts'],
    ignores: ['test/emulator/**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['**/src/**'], message: 'The local org is written from the facts, not from the client.' },
            {
              group: ['**/conformance/**', '!**/conformance/recording.js'],
              message: 'The local org knows recordings, not the kit that makes them.',
            },
          ],
        },
      ],
    },
  },
  {
    // It judges the plugin and the local org, so it shares no code with either.
    files: ['conformance/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true }],
      'no-restricted-imports': ['error', { patterns: [{ group: ['**/src/**', '**/test/**', '**/scripts/**'] }] }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      'no-console': 'off',
    },
  },
);
