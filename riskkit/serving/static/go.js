// Links that views draw without an address: `data-go` moves parameters of the page in place, `data-to` is a place on this
// server. In a report, and wherever else this script is not, they are text.
"use strict";
(() => {
  function query(move) {
    const state = document.querySelector(".rk-state[data-query]");
    const now = new URLSearchParams(state ? state.dataset.query : location.search);
    for (const [name, value] of new URLSearchParams(move)) {
      if (value) now.set(name, value);
      else now.delete(name);
    }
    return `?${now.toString().replaceAll("%2F", "/").replaceAll("%2C", ",")}`;
  }

  function address() {
    for (const link of document.querySelectorAll(".rk-go[data-go]")) {
      const wanted = location.pathname + query(link.dataset.go);
      if (link.getAttribute("href") !== wanted) link.setAttribute("href", wanted);
    }
    for (const link of document.querySelectorAll(".rk-to[data-to]:not([href])")) {
      link.href = link.dataset.to;
      link.target = "_blank";
      link.rel = "noopener";
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".rk-go[data-go]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (rk.tell(query(link.dataset.go))) event.preventDefault();
  });

  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; address(); });
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-query", "data-go", "data-to"] });
})();
