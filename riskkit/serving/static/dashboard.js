// What a dashboard's page does beside its notebook: progress, and a banner when something has ended.
"use strict";
window.rk = (() => {
  const POLL = 5000; // [ms] between two looks while all is well, between two tries, for one answer
  const AGAIN = 2000;
  const PATIENCE = 5000;
  const SILENT = 4000; // a kernel that was told something and says nothing for so long is said to be busy
  const GIVE_UP = 30000; // a websocket that does not come back in so long, though the server answers
  const NO_MODEL = "Error displaying widget: model not found"; // ipywidgets' words
  const clock = Date.now.bind(Date);
  const byId = (id) => document.getElementById(id);
  let kernel = "";
  let sent = false;
  let leaving = false;
  let lost = 0; // since when the kernel's websocket is closed
  let away = false; // the database did not answer last time
  let asked = 0; // since when the kernel has been told something and has not said a word
  let asking = 0; // which look is the latest
  let timer = 0;
  let final = false; // nothing on this page will come back by itself

  // ipywidgets gives a view two seconds by the clock to find its model, also in a browser that is too busy to make it, and
  // then leaves its place empty for good. Until the page is ready its clock is slow.
  const born = clock();
  Date.now = () => (document.documentElement.dataset.rk || final ? clock() : Math.round(born + (clock() - born) / 20));

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
    const here = document.querySelector(".rk-nav [aria-current]"); // in the middle where the row of dashboards scrolls
    if (here) here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;
    performance.mark("rk-ready");
    tell("shown"); // what changed while the widgets were made was said to nobody
  }

  // Voila replaces each output's script by the thing itself; a box then replaces its empty places by its widgets, one
  // after the other. Ready when nothing is empty and no place is left.
  function settled() {
    if (!sent) return false;
    if (document.querySelector('script[type="application/vnd.voila.cell-output+json"]')) return false;
    if (document.querySelector(".rk-output .widget-box > :empty:not(.jupyter-widgets)")) return false;
    const outputs = [...document.querySelectorAll(".rk-output")];
    if (outputs.some((out) => out.textContent === NO_MODEL)) failed("view");
    return outputs.every((out) => out.querySelector(".jp-OutputArea-output > *"));
  }

  // -- what the page says to the kernel itself: an address to show, "again" or "shown" ------------------------------------
  function tell(text) {
    const input = document.querySelector(".rk-asked input");
    if (!input || final || lost) return false;
    input.value = text;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }

  // -- the banner -----------------------------------------------------------------------------------------------
  const LAST = "the figures shown are the last ones.";
  const ENDED = {
    restart: "The server was restarted, and everybody has to sign in again",
    idle: "Your session has ended, because it was not used for a while or has lasted its time",
    "signed-out": "You have signed out in another window",
    rights: "Your session was ended, because your rights or your second factor have changed",
    elsewhere: "Your session was ended from elsewhere",
  };
  const GONE = {
    died: "The calculation behind this dashboard stopped unexpectedly, perhaps for want of memory",
    idle: "This dashboard was closed, because it was not used for a while",
    closed: "This dashboard was closed by the server",
  };

  function banner(sentence, action, address, calm = false) {
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
    document.body.classList.toggle("rk-stale", Boolean(sentence) && !calm);
  }

  // How the page learns of what others do: a page that follows them says so itself, the others answer when asked.
  const ROADS = {
    live: ["Live", "Changes by others appear here at once."],
    polling: ["Polling", "The live connection does not get through: the page looks for changes every few seconds."],
    "": ["Connected", "A control answers at once; what others change is read when one is moved."],
  };
  function road() {
    const box = byId("rk-road");
    if (!box || !document.documentElement.dataset.rk) return;
    const [word, sentence] = ROADS[document.querySelector("[data-road]")?.dataset.road ?? ""] ?? ROADS[""];
    if (box.textContent !== word) box.textContent = word;
    box.title = sentence;
  }

  function next(delay) {
    clearTimeout(timer);
    timer = setTimeout(check, delay);
  }

  async function check() {
    if (leaving || final || !kernel) return;
    clearTimeout(timer);
    const turn = ++asking;
    let status;
    try {
      const address = `${document.body.dataset.status}?kernel=${kernel}`;
      const response = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (!response.ok) throw new Error(String(response.status));
      status = await response.json();
    } catch {
      if (turn !== asking || leaving || final) return;
      const what = navigator.onLine ? "The server cannot be reached" : "The network is away";
      banner(`${what}; ${LAST} Trying again…`);
      next(AGAIN);
      return;
    }
    if (turn === asking && !final) judge(status);
  }

  function judge(status) {
    const here = location.pathname + location.search;
    if (status.session !== "live") {
      final = true;
      const address = `${document.body.dataset.signIn}?next=${encodeURIComponent(here)}`;
      banner(`${ENDED[status.why] ?? "Your session has ended"}; ${LAST}`, "Sign in again", address);
    } else if (status.kernel !== "live") {
      final = true;
      banner(`${GONE[status.why] ?? GONE.closed}; ${LAST}`, "Open it again", here);
    } else if (lost) {
      banner(`The connection is being restored; ${LAST}`, "Load the page again", here);
      if (clock() - lost > GIVE_UP && !document.activeElement?.matches("input, textarea")) location.reload();
      next(AGAIN);
    } else if (status.database === "down") {
      away = true;
      banner(`The database does not answer; ${LAST} Trying again…`);
      next(AGAIN);
    } else {
      if (away) tell("again"); // what could not be answered meanwhile
      away = false;
      banner(waiting() ? "Still working on what you asked; the page will answer as soon as it can." : "", "", "", true);
      next(POLL);
    }
  }

  function failed(reference) {
    final = true;
    const loading = byId("loading");
    if (loading) loading.remove();
    banner(`This dashboard could not be shown (reference ${reference}).`, "Try again", location.href);
  }

  // The kernel's websocket belongs to Voila's own code; this notices when it opens and closes, and a kernel that is
  // told something and does not say a word.
  const waiting = () => asked && clock() - asked > SILENT;
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      this.kernel = String(args[0]).includes("/api/kernels/");
      if (!this.kernel) return;
      this.addEventListener("open", () => { lost = 0; asked = 0; check(); });
      this.addEventListener("close", () => { lost ||= clock(); next(300); });
      this.addEventListener("message", () => {
        const was = waiting();
        asked = 0;
        if (was) check();
      });
    }

    send(data) {
      if (this.kernel && !asked) {
        asked = clock();
        setTimeout(() => { if (waiting()) check(); }, SILENT + 100);
      }
      super.send(data);
    }
  };

  addEventListener("offline", check);
  addEventListener("pagehide", () => { leaving = true; });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  addEventListener("online", check);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) check(); });
  next(POLL);

  new MutationObserver(() => {
    if (!document.documentElement.dataset.rk && settled()) ready();
    road();
    // A slider's handle says what it moves: the widget labels the box around it only.
    for (const handle of document.querySelectorAll(".widget-slider .noUi-handle:not([aria-label])")) {
      const label = handle.closest(".widget-slider").querySelector(".widget-label")?.textContent;
      if (label) handle.setAttribute("aria-label", label);
    }
    // An upload's button counts its files; a place for one file has no use for that.
    for (const drop of document.querySelectorAll(".rk-drop")) {
      const text = [...drop.childNodes].findLast((node) => node.nodeType === Node.TEXT_NODE);
      if (text && / \(\d+\)$/.test(text.data)) text.data = text.data.replace(/ \(\d+\)$/, "");
    }
  }).observe(document.documentElement, { subtree: true, childList: true });

  // Voila calls these by name.
  window.voila_heartbeat = () => {};
  window.voila_process = step;
  window.voila_finish = () => {};
  window.update_loading_text = () => {};
  window.display_cells = () => {};

  return {
    step, failed, tell,
    kernel: (id) => { kernel = id; next(POLL); },
    sent: () => {
      sent = true;
      if (document.querySelector(".rk-failure") || settled()) ready();
    },
  };
})();
