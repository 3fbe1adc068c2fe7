"""Controls of an open page, moved as a person would, and the time until it answers or shows that it works on it."""

#: From the moment a control changes: when the first progress bar or dimmed figure, and the first new figure, was there.
WATCH = """() => {
  const seen = window.rkSeen = {at: null, bar: null, answer: null};
  const look = (changes) => {
    if (seen.at === null) return;
    const now = performance.now() - seen.at;
    if (seen.bar === null && document.querySelector(".rk-busy, .rk-counted, .rk-refreshing")) seen.bar = now;
    if (seen.answer === null && changes.some((one) => {
      const node = one.target.nodeType === 1 ? one.target : one.target.parentElement;
      return one.type !== "attributes" && node && node.closest(".rk-view");
    })) seen.answer = now;
  };
  new MutationObserver(look).observe(document.body,
    {subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["class"]});
  for (const name of ["change", "click"])
    document.addEventListener(name, () => { seen.at = performance.now(); seen.bar = seen.answer = null; }, true);
}"""
#: Values that a number of that name may take, in turn.
NUMBERS = {
    "Confidence level": ("0.95", "0.975", "0.99"),
    "Horizon days": ("2", "5", "1"),
    "Lookback days": ("400", "500", "600"),
}


def interact(page, count):
    """Move the controls of a page `count` times: (control, seconds to a bar or None, seconds to an answer or None)."""
    page.evaluate(WATCH)
    box = page.locator(".rk-controls")
    selects = [one for one in box.locator("select").all() if one.is_visible() and one.locator("option").count() > 1]
    numbers = [label for label in NUMBERS if box.get_by_label(label).count() == 1]
    controls = [*(("select", one) for one in selects[1:] or selects), *(("number", label) for label in numbers)]
    found = []
    for n in range(count if controls else 0):
        kind, which = controls[n % len(controls)]
        if kind == "select":
            options = which.locator("option").all_inner_texts()
            chosen = which.evaluate("(node) => node.selectedIndex")
            which.select_option(label=options[(chosen + 1) % len(options)])
            name = which.get_attribute("aria-label") or "select"
        else:
            field = box.get_by_label(which)
            values = [one for one in NUMBERS[which] if one != field.input_value()]
            field.fill(values[n // len(controls) % len(values)])
            field.press("Enter")
            name = which
        found.append((name, *_answered(page)))
    return found


def _answered(page):
    page.wait_for_function("rkSeen.at !== null && (rkSeen.bar !== null || rkSeen.answer !== null)", timeout=30_000)
    page.wait_for_function("!document.querySelector('.rk-refreshing, .rk-busy, .rk-counted')", timeout=120_000)
    seen = page.evaluate("rkSeen")
    return tuple(None if seen[name] is None else seen[name] / 1000 for name in ("bar", "answer"))
