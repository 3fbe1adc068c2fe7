// Files of a card: the kernel puts a link that holds the file, or the name of a figure's file, into `.rk-file`.
"use strict";
(() => {
  const taken = new WeakMap();

  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.hidden = true;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 30000);
  }

  function bytes(address) {
    const [head, body] = [address.slice(5, address.indexOf(",")), address.slice(address.indexOf(",") + 1)];
    const raw = Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
    return new Blob([raw], { type: head.replace(";base64", "") });
  }

  // The view of the figure in the same card, as BokehJS keeps it.
  function drawn(card) {
    return Bokeh.index.roots.find((root) => card.contains(root.el));
  }

  function picture(card, kind, name) {
    const view = drawn(card);
    if (!view) return;
    const layer = view.export(kind, true);
    if (kind === "svg") {
      save(new Blob([layer.ctx.get_serialized_svg(true)], { type: "image/svg+xml" }), name);
      return;
    }
    const paper = document.createElement("canvas");
    paper.width = layer.canvas.width;
    paper.height = layer.canvas.height;
    const ink = paper.getContext("2d");
    ink.fillStyle = "#fff";
    ink.fillRect(0, 0, paper.width, paper.height);
    ink.drawImage(layer.canvas, 0, 0);
    paper.toBlob((blob) => save(blob, name));
  }

  function take(file) {
    const card = file.closest(".rk-view");
    const box = file.closest(".rk-download");
    if (!box || taken.get(box) === file.dataset.count) return;
    taken.set(box, file.dataset.count);
    if (file.dataset.figure) picture(card, file.dataset.figure, file.dataset.name);
    else save(bytes(file.getAttribute("href")), file.download);
  }

  // An open menu closes like any other: a click elsewhere, or Escape, which leads back to its button.
  function close(but, focus) {
    for (const toggle of document.querySelectorAll(".rk-download > .mod-active")) {
      if (toggle.parentElement.contains(but)) continue;
      toggle.click();
      if (focus) toggle.focus();
    }
  }
  addEventListener("click", (event) => { if (event.isTrusted) close(event.target); });
  addEventListener("keydown", (event) => { if (event.key === "Escape") close(null, true); });

  new MutationObserver(() => document.querySelectorAll(".rk-download .rk-file").forEach(take))
    .observe(document.documentElement, { subtree: true, childList: true });
})();
