// Says in one line that the wrong Node runs, before type stripping can fail with something less clear.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Winnow needs Node 24 or newer, this is ${process.versions.node}. Run it through npm (npm start, npm test, npm run …): the package brings its own Node.`,
  );
  process.exit(2);
}
