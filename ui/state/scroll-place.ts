// Where each page was scrolled to: Back and Forward lead there again, a new page begins at its top. In memory, for this window.
import { useEffect } from 'react';

/** Older addresses are forgotten. */
const MOST_ADDRESSES = 50;
/** Rows may still be on their way after the page is there: three seconds of a usual screen. */
const RESTORE_FRAMES = 180;

type Places = Map<string, number>;
const places = new Map<string, Places>();

/** The address without what only names a thing chosen on the page. */
function addressNow(): string {
  return window.location.pathname + window.location.search;
}

function remember(element: Element): void {
  const address = addressNow();
  const found: Places = places.get(address) ?? new Map<string, number>();
  found.set(element.className, element.scrollTop);
  places.delete(address);
  places.set(address, found);
  for (const oldest of places.keys()) {
    if (places.size <= MOST_ADDRESSES) break;
    places.delete(oldest);
  }
}

/** Scrolls what had been scrolled at this address as soon as it is long enough again. */
function restore(): void {
  const wanted = [...(places.get(addressNow()) ?? [])].filter(([, top]) => top > 0);
  let frames = 0;
  const step = (): void => {
    frames++;
    const left = wanted.filter(([name, top]) => {
      const element = document.getElementsByClassName(name)[0];
      if (!element || element.scrollHeight - element.clientHeight < top) return true;
      element.scrollTop = top;
      return false;
    });
    wanted.splice(0, wanted.length, ...left);
    if (wanted.length > 0 && frames < RESTORE_FRAMES) window.requestAnimationFrame(step);
  };
  step();
}

export function useScrollPlace(): void {
  useEffect(() => {
    let restoring = false;
    const onScroll = (event: Event): void => {
      if (!restoring && event.target instanceof Element && event.target.className !== '') remember(event.target);
    };
    const onPopState = (): void => {
      // The pages change after this event; what they scroll meanwhile is not the reader's doing.
      restoring = true;
      window.requestAnimationFrame(() => {
        restoring = false;
        restore();
      });
    };
    document.addEventListener('scroll', onScroll, { capture: true, passive: true });
    window.addEventListener('popstate', onPopState);
    return () => {
      document.removeEventListener('scroll', onScroll, { capture: true });
      window.removeEventListener('popstate', onPopState);
    };
  }, []);
}
