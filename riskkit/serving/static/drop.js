// Files dropped on a page: handed to the upload's own input. What is too large is said here, and never sent.
"use strict";
(() => {
  const MOST = 5_000_000; // bytes; the kernel says it too
  const guarded = new WeakSet();
  let wanted = null; // told the input of an upload instead of opening it
  const open = HTMLInputElement.prototype.click;

  // The widget's input is never on the page; the widget clicks it when its button is clicked.
  HTMLInputElement.prototype.click = function click() {
    if (this.type !== "file" || this.isConnected) return open.call(this);
    if (!guarded.has(this)) {
      guarded.add(this);
      const zone = wanted?.zone ?? document.activeElement?.closest(".rk-drop");
      this.addEventListener("change", (event) => { if (!fits(zone, this.files)) event.stopImmediatePropagation(); }, true);
    }
    if (!wanted) return open.call(this);
    wanted.input = this;
    return undefined;
  };

  function fits(zone, files) {
    const box = zone?.closest(".rk-drop-box")?.querySelector(".rk-drop-said");
    const large = [...files].find((file) => file.size > MOST);
    const many = files.length > 1 ? "One file at a time, please; nothing was read." : "";
    const size = (bytes) => (bytes / 1e6).toLocaleString("en-GB", { maximumFractionDigits: 1 });
    const sentence = large ? `File: ${large.name} has ${size(large.size)} MB and was not sent; expected at most ${size(MOST)} MB.` : many;
    if (box) {
      box.textContent = sentence;
      box.hidden = !sentence;
    }
    return !sentence;
  }

  const zoneOf = (event) => (event.target instanceof Element ? event.target.closest(".rk-drop") : null);
  const over = (event) => {
    const zone = zoneOf(event);
    document.querySelectorAll(".rk-drop.rk-over").forEach((one) => one.classList.toggle("rk-over", one === zone));
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // a file beside the zone must not take the page's place
    event.dataTransfer.dropEffect = zone ? "copy" : "none";
    zone?.classList.add("rk-over");
  };
  addEventListener("dragover", over);
  addEventListener("dragleave", (event) => zoneOf(event)?.classList.remove("rk-over"));
  addEventListener("drop", (event) => {
    const zone = zoneOf(event), files = event.dataTransfer?.files;
    if (!files?.length) return;
    event.preventDefault();
    zone?.classList.remove("rk-over");
    if (!zone || !fits(zone, files)) return;
    wanted = { zone, input: null };
    zone.click();
    const { input } = wanted;
    wanted = null;
    if (!input) return;
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
