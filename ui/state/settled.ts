// A value that changes with every key press, followed at once when it rests and otherwise when it has come to rest: what is asked of the server.
import { useEffect, useRef, useState } from 'react';

/** Longer than a key that is held down repeats, shorter than anybody waits for. */
const REST_MS = 120;

export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  const isBusy = useRef(false);
  useEffect(() => {
    if (!isBusy.current) setSettled(value);
    isBusy.current = true;
    const timer = window.setTimeout(() => {
      isBusy.current = false;
      setSettled(value);
    }, REST_MS);
    return () => window.clearTimeout(timer);
  }, [value]);
  return settled;
}
