// Asks the worker for places and keeps the last ones while new ones are made.
import { useEffect, useState } from 'react';
import type { MapInput, MapLayout } from '#ui/layout/map-layout.ts';

export function useMapLayout(input: MapInput | null): MapLayout | null {
  const [placed, setPlaced] = useState<MapLayout | null>(null);
  useEffect(() => {
    if (!input || input.nodes.length === 0) return undefined;
    const worker = new Worker(new URL('../../layout/map-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', (event: MessageEvent<MapLayout>) => setPlaced(event.data));
    worker.postMessage(input);
    return () => worker.terminate();
  }, [input]);
  return placed;
}
