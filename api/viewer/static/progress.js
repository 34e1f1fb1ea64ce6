// The live page: follows the job's events and shows them. Every text is set as text, never as markup.
"use strict";

const live = document.getElementById("live");
const words = JSON.parse(live.dataset.words);
const byId = (id) => document.getElementById(id);
const agents = new Map();
const counts = { sources: 0, calls: 0, tokens: 0 };

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

const number = (value) => Number(value || 0).toLocaleString();
const show = (id, value) => (byId(id).textContent = number(value));
const phase = (name) => (byId("phase").textContent = words["phase_" + name] || name);

function note(text) {
  byId("notes-section").hidden = false;
  byId("notes").append(make("li", "", text));
}

function stepText(data) {
  const given = data.arguments || {};
  const objects = given.queries || given.urls || Object.values(given).filter((value) => typeof value === "string");
  return Array.isArray(objects) ? objects.join(" · ") : String(objects);
}

function agentCard(data) {
  if (agents.has(data.task_id)) return agents.get(data.task_id);
  byId("no-agents").hidden = true;
  const card = make("article", "agent working");
  const head = make("header");
  const state = make("span", "state", words.working);
  head.append(make("span", "role " + (data.role === "verify" ? "verify" : "search"), data.task_id === "r0" ? words.role_look : words["role_" + data.role] || data.role), state);
  const steps = make("ol");
  card.append(head, make("p", "goal", data.goal), steps);
  byId("agents").append(card);
  const agent = { card, state, steps, seen: new Set() };
  agents.set(data.task_id, agent);
  return agent;
}

function plan(data) {
  phase(data.done ? "writing" : "researching");
  byId("plan").hidden = false;
  byId("brief").textContent = data.brief || byId("brief").textContent;
  if (data.must_contain && data.must_contain.length)
    byId("must").replaceChildren(...data.must_contain.map((item) => make("li", "", item)));
}

function step(data) {
  const agent = agents.get(data.task_id);
  if (!agent || agent.seen.has(data.index)) return;
  agent.seen.add(data.index);
  const line = make("li");
  line.append(make("span", "tool", data.tool), make("span", "what", stepText(data)));
  for (const failure of data.failures || []) line.append(make("span", "failure", failure));
  if (data.thought) line.title = data.thought;
  agent.steps.append(line);
  agent.steps.scrollTop = agent.steps.scrollHeight;
}

function todo(data) {
  const agent = agents.get(data.task_id);
  if (!agent) return;
  if (!agent.todo) agent.card.append(make("p", "quiet small", words.todo_list), (agent.todo = make("ul", "todo")));
  agent.todo.replaceChildren(...(data.items || []).map((item) => make("li", "", "[" + item.status + "] " + item.text)));
}

function finished(data) {
  const agent = agents.get(data.task_id);
  if (!agent) return;
  const claims = Array.isArray(data.claims) ? data.claims.length : data.claims || 0;
  agent.card.className = "agent " + (data.outcome === "failed" ? "failed" : "finished");
  agent.state.textContent = (words["outcome_" + data.outcome] || data.outcome) + ", " + claims + " " + words.claims_found;
  if (data.reason) agent.card.append(make("p", "reason", data.reason));
}

function source(data) {
  show("n-sources", ++counts.sources);
  const line = make("li");
  line.append(make("span", "name", data.title || data.url), make("span", "address", data.url));
  byId("sources").prepend(line);
}

function claims(data) {
  show("n-claims", data.total);
  for (const claim of data.claims || []) {
    const line = make("li", "claim");
    line.append(make("span", "name", claim.text), make("span", "address", claim.title || ""));
    byId("claims").prepend(line);
  }
}

function modelCall(data) {
  show("n-calls", ++counts.calls);
  show("n-tokens", (counts.tokens += (data.prompt_tokens || 0) + (data.completion_tokens || 0)));
  const left = data.budget_left || {};
  for (const name of ["calls", "tokens", "seconds"])
    if (left[name] !== null && left[name] !== undefined)
      byId("left-" + name).textContent = number(Math.max(0, Math.round(left[name]))) + " " + words.budget_left;
}

const reload = () => {
  stream.close();
  location.reload();
};
const handlers = {
  "job.started": () => phase("planning"),
  "job.resumed": () => phase(agents.size ? "researching" : "planning"),
  plan,
  needs_input: () => phase("needs_input"),
  input: (data) => (data.notes || []).forEach((text) => note(words.note_heeded + ": " + text)),
  "agent.started": agentCard,
  "agent.step": step,
  "agent.finished": finished,
  todo,
  source,
  claims,
  contradiction: (data) => note((data.kind === "superseded" ? words.superseded_found : words.contradiction_found) + ": " + data.topic + (data.note ? ". " + data.note : "")),
  model_call: modelCall,
  context: (data) => note(words.context_cut + ": " + data.task_id + ", " + number(data.tokens) + " → " + data.strategy),
  floor: (data) => note(words.floor_used + ": " + data.step + (data.reason ? ". " + data.reason : "")),
  warning: (data) => note(data.message),
  writing: () => phase("writing"),
  checked: () => phase("checked"),
};

const stream = new EventSource(live.dataset.events);
for (const [type, handle] of Object.entries(handlers))
  stream.addEventListener(type, (message) => handle(JSON.parse(message.data).data));

// Earlier ends and waits are among the events, so the job itself is asked whether it has ended, or begun or ceased to wait for a person.
async function perhapsChanged() {
  const response = await fetch(live.dataset.self, { headers: { Accept: "application/json" } });
  const ended = ["completed", "failed", "cancelled"];
  if (!response.ok) return reload();
  const status = (await response.json()).status;
  if (ended.includes(status) || (status === "needs_input") !== (live.dataset.waits === "yes")) reload();
}
for (const type of ["job.completed", "job.failed", "job.cancelled", "needs_input", "input"])
  stream.addEventListener(type, () => setTimeout(perhapsChanged, 300));
stream.onerror = () => {
  if (stream.readyState === EventSource.CLOSED) reload();
  else byId("phase").textContent = words.reconnecting;
};

const clock = byId("n-seconds");
const tick = () => show("n-seconds", Math.max(0, Math.round((Date.now() - Date.parse(clock.dataset.since)) / 1000)));
tick();
setInterval(tick, 1000);
