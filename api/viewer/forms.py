"""What the viewer's forms say, in the words of the API. Pure. Not here: whether it is allowed
(`api/messages/requests.py`, `api/messages/input.py`)."""

from collections.abc import Mapping
from typing import Any

Form = Mapping[str, list[str]]


def request_of(form: Form) -> dict[str, Any]:
    """What the form says, in the words of the API; what was left empty is left out."""
    plain = ("instructions", "mode", "effort", "language", "clarify", "parent_id")
    request: dict[str, Any] = {name: form[name][0] for name in plain if name in form} | {
        "approve_plan": "approve_plan" in form
    }
    request["question"] = form.get("question", [""])[0]
    request["budget"] = {
        name: form[name][0] for name in ("calls", "tokens", "seconds", "usd") if name in form
    }
    if "parent_id" not in form or any(
        name in form for name in ("web", "library", "allow", "deny", "from", "to")
    ):
        request["sources"] = _sources_of(form)
    return request  # without sources, a follow-up looks where the question before looked


def _sources_of(form: Form) -> dict[str, Any]:
    sources: dict[str, Any] = {"web": "web" in form, "libraries": form.get("library", [])}
    sources |= {
        name: form[name][0].replace(",", " ").split() for name in ("allow", "deny") if name in form
    }
    return sources | {name: form[name][0] for name in ("from", "to") if name in form}


def input_of(form: Form, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a person says to a job that asked for this. Of a task whose goal was left as it was, the
    queries stay."""
    kind = form.get("kind", [""])[0]
    if kind == "answers":
        return {"answers": form.get("answer", [])}
    if kind == "approve":
        return {"approve": True}
    if kind == "note":
        return {"note": form.get("note", [""])[0]}
    planned = {task["goal"]: task["queries"] for task in asked.get("plan", {}).get("tasks", [])}
    goals = [goal.strip() for goal in form.get("goal", []) if goal.strip()]
    tasks = [{"goal": goal, "queries": planned.get(goal, [])} for goal in goals]
    must_contain = [
        line.strip() for line in form.get("must_contain", [""])[0].splitlines() if line.strip()
    ]
    brief = form.get("brief", [""])[0].strip()
    return {
        "plan": {"tasks": tasks, "must_contain": must_contain} | ({"brief": brief} if brief else {})
    }
