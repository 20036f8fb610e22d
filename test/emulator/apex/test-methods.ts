/** What a test class holds, as far as its text tells: this org compiles no Apex. */
export interface TestClass {
  /** Methods annotated with `@IsTest`, or declared with the older `testMethod`. */
  methods: string[];
}

const WORDS = '(?:\\b(?:public|private|global|static|void|virtual|with|without|inherited|sharing|final)\\b\\s*)*';
const ANNOTATION = '@isTest\\b(?:\\s*\\([^)]*\\))?\\s*';

/** Undefined for a class that is no test class. */
export function readTestClass(body: string): TestClass | undefined {
  const code = withoutCommentsAndText(body);
  const isTestClass = new RegExp(`${ANNOTATION}(?:@\\w+(?:\\s*\\([^)]*\\))?\\s*)*${WORDS}class\\b`, 'i').test(code);
  const annotated = code.matchAll(new RegExp(`${ANNOTATION}(?:@\\w+\\s*)*${WORDS}(\\w+)\\s*\\(\\s*\\)`, 'gi'));
  const older = code.matchAll(/\bstatic\s+testMethod\s+void\s+(\w+)|\btestMethod\s+static\s+void\s+(\w+)/gi);
  const methods = [...annotated, ...older].map(([, first, second]) => first ?? second ?? '');
  return isTestClass || methods.length > 0 ? { methods } : undefined;
}

/** Whether the text declares a class, an interface or an enum of this name. Names in Apex know no case. */
export function declares(body: string, name: string): boolean {
  return new RegExp(`\\b(class|interface|enum)\\s+${name}\\b`, 'i').test(withoutCommentsAndText(body));
}

function withoutCommentsAndText(body: string): string {
  return body.replaceAll(/\/\*[^]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'/g, ' ');
}
