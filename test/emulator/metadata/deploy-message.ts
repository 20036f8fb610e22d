/** DeployMessage of the Metadata API, without its date. */
export interface DeployMessage {
  componentType: string;
  fileName: string;
  fullName: string;
  id?: string;
  changed: boolean;
  created: boolean;
  deleted: boolean;
  success: boolean;
  problem?: string;
  problemType?: 'Error' | 'Warning' | 'Info';
  lineNumber?: number;
  columnNumber?: number;
}

export interface DeployOptions {
  allowMissingFiles: boolean;
  autoUpdatePackage: boolean;
  checkOnly: boolean;
  ignoreWarnings: boolean;
  performRetrieve: boolean;
  purgeOnDelete: boolean;
  rollbackOnError: boolean;
  runTests: string[];
  singlePackage: boolean;
  testLevel: string | undefined;
}

const FLAGS = [
  'allowMissingFiles',
  'autoUpdatePackage',
  'checkOnly',
  'ignoreWarnings',
  'performRetrieve',
  'purgeOnDelete',
  'rollbackOnError',
  'singlePackage',
] as const;

/** Options as REST (typed) and SOAP (text) send them; everything is false unless said. */
export function readDeployOptions(source: Record<string, unknown>): DeployOptions {
  const flags = Object.fromEntries(FLAGS.map((name) => [name, String(source[name]) === 'true'])) as Record<
    (typeof FLAGS)[number],
    boolean
  >;
  const runTests = [source['runTests'] ?? []].flat().map(String);
  return { ...flags, runTests, testLevel: typeof source['testLevel'] === 'string' ? source['testLevel'] : undefined };
}
