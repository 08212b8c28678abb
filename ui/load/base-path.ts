// The path below which a proxy shows the pages: that of the document's base, which the server writes.

/** Empty, or as `/winnow`. Empty, too, for who comes past the proxy, and where there is no page. */
export function basePath(): string {
  if (typeof document === 'undefined') return '';
  const path = new URL(document.baseURI).pathname.replace(/\/$/, '');
  return `${window.location.pathname}/`.startsWith(`${path}/`) ? path : '';
}
