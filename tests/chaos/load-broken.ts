// Loaded before everything else (node --import) in the processes of a broken build: changes the files that broken.ts names.
import { registerHooks } from 'node:module';
import { BROKEN_BUILD_VARIABLE, BROKEN_BUILDS } from './broken.ts';

const ROOT = new URL('../../', import.meta.url).href;
const name = process.env[BROKEN_BUILD_VARIABLE];
const edits = BROKEN_BUILDS.find((build) => build.name === name)?.edits;
if (edits === undefined) throw new Error(`${BROKEN_BUILD_VARIABLE}=${name ?? ''} is no broken build`);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const here = edits.filter(({ file }) => url === ROOT + file);
    if (here.length === 0) return loaded;
    let source = Buffer.from(loaded.source as Uint8Array).toString();
    for (const { file, from, to } of here) {
      if (!source.includes(from))
        throw new Error(`the broken build ${name} finds no "${from}" in ${file}: tests/chaos/broken.ts is out of date`);
      source = source.replace(from, () => to);
    }
    return { ...loaded, source };
  },
});
