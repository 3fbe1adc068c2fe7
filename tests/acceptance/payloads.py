"""120 texts that run something, or load something, wherever a page takes them for markup."""

#: What a page must not hold: the hook that each payload calls, and an address that each may ask.
HOOK, OUTSIDE = "hit", "payload.invalid"

_RUNS = (
    "<script>hit({n})</script>",
    "<img src=x onerror=hit({n})>",
    "<img src=//payload.invalid/{n}>",
    "<svg onload=hit({n})>",
    "<svg><script>hit({n})</script></svg>",
    "<svg><animate onbegin=hit({n}) attributeName=x dur=1s>",
    "<iframe srcdoc='<script>parent.hit({n})</script>'></iframe>",
    "<iframe src='javascript:parent.hit({n})'></iframe>",
    "<a href='javascript:hit({n})' autofocus onfocus=hit({n})>x</a>",
    "<input autofocus onfocus=hit({n})>",
    "<details open ontoggle=hit({n})>",
    "<video><source onerror=hit({n})></video>",
    "<audio src=x onerror=hit({n})>",
    "<body onload=hit({n})>",
    "<object data='javascript:hit({n})'></object>",
    "<embed src='//payload.invalid/{n}'>",
    "<link rel=stylesheet href=//payload.invalid/{n}>",
    "<style>@import '//payload.invalid/{n}';</style>",
    "<style>*{{background:url(//payload.invalid/{n})}}</style>",
    "<meta http-equiv=refresh content='0;url=//payload.invalid/{n}'>",
    "<base href=//payload.invalid/{n}/>",
    "<form action=//payload.invalid/{n}><button autofocus>x</button></form>",
    "<math><mtext><script>hit({n})</script></mtext></math>",
    "<template><script>hit({n})</script></template>",
    "[x](javascript:hit({n}))",
    "![x](//payload.invalid/{n})",
    "<marquee onstart=hit({n})>x",
    "<noscript><p title='</noscript><img src=x onerror=hit({n})>'>",
    "=HYPERLINK('//payload.invalid/{n}';'x')",
    "{{{{ hit({n}) }}}}<% hit({n}) %>${{hit({n})}}",
)
#: What closes the place that the text stands in: nothing, an attribute, a script or a text element, an encoded sign.
_CLOSES = ("", "'\"><b>", "</script></title></textarea></style>", "&lt;&#60;--><!--x--!>")

PAYLOADS = tuple((close + run).format(n=k) for k, (close, run) in enumerate((c, r) for c in _CLOSES for r in _RUNS))

#: Before anything of the page runs: count the calls, in frames too.
SCRIPT = """window.hits = [];
window.hit = (n) => { (window.top || window).hits.push(n); };
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => window.hits.push(name);"""

#: Elements that came out of a payload, in open shadow roots too.
GROWN = """() => {
  const takes = /^(src|href|action|data|srcdoc|content|background)$/i, bad = /payload\\.invalid|hit\\(/i;
  const grown = [], walk = (root) => root.querySelectorAll("*").forEach((node) => {
    for (const {name, value} of node.attributes || [])
      if ((/^on/i.test(name) || takes.test(name)) && bad.test(value)) grown.push(node.outerHTML.slice(0, 200));
    const text = /^(script|style)$/i.test(node.tagName) ? node.textContent : "";
    if (text.length < 200 && bad.test(text)) grown.push(node.outerHTML.slice(0, 200));
    if (node.shadowRoot) walk(node.shadowRoot);
  });
  walk(document); return grown; }"""
