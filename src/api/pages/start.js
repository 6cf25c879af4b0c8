// The page does not know under which address it is served; the browser does.
document.getElementById("origin").textContent = window.location.origin;
