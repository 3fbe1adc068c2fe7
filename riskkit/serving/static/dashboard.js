// What a dashboard's page does beside its notebook: progress, address, and a banner when something has ended.
"use strict";
window.rk = (() => {
  const POLL = 15000;
  const byId = (id) => document.getElementById(id);
  let kernel = "";
  let sent = false;
  let leaving = false;
  let lost = false; // the kernel's websocket is closed
  let final = false; // nothing on this page will come back by itself

  // -- progress -------------------------------------------------------------------------------------------------
  function step(done, count) {
    const bar = byId("rk-progress");
    if (bar) bar.value = 0.1 + (0.8 * done) / count;
    const text = byId("loading_text");
    if (text) text.textContent = `Step ${done} of ${count}`;
  }

  function ready() {
    const loading = byId("loading");
    if (!loading) return;
    loading.remove();
    const cells = byId("rendered_cells");
    if (cells) cells.removeAttribute("aria-busy");
    document.documentElement.dataset.rk = "ready";
    performance.mark("rk-ready");
  }

  // Voila replaces each output's script by the thing itself; a box then replaces its empty places by its widgets, one
  // after the other. Ready when nothing is empty and no place is left.
  function settled() {
    if (!sent) return false;
    if (document.querySelector('script[type="application/vnd.voila.cell-output+json"]')) return false;
    if (document.querySelector(".rk-output .widget-box > :empty:not(.jupyter-widgets)")) return false;
    return [...document.querySelectorAll(".rk-output")].every((out) => out.querySelector(".jp-OutputArea-output > *"));
  }

  // -- the address follows the controls -------------------------------------------------------------------------
  function mirror() {
    const state = document.querySelector(".rk-state[data-query]");
    if (!state) return;
    const query = new URLSearchParams(state.dataset.query).toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
    const wanted = location.pathname + (query ? `?${query}` : "") + location.hash;
    if (wanted !== location.pathname + location.search + location.hash) history.replaceState(null, "", wanted);
  }

  // -- the banner -----------------------------------------------------------------------------------------------
  function banner(sentence, action, address) {
    const box = byId("rk-alert");
    if (!box || box.dataset.sentence === sentence) return;
    box.dataset.sentence = sentence;
    box.textContent = sentence;
    if (action) {
      const link = document.createElement("a");
      link.href = address;
      link.textContent = action;
      box.append(" ", link);
    }
    box.hidden = !sentence;
    document.body.classList.toggle("rk-stale", Boolean(sentence));
  }

  async function check() {
    if (leaving || final || !kernel) return;
    let status;
    try {
      const response = await fetch(`${document.body.dataset.status}?kernel=${kernel}`, { cache: "no-store" });
      if (!response.ok) throw new Error(String(response.status));
      status = await response.json();
    } catch {
      banner("The server cannot be reached; the figures shown are the last ones. Trying again…");
      setTimeout(check, 3000);
      return;
    }
    const here = location.pathname + location.search;
    if (status.session !== "live") {
      final = true;
      const address = `${document.body.dataset.signIn}?next=${encodeURIComponent(here)}`;
      banner("Your session has ended; the figures shown are the last ones.", "Sign in again", address);
    } else if (status.kernel !== "live") {
      final = true;
      banner("This dashboard was closed by the server; the figures shown are the last ones.", "Open it again", here);
    } else if (lost) {
      banner("The connection is being restored; the figures shown are the last ones.", "Load the page again", here);
      setTimeout(check, 3000);
    } else {
      banner("");
    }
  }

  function failed(reference) {
    final = true;
    const loading = byId("loading");
    if (loading) loading.remove();
    banner(`This dashboard could not be started (reference ${reference}).`, "Try again", location.href);
  }

  // The kernel's websocket belongs to Voila's own code; this notices when it opens and closes.
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      if (!String(args[0]).includes("/api/kernels/")) return;
      this.addEventListener("open", () => { lost = false; check(); });
      this.addEventListener("close", () => { lost = true; setTimeout(check, 300); });
    }
  };

  addEventListener("pagehide", () => { leaving = true; });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  addEventListener("online", check);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) check(); });
  setInterval(check, POLL);

  new MutationObserver(() => {
    if (!document.documentElement.dataset.rk && settled()) ready();
    mirror();
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-query"] });

  // Voila calls these by name.
  window.voila_heartbeat = () => {};
  window.voila_process = step;
  window.voila_finish = () => {};
  window.update_loading_text = () => {};
  window.display_cells = () => {};

  return {
    step, failed,
    kernel: (id) => { kernel = id; },
    sent: () => {
      sent = true;
      if (document.querySelector(".rk-failure") || settled()) ready();
    },
  };
})();
