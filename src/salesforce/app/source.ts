import { withoutClientId } from './client-id.js';
import { componentFile, componentXml, type Component } from './component.js';

/** A file of a project's metadata, by its path below a package directory such as `force-app/main/default`. */
export type SourceFile = { path: string; content: string };

/**
 * Components in source format, as `sf project deploy start --source-dir` takes them, without a client id or a secret. Give
 * it components as they are sent to an org, which have no org id in them either.
 *
 * @throws Failure `component_name_illegal`
 * @see https://developer.salesforce.com/docs/atlas.en-us.sfdx_dev.meta/sfdx_dev/sfdx_dev_source_file_format.htm
 */
export async function sourceFiles(components: Component[]): Promise<SourceFile[]> {
  return Promise.all(
    components.map(async (component) => {
      const path = `${componentFile(component)}-meta.xml`;
      return { path, content: await componentXml(withoutClientId(component)) };
    }),
  );
}
