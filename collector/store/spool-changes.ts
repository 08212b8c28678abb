// Blocks that were set aside, on the wish of a person: listed, sent again, removed for good.
import { textOf } from './insert-errors.ts';
import type { AsideFile } from './set-aside.ts';
import type { Spool } from './spool.ts';

/** retry: they wait for ClickHouse again. drop: their files go. */
export type SpoolChange = 'retry' | 'drop';

export interface ChangedBlocks {
  readonly done: readonly AsideFile[];
  readonly failed: readonly { readonly name: string; readonly why: string }[];
}

/** @param names undefined = all; those whose bytes are damaged are sent again by name only */
export async function changeSetAside(
  spool: Spool,
  what: SpoolChange,
  names: readonly string[] | undefined,
): Promise<ChangedBlocks> {
  const known = new Map([...spool.aside.all()].map((file) => [file.name, file]));
  const wanted =
    names ?? [...known.values()].filter(({ kind }) => what === 'drop' || kind === 'refused').map(({ name }) => name);
  const done: AsideFile[] = [];
  const failed: { name: string; why: string }[] = [];
  for (const name of wanted) {
    const file = known.get(name);
    try {
      const isDone =
        file !== undefined &&
        (what === 'drop' ? await spool.aside.drop(name) : (await spool.bringBack(name)) !== undefined);
      if (isDone) done.push(file);
      else failed.push({ name, why: 'no block of this name is set aside' });
    } catch (error) {
      failed.push({ name, why: textOf(error) });
    }
  }
  return { done, failed };
}
