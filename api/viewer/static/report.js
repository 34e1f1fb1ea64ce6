// Citations open the source beside the report, the quote marked; letters open what a conclusion rests on. Without scripts both are links
// to the same text. Of what was read only text nodes are made.
"use strict";

const desk = document.getElementById("desk");
const panel = document.getElementById("panel");
const text = document.getElementById("panel-text");
const facts = document.getElementById("panel-facts");
const missing = document.getElementById("panel-missing");
const kinds = JSON.parse(panel.dataset.kinds);
const sources = new Map();
const SAID = ".sentence, li";
let opened = null; // the link in the report that the panel was opened by
let showing = null; // the link whose source is in the panel

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

// What a document was found to be; nothing for a current one.
function flag(standing) {
  const marks = fact({ draft: panel.dataset.draft, archived: panel.dataset.archived, superseded: panel.dataset.superseded }[standing]);
  for (const mark of marks) mark.className = "flag " + standing;
  return marks;
}

// What the text of a source lacks; the line is hidden where it lacks nothing.
function tellMissing(notes) {
  const told = notes.map(({ kind, count, detail }) => `${kinds[kind]} (${detail ? count + ": " + detail : count})`);
  missing.replaceChildren(...fact(panel.dataset.missing), ...told.flatMap((lacking) => fact(lacking)));
  missing.hidden = !notes.length;
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
  tellMissing(source.notes);
  text.replaceChildren(...cut(Array.from(source.text), spans));
  const mark = text.querySelector("mark");
  text.scrollTop = mark ? mark.offsetTop - text.offsetTop - text.clientHeight / 3 : 0;
}

// A link in the panel itself leads on from what was opened: the reader comes back to the same sentence.
function start(link, label, title) {
  showing = link;
  if (!panel.contains(link)) {
    opened?.closest(SAID)?.classList.remove("shown");
    opened = link;
    opened.closest(SAID)?.classList.add("shown");
  }
  document.getElementById("panel-n").textContent = label;
  document.getElementById("panel-title").textContent = title;
  facts.replaceChildren();
  missing.hidden = true;
  text.replaceChildren();
  panel.hidden = false;
  desk.classList.add("open");
  opened.closest(SAID)?.scrollIntoView({ block: "nearest" });
}

async function open(link) {
  start(link, link.dataset.n, panel.dataset.loading);
  text.classList.remove("told");
  try {
    const source = await load(link.dataset.source);
    if (showing === link) fill(source, readSpans(link.dataset.spans));
  } catch (error) {
    document.getElementById("panel-title").textContent = panel.dataset.failed + " " + error.message;
  }
  text.focus({ preventScroll: true });
}

// What a letter stands for, as the page tells it below.
function openBasis(link, entry) {
  start(link, link.textContent, panel.dataset.how);
  const told = entry.cloneNode(true);
  for (const part of told.querySelectorAll("details")) part.open = true;
  text.classList.add("told");
  text.replaceChildren(told);
  text.scrollTop = 0;
  text.focus({ preventScroll: true });
}

function close() {
  if (panel.hidden) return;
  panel.hidden = true;
  desk.classList.remove("open");
  opened.closest(SAID)?.classList.remove("shown");
  opened.focus();
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a[data-source], a.basis");
  const entry = link?.matches(".basis") ? document.querySelector(link.getAttribute("href") + " > div") : null;
  if (!link || (!entry && !link.dataset.source)) return;
  event.preventDefault();
  if (entry) openBasis(link, entry);
  else open(link);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});
document.getElementById("panel-close").addEventListener("click", close);
