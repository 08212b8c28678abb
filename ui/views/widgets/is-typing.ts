// Whether a key belongs to a field that takes text, so that page keys leave it alone. A checkbox takes no text.

const NO_TEXT = new Set(['checkbox', 'radio', 'button', 'submit', 'range']);

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !NO_TEXT.has(target.type);
  // An editor in a shadow root is seen from outside as its host.
  return (
    target.closest('textarea, select, dialog, [contenteditable]') !== null ||
    (target.shadowRoot?.activeElement ?? null) !== null
  );
}
