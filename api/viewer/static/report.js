// Citations open the source beside the report, the quote marked. Without scripts they are links to the same text. Text nodes only.
"use strict";

const desk = document.getElementById("desk");
const panel = document.getElementById("panel");
const text = document.getElementById("panel-text");
const facts = document.getElementById("panel-facts");
const sources = new Map();
let opened = null;

// Offsets count code points, strings count UTF-16 units: cut an array of code points.
function cut(points, spans) {
  const parts = [];
  let done = 0;
  for (const [from, to] of spans) {
    const start = Math.max(from, done);
    const end = Math.min(to, points.length);
    if (start >= end) continue;
    parts.push(document.createTextNode(points.slice(done, start).join("")));
    const mark = document.createElement("mark");
    mark.textContent = points.slice(start, end).join("");
    parts.push(mark);
    done = end;
  }
  parts.push(document.createTextNode(points.slice(done).join("")));
  return parts;
}

function readSpans(written) {
  const spans = written ? written.split(",").map((part) => part.split("-").map(Number)) : [];
  return spans.sort((a, b) => a[0] - b[0]);
}

function fact(value, label) {
  if (!value) return [];
  const span = document.createElement("span");
  span.textContent = label ? label + " " + value : value;
  return [span];
}

// What a document calls itself; nothing for a current one.
function flag(standing) {
  const marks = fact({ draft: panel.dataset.draft, archived: panel.dataset.archived, superseded: panel.dataset.superseded }[standing]);
  for (const mark of marks) mark.className = "flag " + standing;
  return marks;
}

function original(url) {
  if (!/^https?:\/\//i.test(url)) return fact(url);
  const link = document.createElement("a");
  link.href = url;
  link.rel = "noopener noreferrer nofollow";
  link.target = "_blank";
  link.textContent = panel.dataset.open + " ↗";
  return [link];
}

async function load(address) {
  if (!sources.has(address)) {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    sources.set(address, await response.json());
  }
  return sources.get(address);
}

function fill(source, spans) {
  document.getElementById("panel-title").textContent = source.title || source.url;
  facts.replaceChildren(
    ...flag(source.standing),
    ...fact(source.site),
    ...fact(source.author),
    ...fact(source.published_at && source.published_at.slice(0, 10), panel.dataset.published),
    ...fact(source.fetched_at.slice(0, 10), panel.dataset.fetched),
    ...original(source.url),
  );
  text.replaceChildren(...cut(Array.from(source.text), spans));
  const mark = text.querySelector("mark");
  text.scrollTop = mark ? mark.offsetTop - text.offsetTop - text.clientHeight / 3 : 0;
}

async function open(link) {
  if (opened) opened.closest(".sentence, li")?.classList.remove("shown");
  opened = link;
  const said = link.closest(".sentence, li");
  said?.classList.add("shown");
  document.getElementById("panel-n").textContent = link.dataset.n;
  document.getElementById("panel-title").textContent = panel.dataset.loading;
  facts.replaceChildren();
  text.replaceChildren();
  panel.hidden = false;
  desk.classList.add("open");
  said?.scrollIntoView({ block: "nearest" });
  try {
    const source = await load(link.dataset.source);
    if (opened === link) fill(source, readSpans(link.dataset.spans));
  } catch (error) {
    document.getElementById("panel-title").textContent = panel.dataset.failed + " " + error.message;
  }
  text.focus({ preventScroll: true });
}

function close() {
  if (panel.hidden) return;
  panel.hidden = true;
  desk.classList.remove("open");
  opened.closest(".sentence, li")?.classList.remove("shown");
  opened.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-source]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});
document.getElementById("panel-close").addEventListener("click", close);
