import { PREFIX } from './apps.js';
import { cell, type OrgApi } from './org-api.js';
import type { Json } from './recording.js';

/** How a change of what isn't ours is taken back. Fits a permission set's description (255 characters). */
export type Undo = UndoChange | UndoRecord;

/** A record, with what it said before. */
export interface UndoChange {
  object: string;
  id: string;
  fields: Record<string, Json>;
}

/** Records that weren't there before: those with these texts in their fields. */
export interface UndoRecord {
  object: string;
  made: Record<string, string>;
}

/** Permission sets of such names hold an {@link Undo} as their description. */
export const UNDO_PREFIX = `${PREFIX}Undo`;

export function readUndo(description: unknown): Undo | undefined {
  if (typeof description !== 'string') return undefined;
  try {
    const { object, id, fields, made } = JSON.parse(description) as Partial<UndoChange & UndoRecord>;
    if (object === undefined) return undefined;
    if (made !== undefined) return { object, made };
    return id === undefined || fields === undefined ? undefined : { object, id, fields };
  } catch {
    // Not one of ours.
    return undefined;
  }
}

/** Takes it back, and says whether the org let it. */
export async function takeBack(api: OrgApi, label: string, undo: Undo): Promise<boolean> {
  if ('id' in undo) return api.update(label, undo.object, undo.id, undo.fields);
  const where = Object.entries(undo.made).map(([field, value]) => `${field} = '${value}'`);
  const rows = await api.query(`${label}: which`, `SELECT Id FROM ${undo.object} WHERE ${where.join(' AND ')}`);
  const removed = await Promise.all(rows.map(async (row) => api.remove(label, undo.object, cell(row, 'Id'))));
  return removed.every(Boolean);
}

/** For a person. */
export function undoText(undo: Undo): string {
  return 'id' in undo ? `${undo.object} ${undo.id}` : `${undo.object} ${JSON.stringify(undo.made)}`;
}
