"use strict";

(() => {
  const specs = JSON.parse(document.getElementById("specs").textContent);
  const { config, night, locale } = JSON.parse(document.getElementById("settings").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const views = new Map();
  const started = new Set();

  /** What the controls say about a chart: the chosen segment of its section, the choice of its own list. */
  function parameters(place) {
    const segment = place.closest("section").querySelector("[data-selector] input:checked");
    const list = place.closest("figure").querySelector("select[data-parameter]");
    return { segment: segment ? segment.value : "", ...(list ? { shown: list.value } : {}) };
  }

  function set(place, view) {
    const values = parameters(place);
    const height = specs[place.dataset.chart].usermeta?.heights?.[values.shown];
    if (height) view.height(height);
    const known = view.getState({ signals: (name) => name in values, data: () => false }).signals;
    for (const name of Object.keys(known)) view.signal(name, values[name]);
    view.resize();
    return view.runAsync();
  }

  /** Names above columns stand upright where they have no room to lie. */
  function upright(spec, options) {
    if (Array.isArray(spec)) return spec.map((part) => upright(part, options));
    if (spec === null || typeof spec !== "object") return spec;
    if (spec.orient === "top") return { ...spec, ...options };
    const parts = Object.entries(spec);
    return Object.fromEntries(parts.map(([name, part]) => [name, name === "datasets" ? part : upright(part, options)]));
  }

  /** Titles of axes and legends in as many lines as they need. */
  function wrapped(spec, characters) {
    if (Array.isArray(spec)) return spec.map((part) => wrapped(part, characters));
    if (spec === null || typeof spec !== "object") return spec;
    return Object.fromEntries(
      Object.entries(spec).map(([name, part]) => {
        if (name === "datasets" || name === "tooltip") return [name, part];
        if (name === "title" && typeof part === "string" && part.length > characters) return [name, lines(part, characters)];
        return [name, wrapped(part, characters)];
      }),
    );
  }

  function lines(text, characters) {
    const made = [""];
    for (const word of text.split(" ")) {
      const last = made.at(-1);
      if (last && last.length + word.length >= characters) made.push(word);
      else made[made.length - 1] = last ? `${last} ${word}` : word;
    }
    return made;
  }

  function fitted(spec, width) {
    const names = spec.usermeta?.upright;
    const turned = names && width < names.chartBelow ? upright(spec, names.axis) : spec;
    return wrapped(turned, Math.max(12, Math.floor((width - 190) / 6.5)));
  }

  function configured(width) {
    const legend = { ...config.legend, gradientLength: Math.min(config.legend.gradientLength, width / 4) };
    return { ...config, legend, ...(dark.matches ? night : {}) };
  }

  async function draw(place) {
    const key = place.dataset.chart;
    // What is not shown has no width to fit.
    if (started.has(key) || place.clientWidth === 0) return;
    started.add(key);
    try {
      const options = {
        actions: false,
        config: configured(place.clientWidth),
        // The page has these styles: those that Vega would add are not among what its policy allows.
        defaultStyle: false,
        formatLocale: locale,
        mode: "vega-lite",
        renderer: "svg",
        tooltip: { theme: "page", disableDefaultStyle: true },
      };
      // Vega gives the element a role of its own; that of the place, an image with its description, stays.
      const canvas = document.createElement("div");
      canvas.setAttribute("aria-hidden", "true");
      place.replaceChildren(canvas);
      const { view } = await vegaEmbed(canvas, fitted(specs[key], place.clientWidth), options);
      views.set(place, view);
      await set(place, view);
      place.dataset.drawn = "yes";
    } catch (error) {
      place.dataset.drawn = "failed";
      const message = document.createElement("p");
      message.className = "failed";
      message.textContent = "This chart could not be drawn. Its numbers stand in the table below.";
      place.replaceChildren(message);
      console.error(`chart ${key}:`, error);
    }
  }

  const places = [...document.querySelectorAll("[data-chart]")];
  const soon = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        draw(entry.target);
        if (started.has(entry.target.dataset.chart)) soon.unobserve(entry.target);
      }
    },
    { rootMargin: "800px" },
  );
  for (const place of places) soon.observe(place);

  // Paper shows all datasets, and what is not folded.
  const datasets = [...document.querySelectorAll("[data-dataset]")];
  let shownDataset = datasets[0];
  addEventListener("beforeprint", () => {
    for (const dataset of datasets) dataset.hidden = false;
    for (const place of places) if (!place.closest("details:not([open])")) draw(place);
  });
  addEventListener("afterprint", () => showDataset(shownDataset));

  // One dataset at a time.

  function showDataset(wanted) {
    shownDataset = wanted;
    for (const dataset of datasets) dataset.hidden = dataset !== wanted;
    const choice = [...document.querySelectorAll(".switch input")].find((input) => input.value === wanted?.dataset.dataset);
    if (choice) choice.checked = true;
  }

  document.querySelector(".switch")?.addEventListener("change", (event) => {
    showDataset(datasets.find((dataset) => dataset.dataset.dataset === event.target.value));
  });

  /** What a link points to is shown, wherever it is folded. */
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const dataset = target?.closest("[data-dataset]");
    if (!dataset) return;
    showDataset(dataset);
    for (let up = target; up !== dataset; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    target.querySelector("details.subject")?.setAttribute("open", "");
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();

  for (const selector of document.querySelectorAll("[data-selector]")) {
    selector.addEventListener("change", (event) => {
      const segment = event.target.value;
      const section = selector.closest("section");
      for (const [place, view] of views) if (section.contains(place)) set(place, view);
      for (const card of section.querySelectorAll("[data-segment]")) {
        card.classList.toggle("faded", segment !== "" && card.dataset.segment !== segment);
      }
    });
  }

  for (const list of document.querySelectorAll("select[data-parameter]")) {
    list.addEventListener("change", () => {
      const place = document.getElementById(list.dataset.figure);
      if (views.has(place)) set(place, views.get(place));
    });
  }

  // Tables: a click on a heading sorts, the search field hides rows that lack a word.

  const raw = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent;

  function compare(a, b, isNumber) {
    if (a === "" || b === "") return (a === "") - (b === "");
    return isNumber ? Number(a) - Number(b) : a.localeCompare(b);
  }

  for (const table of document.querySelectorAll("main table")) {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      heading.addEventListener("click", () => {
        const isNumber = heading.classList.contains("number");
        const before = heading.getAttribute("aria-sort");
        const way = before === "none" ? (isNumber ? "descending" : "ascending") : before === "ascending" ? "descending" : "ascending";
        headings.forEach((other) => other.setAttribute("aria-sort", other === heading ? way : "none"));
        const body = table.tBodies[0];
        const sign = way === "ascending" ? 1 : -1;
        const rows = [...body.rows].sort((one, other) => {
          const [a, b] = [raw(one, column), raw(other, column)];
          const order = compare(a, b, isNumber);
          return a === "" || b === "" ? order : sign * order;
        });
        body.append(...rows);
      });
    });
  }

  for (const field of document.querySelectorAll("[data-search]")) {
    const rows = [...document.getElementById(field.dataset.search).tBodies[0].rows];
    const found = field.closest(".search").querySelector(".found");
    const texts = rows.map((row) => row.textContent.toLowerCase());
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase().split(/\s+/);
      let shown = 0;
      rows.forEach((row, position) => {
        row.hidden = !wanted.every((word) => texts[position].includes(word));
        shown += row.hidden ? 0 : 1;
      });
      found.textContent = field.value ? `${shown} of ${rows.length} rows` : "";
    });
  }

  // The section that is read at the moment is marked in the navigation.
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const read = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    },
    { rootMargin: "-20% 0px -75% 0px" },
  );
  for (const section of document.querySelectorAll("main section")) read.observe(section);
})();
