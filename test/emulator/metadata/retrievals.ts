import JSZip from 'jszip';

import { metadataDateTime } from '../model/clock.js';
import { text } from '../model/apps.js';
import type { Component } from '../model/domain.js';
import { sameId } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import type { Json } from './deploy-result.js';
import { renderFile } from './render.js';
import { metadataType } from './types.js';
import { escapeXml } from './xml.js';

export interface RetrieveRequest {
  apiVersion: string;
  types: Array<{ name: string; members: string[] }>;
  singlePackage: boolean;
}

interface Retrieval {
  id: string;
  zipFile: Promise<Buffer>;
  fileProperties: Json[];
  messages: Json[];
}

/** Retrieve requests; done at once, since nothing that matters here depends on their duration. */
export class Retrievals {
  private readonly all: Retrieval[] = [];

  public constructor(private readonly state: OrgState) {}

  public start(request: RetrieveRequest): string {
    const root = request.singlePackage ? '' : 'unpackaged/';
    const messages: Json[] = [];
    const components: Component[] = [];
    for (const { name, members } of request.types) {
      for (const member of members) {
        const found = member === '*' ? this.state.componentsOf(name) : [this.state.component(name, member)];
        for (const component of found) {
          if (component) components.push(component);
          else
            messages.push({
              fileName: `${root}package.xml`,
              problem: `Entity of type '${name}' named '${member}' cannot be found`,
            });
        }
      }
    }
    const id = this.state.ids.next('retrieve');
    const fileProperties = components.map((component) => propertiesOf(this.state, component, root));
    this.all.push({ id, zipFile: this.zip(request, components, root), fileProperties, messages });
    return id;
  }

  public async result(id: string): Promise<Json | undefined> {
    const found = this.all.find((entry) => sameId(entry.id, id));
    if (!found) return undefined;
    return {
      done: true,
      fileProperties: found.fileProperties,
      id: found.id,
      messages: found.messages,
      status: 'Succeeded',
      success: true,
      zipFile: (await found.zipFile).toString('base64'),
    };
  }

  private async zip(request: RetrieveRequest, components: Component[], root: string): Promise<Buffer> {
    const archive = new JSZip();
    for (const component of components) {
      const name = root + fileNameOf(component);
      const content = metadataType(component.type)?.hasContent ? text(component.fields, 'content') : undefined;
      if (content !== undefined) archive.file(name, content);
      archive.file(
        content === undefined ? name : `${name}-meta.xml`,
        renderFile(this.state, component, request.apiVersion),
      );
    }
    const types = request.types.map(({ name, members }) => {
      const lines = members.map((member) => `        <members>${escapeXml(member)}</members>\n`).join('');
      return `    <types>\n${lines}        <name>${escapeXml(name)}</name>\n    </types>\n`;
    });
    archive.file(
      `${root}package.xml`,
      '<?xml version="1.0" encoding="UTF-8"?>\n<Package xmlns="http://soap.sforce.com/2006/04/metadata">\n' +
        `${types.join('')}    <version>${request.apiVersion}</version>\n</Package>\n`,
    );
    return archive.generateAsync({ type: 'nodebuffer' });
  }
}

function fileNameOf({ type, fullName }: Component): string {
  const definition = metadataType(type);
  return `${definition?.directory ?? type}/${fullName}.${definition?.suffix ?? 'xml'}`;
}

/** FileProperties, as listMetadata and retrieve return them. */
export function propertiesOf(state: OrgState, component: Component, root = ''): Json {
  const author = (id: string): string => {
    const user = state.userById(id);
    return user ? `${user.firstName} ${user.lastName}` : '';
  };
  return {
    createdById: component.createdBy,
    createdByName: author(component.createdBy),
    createdDate: metadataDateTime(component.createdAt),
    fileName: root + fileNameOf(component),
    fullName: component.fullName,
    id: component.id,
    lastModifiedById: component.modifiedBy,
    lastModifiedByName: author(component.modifiedBy),
    lastModifiedDate: metadataDateTime(component.modifiedAt),
    manageableState: 'unmanaged',
    type: component.type,
  };
}
