"""The look and the one script of the report page; both stand inside the page, which loads nothing."""

CSS = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --mark: #0072b2; --warn: #d55e00; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line);
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; vertical-align: top; }
.fixed { opacity: .65; } .status { color: var(--mark); font-weight: 600; } .bad { color: var(--warn); }
.warning { border-left: 4px solid var(--warn); background: var(--soft); padding: .5rem 1rem; margin: .6rem 0; }
figure { margin: 1rem 0; background: #fff; color: #000; } figure img { width: 100%; height: auto; display: block; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; }
.compare { position: relative; max-width: 40rem; --cut: 50%; }
.compare img { width: 100%; display: block; image-rendering: pixelated; }
.compare .after { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--cut)); }
.compare .line { position: absolute; top: 0; bottom: 0; left: var(--cut); width: 2px; background: #e69f00; }
.compare span { position: absolute; top: .4rem; padding: 0 .4rem; background: #000a; color: #fff; font-size: .85rem; }
.compare span.left { left: .4rem; } .compare span.right { right: .4rem; }
input[type=range] { width: 100%; max-width: 40rem; }
small, .facts { font-size: .85rem; }
"""

SCRIPT = """
for (const slider of document.querySelectorAll("input[type=range]")) {
  const move = () => slider.previousElementSibling.style.setProperty("--cut", slider.value + "%");
  slider.addEventListener("input", move);
  move();
}
"""
