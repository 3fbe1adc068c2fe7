// The address follows the controls: what is settled is an entry of the history, and going back hands it to the kernel.
"use strict";
(() => {
  const TOGETHER = 1000; // [ms] changes closer than this are one entry: a slider that is being drawn
  let told = null; // what the kernel said last
  let search = location.search; // of the entry that is shown
  let travelling = false; // back or forward, and the kernel has not answered yet
  let turn = 0; // how often; what the kernel says of an earlier one is too late
  let moved = -TOGETHER;

  function mirror() {
    const state = document.querySelector(".rk-state[data-query]");
    if (!state || state.outerHTML === told || Number(state.dataset.turn) < turn) return;
    told = state.outerHTML;
    const query = new URLSearchParams(state.dataset.query).toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
    const wanted = location.pathname + (query ? `?${query}` : "") + location.hash;
    if (wanted !== location.pathname + location.search + location.hash) {
      const now = performance.now();
      // What the page does by itself, before anybody has touched it, is no step that one could go back from.
      const same = travelling || now - moved < TOGETHER || navigator.userActivation?.hasBeenActive === false;
      history[same ? "replaceState" : "pushState"](null, "", wanted);
      moved = now;
    }
    search = location.search;
    travelling = false;
  }

  addEventListener("popstate", () => {
    if (location.search === search) return; // a place within the page
    search = location.search;
    travelling = true;
    turn += 1;
    if (!rk.tell(`${turn}${location.search || "?"}`)) location.reload();
  });

  new MutationObserver(mirror).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-query", "data-turn"] });
})();
