() => {
  const faults = [];
  const isSeen = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const place = (one) => (one.closest("[id]")?.id ?? "") ;
  const seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    if (!node.textContent.trim() || parent.closest("script, style, option, .skip") || !isSeen(parent)) continue;
    if (getComputedStyle(parent).clipPath !== "none") continue;
    range.selectNodeContents(node);
    const svg = parent.closest("svg");
    const boxes = svg ? [parent.getBoundingClientRect()] : [...range.getClientRects()];
    for (const box of boxes) {
      if (box.width < 1 || box.height < 1) continue;
      let [left, right, top, bottom] = [0, innerWidth, -Infinity, Infinity];
      let scrolls = false;
      for (let up = parent; up && up !== document.body; up = up.parentElement) {
        const style = getComputedStyle(up);
        const own = up.getBoundingClientRect();
        if (["auto", "scroll"].includes(style.overflowX)) { scrolls = true; break; }
        if (up.tagName === "svg" ? style.overflow === "hidden" : style.overflowX !== "visible") {
          left = Math.max(left, own.left); right = Math.min(right, own.right);
        }
      }
      if (scrolls) continue;
      const over = Math.max(left - box.left, box.right - right);
      if (over > 1) faults.push(`cut by ${over.toFixed(0)}: ${place(parent)}: ${node.textContent.trim().slice(0, 60)}`);
      seen.push({ box, node, parent, svg });
    }
    if (svg && node.textContent.endsWith("…")) faults.push(`shortened: ${place(parent)}: ${node.textContent}`);
  }
  const turned = (one) => { const m = one.svg && one.parent.getCTM(); return m && Math.abs(m.b) > 0.01 && Math.abs(m.a) > 0.01; };
  const flat = seen.filter((one) => !turned(one) && !one.parent.closest("nav, .selector, th"));
  flat.sort((a, b) => a.box.top - b.box.top);
  for (let i = 0; i < flat.length; i++) {
    const a = flat[i];
    for (let j = i + 1; j < flat.length && flat[j].box.top < a.box.bottom - 2; j++) {
      const b = flat[j];
      if (a.node === b.node) continue;
      if (Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left) > 1.5 && Math.min(a.box.bottom, b.box.bottom) - b.box.top > 2.5)
        faults.push(`overlap: ${place(a.parent)}: ${a.node.textContent.trim().slice(0, 40)} | ${b.node.textContent.trim().slice(0, 40)}`);
    }
  }
  return faults;
}
