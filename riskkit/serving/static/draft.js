// Unsaved changes are kept by the browser, by user and page, until they are saved or discarded (riskkit/widgets/draft.py).
"use strict";
(() => {
  const page = crypto.getRandomValues(new Uint32Array(2)).join("");
  const place = (key, owner) => ["rk-draft", document.body.dataset.user, location.pathname, key, owner].map(encodeURIComponent).join("|");
  const seen = new WeakMap(); // a draft's place in the page -> what it said last
  const offered = new Set(); // what is offered, or was refused, on this page
  const taken = new Map(); // key -> the kept entry that was handed back and is not yet kept again
  let open = null; // what the bar offers: the draft's place, and the kept entry
  // While this page lives, no other one offers what it keeps.
  navigator.locks?.request(page, () => new Promise(() => {}));

  function keep(key, value) {
    try {
      localStorage.setItem(place(key, page), JSON.stringify({ at: Date.now(), value }));
      if (taken.has(key)) localStorage.removeItem(taken.get(key));
      taken.delete(key);
    } catch {
      tooMuch();
    }
  }

  function tooMuch() {
    say("The browser cannot keep these changes; save them before you leave this page.", []);
  }

  async function left(key) {
    const living = new Set(((await navigator.locks?.query())?.held ?? []).map((lock) => lock.name));
    const prefix = place(key, "");
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(prefix) && !living.has(name.slice(prefix.length)) && !offered.has(name))
      .map((name) => ({ name, ...JSON.parse(localStorage.getItem(name)) }))
      .sort((one, other) => other.at - one.at);
  }

  async function offer(box, key) {
    const [latest] = await left(key);
    if (!latest || seen.get(box)?.key !== key) return;
    offered.add(latest.name);
    const next = () => { say(""); offer(box, key); };
    say(`Unsaved changes from ${when(latest.at)}.`, [
      ["Restore", () => { say(""); handBack(box, key, latest); }],
      ["Discard", () => { localStorage.removeItem(latest.name); next(); }],
    ]);
    open = { box, name: latest.name };
  }

  function handBack(box, key, kept) {
    const input = box.closest(".rk-draft-box")?.querySelector(".rk-draft-back input");
    if (!input) return;
    if (box.querySelector(".rk-draft")?.dataset.key !== key) { // the page has turned to something else
      offered.delete(kept.name);
      return;
    }
    taken.set(key, kept.name);
    input.value = `${key} ${kept.value}`;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    setTimeout(() => {
      if (taken.get(key) !== kept.name) return;
      taken.delete(key);
      offered.delete(kept.name);
      say("These changes could not be restored; the browser still keeps them.", [["Try again", () => { say(""); offer(box, key); }]]);
    }, 10000);
  }

  function when(at) {
    const date = new Date(at), clock = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    if (date.toDateString() === new Date().toDateString()) return clock;
    return `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${clock}`;
  }

  function say(sentence, choices = []) {
    const bar = document.getElementById("rk-draft-bar");
    open = null;
    bar.replaceChildren(sentence);
    for (const [label, act] of choices) {
      const button = document.createElement("button");
      button.textContent = label;
      button.addEventListener("click", act);
      bar.append(" ", button);
    }
    bar.hidden = !sentence;
  }

  function look() {
    for (const element of document.querySelectorAll(".rk-draft[data-key]")) {
      const box = element.parentElement, { key, value, large } = element.dataset, before = seen.get(box);
      if (before?.key === key && before.value === value && before.large === large) continue;
      seen.set(box, { key, value, large });
      if (large === "1") tooMuch();
      else if (value) keep(key, value);
      else if (before?.key === key && before.value) localStorage.removeItem(place(key, page));
      if (before?.key === key) continue;
      if (open?.box === box) {
        offered.delete(open.name);
        say("");
      }
      offer(box, key);
    }
  }

  new MutationObserver(look).observe(document.documentElement, { subtree: true, childList: true });
})();
