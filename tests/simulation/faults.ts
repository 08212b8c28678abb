// What each fault of a schedule does to the world, and how it ends.
import { POINT_BASE } from '#tests/support/exact-load.ts';
import { recordsOf, type FoundRecord } from '#tests/support/log-records.ts';
import { endOf, type Fault } from './schedule.ts';
import { storedRows } from './stored-rows.ts';
import type { World } from './world.ts';

/** After the supervisor died and was started again its next collector comes this much later. */
const RESTART_MS = 300;
const COMMIT_FLIPPED = 'flip: a commit';

export function startFault(world: World, fault: Fault): void {
  world.note(`fault ${JSON.stringify(fault)}`);
  world.reach(`fault: ${fault.kind}`);
  const undo = begin(world, fault);
  if (undo === undefined) return;
  world.time.at(endOf(fault), () => {
    world.note(`end of ${fault.kind}`);
    undo();
  });
}

/** Returns how it ends; undefined: it was over at once. */
function begin(world: World, fault: Fault): (() => void) | undefined {
  const { disk, store, network, clients, time } = world;
  switch (fault.kind) {
    case 'kill':
      world.supervised?.process.kill();
      return undefined;
    case 'terminate': {
      const old = world.supervised;
      if (old !== undefined) time.after(1, () => void old.stop(), old.process);
      return undefined;
    }
    case 'pause': {
      const process = world.supervised?.process;
      process?.pause();
      return () => process?.resume();
    }
    case 'orphan': {
      const old = world.supervised;
      if (old === undefined) return undefined;
      world.supervisorDies();
      time.after(1, () => void old.stopAsOrphan(), old.process);
      world.startLater(RESTART_MS);
      return undefined;
    }
    case 'second': {
      if (world.isOff) return undefined;
      const second = world.startCollector(false);
      return () => {
        time.after(1, () => void second.stop(), second.process);
      };
    }
    case 'power-cut':
      if (world.isOff) return undefined;
      world.powerOff();
      return () => world.powerOn();
    case 'clock':
      world.wall.offsetMs += fault.byMs;
      return undefined;
    case 'disk-error': {
      const error = { code: fault.code, share: fault.share };
      disk.faults.errors.add(error);
      return () => disk.faults.errors.delete(error);
    }
    case 'disk-full':
      disk.faults.hogBytes = Math.max(0, disk.freeBytes + disk.faults.hogBytes - fault.leftBytes);
      return () => {
        disk.faults.hogBytes = 0;
      };
    case 'disk-nearly-full':
      disk.faults.hogBytes = Math.max(
        0,
        disk.freeBytes + disk.faults.hogBytes - Math.floor(world.schedule.reserveBytes * fault.reserves),
      );
      return () => {
        disk.faults.hogBytes = 0;
      };
    case 'disk-stall':
      disk.faults.stalledUntilMs = Math.max(disk.faults.stalledUntilMs, endOf(fault));
      return undefined;
    case 'disk-slow':
      disk.faults.slowness = fault.times;
      return () => {
        disk.faults.slowness = 1;
      };
    case 'short-writes':
      disk.faults.shortWrites = fault.share;
      return () => {
        disk.faults.shortWrites = 0;
      };
    case 'flip':
      flip(world, fault.where);
      return undefined;
    case 'store-down':
      store.isDown = true;
      return () => {
        store.isDown = false;
      };
    case 'store-slow':
      store.slowness = fault.times;
      return () => {
        store.slowness = 1;
      };
    case 'store-overload':
      store.overloadCode = fault.code;
      return () => {
        store.overloadCode = undefined;
      };
    case 'store-unanswered':
      store.unansweredShare = fault.share;
      return () => {
        store.unansweredShare = 0;
      };
    case 'store-late':
      store.lateShare = fault.share;
      return () => {
        store.lateShare = 0;
      };
    case 'store-refuses':
      store.refusing = fault;
      return () => {
        store.refusing = undefined;
      };
    case 'store-loses-part': {
      const lost = store.losePart();
      if (lost !== undefined) clients.destroyStored(storedRows([lost], POINT_BASE));
      return undefined;
    }
    case 'connections-cut':
      network.cutShare = fault.share;
      return () => {
        network.cutShare = 0;
      };
    case 'slow-network':
      network.spreadMs = fault.spreadMs;
      return () => {
        network.spreadMs = 0;
      };
    case 'copies':
      clients.faults.copies = fault;
      return () => {
        clients.faults.copies = { share: 0, withinMs: 0 };
      };
    case 'overlaps':
      clients.faults.overlaps = fault.share;
      return () => {
        clients.faults.overlaps = 0;
      };
    case 'burst':
      clients.faults.burst = fault.times;
      return () => {
        clients.faults.burst = 1;
      };
  }
}

/** A byte of the record of a request or a commit changes while the collector is down; the next start reads it. Only that request may be lost for it. */
function flip(world: World, where: number): void {
  const { disk } = world;
  world.supervised?.process.kill();
  const records: (FoundRecord & { readonly file: string })[] = [];
  for (const [file, cached] of disk.entries) {
    if (!file.endsWith('.wal')) continue;
    // The last one of all cannot be told from one that the crash cut short.
    for (const record of recordsOf(cached.read()))
      if (record.at + record.size < cached.length) records.push({ ...record, file });
  }
  const chosen = records[Math.floor(where * records.length)];
  if (chosen === undefined) return;
  // A commit is written twice, so that one byte cannot destroy it: two bytes, one in each, would.
  if (chosen.type === 'commit' && world.reached.has(COMMIT_FLIPPED)) return;
  if (chosen.type === 'commit') world.reach(COMMIT_FLIPPED);
  const offset = chosen.at + Math.floor(((where * 7919) % 1) * chosen.size);
  disk.entries.get(chosen.file)!.flip(offset, 1 << Math.floor((where * 104_729) % 8));
  if (chosen.type === 'request') world.clients.destroy(chosen.body);
  world.note(`byte ${offset} of ${chosen.file} has changed`);
}
