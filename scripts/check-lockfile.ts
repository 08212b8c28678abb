// The lock file must install everywhere: all platform packages of chdb listed, no registry addresses recorded.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** npm leaves out platform packages that the registry at hand lacks, and `npm ci` then refuses the lock file elsewhere. */
const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64-gnu', 'linux-x64-gnu'];
const Lock = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional(), resolved: z.string().optional(), optional: z.boolean().optional() }).loose()) });

const { packages } = Lock.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));
const problems: string[] = [];
for (const platform of PLATFORMS) {
  const entry = packages[`node_modules/@chdb/lib-${platform}`];
  if (entry?.version === undefined || entry.optional !== true) problems.push(`@chdb/lib-${platform} is missing or not optional: add its entry by hand, npm keeps it`);
}
const resolved = Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined);
if (resolved.length > 0) problems.push(`${resolved.length} packages record a download address (first: ${resolved[0]?.[0]}): install with the repository's .npmrc`);
for (const problem of problems) console.error(`lock file: ${problem}`);
console.log(`lock file: ${Object.keys(packages).length} packages, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
