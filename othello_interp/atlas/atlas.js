// The atlas: search in a table of all neurons, and the page of the one named after the "#".
"use strict";

const COLUMNS = ["layer", "number", "lineNumber", "line", "squareText", "square", "legalText", "legal", "std",
  "roles", "rung", "r2", "within", "f1", "auc", "conditions"];
const NEURONS = TABLE.map(row => Object.fromEntries(row.map((value, i) => [COLUMNS[i], value])));
for (const neuron of NEURONS) neuron.hypothesis = "";
const MOST = 200, LONGEST = 90;
const find = id => document.getElementById(id);
const constants = find("index").dataset;
const shards = new Map();

// --- search -------------------------------------------------------------------------------------------

for (const layer of ["", ...new Set(NEURONS.map(neuron => neuron.layer))]) {
  find("layer").add(new Option(layer === "" ? "any" : layer, layer));
}

function found() {
  const words = find("text").value.trim().toUpperCase().split(/[\s&]+/).filter(Boolean);
  const [layer, role, rung, sort] = ["layer", "role", "rung", "sort"].map(id => find(id).value);
  const fits = neuron => {
    const text = `L${neuron.layer}N${neuron.number} ${LINES[neuron.lineNumber] || ""} ${neuron.squareText} `
      + `${neuron.legalText}==LEGAL ${neuron.hypothesis}`;
    return words.every(word => /^L\d+N\d+$/.test(word) ? text.split(" ")[0] === word : text.includes(word))
      && (layer === "" || neuron.layer === Number(layer))
      && (!role || neuron.roles.split("|").includes(role))
      && (rung === "" || neuron.rung === Number(rung));
  };
  const distance = neuron => sort === "square" ? Math.abs(neuron.square - 0.5) : neuron[sort];
  const list = NEURONS.filter(fits);
  return sort === "number" ? list : list.sort((a, b) => distance(b) - distance(a));
}

function list() {
  const all = found();
  find("count").textContent = all.length > MOST
    ? `${all.length.toLocaleString("en")} neurons, the first ${MOST} of them here` : `${all.length} neurons`;
  find("rows").replaceChildren(...all.slice(0, MOST).map(neuron => {
    const row = document.createElement("tr");
    const link = document.createElement("a");
    link.textContent = `L${neuron.layer}N${neuron.number}`;
    link.href = `#${link.textContent}`;
    row.insertCell().append(link);
    const {hypothesis} = neuron;
    const short = hypothesis.length > LONGEST ? `${hypothesis.slice(0, LONGEST)} …` : hypothesis;
    for (const value of [short || "–", neuron.r2, neuron.within, String(neuron.conditions), LINES[neuron.lineNumber] || "–", neuron.line, neuron.squareText, neuron.square,
      neuron.legalText, neuron.legal, neuron.std, neuron.roles.replaceAll("|", ", ")]) {
      row.insertCell().textContent = typeof value === "number" ? value.toFixed(3) : value;
    }
    return row;
  }));
}

// --- one neuron ---------------------------------------------------------------------------------------

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(plain).text());
}

// Each file of neurons/ calls this.
function shard(layer, first, text) {
  shards.get(`${layer}-${first / constants.shard}`).resolve(unpack(text));
}

function load(name) {
  if (!shards.has(name)) {
    const entry = {};
    entry.pages = new Promise((resolve, reject) => { entry.resolve = resolve; entry.reject = reject; });
    shards.set(name, entry);
    const script = document.createElement("script");
    script.src = `neurons/${name}.js`;
    script.onerror = () => { shards.delete(name); entry.reject(new Error(`neurons/${name}.js is missing`)); };
    document.head.append(script);
  }
  return shards.get(name).pages;
}

function draw(place) {
  const {name, values, scale, outlined} = place.dataset;
  const board = find("board").content.firstElementChild.querySelector("svg").cloneNode(true);
  const numbers = values.length === 64 ? [...values].map(digit => [0, -1, 1][digit])
    : [...atob(values)].map(letter => ((letter.charCodeAt(0) << 24) >> 24) / 127);
  board.setAttribute("aria-label", `Board: ${name}`);
  board.querySelector("text").textContent = name;
  const marked = outlined ? outlined.split(",").map(Number) : [];
  board.querySelectorAll("rect").forEach((square, i) => {
    const number = numbers[i];
    square.setAttribute("fill", `rgba(${number > 0 ? constants.positive : constants.negative},${Math.abs(number)})`);
    if (marked.includes(i)) {
      square.setAttribute("stroke", "#f57c00");
      square.setAttribute("stroke-width", "1.6");
    }
    const title = square.querySelector("title");
    title.textContent = `${title.textContent.slice(0, 2)}: ${(number * scale).toPrecision(3)}`;
  });
  place.replaceWith(board);
}

function step(layer, number, by) {
  const place = layer * constants.neurons + number + by;
  const other = NEURONS[place];
  if (!other) return "";
  const link = document.createElement("a");
  link.href = link.textContent = `#L${other.layer}N${other.number}`;
  link.textContent = `${by < 0 ? "←" : ""} L${other.layer}N${other.number} ${by > 0 ? "→" : ""}`;
  return link;
}

async function show() {
  const name = decodeURIComponent(location.hash.slice(1));
  const article = find("neuron");
  if (!name) return article.replaceChildren();
  const parts = /^L(\d+)N(\d+)$/i.exec(name);
  const [layer, number] = parts ? parts.slice(1).map(Number) : [];
  const here = parts && number < constants.neurons && NEURONS[layer * constants.neurons + number];
  if (!here) {
    article.textContent = `There is no neuron ${name}: expected a name such as L5N1393.`;
    return;
  }
  try {
    const pages = await load(`${layer}-${Math.floor(number / constants.shard)}`);
    article.innerHTML = pages[number % constants.shard];
  } catch (error) {
    article.textContent = `L${layer}N${number} can't be read: ${error.message}.`;
    return;
  }
  article.querySelectorAll("span.board").forEach(draw);
  const steps = document.createElement("p");
  steps.className = "steps";
  steps.append(step(layer, number, -1), step(layer, number, 1));
  article.querySelector("h2").after(steps);
  article.scrollIntoView({block: "start"});
  article.focus({preventScroll: true});
  document.title = `L${layer}N${number} · Atlas of Othello-GPT's neurons`;
}

// hypotheses.js calls this: texts to search in and to show, which the first sight of the list doesn't wait for.
async function hypotheses(text) {
  (await unpack(text)).forEach((hypothesis, i) => { NEURONS[i].hypothesis = hypothesis; });
  list();
}

// --- keys ---------------------------------------------------------------------------------------------

function byArrow(event) {
  const by = {ArrowDown: 1, ArrowUp: -1}[event.key];
  const links = [...find("rows").querySelectorAll("a")];
  const place = links.indexOf(document.activeElement);
  if (!by || (by < 0 && place < 0)) return;
  event.preventDefault();
  (links[place + by] || (place + by < 0 ? find("text") : links[place])).focus();
}

find("text").addEventListener("keydown", byArrow);
find("found").addEventListener("keydown", byArrow);
find("neuron").addEventListener("keydown", event => {
  if (event.key !== "Escape") return;
  const name = location.hash.slice(1).toUpperCase();
  const links = [...find("rows").querySelectorAll("a")];
  (links.find(link => link.textContent === name) || find("text")).focus();
});

for (const id of ["text", "layer", "role", "rung", "sort"]) find(id).addEventListener("input", list);
find("search").addEventListener("submit", event => {
  event.preventDefault();
  const first = found()[0];
  if (first) location.hash = `#L${first.layer}N${first.number}`;
});
addEventListener("hashchange", show);
list();
show();
