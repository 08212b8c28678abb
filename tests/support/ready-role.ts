// A role that does nothing: ready at once, and there until it is told to end.
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
process.send?.({ kind: 'ready', role: 'nothing', addresses: {} });
setInterval(() => undefined, 60_000);
