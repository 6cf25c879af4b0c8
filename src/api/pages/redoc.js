// Starts ReDoc on our own description. Its search runs in a worker made from a blob, which the
// page's policy does not allow: the browser's own search finds everything on the page.
Redoc.init(
  "/openapi.json",
  { disableSearch: true, hideDownloadButton: false, nativeScrollbars: true },
  document.getElementById("redoc"),
);
