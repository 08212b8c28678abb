// Lays out the service map beside the page, so that a big one does not stop it.
import { layoutMap } from './map-layout.ts';
import type { MapInput } from './map-layout.ts';

self.addEventListener('message', (event: MessageEvent<MapInput>) => self.postMessage(layoutMap(event.data)));
