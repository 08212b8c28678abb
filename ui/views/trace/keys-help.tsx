// The keys of the waterfall, shown by `?`.
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { captionsOf, KEY_LINES } from '#ui/state/waterfall-keys.ts';
import s from './keys-help.module.css';

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
        {KEY_LINES.map((line) => (
          <div key={line.what}>
            <dt>
              {captionsOf(line).map((caption) => (
                <kbd key={caption}>{caption}</kbd>
              ))}
            </dt>
            <dd>{line.what}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>/</kbd>
          </dt>
          <dd>the box above</dd>
        </div>
      </dl>
      <p className="dim">Drag over the bars or the strip above them to zoom; Ctrl and wheel zoom about the pointer.</p>
    </dialog>
  );
}
