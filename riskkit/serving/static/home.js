// The first page keeps its figures up to date, and its search finds while one types. Without it both work by loading.
"use strict";
(() => {
  const live = document.getElementById("rk-live"), road = document.getElementById("rk-road");
  const alertBox = document.getElementById("rk-alert"), q = document.getElementById("q");
  const REST = 15000, BUSY = 3000, AGAIN = 3000, PATIENCE = 10000;
  let timer = 0, over = false, at = new Date();

  function clock() {
    return at.toLocaleTimeString("en-GB");
  }

  function say(sentence, action, address) {
    if (alertBox.dataset.sentence === sentence) return;
    alertBox.dataset.sentence = sentence;
    alertBox.replaceChildren(sentence);
    if (action) {
      const link = document.createElement("a");
      link.href = address;
      link.textContent = action;
      alertBox.append(" ", link);
    }
    alertBox.hidden = !sentence;
  }

  function busy() {
    return Boolean(live.querySelector('[data-part="jobs"] .rk-item'));
  }

  // -- search ---------------------------------------------------------------------------------------------------
  function search(event) {
    const words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const one of document.querySelectorAll("[data-search]")) {
      one.hidden = !words.every((word) => one.dataset.search.includes(word));
      if (!one.hidden) found += 1;
    }
    told(words.length ? `${found} found for “${q.value.trim()}”.` : "");
    if (!event) return;
    const wanted = q.value.trim() ? `?q=${encodeURIComponent(q.value.trim())}` : "";
    history.replaceState(null, "", location.pathname + wanted);
  }

  function told(found) {
    const seconds = (busy() ? BUSY : REST) / 1000;
    const text = [found, `Live by polling, every ${seconds} seconds; figures of ${clock()}.`].filter(Boolean).join(" ");
    if (road.textContent !== text) road.textContent = text;
  }

  // -- newer figures --------------------------------------------------------------------------------------------
  function replace(fresh) {
    for (const part of live.querySelectorAll(":scope > [data-part], :scope > .rk-two > [data-part]")) {
      const newer = fresh.querySelector(`:scope [data-part="${part.dataset.part}"]`);
      if (newer) renew(part, newer);
    }
    document.getElementById("rk-digest").dataset.digest = fresh.querySelector("#rk-digest").dataset.digest;
  }

  // Rows that are the same stay what they are: who is on one with the keyboard stays there.
  function renew(part, newer) {
    const rows = (whole) => new Map([...whole.querySelectorAll("tr[data-part]")].map((row) => [row.dataset.part, row]));
    const old = rows(part), next = rows(newer);
    if (!old.size || [...old.keys()].join() !== [...next.keys()].join()) {
      put(part, newer);
      return;
    }
    for (const [name, row] of old) if (row.innerHTML !== next.get(name).innerHTML) put(row, next.get(name));
  }

  function put(one, newer) {
    if (one.innerHTML === newer.innerHTML) return;
    const open = new Set([...one.querySelectorAll("details[open]")].map((each) => each.closest("[data-part]").dataset.part));
    const on = one.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    one.innerHTML = newer.innerHTML;
    for (const each of one.querySelectorAll("details")) each.open = open.has(each.closest("[data-part]").dataset.part);
    if (on) [...one.querySelectorAll("a")].find((link) => link.getAttribute("href") === on)?.focus();
  }

  async function look() {
    clearTimeout(timer);
    if (over) return;
    const seen = document.getElementById("rk-digest").dataset.digest;
    try {
      const options = { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE) };
      const response = await fetch(`${live.dataset.address}?seen=${seen}`, options);
      if (response.type === "opaqueredirect" || response.status === 403) {
        over = true;
        const here = encodeURIComponent(location.pathname + location.search);
        say("Your session has ended; the figures shown are the last ones.", "Sign in again", `${live.dataset.signIn}?next=${here}`);
        return;
      }
      if (!response.ok) throw new Error(String(response.status));
      if (response.status === 200) {
        replace(new DOMParser().parseFromString(`<div>${await response.text()}</div>`, "text/html").body);
      }
      at = new Date();
      say("");
      search();
      timer = setTimeout(look, busy() ? BUSY : REST);
    } catch (error) {
      const what = !navigator.onLine ? "The network is away" : /^5/.test(error.message) ? "The database does not answer" : "The server cannot be reached";
      say(`${what}; the figures shown are those of ${clock()}. Trying again…`);
      timer = setTimeout(look, AGAIN);
    }
  }

  q.addEventListener("input", search);
  q.form.addEventListener("submit", (event) => { event.preventDefault(); search(event); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  addEventListener("online", look);
  addEventListener("offline", look);
  search();
  timer = setTimeout(look, busy() ? BUSY : REST);
})();
