// Ends a process that npm started when npm itself has died: npm hands SIGTERM and SIGINT on, but SIGHUP and SIGKILL end it alone, and
// would leave a server behind. Use: node --import ./scripts/end-with-npm.mjs …; processes that this one forks inherit it, but they have a
// channel to their parent instead.
const EVERY_MS = 1000;

if (process.env.npm_lifecycle_event !== undefined && process.send === undefined) {
  const npm = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(look);
    process.kill(process.pid, 'SIGTERM');
  }, EVERY_MS);
  look.unref();
}
