// The keys of the waterfall, shown by `?`.
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import s from './keys-help.module.css';

const KEYS = [
  ['j k ↓ ↑', 'next and previous row'],
  ['→ ←', 'open, close, go to the parent'],
  ['Enter', 'into the span’s details'],
  ['Esc', 'close the details'],
  ['e', 'next error'],
  ['f', 'find; then n and N, or Enter'],
  ['+ − 0', 'zoom in, out, all of it'],
  ['h l', 'move left, right'],
  ['x c', 'open all, close all'],
  ['r', 'fold or open runs of repeats'],
  ['/', 'the box above'],
] as const;

export function KeysHelp({ onClose }: { readonly onClose: () => void }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className={s.dialog}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
      aria-label="Keys"
    >
      <h2>Keys</h2>
      <dl>
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p className="dim">Drag over the bars or the strip above them to zoom; Ctrl and wheel zoom about the pointer.</p>
    </dialog>
  );
}
