import sfPlugin from 'eslint-plugin-sf-plugin';
import tseslint from 'typescript-eslint';

/** Rooms that know no Salesforce library; `credential` and `assertion` know neither files nor the clock besides. */
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
const NO_CLOCK = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Time is an argument.',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time is an argument.' },
];
const COMMANDS = { group: ['**/commands/**'], message: 'Commands know rooms; rooms know no command.' };

const closed = (group, message) => ({
  'no-restricted-imports': ['error', { patterns: [COMMANDS, { group, message }] }],
});

/** The recommended rules of the sf plugin guidelines; those of the old sfdx commands say nothing here. */
const sfRules = Object.fromEntries(Object.keys(sfPlugin.configs.recommended.rules).map((rule) => [rule, 'error']));

export default tseslint.config(
  { ignores: ['lib/', 'node_modules/', '.cache/', 'coverage/'] },
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
      'no-restricted-imports': ['error', { patterns: [COMMANDS] }],
    },
  },
  {
    files: ['src/commands/**/*.ts', 'src/flags/**/*.ts'],
    plugins: { 'sf-plugin': sfPlugin },
    rules: sfRules,
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/store/**', 'src/commands/**'],
    rules: { 'no-restricted-syntax': ['error', AUTH_INFO] },
  },
  {
    files: ['src/credential/**/*.ts', 'src/assertion/**/*.ts'],
    rules: {
      ...closed(
        [...SALESFORCE, ...FILES_AND_PROCESSES],
        'This room knows no Salesforce library, no files and no network.',
      ),
      'no-restricted-globals': ['error', 'fetch', 'process'],
      'no-restricted-syntax': ['error', AUTH_INFO, ...NO_CLOCK],
    },
  },
  { files: ['src/token/**/*.ts'], rules: closed(SALESFORCE, 'The token endpoint is plain HTTP.') },
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
