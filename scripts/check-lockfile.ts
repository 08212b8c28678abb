// The lock file must install everywhere: every platform package listed, no registry addresses recorded.
// npm leaves out optional platform packages that the registry at hand lacks, and `npm ci` then refuses the lock file.
// node scripts/check-lockfile.ts --write adds their entries; npm keeps them.
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const Entry = z.looseObject({
  version: z.string().optional(),
  resolved: z.string().optional(),
  optional: z.boolean().optional(),
  dev: z.boolean().optional(),
  license: z.string().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
const Lock = z.looseObject({ packages: z.record(z.string(), Entry) });
type Entry = z.infer<typeof Entry>;

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
/** Words of package names and what npm calls that processor; the longer word first where one is part of another. */
const PROCESSORS: readonly (readonly [word: string, cpu: string])[] = [
  ['arm64', 'arm64'],
  ['x64', 'x64'],
  ['ia32', 'ia32'],
  ['ppc64', 'ppc64'],
  ['riscv64', 'riscv64'],
  ['s390x', 's390x'],
  ['arm', 'arm'],
];

/** What the name of a platform package says it is for. */
function platformOf(name: string): Record<string, unknown> {
  const words = name.split(/[/-]/);
  const cpu = PROCESSORS.find(([word]) => words.includes(word))?.[1];
  const os = SYSTEMS.find((system) => words.includes(system));
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined;
  return {
    ...(cpu !== undefined && { cpu: [cpu] }),
    ...(libc !== undefined && { libc: [libc] }),
    ...(os !== undefined && { os: [os] }),
  };
}

const lock = Lock.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));
const problems: string[] = [];
const missing: [path: string, entry: Entry][] = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (`node_modules/${name}` in lock.packages || `${path}/node_modules/${name}` in lock.packages) continue;
    missing.push([
      `node_modules/${name}`,
      {
        version,
        ...platformOf(name),
        ...(entry.dev === true && { dev: true }),
        ...(entry.license !== undefined && { license: entry.license }),
        optional: true,
      },
    ]);
  }
}
if (process.argv.includes('--write')) {
  for (const [path, entry] of missing) lock.packages[path] = entry;
  lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`lock file: ${missing.length} entries added`);
} else {
  for (const [path] of missing)
    problems.push(
      `${path.slice('node_modules/'.length)} is optional and not listed: run "node scripts/check-lockfile.ts --write"`,
    );
}
const resolved = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined);
if (resolved.length > 0)
  problems.push(
    `${resolved.length} packages record a download address (first: ${resolved[0]?.[0]}): install with the repository's .npmrc`,
  );
for (const problem of problems) console.error(`lock file: ${problem}`);
console.log(`lock file: ${Object.keys(lock.packages).length} packages, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
