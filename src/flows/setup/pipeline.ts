import { pipelineFor } from '../snippet/pipeline.js';
import type {
  Ci,
  JobKind,
  LoginWith,
  Pipeline,
  PipelineRequest,
  SnippetLogin,
  SnippetSigner,
} from '../snippet/request.js';
import type { PluginSource } from '../../machine/plugin-source.js';

/** What the pipeline installs and does. */
export type PipelineShape = {
  plugin: PluginSource;
  cliVersion: string;
  loginWith: LoginWith | undefined;
  jobs: readonly JobKind[];
  /** The key that signs in a key management service; then the CI keeps no secret. */
  signer?: SnippetSigner;
  /** The flags that said so, as `snippet` takes them too. */
  flags: string[];
};

/** A pipeline's request, as `snippet` has it. */
export function pipelineRequest(
  ci: Ci,
  { loginWith, flags: _, ...shape }: PipelineShape,
  secretName: string,
  login: SnippetLogin,
): PipelineRequest & { login: SnippetLogin } {
  return { ci, ...shape, ...(loginWith === undefined ? {} : { loginWith }), secretName, login };
}

/** The pipeline of a login, as `snippet` writes it. @throws Failure those of `pipelineFor` */
export const setupPipeline = (request: PipelineRequest): Promise<Pipeline> => pipelineFor(request);
