// What scrolls sideways can be reached with the keyboard.
function reachable() {
  for (const box of document.querySelectorAll("pre, .output, .table-wrapper, dt.sig")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);
